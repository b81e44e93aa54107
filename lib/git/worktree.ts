import { existsSync, rmSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, join, relative } from 'node:path'
import { FlorError, isFlorError } from '../model/errors.js'
import type { Oid } from '../model/oid.js'
import { type RepositoryLocation, worktreesDir } from './location.js'
import { cleanGitEnvironment, type GitOptions, git, splitItems, WITHOUT_HOOKS } from './process.js'

/** How files come into a worktree. */
export interface CheckoutOptions {
  /** Whether files of Git LFS get their content; pointers where not. */
  readonly smudge?: boolean
}

/**
 * Adds a linked worktree at `<worktreesDir>/<name>`, checked out at a commit with HEAD detached, and returns its path. It
 * is locked in this process's name, so that neither `git gc` nor {@link pruneWorktrees} takes it away. No hook runs; the user's
 * HEAD, index and files are not concerned.
 * @throws FlorError GIT_FAILED, LFS_MISSING, FILE_EXISTS (data: path)
 */
export async function addWorktree(
  location: RepositoryLocation,
  name: string,
  commit: Oid,
  options: CheckoutOptions = {},
): Promise<string> {
  const path = join(worktreesDir(location), name)
  if (existsSync(path)) {
    throw new FlorError(`there is a worktree of that name: ${path}`, { code: 'FILE_EXISTS', data: { path } })
  }
  const owner = ['--lock', '--reason', `${OWNER}${process.pid}@${hostname()}`]
  // --force: the folder of a worktree that died may be registered still.
  const args = [
    ...WITHOUT_HOOKS,
    'worktree',
    'add',
    '--force',
    '--force',
    '--detach',
    '--quiet',
    ...owner,
    path,
    commit,
  ]
  try {
    await checkingOut(args, atCommonDir(location, options))
  } catch (error) {
    // Ended in the middle of the checkout, by a Ctrl-C for one, git leaves what there is.
    await removeWorktree(location, path)
    throw error
  }
  return path
}

/**
 * Checks another commit out in a worktree of ours: files are as in the commit, untracked ones are gone, ignored ones stay.
 * @throws FlorError GIT_FAILED, LFS_MISSING
 */
export async function checkoutIn(path: string, commit: Oid, options: CheckoutOptions = {}): Promise<void> {
  const inside = { cwd: path, env: environment(options) }
  await checkingOut([...WITHOUT_HOOKS, 'checkout', '--quiet', '--force', '--detach', commit], inside)
  await git([...WITHOUT_HOOKS, 'clean', '-ffdq'], inside)
}

/** Removes a worktree of ours with everything in it; links in it are not followed. One that is gone is fine. @throws TypeError for a path that is not ours */
export async function removeWorktree(location: RepositoryLocation, path: string): Promise<void> {
  const name = relative(worktreesDir(location), path)
  if (name === '' || name.startsWith('..')) throw new TypeError(`not a worktree of ours: ${path}`)
  const options = atCommonDir(location)
  await git(['worktree', 'remove', '--force', '--force', path], { ...options, expectExit: [0, 128, 255] })
  rmSync(path, { recursive: true, force: true })
  if ((await listWorktrees(location)).some((worktree) => worktree.path === path)) {
    // Git refuses a folder whose .git was damaged, not one that is missing. Pruning would take worktrees of the user along whose disk is not mounted.
    await git(['worktree', 'remove', '--force', '--force', path], { ...options, expectExit: [0, 128] })
  }
}

/** Removes the worktrees of ours whose process is gone. Returns their paths. */
export async function pruneWorktrees(location: RepositoryLocation): Promise<string[]> {
  const root = worktreesDir(location)
  // Folders first: one that another command makes meanwhile is then either not among them, or listed with its lock.
  const folders = (await readdir(root).catch(() => [])).map((name) => join(root, name))
  const known = new Map((await listWorktrees(location)).map((worktree) => [worktree.path, worktree.lock]))
  const removed: string[] = []
  for (const path of new Set([...folders, ...[...known.keys()].filter((it) => it.startsWith(`${root}/`))])) {
    const lock = known.get(path)
    if (lock === undefined ? isBeingMade(path) : isAlive(lock)) continue
    await removeWorktree(location, path)
    removed.push(path)
  }
  return removed
}

interface Worktree {
  readonly path: string
  /** Why it is locked; absent when it is not. */
  readonly lock?: string
}

async function listWorktrees(location: RepositoryLocation): Promise<Worktree[]> {
  const { stdout } = await git(['worktree', 'list', '--porcelain'], atCommonDir(location))
  return stdout
    .toString()
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const lines = splitItems(Buffer.from(block), '\n')
      const lock = lines.find((line) => line === 'locked' || line.startsWith('locked '))
      const path = (lines[0] as string).slice('worktree '.length)
      return lock === undefined ? { path } : { path, lock: lock.slice('locked '.length) }
    })
}

const OWNER = 'git-flor '

/** How long a folder that git has not listed yet may be one that is just being made: git makes the folder before it says whose it is. */
const BIRTH_MS = 10_000

function isBeingMade(path: string): boolean {
  const match = /^(\d+)-[0-9a-f]+$/.exec(basename(path))
  if (match === null || !isRunning(Number(match[1]))) return false
  try {
    return Date.now() - statSync(path).mtimeMs < BIRTH_MS
  } catch {
    return false
  }
}

/** Only processes of this machine can be seen; a lock of another one, or of the user, counts as alive. */
function isAlive(lock: string): boolean {
  const match = /^"?git-flor (\d+)@(.*?)"?$/.exec(lock)
  if (match === null || match[2] !== hostname()) return true
  return isRunning(Number(match[1]))
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Worktree commands work on the shared git directory, whichever worktree the user is in. */
function atCommonDir(location: RepositoryLocation, options: CheckoutOptions = {}): GitOptions {
  return { cwd: location.commonDir, env: { ...environment(options), GIT_DIR: location.commonDir } }
}

function environment(options: CheckoutOptions): NodeJS.ProcessEnv {
  const env = cleanGitEnvironment()
  if (options.smudge !== true) env.GIT_LFS_SKIP_SMUDGE = '1'
  return env
}

async function checkingOut(args: readonly string[], options: GitOptions): Promise<void> {
  try {
    await git(args, options)
  } catch (error) {
    if (!isFlorError(error, 'GIT_FAILED') || !/git-lfs.*not found/.test(String(error.data.stderr)))
      throw error
    throw new FlorError('files of this commit need git-lfs, which is not installed', {
      code: 'LFS_MISSING',
      data: error.data,
      cause: error,
    })
  }
}
