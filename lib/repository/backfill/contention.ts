import { availableParallelism } from 'node:os'
import type { ReplayLevel } from '../../model/run.js'

/** What contention is learned from: the process of one replay. */
export interface TimedReplay {
  readonly script: string
  /** Where the run was recorded: another machine may be faster. */
  readonly host: string
  readonly level: ReplayLevel
  /** Workers at once. */
  readonly workers: number
  /** By recorded durations: the process's time if this machine were the one of the recording. */
  readonly expectedMs: number
  readonly processMs: number
  /** Processors that the recorded process kept busy on the average, where that was recorded. */
  readonly busy?: number
}

/**
 * How much longer a replay takes with `workers` at once than alone: because together they want more processors than there are, and by
 * {@link rest what is left beside that}.
 */
export function contention(replays: readonly TimedReplay[], workers: number, busy = 1): number {
  return workers < 2 ? 1 : Math.max(1, crowding(workers, busy) * rest(replays, workers))
}

/**
 * Processes that together keep more processors busy than the machine has take turns. One that computes keeps more than one
 * busy, with the threads of its libraries, its garbage collection and its compiler: TensorFlow.js on one thread about 1.4.
 */
function crowding(workers: number, busy: number): number {
  return Math.max(1, (workers * Math.max(1, busy)) / availableParallelism())
}

/**
 * Workers share caches, memory, disk and the clock rate that a processor keeps up. What they lose by it belongs to the machine more than to the
 * script, so it is learned from all replays of the same script, run and level that were done both alone and with as many workers,
 * each weighing as much as the time it was seen over, and holds for scripts of which only one side is known.
 */
function rest(replays: readonly TimedReplay[], workers: number): number {
  let [weighted, weights] = [0, 0]
  for (const group of groupsOf(replays)) {
    const alone = group.filter((it) => it.workers === 1)
    const together = group.filter((it) => it.workers === workers)
    const [aloneMs, togetherMs] = [sum(alone, 'expectedMs'), sum(together, 'expectedMs')]
    if (aloneMs === 0 || togetherMs === 0) continue
    const slower = sum(together, 'processMs') / togetherMs / Math.max(1e-3, sum(alone, 'processMs') / aloneMs)
    // Work that was seen little of on one side says little.
    const weight = Math.min(aloneMs, togetherMs)
    weighted += (weight * slower) / crowding(workers, group.at(-1)?.busy ?? 1)
    weights += weight
  }
  return weights === 0 ? assumedRest(workers) : weighted / weights
}

/**
 * Before any was measured. Two processes that computed at once on two processors took between 1.00 and 1.39 times as long as one alone:
 * this lies as far from either.
 */
function assumedRest(workers: number): number {
  const processors = availableParallelism()
  if (processors === 1) return 1
  return 1 + ((ASSUMED_AT_FULL - 1) * (Math.min(workers, processors) - 1)) / (processors - 1)
}

const ASSUMED_AT_FULL = 1.18

function groupsOf(replays: readonly TimedReplay[]): Iterable<TimedReplay[]> {
  const groups = new Map<string, TimedReplay[]>()
  for (const it of replays) {
    const key = JSON.stringify([it.script, it.host, it.level])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [it])
    else group.push(it)
  }
  return groups.values()
}

function sum(replays: readonly TimedReplay[], of: 'processMs' | 'expectedMs'): number {
  return replays.reduce((total, it) => total + it[of], 0)
}
