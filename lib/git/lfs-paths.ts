import { constants, copyFileSync, existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { FlorConfig } from './config.js'
import { checkpointsDir, inRepository, type RepositoryLocation } from './location.js'
import { gitSync } from './process.js'

/**
 * Where git-lfs keeps the objects of a repository: below `lfs.storage`, which all its worktrees share. One spawn; none where `config`, read before, says
 * that this was not set.
 */
export function lfsObjectsDirSync(
  location: RepositoryLocation,
  config?: Pick<FlorConfig, 'lfsStorage'>,
): string {
  if (config !== undefined && config.lfsStorage === undefined) return join(location.commonDir, 'lfs/objects')
  const { stdout } = gitSync(['config', '--type=path', '--get', 'lfs.storage'], {
    ...inRepository(location),
    expectExit: [0, 1],
  })
  const storage = stdout.toString().replace(/\n$/, '') || 'lfs'
  return join(isAbsolute(storage) ? storage : join(location.commonDir, storage), 'objects')
}

/** Path of an object below a folder of objects, fanned out as git-lfs does: `aa/bb/aabb…`. @throws TypeError if it is not a SHA-256 in hex */
export function lfsObjectPath(objectsDir: string, sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError(`not a SHA-256: ${JSON.stringify(sha256)}`)
  return join(objectsDir, sha256.slice(0, 2), sha256.slice(2, 4), sha256)
}

/** Path of our own hard link to an object, which `git lfs prune` does not know of. */
export function keptObjectPath(location: Pick<RepositoryLocation, 'commonDir'>, sha256: string): string {
  return lfsObjectPath(checkpointsDir(location), sha256)
}

/**
 * Gives a file a second name, without a copy where the file system allows it; the name appears with all of the content or
 * not at all. A name that exists stays as it is.
 */
export function linkOrCopySync(from: string, to: string): void {
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  try {
    linkSync(from, to)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST') return
    if (code !== 'EXDEV' && code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EMLINK') throw error
    // lfs.storage on another device, or a file system without hard links.
    const temporary = `${to}.${process.pid}.tmp`
    try {
      copyFileSync(from, temporary, constants.COPYFILE_FICLONE)
      renameSync(temporary, to)
    } finally {
      rmSync(temporary, { force: true })
    }
  }
}
