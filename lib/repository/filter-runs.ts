import type { RunEntry } from '../db/run-entry.js'

/** Small at first, as most callers want few runs; larger ones spend less on each. */
const FIRST_BATCH = 32
const LARGEST_BATCH = 4096

/** Filters runs by what is found out for many of them at once; their order stays, and no more is read than is asked for. */
export async function* filterInBatches(
  runs: AsyncIterable<RunEntry>,
  judge: (batch: readonly RunEntry[]) => Promise<(entry: RunEntry) => boolean>,
): AsyncGenerator<RunEntry> {
  let size = FIRST_BATCH
  let batch: RunEntry[] = []
  const fitting = async (): Promise<RunEntry[]> => {
    const fits = await judge(batch)
    return batch.filter(fits)
  }
  for await (const entry of runs) {
    batch.push(entry)
    if (batch.length < size) continue
    yield* await fitting()
    batch = []
    size = Math.min(LARGEST_BATCH, size * 4)
  }
  if (batch.length > 0) yield* await fitting()
}
