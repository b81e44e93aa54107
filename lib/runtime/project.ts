import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The command beside this build of the runtime; it need not exist. */
export const commandPath = fileURLToPath(new URL('../../command/git-flor.js', import.meta.url))

/**
 * The program of the thread that writes checkpoints. Named here, so that it is found from a bundle of this
 * folder's index, too.
 */
export const checkpointThread = new URL('./checkpoint/checkpoint-thread.js', import.meta.url)

/** The folder of the script; undefined for `-e`, stdin, and the REPL. */
export function scriptFolder(): string | undefined {
  return process.argv[1] === undefined ? undefined : dirname(process.argv[1])
}

/** Whether `folder` looks like a part of a working tree. Cheap: asks the file system, not git. */
export function isInsideRepository(folder: string): boolean {
  return findUp(folder, (path) => existsSync(join(path, '.git'))) !== undefined
}

/** The nearest folder, from `folder` upwards, of which `holds` is true. */
export function findUp(folder: string, holds: (path: string) => boolean): string | undefined {
  for (let path = folder; ; path = dirname(path)) {
    if (holds(path)) return path
    if (path === dirname(path)) return undefined
  }
}

/** A package.json as an object; empty when there is none, or none that can be read. */
export function readPackage(folder: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

/** This package's own version. */
export function ownVersion(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  const top = findUp(here, (path) => readPackage(path).name === 'git-flor')
  return top === undefined ? 'unknown' : String(readPackage(top).version)
}
