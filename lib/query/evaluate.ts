import { FlorError } from '../model/errors.js'
import { isOid, isOidBeginning } from '../model/oid.js'
import type { LogValue } from '../model/value.js'
import { type ArithmeticOperator, calculate, type Numeric } from './arithmetic.js'
import type {
  Aggregate,
  BetweenExpression,
  BinaryExpression,
  Comparator,
  Expression,
  InExpression,
  LikeExpression,
  ValueKind,
} from './expression.js'
import { formatUse } from './expression.js'
import type { KindWatch } from './kind-watch.js'
import { matchesLike } from './like.js'

/** What a name, or an aggregate of it, stands for; undefined and null both mean that there is no value. `by` comes with an aggregate only. */
export type Lookup = (name: string, aggregate?: Aggregate, by?: string) => LogValue | undefined

/** True, false, or null: unknown, because a value is missing. */
export type Truth = boolean | null

/**
 * Decides a predicate as SQL does: a comparison with a missing value is unknown, and unknown goes through `and`, `or`, `not`.
 * NaN is equal to NaN and to nothing else; other comparisons with it are false. With `kinds`, what cannot be compared (text with a
 * number, say) is unknown, too, and told there.
 * @throws FlorError PREDICATE_TYPE (data: left, right, operator, offset) for what cannot be compared, without `kinds`
 */
export function evaluate(expression: Expression, lookup: Lookup, kinds?: KindWatch): Truth {
  return truthOf(expression, { lookup, kinds })
}

/** Whether a predicate is surely true. @throws FlorError as {@link evaluate} */
export function holds(expression: Expression, lookup: Lookup, kinds?: KindWatch): boolean {
  return evaluate(expression, lookup, kinds) === true
}

/** What a predicate is decided by. */
interface Question {
  readonly lookup: Lookup
  readonly kinds: KindWatch | undefined
}

function resultOf(expression: Expression, question: Question): LogValue {
  const { lookup } = question
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'name':
      return lookup(expression.name) ?? null
    case 'aggregate':
      return lookup(expression.name, expression.aggregate) ?? null
    case 'iteration-aggregate':
      return lookup(expression.name, expression.aggregate, expression.by) ?? null
    case 'not':
      return not(truthOf(expression.operand, question))
    case 'negative':
      return arithmetic(
        '-',
        { value: 0, of: expression },
        { value: resultOf(expression.operand, question), of: expression.operand },
        { question, offset: expression.at },
      )
    case 'binary':
      return binary(expression, question)
    case 'is-null':
      return (resultOf(expression.operand, question) === null) !== expression.negated
    case 'is-nan':
      return Number.isNaN(resultOf(expression.operand, question)) !== expression.negated
    case 'is-kind':
      return (kindOf(resultOf(expression.operand, question)) === expression.wanted) !== expression.negated
    default:
      return negatable(expression, question)
  }
}

function binary(expression: BinaryExpression, question: Question): LogValue {
  const { operator, left, right, at } = expression
  if (operator === 'and') return and(truthOf(left, question), () => truthOf(right, question))
  if (operator === 'or') return not(and(not(truthOf(left, question)), () => not(truthOf(right, question))))
  const a = { value: resultOf(left, question), of: left }
  const b = { value: resultOf(right, question), of: right }
  const place = { question, offset: at }
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(operator, a, b, place)
    default:
      return compare(operator, a, b, place)
  }
}

/** A value, and what it is a value of: errors name both. */
interface Side {
  readonly value: LogValue
  readonly of: Expression
}

/** Where an operator stands, and in whose question. */
interface Place {
  readonly question: Question
  readonly offset: number
}

function negatable(expression: InExpression | BetweenExpression | LikeExpression, question: Question): Truth {
  const { operand, negated, at } = expression
  const place = { question, offset: at }
  const sideOf = (of: Expression): Side => ({ value: resultOf(of, question), of })
  const side = sideOf(operand)
  const truth = (): Truth => {
    if (expression.kind === 'like') return like(side, sideOf(expression.pattern), place)
    if (expression.kind === 'in') {
      const equal = expression.list.map((item) => compare('=', side, sideOf(item), place))
      return equal.includes(true) ? true : equal.includes(null) ? null : false
    }
    const low = compare('>=', side, sideOf(expression.low), place)
    return and(low, () => compare('<=', side, sideOf(expression.high), place))
  }
  return negated ? not(truth()) : truth()
}

const not = (truth: Truth): Truth => (truth === null ? null : !truth)

function and(left: Truth, right: () => Truth): Truth {
  if (left === false) return false
  const other = right()
  return other === false ? false : left === null ? null : other
}

function truthOf(expression: Expression, question: Question): Truth {
  const value = resultOf(expression, question)
  if (value === null) return null
  const place = { question, offset: expression.at }
  if (typeof value === 'boolean') return decided(value, place)
  const message = (): string => `${describe({ value, of: expression })} is not a condition`
  return unknown(message, { operand: value }, place)
}

/** For what cannot be decided: unknown, or an error where nobody watches. The message is made when it is told. */
function unknown(message: () => string, data: Record<string, unknown>, { question, offset }: Place): null {
  const failure = (): FlorError =>
    new FlorError(message(), { code: 'PREDICATE_TYPE', data: { ...data, offset } })
  if (question.kinds === undefined) throw failure()
  question.kinds.failed(offset, failure)
  return null
}

