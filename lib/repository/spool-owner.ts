import { statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isProcess } from '../replay/process-identity.js'
import { readOwner } from '../segment/spool-reader.js'
import { type LockFile, takeLockFile } from './lock-file.js'

/** How long a spool without an owner may be one that is just being made. */
const BIRTH_MS = 10_000

/**
 * Tells whether the process that writes a spool may still be running. A spool of another host (a shared file system) counts as alive:
 * nobody here can tell.
 */
export function isOwnerAlive(folder: string): boolean {
  const owner = readOwner(folder)
  if (owner === undefined) return Date.now() - modifiedMs(folder) < BIRTH_MS
  return owner.host !== hostname() || isProcess(owner)
}

/**
 * Takes the lock of a spool, so that no two seal it at once; undefined while another process that is alive holds it, or when the spool is gone.
 */
export function takeSealLock(folder: string): LockFile | undefined {
  return takeLockFile(join(folder, 'seal.lock'))
}

function modifiedMs(folder: string): number {
  try {
    return statSync(folder).mtimeMs
  } catch {
    return Date.now()
  }
}
