import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it.
 * @throws the system's own error: of a file system that is read-only Node's recursive mkdir says ENOENT, which sends people looking for a folder
 */
export function makeFolderSync(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    let missing = path
    while (!existsSync(dirname(missing))) missing = dirname(missing)
    mkdirSync(missing)
    mkdirSync(path, { recursive: true })
  }
}
