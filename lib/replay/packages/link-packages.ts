import {
  type Dirent,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** The runtime must speak the plan of the command that replays: it is always that of the user's own tree. */
export const RUNTIME = 'git-flor'

/** Where the entries of a `node_modules` folder go. */
export interface PackageLinks {
  /** The folder whose packages are linked, by its real path. */
  readonly from: string
  /** The folder that gets the links; made where it is absent. */
  readonly to: string
  /** What to link in place of an entry that is a link itself, to `target`; undefined leaves it out. */
  readonly redirect: (name: string, target: string) => string | undefined
}

/**
 * Makes `to` a folder of its own with a link to each package of `from`. What a script adds to its `node_modules`, as caches are, stays with the
 * script then; only what it writes into a package reaches the package. Other hidden entries than `.bin` are left out, entries that
 * are there already stay. Synchronous: otherwise hundreds of links take three times as long.
 */
export function linkPackages({ from, to, redirect }: PackageLinks): void {
  const put = (entry: Dirent, folder: string, name: string): void => {
    const path = join(folder, entry.name)
    const target = entry.isSymbolicLink() ? redirect(name, pointedTo(path)) : path
    if (target !== undefined) linkUnlessThere(target, join(to, ...name.split('/')))
  }
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const { name } = entry
    if (name.startsWith('.') && name !== '.bin') continue
    if (!name.startsWith('@') || !entry.isDirectory()) {
      put(entry, from, name)
      continue
    }
    mkdirSync(join(to, name), { recursive: true })
    for (const scoped of readdirSync(join(from, name), { withFileTypes: true }))
      put(scoped, join(from, name), `${name}/${scoped.name}`)
  }
}

/**
 * Links what the user has installed. A package that is a folder of the user's own tree (a workspace) is the worktree's folder of the same
 * package name: that version's code, not today's; where it has none, it is left out.
 */
export function linkInstalled(
  from: string,
  to: string,
  { userTree, worktree, packages }: { userTree: string; worktree: string; packages: readonly string[] },
): void {
  const top = realpathSync(userTree)
  linkPackages({
    from: realpathSync(from),
    to,
    redirect: (name, target) => {
      const within = relative(top, target)
      const isOwn = !within.startsWith('..') && !within.split(sep).includes('node_modules')
      if (!isOwn || name === RUNTIME) return target
      const folder = packages.find((one) => nameOf(join(worktree, one)) === name)
      return folder === undefined ? undefined : join(worktree, folder)
    },
  })
}

/** Links the user's runtime into a folder of packages, in place of whatever stands there. `above` are folders of packages, nearest first. */
export function linkRuntime(to: string, above: readonly string[]): void {
  const own = above.map((folder) => join(folder, RUNTIME)).find((path) => existsSync(path))
  if (own === undefined) return
  mkdirSync(to, { recursive: true })
  rmSync(join(to, RUNTIME), { recursive: true, force: true })
  symlinkSync(realpathSync(own), join(to, RUNTIME))
}

/** What a link means, through all links behind it; the place that it names where nothing is there. */
function pointedTo(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return join(dirname(path), readlinkSync(path))
  }
}

function linkUnlessThere(target: string, path: string): void {
  try {
    symlinkSync(target, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

function nameOf(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown } | null)?.name
  } catch {
    return undefined
  }
}
