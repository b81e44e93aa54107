import { type Dirent, readFileSync } from 'node:fs'
import { mkdir, readdir, readlink, realpath, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'

/** The runtime must speak the plan of the command that replays: it is always that of the user's own tree. */
export const RUNTIME = 'git-flor'

/** Where the entries of a `node_modules` folder go. */
export interface PackageLinks {
  /** The folder whose packages are linked. */
  readonly from: string
  /** The folder that gets the links; made where it is absent. */
  readonly to: string
  /** What to link in place of an entry that is a link itself, to `target`; undefined leaves it out. */
  readonly redirect: (name: string, target: string) => string | undefined | Promise<string | undefined>
}

/**
 * Makes `to` a folder of its own with a link to each package of `from`. What a script adds to its `node_modules`, as caches are, stays with the
 * script then; only what it writes into a package reaches the package. Other hidden entries than `.bin` are left out, entries that
 * are there already stay.
 */
export async function linkPackages({ from, to, redirect }: PackageLinks): Promise<void> {
  const put = async (entry: Dirent, folder: string, name: string): Promise<void> => {
    const path = join(folder, entry.name)
    const real = await realpath(path).catch(() => undefined)
    const target = entry.isSymbolicLink() ? await redirect(name, real ?? (await pointedTo(path))) : real
    if (target === undefined) return
    await symlink(target, join(to, ...name.split('/'))).catch(ignoreExisting)
  }
  await mkdir(to, { recursive: true })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const { name } = entry
    if (name.startsWith('.') && name !== '.bin') continue
    if (!name.startsWith('@') || !entry.isDirectory()) {
      await put(entry, from, name)
      continue
    }
    await mkdir(join(to, name), { recursive: true })
    for (const scoped of await readdir(join(from, name), { withFileTypes: true }))
      await put(scoped, join(from, name), `${name}/${scoped.name}`)
  }
}

/**
 * Links what the user has installed. A package that is a folder of the user's own tree (a workspace) is the worktree's folder of the same
 * package name: that version's code, not today's; where it has none, it is left out.
 */
export async function linkInstalled(
  from: string,
  to: string,
  { userTree, worktree, packages }: { userTree: string; worktree: string; packages: readonly string[] },
): Promise<void> {
  const top = await realpath(userTree)
  await linkPackages({
    from: await realpath(from),
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
export async function linkRuntime(to: string, above: readonly string[]): Promise<void> {
  for (const folder of above) {
    const real = await realpath(join(folder, RUNTIME)).catch(() => undefined)
    if (real === undefined) continue
    await mkdir(to, { recursive: true })
    await rm(join(to, RUNTIME), { recursive: true, force: true })
    await symlink(real, join(to, RUNTIME))
    return
  }
}

async function pointedTo(path: string): Promise<string> {
  return join(dirname(path), await readlink(path))
}

function nameOf(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: unknown } | null)?.name
  } catch {
    return undefined
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
