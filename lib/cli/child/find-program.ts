import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/**
 * The file that a command's name stands for, as the system will find it: itself where it has a slash, else in the folders of PATH. Undefined where there is none that can be
 * executed. On Windows, where the rules are others, the name is taken as it is.
 */
export function findProgram(name: string, cwd: string, env: NodeJS.ProcessEnv): string | undefined {
  if (process.platform === 'win32') return name
  if (name.includes('/')) return isProgram(resolve(cwd, name)) ? name : undefined
  const folders = (env.PATH ?? '/usr/bin:/bin').split(delimiter)
  return folders.map((folder) => join(resolve(cwd, folder), name)).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
