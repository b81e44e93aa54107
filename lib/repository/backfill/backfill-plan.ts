import type { RunEntry } from '../../db/run-entry.js'
import type { Context } from '../../model/context.js'
import type { Oid } from '../../model/oid.js'
import type { CheckResult, Fidelity, ReplayLevel } from '../../model/run.js'
import type { FileLine } from '../../propagate/choose-file.js'
import type { Expression } from '../../query/predicate.js'
import type { MissingFile } from '../../replay/executor.js'
import type { CheckMode, LevelCheck } from '../../replay/level-check.js'
import type { PlanRequest } from '../../replay/planner.js'
import type { Soundness } from '../../replay/source-project.js'
import type { PlannedRun } from '../../replay/task.js'
import type { CarriedFile } from './carry.js'
import type { EnvironmentDifference } from './environment-differences.js'
import type { WantedStatements } from './find-wanted.js'

/** What `git flor backfill` is asked for. */
export interface BackfillRequest {
  /** Log names of the working tree's statements. */
  readonly names: readonly string[]
  /** Which runs and iterations; absent: all. */
  readonly where?: Expression
  /** The statements, where they are not to be looked up in the working tree; see makeWanted. */
  readonly wanted?: WantedStatements
}

/** What happens to one run. */
export type BackfillRow = PlannedRow | DeferredRow | CompleteRow | RefusedRow

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
  /** For each name, a digest of the run's code with its statements alone; see BackfillHeader. */
  readonly digests: ReadonlyMap<string, string>
  /** One for each kind of place that the statements stand in. */
  readonly plans: readonly GroupPlan[]
  /** Main-loop iterations that lack a value, in order; empty when the values lie outside of main loops. */
  readonly wanted: readonly Context[]
  /** One worker's time, the checks that are made in this run included. */
  readonly estimateMs: number
  /** Writers whose code would be executed and whom the user has not trusted yet; empty for own runs. */
  readonly untrusted: readonly string[]
}

/** The run could be replayed, but not within the budget. */
export interface DeferredRow extends Omit<PlannedRow, 'status' | 'untrusted'> {
  readonly status: 'deferred'
}

/** The replay of statements that stand in one kind of place. */
export interface GroupPlan {
  readonly names: readonly string[]
  /** What was planned, to be planned anew when a checkpoint turns out to be lost or a trial allows a cheaper level. */
  readonly request: PlanRequest
  readonly plan: PlannedRun
  /** Log names whose recorded values a replay must reproduce, by how iterations are executed. */
  readonly comparable: Soundness['comparable']
  /** Checks of its levels that are made in this run; absent where there are none, or another run of the same source has them. */
  readonly checks?: readonly LevelCheck[]
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
  /** Lines of old files near which the statement may belong, best first. */
  readonly candidates: readonly FileLine[]
}

/** Everything that a backfill would do, before anything is executed. */
export interface BackfillPlan {
  readonly request: BackfillRequest
  readonly wanted: WantedStatements
  /** Newest run first. */
  readonly rows: readonly BackfillRow[]
  /** Sum over all tasks and checks, in milliseconds of one worker. */
  readonly estimateMs: number
  readonly schedule: BackfillSchedule
  /** Whether levels that the analysis calls sound are checked, see {@link planLevelCheck}. */
  readonly check: CheckMode
  /** In what the planned runs' own environments were others than the one that they will be replayed in. */
  readonly differences: readonly EnvironmentDifference[]
}

/** How long the planned rows take when workers share them. */
export interface BackfillSchedule {
  /** How many work at once: those of the allowed ones that have something to do, checks aside. */
  readonly workers: number
  /** How many may. A trial may find work for more than the plan has. */
  readonly allowed: number
  /** From the start to the last value stored, by estimate. */
  readonly durationMs: number
  /** What was allowed, where something was: rows beyond it are deferred. */
  readonly budgetMs?: number
}

/** How one task of a backfill ended. */
export type TaskReport = TaskDone | TaskFailed

export interface TaskDone {
  readonly status: 'done'
  readonly entry: RunEntry
  /** Id of the backfill segment. */
  readonly id: string
  readonly values: number
  readonly fidelity: Fidelity
  /** Of the level that was to be used; see BackfillHeader. */
  readonly check?: CheckResult
  readonly durationMs: number
  /** What the plan said that it would take its worker. */
  readonly estimateMs: number
}

export interface TaskFailed {
  readonly status: 'failed'
  readonly entry: RunEntry
  /** Under which `git flor show --backfill` shows it; absent when it could not be kept. */
  readonly id?: string
  readonly reason: string
  /** Last lines that the replayed script printed. */
  readonly output: string
  /** What it did not find, when that is what failed. */
  readonly missing?: MissingFile
}

/** How a backfill ended. */
export interface BackfillOutcome {
  readonly reports: readonly TaskReport[]
  /** Values stored, over all reports. */
  readonly values: number
  readonly durationMs: number
  /** Whether it was ended by its signal; what was done until then is kept. */
  readonly isInterrupted: boolean
}

/** What a task is about to execute. */
export interface StartedTask {
  /** Which worker does it, counted from 0. */
  readonly worker: number
  readonly entry: RunEntry
  /** Main-loop iterations that it executes, in order, as context keys. */
  readonly iterations: readonly string[]
  readonly level: ReplayLevel
  readonly reason: string
  readonly estimateMs: number
  /**
   * `trial`: whether a cheaper level gives the same values is to be seen; `check`: whether one that is called sound does. Values of both are not
   * kept.
   */
  readonly aim: 'values' | 'trial' | 'check'
}

/** Called as a backfill goes on. */
export interface BackfillListener {
  onStart?(task: StartedTask): void
  /** Where a worker's process is: the innermost iteration of outer and main loops. Asked for only where this is given. */
  onPlace?(worker: number, place: Context): void
  /** The worker's process has ended; its values may still have to be stored. */
  onEnd?(worker: number): void
  onReport?(report: TaskReport): void
}
