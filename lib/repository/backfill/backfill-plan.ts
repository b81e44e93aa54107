import type { RunEntry } from '../../db/run-entry.js'
import type { Context } from '../../model/context.js'
import type { Oid } from '../../model/oid.js'
import type { Expression } from '../../query/predicate.js'
import type { PlannedRun } from '../../replay/task.js'
import type { CarriedFile } from './carry.js'
import type { WantedStatements } from './find-wanted.js'

/** What `git flor backfill` is asked for. */
export interface BackfillRequest {
  /** Log names of the working tree's statements. */
  readonly names: readonly string[]
  /** Which runs and iterations; absent: all. */
  readonly where?: Expression
}

/** What happens to one run. */
export type BackfillRow = PlannedRow | CompleteRow | RefusedRow

interface RowBase {
  readonly entry: RunEntry
  /** Where the statements stand, or would stand, in the run's code; empty when no file could be paired. */
  readonly files: readonly CarriedFile[]
}

/** The run is to be replayed. */
export interface PlannedRow extends RowBase {
  readonly status: 'planned'
  /** The run commit itself, where its code has the statements already. */
  readonly patched: Oid
  /** One plan for each kind of place that the statements stand in, with the names of the statements that it serves. */
  readonly plans: readonly { readonly names: readonly string[]; readonly plan: PlannedRun }[]
  /** Main-loop iterations that lack a value, in order; empty when the values lie outside of main loops. */
  readonly wanted: readonly Context[]
  /** One worker's time. */
  readonly estimateMs: number
  /** Writers whose code would be executed and whom the user has not trusted yet; empty for own runs. */
  readonly untrusted: readonly string[]
}

/** Nothing is missing: the run recorded the values itself, or an earlier backfill computed them. */
export interface CompleteRow extends RowBase {
  readonly status: 'complete'
  readonly why: string
}

/** The values cannot be had soundly. */
export interface RefusedRow extends RowBase {
  readonly status: 'refused'
  readonly reason: string
  /** Lines of the old file near which the statement may belong. */
  readonly candidates: readonly number[]
}

/** Everything that a backfill would do, before anything is executed. */
export interface BackfillPlan {
  readonly request: BackfillRequest
  readonly wanted: WantedStatements
  /** Newest run first. */
  readonly rows: readonly BackfillRow[]
  /** Sum over all tasks, in milliseconds of one worker. */
  readonly estimateMs: number
}
