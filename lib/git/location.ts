import { join } from 'node:path'
import { FlorError } from '../model/errors.js'
import { asOid, type Oid } from '../model/oid.js'
import { type GitOptions, type GitResult, gitFailure, gitSync } from './process.js'
import { readLocation } from './read-location.js'

/** Where a repository lies, and what is checked out. All paths are absolute. */
export interface RepositoryLocation {
  /** Top of the working tree; absent in bare repositories and inside a `.git` folder. */
  readonly topLevel?: string
  /** This working tree's own git directory: in a linked worktree `<commonDir>/worktrees/<name>`. */
  readonly gitDir: string
  /** The git directory that all working trees share: objects, refs, configuration. */
  readonly commonDir: string
  readonly objectFormat: 'sha1' | 'sha256'
  /** `files` or `reftable`, or whatever a newer git invents. */
  readonly refFormat: string
  readonly bare: boolean
  /** Absent before the first commit. */
  readonly head?: Oid
  /** Full name of the checked-out branch; absent when HEAD is detached. */
  readonly branch?: string
}

const ASKED = [
  '--is-bare-repository',
  '--show-object-format',
  '--show-ref-format',
  '--path-format=absolute',
  '--git-dir',
  '--git-common-dir',
  '--show-toplevel',
  'HEAD',
  '--symbolic-full-name',
  'HEAD',
] as const

/**
 * Finds the repository around `cwd`, or the one that GIT_DIR names. A usual one is read from its files; else one spawn, and a few more
 * before the first commit and where there is no working tree.
 * @throws FlorError NOT_A_REPOSITORY (data: path), GIT_TOO_OLD, GIT_MISSING, GIT_FAILED, FILE_UNREADABLE
 */
export function locateRepositorySync(cwd: string, env: NodeJS.ProcessEnv = process.env): RepositoryLocation {
  return readLocation(cwd, env) ?? askLocation(cwd, env)
}

/**
 * What git says, whatever the repository is. A git before 2.45 echoes the ref format's option: such a repository has files.
 * @throws FlorError like {@link locateRepositorySync}
 */
export function askLocation(cwd: string, env: NodeJS.ProcessEnv): RepositoryLocation {
  const answer = gitSync(['rev-parse', ...ASKED], { cwd, env, expectExit: [0, 128] })
  const lines = answer.stdout.toString().split('\n')
  if (answer.exitCode === 0 && lines.length === 9) {
    const [bare, objectFormat, refFormat, gitDir, commonDir, topLevel, head, branch] = lines as string[]
    return located({ bare, objectFormat, refFormat, gitDir, commonDir, topLevel, head, branch })
  }
  if (lines[0] !== 'true' && lines[0] !== 'false') throw unlocated(cwd, env, answer)
  if (lines.includes('--path-format=absolute')) {
    throw new FlorError('this git is too old: 2.31 or newer is needed', {
      code: 'GIT_TOO_OLD',
      data: { needed: '2.31' },
    })
  }
  // Something has no answer here (no commit, no working tree), or a path holds a newline: each question alone.
  const ask = (...args: string[]): string | undefined => {
    const one = gitSync(args, { cwd, env, expectExit: [0, 1, 128] })
    return one.exitCode === 0 ? one.stdout.toString().slice(0, -1) : undefined
  }
  return located({
    bare: lines[0],
    objectFormat: lines[1],
    refFormat: lines[2],
    gitDir: ask('rev-parse', '--path-format=absolute', '--git-dir'),
    commonDir: ask('rev-parse', '--path-format=absolute', '--git-common-dir'),
    topLevel: ask('rev-parse', '--path-format=absolute', '--show-toplevel'),
    head: ask('rev-parse', '--verify', '--quiet', 'HEAD'),
    branch: ask('symbolic-ref', '--quiet', 'HEAD'),
  })
}

function located(told: Partial<Record<string, string | undefined>>): RepositoryLocation {
  const { gitDir, commonDir, topLevel, head, branch } = told
  return {
    ...(topLevel ? { topLevel } : {}),
    gitDir: gitDir as string,
    commonDir: commonDir as string,
    objectFormat: told.objectFormat === 'sha256' ? 'sha256' : 'sha1',
    refFormat: told.refFormat?.startsWith('--') ? 'files' : (told.refFormat ?? 'files'),
    bare: told.bare === 'true',
    ...(head ? { head: asOid(head) } : {}),
    ...(branch && branch !== 'HEAD' ? { branch } : {}),
  }
}

function unlocated(cwd: string, env: NodeJS.ProcessEnv, answer: GitResult): FlorError {
  const failure = gitFailure(['rev-parse', ...ASKED], cwd, answer)
  if (!/not a git repository/i.test(answer.stderr)) return failure
  const named = env.GIT_DIR
  if (named !== undefined && named !== '') {
    return new FlorError(`not a git repository: '${named}', which GIT_DIR or --git-dir names`, {
      code: 'NOT_A_REPOSITORY',
      data: { path: named, gitDir: named },
      cause: failure,
    })
  }
  return new FlorError(`not a git repository (or any of the folders above): ${cwd}`, {
    code: 'NOT_A_REPOSITORY',
    data: { path: cwd },
    cause: failure,
  })
}

/**
 * Options that run git in exactly this repository, whatever the process's working directory is by now and whatever a
 * hook exported (GIT_INDEX_FILE of a commit in progress, a relative GIT_DIR).
 */
export function inRepository(
  location: RepositoryLocation,
  env: NodeJS.ProcessEnv = process.env,
): Pick<GitOptions, 'cwd'> & { env: NodeJS.ProcessEnv } {
  const own: NodeJS.ProcessEnv = { ...env, GIT_DIR: location.gitDir }
  for (const name of [
    'GIT_INDEX_FILE',
    'GIT_PREFIX',
    'GIT_COMMON_DIR',
    'GIT_WORK_TREE',
    'GIT_IMPLICIT_WORK_TREE',
  ]) {
    delete own[name]
  }
  if (location.topLevel !== undefined) own.GIT_WORK_TREE = location.topLevel
  return { cwd: location.topLevel ?? location.gitDir, env: own }
}

/**
 * For what needs a working tree where there is none: BARE_REPOSITORY (data: path, and `inside` where the user only stands in a `.git` folder).
 * `purpose` ends the sentence: `to take log statements from`.
 */
export function noWorkingTree({ gitDir, bare }: RepositoryLocation, purpose: string): FlorError {
  const what = bare ? `the bare repository ${gitDir} has no working tree` : `${gitDir} is no working tree`
  return new FlorError(`${what} ${purpose}`, {
    code: 'BARE_REPOSITORY',
    data: { path: gitDir, inside: !bare },
  })
}

/** The folder of all local data, shared by all working trees: `<commonDir>/flor`. */
export function florDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(location.commonDir, 'flor')
}

/** Runs in flight, one folder each. */
export function spoolDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(florDir(location), 'spool')
}

/** The LevelDB index: derived and disposable. */
export function indexDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(florDir(location), 'index')
}

/** The linked worktrees of replays. */
export function worktreesDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(florDir(location), 'worktrees')
}

/** Hard links of checkpoints' LFS objects, fanned out as git-lfs does, which survive `git lfs prune`. */
export function checkpointsDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(florDir(location), 'checkpoints')
}

/** Packages of past versions, a folder for each lock file. */
export function packagesDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(florDir(location), 'packages')
}

/** Short-lived files of ours; leftovers of killed processes are removed by the next user. */
export function temporaryDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(florDir(location), 'tmp')
}
