import { FlorError } from '../model/errors.js'
import { AGGREGATES, type Aggregate, type Expression, formatUse } from './expression.js'
import { misreadName, quotesHint } from './misread-name.js'

/** The candidates that `name` may have been meant for, at most five, the nearest first. Case and `_-.` hardly count. */
export function nearestNames(name: string, candidates: readonly string[]): string[] {
  const folded = fold(name)
  const limit = Math.ceil(name.length / 3)
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distanceTo(folded, fold(candidate), limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 5)
    .map(({ candidate }) => candidate)
}

/** For a name that no run knows, of a predicate perhaps: NAME_NOT_FOUND (data: name, candidates, hint). */
export function nameNotFound(name: string, known: readonly string[], where?: Expression): FlorError {
  const misread = where && misreadName(where, known)
  const hint = misread === undefined ? callHint(name, known) : quotesHint(misread)
  return new FlorError(`no run has logged ${JSON.stringify(name)}`, {
    code: 'NAME_NOT_FOUND',
    data: { name, candidates: nearestNames(name, known), ...(hint !== undefined && { hint }) },
  })
}

/** For `maxx(loss)`, which is a name as it stands: what function may have been meant. */
function callHint(text: string, known: readonly string[]): string | undefined {
  const [, word, name] = /^(\w+)\s*\(\s*(.+?)\s*\)$/.exec(text) ?? []
  if (word === undefined || name === undefined) return undefined
  const aggregate = nearestAggregate(word)
  const of = known.includes(name) ? name : (nearestNames(name, known)[0] ?? name)
  return aggregate === undefined
    ? `functions: ${AGGREGATES.join(', ')}`
    : `did you mean ${formatUse({ name: of, aggregate })}?`
}

/** What people call aggregates elsewhere. */
const SYNONYMS: ReadonlyMap<string, Aggregate> = new Map([
  ['avg', 'mean'],
  ['average', 'mean'],
  ['median', 'p50'],
  ['minimum', 'min'],
  ['maximum', 'max'],
  ['final', 'last'],
])

/** The aggregate that a word was meant for, as far as can be told. */
export function nearestAggregate(word: string): Aggregate | undefined {
  const lower = word.toLowerCase()
  return SYNONYMS.get(lower) ?? (nearestNames(lower, AGGREGATES)[0] as Aggregate | undefined)
}

/** For `mean(loss) by lr`: NAME_NOT_FOUND (data: name, candidates, hint). */
export function notALoop(name: string, loops: readonly string[]): FlorError {
  const message = `${JSON.stringify(name)} is not a loop: aggregates are made for each run, or by the iterations of a loop`
  const candidates = nearestNames(name, loops)
  const hint =
    loops.length === 0 ? 'nothing was logged inside a loop' : `loops: ${loops.slice(0, 8).join(', ')}`
  return new FlorError(message, { code: 'NAME_NOT_FOUND', data: { name, candidates, hint } })
}

const fold = (name: string): string => name.toLowerCase().replace(/[_\-./\s]+/g, '_')

function distanceTo(a: string, b: string, limit: number): number {
  if (a === b) return 0
  // `acc` for `val_acc`: a whole word of it.
  const shorter = a.length < b.length ? a : b
  const longer = shorter === a ? b : a
  if (shorter.length >= 2 && `_${longer}_`.includes(`_${shorter}_`)) return 1
  return Math.abs(a.length - b.length) > limit ? limit + 1 : editDistance(a, b)
}

/** Insertions, deletions, replacements, and swaps of neighbours (Damerau, optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(isSwap ? Math.min(best, (beforeLast[j - 2] ?? 0) + 1) : best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
