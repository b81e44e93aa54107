import { lstatSync, statSync } from 'node:fs'
import { FlorError } from '../model/errors.js'
import { checkpointsDir, florDir, type RepositoryLocation, spoolDir, temporaryDir } from './location.js'

/**
 * Sees that the folders that recording and every command rely on are folders, where they are there at all, as are further ones of ours. A link to a folder is one.
 * @throws FlorError FILE_EXISTS (data: path, needed: 'folder') for the first that is something else
 */
export function requireFoldersSync(
  location: Pick<RepositoryLocation, 'commonDir'>,
  further: readonly string[] = [],
): void {
  const always = [florDir(location), spoolDir(location), temporaryDir(location), checkpointsDir(location)]
  for (const path of [...always, ...further]) {
    if (isFree(path) || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) continue
    throw new FlorError(`${path} is not a folder, and git-flor keeps one there`, {
      code: 'FILE_EXISTS',
      data: { path, needed: 'folder' },
    })
  }
}

/** Nothing is there, not even a link that leads nowhere. */
function isFree(path: string): boolean {
  try {
    lstatSync(path)
    return false
  } catch {
    return true
  }
}
