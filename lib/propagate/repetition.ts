import type { Versions } from './placement.js'
import { Declined } from './result.js'
import type { Statement, Token } from './syntax.js'
import type { Unit } from './units.js'

/**
 * Refuses what would do a second time what the old version does: a helper `const loss = step(batch)` beside an old
 * `return step(batch)` trains twice. For a wanted statement, whose expression is meant to be evaluated once more, only a
 * call in a log whose value the old version throws away counts: that one is made for what it does.
 * @throws Declined `changes-state` or `inside-statement`
 */
export function checkRepetition(versions: Versions, { statement, kind }: Unit): void {
  const work = workOf(statement)
  if (work.length === 0 || statement.role === 'function' || statement.role === 'class') return
  const { older, comparison } = versions
  for (const other of older.statements) {
    const at = findRun(other.head, work, (token, old) => isAlike(versions, kind, token, old))
    if (at === -1) continue
    const origin = comparison.pairing.origin(other)
    if (origin && findRun(origin.head, work, (token, one) => token.text === one.text) !== -1) continue
    if (kind === 'helper')
      throw new Declined(
        'changes-state',
        `line ${statement.line}, which the statement needs, would do a second time what line ${other.line} does`,
        [other.line],
      )
    const rest = [...other.head.slice(0, at), ...other.head.slice(at + work.length)]
    if (statement.logNames.length > 0 && rest.every(({ role }) => role === 'mark' || role === 'word'))
      throw new Declined(
        'inside-statement',
        `line ${statement.line} logs what line ${other.line} does, which would be done a second time`,
        [other.line],
      )
  }
}

/** The tokens of the first call in a statement, blocks left out. */
function workOf({ head, work }: Statement): readonly Token[] {
  return work ? head.filter(({ start, end }) => work[0] <= start && end <= work[1]) : []
}

/** Equal, or names of locals that can be the same thing; what a helper needs may have been made of other literals. */
function isAlike({ comparison }: Versions, kind: Unit['kind'], a: Token, b: Token): boolean {
  if (kind === 'helper' && a.role === 'literal' && b.role === 'literal') return true
  if (a.role !== 'name' || !a.binding || !b.binding) return a.text === b.text
  const image = comparison.names.bindings.get(a.binding)
  return image === undefined ? b.role === 'name' : image === b.binding
}

/** The index at which `run` stands in `tokens`; -1 when nowhere. */
function findRun(
  tokens: readonly Token[],
  run: readonly Token[],
  isEqual: (token: Token, other: Token) => boolean,
): number {
  for (let at = 0; at + run.length <= tokens.length; at++)
    if (run.every((token, i) => isEqual(token, tokens[at + i] as Token))) return at
  return -1
}
