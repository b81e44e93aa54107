import type { Context } from '../model/context.js'
import type { LoopPlan } from '../model/plan.js'
import type { Checkpoint, ReplayLevel } from '../model/run.js'

/** One process's work: what it follows, what it must produce, what it needs. */
export interface ReplayTask {
  readonly level: ReplayLevel
  /**
   * Where values are wanted: iterations of a main loop (or of outer loops, or the empty context), in
   * the order of execution. Values inside these contexts count, too.
   */
  readonly wanted: readonly Context[]
  /** Main-loop iterations that are executed, wanted or on the way, as context keys. */
  readonly executed: readonly string[]
  readonly loops: readonly LoopPlan[]
  /** Checkpoints that the plan restores, each once. Their files must be on this machine before the task starts. */
  readonly checkpoints: readonly Checkpoint[]
  readonly estimateMs: number
  /** In words: what is executed, from where. */
  readonly reason: string
}

/** What a run's replay consists of. */
export interface PlannedRun {
  readonly status: 'planned'
  readonly level: ReplayLevel
  /** In words: why this level. */
  readonly reason: string
  readonly tasks: readonly ReplayTask[]
  /** Time of all tasks one after another. */
  readonly estimateMs: number
  /** Checkpoints used, and those of them whose files are to be fetched first. */
  readonly checkpoints: { readonly used: number; readonly toFetch: readonly Checkpoint[] }
  /** Wanted contexts that cannot be had, and why. */
  readonly excluded: readonly { readonly context: Context; readonly reason: string }[]
  /** A cheaper level whose soundness could not be told: a trial may allow it. */
  readonly cheaper?: 'skip' | 'restore'
}

export interface RefusedRun {
  readonly status: 'refused'
  readonly reason: string
}

export type RunPlan = PlannedRun | RefusedRun
