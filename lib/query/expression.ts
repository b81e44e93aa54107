/** Predicates as trees. `at` is where a node, or the operator of one, begins in the text it was parsed from. */
export type Expression =
  | {
      readonly kind: 'literal'
      readonly value: number | bigint | string | boolean | null | Date
      readonly at: number
    }
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  | { readonly kind: 'aggregate'; readonly aggregate: Aggregate; readonly name: string; readonly at: number }
  | { readonly kind: 'not' | 'negative'; readonly operand: Expression; readonly at: number }
  | IterationAggregate
  | BinaryExpression
  | TestExpression
  | KindExpression
  | InExpression
  | BetweenExpression
  | LikeExpression

/** What all values that a run logged under one name are made into; `p50` is the median. */
export type Aggregate = (typeof AGGREGATES)[number]

export const AGGREGATES = ['first', 'last', 'min', 'max', 'mean', 'count', 'p50'] as const

/** An aggregate of the values inside each iteration of a loop: `mean(loss) by epoch`. A kind of its own, since no run has one as a whole. */
export interface IterationAggregate {
  readonly kind: 'iteration-aggregate'
  readonly aggregate: Aggregate
  readonly name: string
  readonly by: string
  readonly at: number
}

export type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>='

export interface BinaryExpression {
  readonly kind: 'binary'
  readonly operator: 'and' | 'or' | Comparator | '+' | '-' | '*' | '/' | '%'
  readonly left: Expression
  readonly right: Expression
  readonly at: number
}

interface Negatable {
  readonly operand: Expression
  readonly negated: boolean
  readonly at: number
}

/** `is null`, `is nan`, and with `not`. */
export interface TestExpression extends Negatable {
  readonly kind: 'is-null' | 'is-nan'
}

/** Kinds of values that a predicate can tell apart. */
export type ValueKind = 'number' | 'text' | 'boolean' | 'date'

/** `is number`, `is text`, and with `not`. */
export interface KindExpression extends Negatable {
  readonly kind: 'is-kind'
  readonly wanted: ValueKind
}

export interface InExpression extends Negatable {
  readonly kind: 'in'
  readonly list: readonly Expression[]
}

export interface BetweenExpression extends Negatable {
  readonly kind: 'between'
  readonly low: Expression
  readonly high: Expression
}

export interface LikeExpression extends Negatable {
  readonly kind: 'like'
  readonly pattern: Expression
}

/** A name as a query uses it: by itself, or its values in an aggregate: all of a run's, or with `by` those inside each iteration of that loop. */
export interface NameUse {
  readonly name: string
  readonly aggregate?: Aggregate
  readonly by?: string
}

/** A use as one would type it: `loss`, `"val/acc"`, `mean(loss) by epoch`. Equal for equal uses only. */
export function formatUse({ name, aggregate, by }: NameUse): string {
  if (aggregate === undefined) return quoted(name)
  return `${aggregate}(${quoted(name)})${by === undefined ? '' : ` by ${quoted(by)}`}`
}

const RESERVED = [
  ...['or', 'and', 'not', 'is', 'in', 'between', 'like'],
  ...['true', 'false', 'null', 'nan', 'inf', 'infinity'],
]

/** Whether a word means something else than a name, in upper or lower case, unless it is quoted. */
export function isReserved(word: string): boolean {
  return RESERVED.includes(word.toLowerCase())
}

function quoted(name: string): string {
  const isWord = /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(name) && !isReserved(name)
  return isWord ? name : `"${name.replaceAll('"', '""')}"`
}

/** Every use of a name, in the order of the text; the same one may come twice. */
export function usesIn(expression: Expression): NameUse[] {
  if (expression.kind === 'name') return [{ name: expression.name }]
  if (expression.kind === 'aggregate') return [{ name: expression.name, aggregate: expression.aggregate }]
  if (expression.kind === 'iteration-aggregate') {
    const { name, aggregate, by } = expression
    return [{ name, aggregate, by }]
  }
  return partsOf(expression).flatMap(usesIn)
}

/** The names that an expression uses, each once. */
export function namesIn(expression: Expression): string[] {
  return [...new Set(usesIn(expression).map(({ name }) => name))]
}

/** A predicate in two: it holds where both parts hold. */
export interface SplitPredicate {
  /** The conjuncts that can be decided for a run as a whole. */
  readonly ofRun?: Expression
  /** The others, which are to be decided for each context. */
  readonly ofRow?: Expression
}

/** Splits at the outermost `and`s, by whether all uses of names in a conjunct are of the run as a whole. */
export function splitConjuncts(expression: Expression, isOfRun: (use: NameUse) => boolean): SplitPredicate {
  if (expression.kind !== 'binary' || expression.operator !== 'and')
    return usesIn(expression).every(isOfRun) ? { ofRun: expression } : { ofRow: expression }
  const [left, right] = [expression.left, expression.right].map((part) => splitConjuncts(part, isOfRun))
  const ofRun = conjunction(expression.at, left?.ofRun, right?.ofRun)
  const ofRow = conjunction(expression.at, left?.ofRow, right?.ofRow)
  return { ...(ofRun && { ofRun }), ...(ofRow && { ofRow }) }
}

function conjunction(
  at: number,
  left: Expression | undefined,
  right: Expression | undefined,
): Expression | undefined {
  if (left === undefined || right === undefined) return left ?? right
  return { kind: 'binary', operator: 'and', left, right, at }
}

/** The expressions that it is made of, from left to right. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'name':
    case 'aggregate':
    case 'iteration-aggregate':
      return []
    case 'binary':
      return [expression.left, expression.right]
    case 'in':
      return [expression.operand, ...expression.list]
    case 'between':
      return [expression.operand, expression.low, expression.high]
    case 'like':
      return [expression.operand, expression.pattern]
    default:
      return [expression.operand]
  }
}
