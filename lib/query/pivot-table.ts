import type { Origin, RunEntry } from '../db/run-entry.js'
import type { Label } from '../model/context.js'
import type { LogValue } from '../model/value.js'

/** What a pivot's column holds. */
export type PivotColumnKind = 'run' | 'loop' | 'argument' | 'attribute' | 'value' | 'aggregate'

export interface PivotColumn {
  /** As it is shown: of aggregates as one types them, `mean(loss) by epoch`. */
  readonly name: string
  readonly kind: PivotColumnKind
}

/** One cell; `undefined` where the run has no value there. */
export interface PivotCell {
  readonly value: LogValue
  /** Absent for run, loop, argument and attribute columns. */
  readonly origin?: Origin
  /** Where a logged value stands among all of its name; see Column.order. */
  readonly order?: number
}

/** A table whose rows are made as they are read, in batches of one run each at most; to be read once, by one of the two. */
export interface PivotStream {
  readonly columns: readonly PivotColumn[]
  readonly batches: AsyncIterable<readonly PivotRow[]>
  /** The same rows, some of them as blocks of columns: a million values are written in a third of the time that a million rows take. */
  readonly pieces?: AsyncIterable<readonly PivotRow[] | PivotBlock>
}

/** Rows of one run as their columns, in the order of the table's. */
export interface PivotBlock {
  readonly count: number
  readonly columns: readonly BlockColumn[]
}

export type BlockColumn =
  | { readonly kind: 'constant'; readonly value: LogValue | undefined }
  /** Iterations by their labels, where they have one, else by numbers. */
  | {
      readonly kind: 'loop'
      readonly numbers: ArrayLike<number>
      readonly labels: readonly (Label | undefined)[] | undefined
    }
  /** Logged values; row `join[i]` of them, none where that is -1, or row `i`. */
  | { readonly kind: 'values'; readonly values: ArrayLike<LogValue>; readonly join?: Int32Array }

/** Rows of the finest loop context among the names; coarser values are joined down. */
export interface PivotTable {
  readonly columns: readonly PivotColumn[]
  readonly rows: readonly PivotRow[]
}

export interface PivotRow {
  readonly entry: RunEntry
  /** One cell a column, in the order of `columns`. */
  readonly cells: readonly (PivotCell | undefined)[]
}
