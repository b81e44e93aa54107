import type { Checkpoint, IterationTiming, LoopTiming, RunHeader } from '../model/run.js'

/** What executing things costs on this machine, in milliseconds. */
export interface ReplayCosts {
  /** From the start of a process to its first call of the runtime, for runs that did not record it: one that imports little. */
  readonly processStartMs: number
  /** Reading and restoring one MiB of a checkpoint, and the fixed part of restoring any. */
  readonly restoreMsPerMiB: number
  readonly restoreMs: number
  /** What this machine takes for what took the recording one a millisecond, with as many workers at once as there will be. */
  readonly scale: number
  /** Around the process: a worktree at the commit with what it needs, the process's end. */
  readonly aroundMs: number
  /** Reading, comparing and storing one task's values, for which the worker does not wait. */
  readonly collectMs: number
}

/** Measured on a slow two-core machine; what replays took on this one is kept and used instead, see repository/backfill/cost-record.ts. */
export const defaultCosts: ReplayCosts = {
  processStartMs: 120,
  restoreMsPerMiB: 3,
  restoreMs: 2,
  scale: 1,
  aroundMs: 60,
  collectMs: 60,
}

/**
 * What a task takes a worker that executes `costMs` of a run's recorded time. The recorded process's own start is part of it, with all that it imported before the
 * runtime's first call; setting up the recording is not.
 */
export function taskCost(
  costs: ReplayCosts,
  header: Pick<RunHeader, 'bootMs' | 'setupMs'>,
  costMs: number,
): number {
  const { bootMs = costs.processStartMs, setupMs = 0 } = header
  return costs.aroundMs + costs.scale * Math.max(0, bootMs - setupMs + costMs)
}

/** The process's part of what {@link taskCost} answered, by recorded durations alone. */
export function expectedMs(costs: ReplayCosts, estimateMs: number): number {
  return Math.max(0, estimateMs - costs.aroundMs) / costs.scale
}

export function restoreCost(costs: ReplayCosts, checkpoint: Checkpoint): number {
  const sizeBytes = checkpoint.files.reduce((sum, it) => sum + it.sizeBytes, checkpoint.state.length)
  return costs.restoreMs + (sizeBytes / (1 << 20)) * costs.restoreMsPerMiB
}

/** Recorded time of one iteration; the mean of its loop's where it was not recorded. */
export function runCost(loop: LoopTiming, index: number): number {
  return loop.iterations[index]?.durationMs ?? meanDuration(loop)
}

/** Time of all iterations of a loop. */
export function wholeCost(loop: LoopTiming): number {
  return loop.iterations.reduce((sum, _, index) => sum + runCost(loop, index), 0)
}

/** Time of an iteration outside of its nested loops. */
export function skipCost(loop: LoopTiming, index: number): number {
  const iteration = loop.iterations[index] as IterationTiming
  const nested = iteration.nested.reduce((sum, it) => sum + it.durationMs, 0)
  return Math.max(0, runCost(loop, index) - nested)
}

function meanDuration(loop: LoopTiming): number {
  const known = loop.iterations.flatMap((it) => it.durationMs ?? [])
  return known.length === 0 ? 0 : known.reduce((a, b) => a + b, 0) / known.length
}
