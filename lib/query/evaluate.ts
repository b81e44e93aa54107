import { FlorError } from '../model/errors.js'
import type { LogValue } from '../model/value.js'
import type {
  Aggregate,
  BetweenExpression,
  BinaryExpression,
  Comparator,
  Expression,
  InExpression,
  LikeExpression,
} from './expression.js'
import { formatUse } from './expression.js'
import { matchesLike } from './like.js'

/** What a name, or an aggregate of it, stands for; undefined and null both mean that there is no value. `by` comes with an aggregate only. */
export type Lookup = (name: string, aggregate?: Aggregate, by?: string) => LogValue | undefined

/** True, false, or null: unknown, because a value is missing. */
export type Truth = boolean | null

/**
 * Decides a predicate as SQL does: a comparison with a missing value is unknown, and unknown goes through `and`, `or`, `not`.
 * Comparisons with NaN are false (`!=` is true); `is nan` finds it.
 * @throws FlorError PREDICATE_TYPE (data: left, right, operator, offset) for what cannot be compared: text with a number, say
 */
export function evaluate(expression: Expression, lookup: Lookup): Truth {
  const value = resultOf(expression, lookup)
  return truthOf(value, expression)
}

/** Whether a predicate is surely true. @throws FlorError as {@link evaluate} */
export function holds(expression: Expression, lookup: Lookup): boolean {
  return evaluate(expression, lookup) === true
}

function resultOf(expression: Expression, lookup: Lookup): LogValue {
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
      return not(evaluate(expression.operand, lookup))
    case 'negative':
      return arithmetic(
        '-',
        { value: 0, of: expression },
        { value: resultOf(expression.operand, lookup), of: expression.operand },
        expression.at,
      )
    case 'binary':
      return binary(expression, lookup)
    case 'is-null':
      return (resultOf(expression.operand, lookup) === null) !== expression.negated
    case 'is-nan':
      return Number.isNaN(resultOf(expression.operand, lookup)) !== expression.negated
    default:
      return negatable(expression, lookup)
  }
}

function binary(expression: BinaryExpression, lookup: Lookup): LogValue {
  const { operator, left, right, at } = expression
  if (operator === 'and') return and(evaluate(left, lookup), () => evaluate(right, lookup))
  if (operator === 'or') return not(and(not(evaluate(left, lookup)), () => not(evaluate(right, lookup))))
  const a = { value: resultOf(left, lookup), of: left }
  const b = { value: resultOf(right, lookup), of: right }
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(operator, a, b, at)
    default:
      return compare(operator, a, b, at)
  }
}

/** A value, and what it is a value of: errors name both. */
interface Side {
  readonly value: LogValue
  readonly of: Expression
}

function negatable(expression: InExpression | BetweenExpression | LikeExpression, lookup: Lookup): Truth {
  const { operand, negated, at } = expression
  const sideOf = (of: Expression): Side => ({ value: resultOf(of, lookup), of })
  const side = sideOf(operand)
  const truth = (): Truth => {
    if (expression.kind === 'like') return like(side, sideOf(expression.pattern), at)
    if (expression.kind === 'in') {
      const equal = expression.list.map((item) => compare('=', side, sideOf(item), at))
      return equal.includes(true) ? true : equal.includes(null) ? null : false
    }
    const low = compare('>=', side, sideOf(expression.low), at)
    return and(low, () => compare('<=', side, sideOf(expression.high), at))
  }
  return negated ? not(truth()) : truth()
}

const not = (truth: Truth): Truth => (truth === null ? null : !truth)

function and(left: Truth, right: () => Truth): Truth {
  if (left === false) return false
  const other = right()
  return other === false ? false : left === null ? null : other
}

function truthOf(value: LogValue, expression: Expression): Truth {
  if (value === null || typeof value === 'boolean') return value
  const message = `${describe({ value, of: expression })} is not a condition`
  throw typeError(message, { operand: value, offset: expression.at })
}

function compare(operator: Comparator, a: Side, b: Side, offset: number): Truth {
  if (a.value === null || b.value === null) return null
  const [left, right] = comparable(operator, a, b, offset)
  switch (operator) {
    case '=':
      return (
        left === right ||
        (typeof left !== typeof right && !(left < right) && !(left > right) && isOrdered(left, right))
      )
    case '!=':
      return not(compare('=', a, b, offset))
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

type Comparable = number | bigint | string | boolean

/** A number and a big integer are of two types but one order, unless the number is NaN. */
const isOrdered = (a: Comparable, b: Comparable): boolean => !Number.isNaN(a) && !Number.isNaN(b)

function comparable(
  operator: string,
  one: Side,
  other: Side,
  offset: number,
): readonly [Comparable, Comparable] {
  const [a, b] = [one.value, other.value]
  if (isNumeric(a) && isNumeric(b)) return [a, b]
  if (typeof a === 'string' && typeof b === 'string') return [a, b]
  if (typeof a === 'boolean' && typeof b === 'boolean') return [a, b]
  const [left, right] = [timeOf(a, b), timeOf(b, a)]
  if (left !== undefined && right !== undefined) return [left, right]
  const message = `${describe(one)} cannot be compared with ${describe(other)}`
  throw typeError(message, { left: a, right: b, operator, offset })
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

function like(one: Side, other: Side, offset: number): Truth {
  const [value, pattern] = [one.value, other.value]
  if (value === null || pattern === null) return null
  if (typeof value !== 'string' || typeof pattern !== 'string') {
    const message = `like compares text, not ${describe(typeof value === 'string' ? other : one)}`
    throw typeError(message, { left: value, right: pattern, operator: 'like', offset })
  }
  return matchesLike(value, pattern)
}

function arithmetic(
  operator: '+' | '-' | '*' | '/' | '%',
  one: Side,
  other: Side,
  offset: number,
): number | null {
  const [a, b] = [one.value, other.value]
  if (a === null || b === null) return null
  if (!isNumeric(a) || !isNumeric(b)) {
    const message = `${describe(isNumeric(a) ? other : one)} is not a number to calculate with`
    throw typeError(message, { left: a, right: b, operator, offset })
  }
  const [x, y] = [Number(a), Number(b)]
  switch (operator) {
    case '+':
      return x + y
    case '-':
      return x - y
    case '*':
      return x * y
    case '/':
      return x / y
    case '%':
      return x % y
  }
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

function typeError(message: string, data: Record<string, unknown>): FlorError {
  return new FlorError(message, { code: 'PREDICATE_TYPE', data })
}
