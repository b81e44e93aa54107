import type { Origin, RunEntry } from '../db/run-entry.js'
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
}

/** A table whose rows are made as they are read, in batches of one run each at most; to be read once. */
export interface PivotStream {
  readonly columns: readonly PivotColumn[]
  readonly batches: AsyncIterable<readonly PivotRow[]>
}

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
