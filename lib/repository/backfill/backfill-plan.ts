import type { RunEntry } from '../../db/run-entry.js'
import type { Context } from '../../model/context.js'
import type { Oid } from '../../model/oid.js'
import type { Fidelity, ReplayLevel } from '../../model/run.js'
import type { Expression } from '../../query/predicate.js'
import type { ReplayTask } from '../../replay/planner.js'
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
export type BackfillRow = BackfillRowBase &
  (
    | {
        readonly status: 'planned'
        readonly patched: Oid
        readonly level: ReplayLevel
        /** Why this level and not a cheaper one, in one sentence. */
        readonly why: string
        readonly tasks: readonly ReplayTask[]
        /** Main-loop iterations that lack a value, in order; empty when the value lies outside of main loops. */
        readonly wanted: readonly Context[]
        /** Checkpoints that the tasks start from: wanted at best, and there. */
        readonly checkpoints: { readonly useful: number; readonly present: number }
        readonly estimateMs: number
        /** Writers whose code would be executed and whom the user has not trusted yet; empty for own runs. */
        readonly untrusted: readonly string[]
      }
    /** Nothing is missing: the run recorded the values itself, or an earlier backfill computed them. */
    | { readonly status: 'complete'; readonly patched: Oid; readonly why: string }
    | { readonly status: 'refused'; readonly reason: string; readonly candidates: readonly number[] }
  )

interface BackfillRowBase {
  readonly entry: RunEntry
  /** Where the statements stand, or would stand, in the run's code; empty when no file could be paired. */
  readonly files: readonly CarriedFile[]
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

/** How one task of a backfill ended. */
export type TaskReport =
  | {
      readonly status: 'done'
      readonly entry: RunEntry
      /** Id of the backfill segment. */
      readonly id: string
      readonly values: number
      readonly fidelity: Fidelity
      readonly durationMs: number
    }
  | {
      readonly status: 'failed'
      readonly entry: RunEntry
      readonly reason: string
      /** Last lines that the replayed script printed. */
      readonly outputTail: string
      /** A path that was missing, when that is what failed: `flor.link` or `flor.copy` may provide it. */
      readonly missingPath?: string
    }

/** How a backfill ended. `refused` counts runs that were not even tried. */
export interface BackfillOutcome {
  readonly reports: readonly TaskReport[]
  readonly values: number
  readonly refused: number
  readonly durationMs: number
  readonly interrupted: boolean
}

/** Called as a backfill goes on. */
export interface BackfillProgress {
  /** A task starts; `label` says what it executes (`epoch 5–7`). */
  onStart?(task: { readonly entry: RunEntry; readonly label: string; readonly estimateMs: number }): void
  onReport?(report: TaskReport): void
}
