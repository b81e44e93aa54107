import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { processStartTime } from '../runtime/process-start.js'
import { readOwner } from '../segment/spool-reader.js'

/** How long a spool without an owner may be one that is just being made. */
const BIRTH_MS = 10_000

/**
 * Tells whether the process that writes a spool may still be running. A spool of another host (a shared file system) counts as alive:
 * nobody here can tell.
 */
export function isOwnerAlive(folder: string): boolean {
  const owner = readOwner(folder)
  if (owner === undefined) return Date.now() - modifiedMs(folder) < BIRTH_MS
  return owner.host !== hostname() || isSameProcess(owner.pid, owner.started)
}

/** A lock on a spool; released by whoever took it. */
export interface SealLock {
  release(): void
}

/**
 * Takes the lock of a spool; undefined while another process that is alive holds it, or when the spool is gone. The lock is a file naming its
 * holder, made whole under another name and linked into place, so that nobody ever reads half of one.
 */
export function takeSealLock(folder: string): SealLock | undefined {
  const path = join(folder, 'seal.lock')
  const mine = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
  const holder = { pid: process.pid, started: processStartTime(process.pid) ?? '', host: hostname() }
  try {
    writeFileSync(mine, JSON.stringify(holder))
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

function isStale(path: string): boolean {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; started: string; host: string }
    return holder.host === hostname() && !isSameProcess(holder.pid, holder.started)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

function isSameProcess(pid: number, started: string): boolean {
  const now = processStartTime(pid)
  return now !== undefined && (started === '' || now === started)
}

function modifiedMs(folder: string): number {
  try {
    return statSync(folder).mtimeMs
  } catch {
    return Date.now()
  }
}
