import { readdir } from 'node:fs/promises'
import { spoolDir } from '../git/location.js'
import type { FlorRepository } from './flor-repository.js'

/** The folder of all spools. */
export const spoolRoot = (repository: FlorRepository): string => spoolDir(repository.location)

/** Names of the spools that are there, of runs in flight too. */
export async function pendingSpools(repository: FlorRepository): Promise<string[]> {
  const names = await readdir(spoolRoot(repository)).catch(() => [])
  return names.filter((name) => /^[0-9A-Za-z_-]+$/.test(name)).sort()
}
