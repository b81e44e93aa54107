import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { isProcess, type ProcessIdentity, thisProcess } from '../replay/process-identity.js'

/** A lock; released by whoever took it. */
export interface LockFile {
  release(): void
}

/**
 * Takes a lock; undefined while another process that is alive holds it, or when the folder is gone. The lock is a file naming its
 * holder, made whole under another name and linked into place, so that nobody ever reads half of one. That of a process of this machine that died is
 * broken; of other machines nobody can tell.
 */
export function takeLockFile(path: string): LockFile | undefined {
  const mine = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(mine, JSON.stringify(thisProcess()))
    for (let attempt = 0; attempt < 3; attempt++) {
      if (tryLink(mine, path)) return { release: () => rmSync(path, { force: true }) }
      if (!breakStaleLock(path)) return undefined
    }
    return undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

/** Who holds a lock; undefined where nobody does, or what is there cannot be read. */
export function readLockHolder(path: string): ProcessIdentity | undefined {
  try {
    const { host, pid, started } = JSON.parse(readFileSync(path, 'utf8')) as Partial<ProcessIdentity>
    return typeof host === 'string' && Number.isSafeInteger(pid) && typeof started === 'string'
      ? { host, pid: pid as number, started }
      : undefined
  } catch {
    return undefined
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Removes a lock whose holder is dead. It is renamed first and looked at again: of several processes that want to break it, one gets it,
 * and should that have been a new holder's lock after all, it is put back.
 */
function breakStaleLock(path: string): boolean {
  if (!isStale(path)) return false
  const taken = `${path}.stale.${randomBytes(4).toString('hex')}`
  try {
    renameSync(path, taken)
  } catch {
    return true
  }
  const wasStale = isStale(taken)
  if (!wasStale) tryLink(taken, path)
  unlinkSync(taken)
  return wasStale
}

/** A lock that is gone is not stale; one that cannot be read is: locks are made whole. */
function isStale(path: string): boolean {
  const holder = readLockHolder(path)
  return holder === undefined ? existsSync(path) : holder.host === hostname() && !isProcess(holder)
}
