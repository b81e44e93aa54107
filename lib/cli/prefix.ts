import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Io } from './io.js'

/** What {@link standInPrefix} and `--git-dir` change of the environment. */
export const PLACE_VARIABLES = ['GIT_DIR', 'GIT_WORK_TREE'] as const

/**
 * The folder that the user stands in. For an alias that begins with `!`, and for hooks, git goes to the top of the working tree and leaves
 * the folder in GIT_PREFIX: paths that the user typed are meant from there. An alias that goes there itself (`!cd "$GIT_PREFIX" && …`)
 * is no longer at the top, and left alone. GIT_DIR without GIT_WORK_TREE makes the current folder the top, and may be relative to
 * it: both are then set in `env`, which all gits below get.
 */
export function standInPrefix(io: Io, env: NodeJS.ProcessEnv): Io {
  const { GIT_PREFIX: prefix, GIT_DIR: gitDir, GIT_WORK_TREE: workTree } = env
  if (prefix === undefined || prefix === '') return io
  const isAtTop =
    gitDir === undefined
      ? existsSync(join(io.cwd, '.git'))
      : workTree === undefined || resolve(io.cwd, workTree) === io.cwd
  const cwd = join(io.cwd, prefix)
  if (!isAtTop || !existsSync(cwd)) return io
  if (gitDir !== undefined) {
    env.GIT_DIR = resolve(io.cwd, gitDir)
    env.GIT_WORK_TREE = io.cwd
  }
  return Object.create(io, { cwd: { value: cwd, enumerable: true } }) as Io
}
