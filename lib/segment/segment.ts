import type { Column, ColumnSummary, ContextTable } from '../model/column.js'
import type { RunOid } from '../model/oid.js'
import type { Arg, BackfillHeader, Checkpoint, LoopTiming, RunEnd, RunHeader } from '../model/run.js'
import type { LogValue } from '../model/value.js'

/** A column as a segment lists it: always its summary; the values inline, or as a blob of the runs tree. */
export interface StoredColumn {
  readonly name: string
  readonly contexts: ContextTable
  readonly summary: ColumnSummary
  readonly values: Float64Array | readonly LogValue[]
  /** See {@link Column.order}. */
  readonly order?: Int32Array
}

/** A column that did not fit into the note: its blob lies in the runs tree at `<ab>/<rest>/columns/<file>`. */
export interface ExternalColumn {
  readonly name: string
  readonly loops: readonly string[]
  readonly summary: ColumnSummary
  /** File name in the run's `columns` folder. */
  readonly file: string
}

interface SegmentBase {
  /** Format version: 1. */
  readonly v: 1
  /** Unique: two segments of one id are the same segment. */
  readonly id: string
  readonly run: RunOid
  readonly columns: readonly (StoredColumn | ExternalColumn)[]
}

/** What a run recorded itself. */
export interface RecordSegment extends SegmentBase {
  readonly kind: 'record'
  readonly header: RunHeader
  readonly end: RunEnd
  readonly args: readonly Arg[]
  readonly seeds: readonly LogValue[]
  /** Outer and main loops, in the order in which they were entered. */
  readonly timeline: readonly LoopTiming[]
  readonly checkpoints: readonly Checkpoint[]
  readonly warnings: readonly string[]
}

/** What a replay of the run produced. */
export interface BackfillSegment extends SegmentBase {
  readonly kind: 'backfill'
  readonly backfill: BackfillHeader
}

export type Segment = RecordSegment | BackfillSegment

/** Tells whether the values lie outside the note. */
export function isExternal(column: StoredColumn | ExternalColumn): column is ExternalColumn {
  return 'file' in column
}

/** The columns' type in memory, re-exported for readers of segments. */
export type { Column }
