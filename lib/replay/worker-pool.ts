import { longestFirst, type Piece } from './scheduler.js'

/** Something for one worker. */
export interface Job extends Piece {
  /** Does it; answers what is to be done after it, by whichever worker. `worker` counts from 0. */
  run(worker: number): Promise<readonly Job[]>
}

/**
 * Keeps so many workers busy: each takes the longest job that is left. When `signal` is aborted nothing new is begun, and what was begun is waited
 * for. So it is when a job throws, and then that error is thrown.
 */
export async function runJobs(jobs: readonly Job[], workers: number, signal?: AbortSignal): Promise<void> {
  const queue = [...jobs].sort(longestFirst)
  const idle = Array.from({ length: workers }, (_, i) => workers - 1 - i)
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const begin = (job: Job, worker: number): void => {
    const done = job
      .run(worker)
      .then(
        (next) => {
          if (next.length > 0) queue.push(...next)
          queue.sort(longestFirst)
        },
        (error: unknown) => {
          failures.push(error)
        },
      )
      .then(() => {
        idle.push(worker)
        running.delete(done)
      })
    running.add(done)
  }
  for (;;) {
    while (queue.length > 0 && idle.length > 0 && failures.length === 0 && signal?.aborted !== true) {
      begin(queue.shift() as Job, idle.pop() as number)
    }
    if (running.size === 0) break
    await Promise.race(running)
  }
  if (failures.length > 0) throw failures[0]
}
