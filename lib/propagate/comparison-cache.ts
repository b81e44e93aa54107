import { type Comparison, compare } from './compare.js'
import type { Statement, SyntaxTree } from './syntax.js'

interface Kept {
  readonly newer: SyntaxTree
  readonly older: SyntaxTree
  readonly apart: string
  readonly comparison: Comparison
}

const most = 8
const recent: Kept[] = []

/** {@link compare}; the last eight results are remembered, because choosing a file and propagating into it ask the same. */
export function compareCached(
  newer: SyntaxTree,
  older: SyntaxTree,
  apart: ReadonlySet<Statement>,
): Comparison {
  const key = [...apart].map(({ index }) => index).join()
  const at = recent.findIndex((it) => it.newer === newer && it.older === older && it.apart === key)
  const kept =
    at === -1
      ? { newer, older, apart: key, comparison: compare(newer, older, apart) }
      : (recent.splice(at, 1)[0] as Kept)
  recent.push(kept)
  if (recent.length > most) recent.shift()
  return kept.comparison
}
