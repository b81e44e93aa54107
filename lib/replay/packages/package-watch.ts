import { type Dirent, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Tells whether packages that replays share with the user were written to. Looked at are the files of each package's own folder, and which entries the folders in it
 * have. Files further down that are written in place are not seen: looking at all of them would take seconds, and these (2,300 entries of 350 packages) take
 * 0.1 s at most.
 */
export class PackageWatch {
  /** By folder of a package: paths in it, with what tells one state from another. */
  readonly #before = new Map<string, ReadonlyMap<string, string>>()

  /** Notes what a package looks like, unless that was done. Synchronous: thousands of small questions take three times as long otherwise. */
  add(folder: string): void {
    if (!this.#before.has(folder)) this.#before.set(folder, stampsIn(folder))
  }

  /** What is otherwise than it was, sorted: files, folders that got or lost an entry, packages that are gone. */
  changed(): string[] {
    return [...this.#before]
      .flatMap(([folder, before]) => {
        const now = stampsIn(folder)
        if (before.size > 0 && now.size === 0) return [folder]
        return [...new Set([...before.keys(), ...now.keys()])].filter((it) => before.get(it) !== now.get(it))
      })
      .sort()
  }
}

function stampsIn(folder: string): Map<string, string> {
  return new Map(entriesOf(folder).map(({ name }) => [join(folder, name), stampOf(join(folder, name))]))
}

function stampOf(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.mtimeMs} ${stat.isDirectory() ? '' : stat.size}`
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    // It is gone, or no folder.
    return []
  }
}
