import type { Context, Iteration, Label } from './context.js'
import type { LogValue } from './value.js'

/**
 * The contexts of a column's rows, as columns themselves. All rows of one table have the same loops, outermost first;
 * `count` rows; `indices[i][row]` is the iteration of `loops[i]`. `passes[i]` and `labels[i]` are absent where every pass is 0 /
 * no row has a label. Rows stand in the order in which they were logged. A table without loops has
 * `count` rows, all in the empty context.
 */
export interface ContextTable {
  readonly loops: readonly string[]
  readonly count: number
  readonly indices: readonly Int32Array[]
  readonly passes: readonly (Int32Array | undefined)[]
  readonly labels: readonly (readonly (Label | undefined)[] | undefined)[]
}

/** The values that one name was logged with in contexts of one shape, in the order in which they were logged. */
export interface Column {
  readonly name: string
  readonly contexts: ContextTable
  /** One value a row. A Float64Array if and only if every value is a number. */
  readonly values: Float64Array | readonly LogValue[]
  /**
   * Where each value stands among all that were logged under the name, whatever the context, counted from 0; rising. Present where the name
   * was logged in contexts of several shapes, but not in what early versions wrote.
   */
  readonly order?: Int32Array
}

/** What is known of a column without reading it. Numbers and big integers only in `min`…`sample`; absent when no value is one. */
export interface ColumnSummary {
  readonly count: number
  readonly first: LogValue
  readonly last: LogValue
  /** Where the first and the last value stand among all of the name; present where {@link Column.order} is. */
  readonly firstAt?: number
  readonly lastAt?: number
  /** Over the numbers that are not NaN; where the extreme stands as a row number. */
  readonly min?: number | bigint
  readonly minRow?: number
  readonly max?: number | bigint
  readonly maxRow?: number
  /** Arithmetic mean of the finite ones, where a number can hold it. */
  readonly mean?: number
  /** How many numbers are NaN. */
  readonly nanCount?: number
  /** At most 64 of them as numbers, evenly spaced over the rows, the first and the last among them. */
  readonly sample?: Float64Array
}

/** The context of one row. @throws RangeError if there is no such row. */
export function contextAt(table: ContextTable, row: number): Context {
  if (!(row >= 0 && row < table.count)) throw new RangeError(`no row ${row} of ${table.count}`)
  return table.loops.map((loop, i): Iteration => {
    const label = table.labels[i]?.[row]
    const base = { loop, pass: table.passes[i]?.[row] ?? 0, index: table.indices[i]?.[row] as number }
    return label === undefined ? base : { ...base, label }
  })
}
