import { setTimeout as sleep } from 'node:timers/promises'
import type { RunEntry } from '../db/run-entry.js'
import type { FlorRepository } from './flor-repository.js'
import { pendingSpools } from './seal.js'

/** How long a run that has just ended may take to be sealed by its own child process before we look without it. */
const PATIENCE_MS = 5_000

/**
 * The runs of this clone that started at or after `sinceMs`, oldest first. Seals what has ended; where another process is
 * sealing just now, waits for it.
 */
export async function findRunsSince(repository: FlorRepository, sinceMs: number): Promise<RunEntry[]> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const index = await repository.index()
    const isSettled = (await pendingSpools(repository)).length === 0
    const found: RunEntry[] = []
    for await (const entry of index.runs({ newestFirst: true })) {
      if (entry.header.startedMs < sinceMs) break
      found.push(entry)
    }
    if (isSettled || found.length > 0 || Date.now() > deadline) return found.reverse()
    await sleep(50)
    await repository.refresh()
  }
}
