import { accessSync, constants, lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { RunHeader } from '../model/run.js'
import { inRepository, type RepositoryLocation } from './location.js'
import { cleanGitEnvironment, gitSync, WITHOUT_HOOKS } from './process.js'
import { isSecretPath } from './secrets.js'

/** An untracked path that a run commit does not hold, and why. */
export type LeftOut = RunHeader['leftOut'][number]

/** What a snapshot must know of the working tree beyond tracked changes. Paths are raw bytes where they go back to git. */
export interface WorkingFiles {
  /** Untracked paths to take in: files, symbolic links, and nested repositories (without a trailing slash). */
  readonly untracked: readonly Buffer[]
  readonly leftOut: readonly LeftOut[]
  /** Tracked files whose changes git does not look at (`git update-index --assume-unchanged`). */
  readonly assumedUnchanged: readonly string[]
  readonly submodules: readonly string[]
  /** Nested repositories among `untracked`: only their commit is recorded. */
  readonly nested: readonly string[]
}

/** Lists tracked and untracked files in one spawn and judges the untracked ones. */
export function listWorkingFiles(
  location: RepositoryLocation,
  maxFileSizeBytes: number,
  env: NodeJS.ProcessEnv,
): WorkingFiles {
  const top = location.topLevel as string
  const args = ['ls-files', '-z', '-v', '-s', '--cached', '--others', '--exclude-standard']
  const { stdout } = gitSync([...WITHOUT_HOOKS, ...args], { ...inRepository(location), env })
  const untracked: Buffer[] = []
  const leftOut: LeftOut[] = []
  const assumedUnchanged: string[] = []
  const submodules: string[] = []
  const nested: string[] = []
  for (let start = 0, end = stdout.indexOf(0); end !== -1; start = end + 1, end = stdout.indexOf(0, start)) {
    const tag = stdout[start] as number
    if (tag !== QUESTION_MARK) {
      // `H 100644 <oid> 0\tpath`; the tag in lower case when assumed unchanged.
      const isSubmodule = stdout[start + 2] === 0x31 && stdout[start + 3] === 0x36
      if (tag < 0x61 && !isSubmodule) continue
      const path = stdout.toString('utf8', stdout.indexOf(TAB, start) + 1, end)
      if (isSubmodule) submodules.push(path)
      if (tag >= 0x61) assumedUnchanged.push(path)
      continue
    }
    const isFolder = stdout[end - 1] === SLASH
    const raw = stdout.subarray(start + 2, isFolder ? end - 1 : end)
    const path = raw.toString()
    const reason = isFolder ? nestedReason(join(top, path)) : fileReason(top, raw, path, maxFileSizeBytes)
    if (reason === 'gone') continue
    if (reason !== undefined) leftOut.push({ path, reason })
    else {
      untracked.push(raw)
      if (isFolder) nested.push(path)
    }
  }
  return { untracked, leftOut, assumedUnchanged, submodules, nested }
}

const QUESTION_MARK = 0x3f
const TAB = 0x09
const SLASH = 0x2f

function fileReason(
  top: string,
  raw: Buffer,
  path: string,
  maxFileSizeBytes: number,
): LeftOut['reason'] | 'gone' | undefined {
  if (isSecretPath(path)) return 'secret'
  const file = Buffer.concat([Buffer.from(`${top}/`), raw])
  const stat = lstatSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return 'gone'
  if (stat.isSymbolicLink()) return undefined
  if (stat.size > maxFileSizeBytes) return 'too-large'
  try {
    accessSync(file, constants.R_OK)
    return undefined
  } catch {
    return 'unreadable'
  }
}

/** A repository inside ours is recorded by its commit; one without commits would make git fail. */
function nestedReason(folder: string): LeftOut['reason'] | undefined {
  const head = gitSync(
    [...WITHOUT_HOOKS, '-C', folder, 'rev-parse', '--quiet', '--verify', 'HEAD^{commit}'],
    {
      cwd: '/',
      env: cleanGitEnvironment(),
      expectExit: [0, 1, 128],
    },
  )
  return head.exitCode === 0 ? undefined : 'nested-repository'
}
