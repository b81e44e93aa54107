import type { Checkpoint, IterationTiming, LoopTiming } from '../model/run.js'

/** What executing things costs on this machine, in milliseconds. */
export interface ReplayCosts {
  /** Start of a process that imports nothing but the runtime; measured, see {@link defaultCosts}. */
  readonly processStartMs: number
  /** Reading and restoring one MiB of a checkpoint, and the fixed part of restoring any. */
  readonly restoreMsPerMiB: number
  readonly restoreMs: number
}

/** Measured on a slow two-core machine; recorded prefixes already contain the script's own imports. */
export const defaultCosts: ReplayCosts = { processStartMs: 120, restoreMsPerMiB: 3, restoreMs: 2 }

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
