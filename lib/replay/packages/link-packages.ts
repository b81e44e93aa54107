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
  /** Told each package that is linked: what is written into it is written to whom it belongs to. */
  readonly onShared?: (path: string) => void
}

/**
 * Makes `to` a folder of its own with a link to each package of `from`. What a script adds to its `node_modules`, as caches are, stays with the
 * script then; only what it writes into a package reaches the package. Of hidden entries there is `.bin`, a folder of its own, too; entries that
 * are there already stay. Synchronous: otherwise hundreds of links take three times as long.
 */
export function linkPackages({ from, to, redirect, onShared = () => {} }: PackageLinks): void {
  const put = (entry: Dirent, folder: string, name: string): void => {
    const path = join(folder, entry.name)
    const pointed = entry.isSymbolicLink() ? pointedTo(path) : path
    const target = entry.isSymbolicLink() ? redirect(name, pointed) : path
    if (target === undefined) return
    if (target === pointed) onShared(target)
    linkUnlessThere(target, join(to, ...name.split('/')))
  }
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const { name } = entry
    if (name === '.bin' && !entry.isFile()) linkCommands(join(from, name), join(to, name))
    if (name.startsWith('.')) continue
    if (!name.startsWith('@') || !entry.isDirectory()) {
      put(entry, from, name)
      continue
    }
    mkdirSync(join(to, name), { recursive: true })
    for (const scoped of readdirSync(join(from, name), { withFileTypes: true }))
      put(scoped, join(from, name), `${name}/${scoped.name}`)
  }
}

function linkCommands(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) linkUnlessThere(join(from, name), join(to, name))
}

/**
 * Links what the user has installed. A package that is a folder of the user's own tree (a workspace) is the worktree's folder of the same
 * package name: that version's code, not today's; where it has none, it is left out.
 */
export function linkInstalled(
  from: string,
  to: string,
  options: {
    readonly userTree: string
    readonly worktree: string
    readonly packages: readonly string[]
    readonly onShared?: (path: string) => void
  },
): void {
  const { userTree, worktree, packages, onShared } = options
  const top = realpathSync(userTree)
  linkPackages({
    from: realpathSync(from),
    to,
    ...(onShared === undefined ? {} : { onShared }),
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
