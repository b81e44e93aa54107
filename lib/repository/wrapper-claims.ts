import { existsSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { readRef, updateRefs } from '../git/refs.js'
import { pendingRef } from '../git/snapshot.js'
import type { FlorRepository } from './flor-repository.js'

/**
 * The ids of the runs that were recorded by programs themselves under a `git flor run`, of whose spool this is the folder: the lines of its file `runs`, oldest first.
 * Where there are any, the wrapper's own spool becomes no run.
 */
export function readClaims(folder: string): readonly string[] {
  try {
    const ids = readFileSync(join(folder, 'runs'), 'utf8').split('\n')
    return ids.filter((id) => /^[0-9A-Za-z_-]+$/.test(id))
  } catch {
    return []
  }
}

/** The run that gets the output of a wrapper's spool: the only one that the program recorded, while it is not sealed yet. */
export function heirOf(folder: string, claims: readonly string[]): string | undefined {
  const [id, ...more] = claims
  if (id === undefined || more.length > 0) return undefined
  const heir = join(folder, '..', id)
  return existsSync(join(heir, 'owner.json')) && !existsSync(join(heir, 'output')) ? id : undefined
}

/** Hands the output of a wrapper's spool to the run that the program recorded itself, and drops the run commit that is not needed. */
export async function handOver(
  repository: FlorRepository,
  folder: string,
  id: string,
  claims: readonly string[],
): Promise<void> {
  const heir = heirOf(folder, claims)
  const output = join(folder, 'output')
  if (heir !== undefined && existsSync(output)) renameSync(output, join(folder, '..', heir, 'output'))
  const ref = pendingRef(id)
  const old = await readRef(repository.location, ref)
  // Should another process be faster, `git flor gc` finds the rest.
  if (old !== undefined) await updateRefs(repository.location, [{ ref, oid: null, old }])
}
