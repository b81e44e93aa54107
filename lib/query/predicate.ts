import { FlorError } from '../model/errors.js'
import { AGGREGATES, type Expression, isReserved, type NameUse, partsOf } from './expression.js'
import { SyntaxError as GrammarError, parse } from './predicate-grammar.js'
import { nearestAggregate } from './unknown-name.js'

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
  return shallow(
    text,
    checked(text, () => parse(text, { startRule: 'Predicate' })),
  )
}

/**
 * Reads names, between commas or spaces, and perhaps a condition: `grad_norm, loss where epoch >= 5`.
 * @throws FlorError PREDICATE_SYNTAX (data: text, offset, expected)
 */
export function parseSelection(text: string): Selection {
  const selection = checked(text, () => parse(text, { startRule: 'Selection' }))
  if (selection.where !== undefined) shallow(text, selection.where)
  return selection
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

/** Levels of a tree that evaluation, which calls itself for each, surely has a stack for: `1 + 1 + …` is as deep as it is long. */
const DEEPEST = 1000

function shallow(text: string, expression: Expression): Expression {
  const waiting: (readonly [part: Expression, depth: number])[] = [[expression, 1]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [part, depth] = next
    if (depth > DEEPEST) {
      const data = { text, offset: part.at, expected: [] }
      throw new FlorError(`more than ${DEEPEST} operations one upon the other`, {
        code: 'PREDICATE_SYNTAX',
        data,
      })
    }
    for (const inner of partsOf(part)) waiting.push([inner, depth + 1])
  }
  return expression
}

function checked<T>(text: string, parseIt: () => T): T {
  try {
    return parseIt()
  } catch (error) {
    if (!(error instanceof GrammarError)) throw error
    const { offset } = error.location.start
    const call = unknownFunction(text, offset)
    if (call !== undefined) throw call
    const expected = expectedOf(error)
    const name = nameAround(text, offset)
    const hint = name && `names that are no identifiers stand in double quotes: ${name}`
    const found = offset >= text.length ? 'the text ends' : `${JSON.stringify(wordAt(text, offset))} stands`
    const message = expected.length === 0 ? error.message : `${found} where ${either(expected)} should be`
    const data = { text, offset, expected, ...(hint !== undefined && { hint }) }
    throw new FlorError(message, { code: 'PREDICATE_SYNTAX', data, cause: error })
  }
}

/** For `maxx(loss)`: PREDICATE_SYNTAX (data: text, offset, expected, hint). */
function unknownFunction(text: string, offset: number): FlorError | undefined {
  const [, name, rest = ''] = /^([\p{L}_][\p{L}\p{N}_]*)\s*(\([^()]*\)?)/u.exec(text.slice(offset)) ?? []
  if (name === undefined || isKnownWord(name)) return undefined
  const nearest = nearestAggregate(name)
  return new FlorError(`there is no function ${name}`, {
    code: 'PREDICATE_SYNTAX',
    data: {
      ...{ text, offset, expected: [...AGGREGATES] },
      hint:
        nearest === undefined
          ? `functions: ${AGGREGATES.join(', ')}`
          : `did you mean ${nearest}? ${nearest}${rest}`,
    },
  })
}

const isKnownWord = (word: string): boolean =>
  (AGGREGATES as readonly string[]).includes(word.toLowerCase()) || isReserved(word)

/** `"val/acc"`, where a name with other characters than words have stands around the place that could not be read. */
function nameAround(text: string, offset: number): string | undefined {
  for (const { 0: word, index } of text.matchAll(/[\p{L}_][\p{L}\p{N}_.]*(?:[-/:@#$][\p{L}\p{N}_.]+)+/gu)) {
    if (index <= offset && offset <= index + word.length) return `"${word}"`
  }
  return undefined
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
  'nan',
  'inf',
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
export { KindWatch } from './kind-watch.js'
