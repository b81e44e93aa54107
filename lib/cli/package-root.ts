import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The installed package's own folder: the nearest one above this code whose package.json is ours. Reads the disk. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const manifest = readManifest(folder)
    if (manifest?.name === 'git-flor') return folder
    if (folder === dirname(folder)) throw new Error('git-flor is not installed as a package')
  }
}

/** The version of the installed package. Reads the disk. */
export function packageVersion(): string {
  return readManifest(packageRoot())?.version ?? 'unknown'
}

function readManifest(folder: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}
