import { cp, lstat, mkdir, realpath, rm, symlink } from 'node:fs/promises'
import { dirname, join, normalize, sep } from 'node:path'
import { git, splitItems } from '../git/process.js'
import { linkInstalled } from './packages/link-packages.js'
import type { PackageWatch } from './packages/package-watch.js'

/** What of the user's working tree a replay gets that is no part of its commit. */
export interface Provisions {
  /** Top of the user's working tree. */
  readonly from: string
  /** `flor.link`: paths shared by symbolic links. */
  readonly link: readonly string[]
  /** `flor.copy`: paths copied, so that writing to them is harmless. */
  readonly copy: readonly string[]
  /** Notes the packages that the worktrees share with the user. */
  readonly watch?: PackageWatch
}

/**
 * Puts into a clean worktree what its commit does not hold: a `node_modules` folder beside each package.json (root and workspaces), with a link to each package
 * that the user has there; the paths of `flor.link`, linked; those of `flor.copy`, copied. What is there already stays, and what
 * the user's tree lacks is left out.
 */
export async function provide(
  worktree: string,
  provisions: Provisions,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { from, copy, watch } = provisions
  const onShared = (path: string) => watch?.add(path)
  const link = provisions.link.map(relativePath)
  const packages = await packageFolders(worktree, env)
  for (const folder of new Set(['.', ...packages])) {
    const path = join(folder, 'node_modules')
    if (link.includes(relativePath(path)) || !(await isToProvide(worktree, from, path))) continue
    linkInstalled(join(from, path), join(worktree, path), { userTree: from, worktree, packages, onShared })
  }
  for (const path of new Set(link)) {
    if (await isToProvide(worktree, from, path)) {
      await mkdir(dirname(join(worktree, path)), { recursive: true })
      await symlink(await realpath(join(from, path)), join(worktree, path))
    }
  }
  for (const path of copy.map(relativePath)) {
    if (!(await isToProvide(worktree, from, path))) continue
    await cp(join(from, path), join(worktree, path), {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
      // Copy on write, where the file system can.
      mode: 2,
    })
  }
}

/**
 * Removes what {@link provide} and the script put into a worktree, ignored files included. Links are removed, never followed.
 */
export async function cleanWorktree(worktree: string, env: NodeJS.ProcessEnv): Promise<void> {
  await git(['-c', 'core.hooksPath=/dev/null', 'clean', '-ffdxq'], { cwd: worktree, env })
}

/** The folders of a worktree that have a package.json, relative to it; '.' for the top. */
export async function packageFolders(worktree: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const { stdout } = await git(['ls-files', '-z', '--', ':(glob)**/package.json'], { cwd: worktree, env })
  return splitItems(stdout).map((path) => dirname(path))
}

async function isToProvide(worktree: string, from: string, path: string): Promise<boolean> {
  if (path === '' || path === '.' || path.startsWith('..')) return false
  return (await exists(join(from, path))) && !(await exists(join(worktree, path)))
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

function relativePath(path: string): string {
  return normalize(path)
    .split(sep)
    .join('/')
    .replace(/^\/+|\/+$/g, '')
}

/** Removes a folder of ours with everything in it. */
export async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}
