import { isFlorError } from '../model/errors.js'
import type { LanguageAdapter } from './language.js'
import { Declined } from './result.js'
import type { Statement, SyntaxTree, Token } from './syntax.js'

/** A stretch of the resulting text that was inserted as a statement. */
export interface InsertedRange {
  readonly start: number
  readonly end: number
  /** Names that it may declare for old code that found them free: only wanted statements may. */
  readonly mayBind: boolean
}

/**
 * Parses the result and checks that it holds exactly the old statements and the inserted ones, that every
 * inserted text is a statement list of its own, and that no name of the old code means something new.
 * @throws Declined `does-not-parse` or `name-taken`
 */
export function verify(
  language: LanguageAdapter,
  older: SyntaxTree,
  text: string,
  ranges: readonly InsertedRange[],
  shift: (offset: number) => number,
): SyntaxTree {
  const result = parseResult(language, older, text)
  const isInserted = (start: number) => ranges.find((range) => start >= range.start && start < range.end)
  const kept = result.statements.filter(({ start }) => !isInserted(start))
  const wrong = () => new Declined('does-not-parse', 'the statement would change the statements around it')
  if (kept.length !== older.statements.length) throw wrong()
  for (const [i, statement] of older.statements.entries()) {
    const other = kept[i] as Statement
    if (other.kind !== statement.kind || other.start !== shift(statement.start)) throw wrong()
  }
  for (const { start } of ranges) {
    if (!result.statements.some((statement) => statement.start === start)) throw wrong()
  }
  checkNames(older, result, shift, isInserted)
  return result
}

function parseResult(language: LanguageAdapter, older: SyntaxTree, text: string): SyntaxTree {
  try {
    return language.parse({ path: older.source.path, text })
  } catch (error) {
    if (!isFlorError(error, 'SOURCE_SYNTAX')) throw error
    throw new Declined('does-not-parse', `the result would not be valid: ${error.message}`)
  }
}

function checkNames(
  older: SyntaxTree,
  result: SyntaxTree,
  shift: (offset: number) => number,
  isInserted: (start: number) => InsertedRange | undefined,
): void {
  // Both lists are in the order of the text, and so are the places that old tokens moved to.
  let at = 0
  for (const token of older.tokens) {
    const start = shift(token.start)
    while (at < result.tokens.length && (result.tokens[at] as Token).start < start) at++
    const other = result.tokens[at]
    if (!other || other.start !== start || other.text !== token.text)
      throw new Declined('does-not-parse', 'the statement would change the tokens around it')
    if (token.role !== 'name') continue
    const before = token.binding && shift(token.binding.start)
    const after = other.binding?.start
    if (before === after) continue
    if (after !== undefined && isInserted(after)?.mayBind && token.binding === undefined) continue
    throw new Declined('name-taken', `\`${token.text}\` would mean something else in the old code`)
  }
}
