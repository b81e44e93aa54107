import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { RunIndex } from '../db/run-index.js'
import { indexDir, type RepositoryLocation } from '../git/location.js'

/** Longer than a command that only reads keeps it; shorter than anybody waits for a Tab key. */
const PATIENCE_MS = 100

/**
 * Reads the index as it is: nothing is sealed, fetched or folded in first. Undefined where there is none yet, or another command has it.
 * For answers that may be a moment old and must come at once.
 * @throws whatever `read` throws
 */
export async function peekIndex<T>(
  location: RepositoryLocation,
  read: (index: RunIndex) => Promise<T>,
): Promise<T | undefined> {
  const folder = indexDir(location)
  if (!existsSync(join(folder, 'CURRENT'))) return undefined
  let index: RunIndex
  try {
    index = await RunIndex.open(folder, { waitMs: PATIENCE_MS })
  } catch {
    return undefined
  }
  try {
    return await read(index)
  } finally {
    await index.close()
  }
}
