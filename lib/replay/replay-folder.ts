import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { florDir, packagesDir, type RepositoryLocation, worktreesDir } from '../git/location.js'
import { requireFoldersSync } from '../git/own-folders.js'
import { processStartTime } from '../runtime/process-start.js'
import { isProcess, type ProcessIdentity, thisProcess } from './process-identity.js'
import { removeFolder } from './provisions.js'

/** Who executes a replay, the command that waits for it: `owner.json` beside its plan. */
interface ReplayOwner extends ProcessIdentity {
  /** The replay itself, which leads a process group of that id; 0 before it was started. */
  readonly child: number
  readonly childStarted: string
}

/** Path of a folder for one replay's plan and spool, not yet made. */
export function newReplayFolder(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(replaysDir(location), randomBytes(8).toString('hex'))
}

/** Notes whose replay it is, and its process once there is one, so that both can be cleared away when this process is killed. */
export function writeReplayOwner(folder: string, child = 0): void {
  const owner: ReplayOwner = {
    ...thisProcess(),
    child,
    childStarted: (child === 0 ? undefined : processStartTime(child)) ?? '',
  }
  writeFileSync(join(folder, 'owner.json'), JSON.stringify(owner))
}

/**
 * Ends replays whose command was killed, their whole process groups, and removes their folders. What such a replay has not handed over is lost, and executed
 * again by the next backfill. Returns how many there were.
 */
export async function pruneReplays(location: Pick<RepositoryLocation, 'commonDir'>): Promise<number> {
  const root = replaysDir(location)
  let count = 0
  for (const name of await readdir(root).catch(() => [])) {
    const owner = readOwner(join(root, name))
    if (owner === undefined || owner.host !== hostname() || isProcess(owner)) continue
    if (owner.childStarted !== '' && isProcess({ pid: owner.child, started: owner.childStarted }))
      endGroup(owner.child)
    await removeFolder(join(root, name))
    count++
  }
  return count
}

function readOwner(folder: string): ReplayOwner | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as Partial<ReplayOwner>
    const isWhole =
      typeof owner.host === 'string' &&
      typeof owner.started === 'string' &&
      typeof owner.childStarted === 'string' &&
      Number.isSafeInteger(owner.pid) &&
      Number.isSafeInteger(owner.child) &&
      Number(owner.child) >= 0
    return isWhole ? (owner as ReplayOwner) : undefined
  } catch {
    return undefined
  }
}

function endGroup(leader: number): void {
  try {
    process.kill(process.platform === 'win32' ? leader : -leader, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}

/** Sees that replays have where to be. @throws FlorError FILE_EXISTS (data: path) */
export function requireReplayFolders(location: RepositoryLocation): void {
  requireFoldersSync(location, [worktreesDir(location), replaysDir(location), packagesDir(location)])
}

function replaysDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(florDir(location), 'replays')
}
