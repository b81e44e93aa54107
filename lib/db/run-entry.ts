import type { ColumnSummary } from '../model/column.js'
import type { Oid, RunOid } from '../model/oid.js'
import type { Arg, BackfillHeader, Fidelity, ReplayLevel, RunEnd, RunHeader } from '../model/run.js'

/** Where values came from: the run itself, or a replay of it. */
export type Origin =
  | { readonly kind: 'recorded'; readonly segment: string }
  | {
      readonly kind: 'backfilled'
      readonly segment: string
      readonly patched: Oid
      readonly level: ReplayLevel
      readonly fidelity: Fidelity
    }

/** One column of a run, without its values. */
export interface MetricEntry {
  readonly name: string
  /** Loops of its contexts, outermost first; empty for values logged outside all loops. */
  readonly loops: readonly string[]
  readonly summary: ColumnSummary
  readonly origin: Origin
}

/** A run as the index lists it: everything but values. */
export interface RunEntry {
  readonly run: RunOid
  readonly header: RunHeader
  readonly end: RunEnd
  readonly args: readonly Arg[]
  /** In the order in which they were first logged; recorded ones before backfilled ones. */
  readonly metrics: readonly MetricEntry[]
  readonly backfills: readonly (BackfillHeader & { readonly id: string })[]
  readonly checkpoints: { readonly count: number; readonly sizeBytes: number }
  /** Writers in whose shards segments of this run were found. */
  readonly writers: readonly string[]
}
