import { FlorError } from '../model/errors.js'
import type { Expression, NameUse } from './expression.js'
import { SyntaxError as GrammarError, parse } from './predicate-grammar.js'

/** Names with a condition: what `git flor backfill` takes. */
export interface Selection {
  readonly names: readonly string[]
  readonly where?: Expression
}

/** One key to sort by: a name or an aggregate, upwards unless `descending`. */
export interface SortKey extends NameUse {
  readonly descending: boolean
}

/**
 * Reads a condition: `lr <= 0.01 and max(val_acc) > 0.9`. predicate.peggy is the whole language.
 * @throws FlorError PREDICATE_SYNTAX (data: text, offset, expected)
 */
export function parsePredicate(text: string): Expression {
  return checked(text, () => parse(text, { startRule: 'Predicate' }))
}

/**
 * Reads names, between commas or spaces, and perhaps a condition: `grad_norm, loss where epoch >= 5`.
 * @throws FlorError PREDICATE_SYNTAX (data: text, offset, expected)
 */
export function parseSelection(text: string): Selection {
  return checked(text, () => parse(text, { startRule: 'Selection' }))
}

/**
 * Reads keys to sort by, between commas, the most significant first: `lr, -max(val_acc)`.
 * @throws FlorError PREDICATE_SYNTAX (data: text, offset, expected)
 */
export function parseSort(text: string): readonly SortKey[] {
  return checked(text, () => parse(text, { startRule: 'Sort' }))
}

const IN_GRAMMAR = /^\s*(?:"|(?:first|last|min|max|mean|count|p50)\s*\()/i

/**
 * Reads one column of a table: an aggregate (`last(loss)`, `mean(loss) by epoch`), a name in double quotes, or else a name as it is,
 * whatever characters are in it.
 * @throws FlorError PREDICATE_SYNTAX (data: text, offset, expected)
 */
export function parseColumn(text: string): NameUse {
  return IN_GRAMMAR.test(text) ? checked(text, () => parse(text, { startRule: 'Column' })) : { name: text }
}

function checked<T>(text: string, parseIt: () => T): T {
  try {
    return parseIt()
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error
    const { offset } = error.location.start
    const expected = expectedOf(error)
    const found = offset >= text.length ? 'the text ends' : `${JSON.stringify(wordAt(text, offset))} stands`
    const message = expected.length === 0 ? error.message : `${found} where ${either(expected)} should be`
    throw new FlorError(message, { code: 'PREDICATE_SYNTAX', data: { text, offset, expected }, cause: error })
  }
}

/** The word that begins there, or else the one character. */
const wordAt = (text: string, offset: number): string =>
  /^(?:[\p{L}\p{N}_.]{1,40}|.)/su.exec(text.slice(offset))?.[0] ?? ''

/** What any value can begin with: told in one word instead of ten. */
const VALUE_STARTS = new Set([
  'name',
  'number',
  'date',
  'text in single quotes',
  'true',
  'false',
  'null',
  '(',
  '-',
])

function expectedOf({ expected }: GrammarError): string[] {
  const words = new Set((expected ?? []).map(wordOf).filter((word) => word !== 'white space'))
  const isValue = words.has('number') && words.has('(')
  const rest = [...words].filter((word) => !isValue || !(VALUE_STARTS.has(word) || word.startsWith('first(')))
  return [...(isValue ? ['a name or a value'] : []), ...rest.sort()]
}

function wordOf(expected: NonNullable<GrammarError['expected']>[number]): string {
  if (expected.type === 'end') return 'the end'
  if (expected.type === 'class') return 'arithmetic'
  const word = expected.description ?? expected.text ?? expected.type
  return /^(?:and|or|not|is|in|between|like|where)$/.test(word) ? `'${word}'` : word
}

const either = (words: readonly string[]): string =>
  words.length === 1 ? (words[0] as string) : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

export { evaluate, holds, type Lookup, type Truth } from './evaluate.js'
export {
  type Aggregate,
  type Expression,
  formatUse,
  type NameUse,
  namesIn,
  splitConjuncts,
  usesIn,
} from './expression.js'
