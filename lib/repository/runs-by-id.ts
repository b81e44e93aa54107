import { setTimeout as sleep } from 'node:timers/promises'
import type { RunEntry } from '../db/run-entry.js'
import type { FlorRepository } from './flor-repository.js'
import { pendingSpools } from './pending-spools.js'

/** How long a run that has just ended may take to be sealed by its own child process before we look without it. */
const PATIENCE_MS = 5_000

/**
 * The runs of these ids, oldest first, none of which started before `sinceMs`. Seals what has ended; where another process is
 * sealing just now, waits for it. A run that is still going on is not among them.
 */
export async function findRunsById(
  repository: FlorRepository,
  ids: readonly string[],
  sinceMs: number,
): Promise<RunEntry[]> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const index = await repository.index()
    const pending = await pendingSpools(repository)
    const isSettled = !ids.some((id) => pending.includes(id))
    const found: RunEntry[] = []
    for await (const entry of index.runs({ newestFirst: true })) {
      if (entry.header.startedMs < sinceMs) break
      if (ids.includes(entry.header.id)) found.push(entry)
    }
    if (isSettled || found.length === ids.length || Date.now() > deadline) return found.reverse()
    await sleep(50)
    await repository.refresh()
  }
}