function decided<T>(value: T, { question, offset }: Place): T {
  question.kinds?.decided(offset)
  return value
}

function compare(operator: Comparator, a: Side, b: Side, place: Place): Truth {
  if (a.value === null || b.value === null) return null
  const pair = comparable(a.value, b.value)
  if (pair === undefined) {
    const message = (): string => `${describe(a)} cannot be compared with ${describe(b)}`
    return unknown(message, { left: a.value, right: b.value, operator }, place)
  }
  const [left, right] = pair
  return (
    decided(isSo(operator, left, right) || (isEquality(operator) && isOidOf(a, b)), place) !==
    (operator === '!=')
  )
}

type Comparable = number | bigint | string | boolean

const isEquality = (operator: Comparator): boolean => operator === '=' || operator === '!='

/** The comparison; of `!=` its opposite. */
function isSo(operator: Comparator, left: Comparable, right: Comparable): boolean {
  switch (operator) {
    case '=':
    case '!=':
      return isEqual(left, right)
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
  }
}

/** A number and a big integer are of two types but one order, unless the number is NaN, which is equal to itself alone. */
function isEqual(left: Comparable, right: Comparable): boolean {
  if (typeof left === typeof right) return left === right || (Number.isNaN(left) && Number.isNaN(right))
  return !Number.isNaN(left) && !Number.isNaN(right) && !(left < right) && !(left > right)
}

/** Oids, as everywhere, may be given by their beginning: four digits or more. */
function isOidOf(one: Side, other: Side): boolean {
  return isBeginning(one, other.value) || isBeginning(other, one.value)
}

function isBeginning({ value, of }: Side, beginning: LogValue): boolean {
  if (of.kind !== 'name' || !(of.name === 'run' || of.name === 'commit')) return false
  if (typeof value !== 'string' || typeof beginning !== 'string' || !isOid(value)) return false
  return isOidBeginning(beginning) && value.startsWith(beginning.toLowerCase())
}

/** What can be put beside each other as it is; undefined for values of two kinds, and for lists and the like. */
function comparable(a: LogValue, b: LogValue): readonly [Comparable, Comparable] | undefined {
  if (isNumeric(a) && isNumeric(b)) return [a, b]
  if (typeof a === 'string' && typeof b === 'string') return [a, b]
  if (typeof a === 'boolean' && typeof b === 'boolean') return [a, b]
  const [left, right] = [timeOf(a, b), timeOf(b, a)]
  return left === undefined || right === undefined ? undefined : [left, right]
}

const isNumeric = (value: LogValue): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint'

/** Milliseconds of a date, and of text beside a date: `started > '2026-11-01'`. */
function timeOf(value: LogValue, beside: LogValue): number | undefined {
  if (value instanceof Date) return value.getTime()
  if (typeof value !== 'string' || !(beside instanceof Date)) return undefined
  // A day without a time begins at the user's own midnight.
  const ms = Date.parse(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00` : value)
  return Number.isNaN(ms) ? undefined : ms
}

function like(one: Side, other: Side, place: Place): Truth {
  const [value, pattern] = [one.value, other.value]
  if (value === null || pattern === null) return null
  if (typeof value === 'string' && typeof pattern === 'string')
    return decided(matchesLike(value, pattern), place)
  const message = (): string => `like compares text, not ${describe(typeof value === 'string' ? other : one)}`
  return unknown(message, { left: value, right: pattern, operator: 'like' }, place)
}

function arithmetic(operator: ArithmeticOperator, one: Side, other: Side, place: Place): Numeric | null {
  const [a, b] = [one.value, other.value]
  if (a === null || b === null) return null
  if (isNumeric(a) && isNumeric(b)) return decided(calculate(operator, a, b), place)
  const message = (): string => `${describe(isNumeric(a) ? other : one)} is not a number to calculate with`
  return unknown(message, { left: a, right: b, operator }, place)
}

/** What `is number` and the like tell apart; undefined for null, lists, maps and arrays. */
function kindOf(value: LogValue): ValueKind | undefined {
  if (isNumeric(value)) return 'number'
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'boolean'
  return value instanceof Date ? 'date' : undefined
}

/** Characters of a text that errors show. */
const SHOWN = 40

/** `opt (the text 'adam')`; a literal, or the result of a calculation, by itself: `the number 3`. */
function describe({ value, of }: Side): string {
  const shown = typeof value === 'string' ? excerpt(value) : isNumeric(value) ? ` ${value}` : ''
  const what = `${typeName(value)}${shown}`
  const isNamed = of.kind === 'name' || of.kind === 'aggregate' || of.kind === 'iteration-aggregate'
  return isNamed ? `${formatUse(of)} (${what})` : what
}

const excerpt = (text: string): string => (text.length > SHOWN ? ` '${text.slice(0, SHOWN)}…'` : ` '${text}'`)

function typeName(value: LogValue): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return 'the text'
  if (typeof value === 'boolean') return 'true or false'
  if (isNumeric(value)) return 'the number'
  if (value instanceof Date) return 'a date'
  if (Array.isArray(value)) return 'a list'
  return ArrayBuffer.isView(value) || 'dtype' in value ? 'an array' : 'a map'
}
