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
      return arithmetic('-', 0, resultOf(expression.operand, lookup), expression.at)
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
  const a = resultOf(left, lookup)
  const b = resultOf(right, lookup)
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

function negatable(expression: InExpression | BetweenExpression | LikeExpression, lookup: Lookup): Truth {
  const { operand, negated, at } = expression
  const value = resultOf(operand, lookup)
  const truth = (): Truth => {
    if (expression.kind === 'like') return like(value, resultOf(expression.pattern, lookup), at)
    if (expression.kind === 'in') {
      const equal = expression.list.map((item) => compare('=', value, resultOf(item, lookup), at))
      return equal.includes(true) ? true : equal.includes(null) ? null : false
    }
    const low = compare('>=', value, resultOf(expression.low, lookup), at)
    return and(low, () => compare('<=', value, resultOf(expression.high, lookup), at))
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
  throw typeError(`${typeName(value)} is not a condition`, { operand: value, offset: expression.at })
}

function compare(operator: Comparator, a: LogValue, b: LogValue, offset: number): Truth {
  if (a === null || b === null) return null
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
  a: LogValue,
  b: LogValue,
  offset: number,
): readonly [Comparable, Comparable] {
  if (isNumeric(a) && isNumeric(b)) return [a, b]
  if (typeof a === 'string' && typeof b === 'string') return [a, b]
  if (typeof a === 'boolean' && typeof b === 'boolean') return [a, b]
  const [left, right] = [timeOf(a, b), timeOf(b, a)]
  if (left !== undefined && right !== undefined) return [left, right]
  const message = `${typeName(a)} cannot be compared with ${typeName(b)}`
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

function like(value: LogValue, pattern: LogValue, offset: number): Truth {
  if (value === null || pattern === null) return null
  if (typeof value !== 'string' || typeof pattern !== 'string') {
    const message = `like compares text, not ${typeName(typeof value === 'string' ? pattern : value)}`
    throw typeError(message, { left: value, right: pattern, operator: 'like', offset })
  }
  return matchesLike(value, pattern)
}

function arithmetic(
  operator: '+' | '-' | '*' | '/' | '%',
  a: LogValue,
  b: LogValue,
  offset: number,
): number | null {
  if (a === null || b === null) return null
  if (!isNumeric(a) || !isNumeric(b)) {
    const message = `${typeName(isNumeric(a) ? b : a)} is not a number to calculate with`
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

function typeName(value: LogValue): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'true or false'
  if (isNumeric(value)) return 'a number'
  if (value instanceof Date) return 'a date'
  if (Array.isArray(value)) return 'a list'
  return ArrayBuffer.isView(value) || 'dtype' in value ? 'an array' : 'a map'
}

function typeError(message: string, data: Record<string, unknown>): FlorError {
  return new FlorError(message, { code: 'PREDICATE_TYPE', data })
}
