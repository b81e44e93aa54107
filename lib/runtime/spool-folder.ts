import { appendFileSync, existsSync, mkdirSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type RepositoryLocation, spoolDir } from '../git/location.js'
import { processStartTime } from './process-start.js'

/** An id for a run: sorts by time, and is nobody else's. */
export function newRunId(): string {
  const random = process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex')
  return `${Date.now().toString(36)}-${random}`
}

/**
 * Makes the folder of a spool that this process owns. `owner.json` appears whole or not at all. With `wrapper`, the id of the spool of a `git flor run` in the
 * same repository, the run is sealed only after that one.
 */
export function openSpoolFolder(location: RepositoryLocation, id: string, wrapper?: string): string {
  const folder = join(spoolDir(location), id)
  mkdirSync(folder, { recursive: true })
  writeOwner(folder, location, wrapper)
  return folder
}

/** Writes `owner.json`, again where it is there already. */
export function writeOwner(folder: string, location: RepositoryLocation, wrapper?: string): void {
  const owner = {
    pid: process.pid,
    host: process.getBuiltinModule('node:os').hostname(),
    started: processStartTime(process.pid) ?? '',
    worktree: location.topLevel,
    ...(wrapper === undefined ? {} : { wrapper }),
  }
  writeFileSync(join(folder, 'owner.json.new'), JSON.stringify(owner))
  renameSync(join(folder, 'owner.json.new'), join(folder, 'owner.json'))
}

/**
 * Tells the `git flor run` that this process was started by, whose spool is the folder `wrapper`, that it records a run of its own: then there is to be that run,
 * and none of the wrapper's. Answers the wrapper's id where it is one of the same repository, which the new run has to wait for.
 */
export function claimWrapper(wrapper: string, location: RepositoryLocation, id: string): string | undefined {
  if (!existsSync(join(wrapper, 'owner.json'))) return undefined
  try {
    appendFileSync(join(wrapper, 'runs'), `${id}\n`)
    mkdirSync(spoolDir(location), { recursive: true })
    const isSame = realpathSync(dirname(wrapper)) === realpathSync(spoolDir(location))
    return isSame ? basename(wrapper) : undefined
  } catch {
    // It has just been sealed, or nothing can be written there: two runs are better than none.
    return undefined
  }
}
