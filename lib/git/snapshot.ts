import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { FlorError, isFlorError } from '../model/errors.js'
import { asOid, type Oid } from '../model/oid.js'
import type { FlorConfig } from './config.js'
import { fallbackIdentity, identityEnvironment, isUnknownIdentity } from './identity.js'
import { inRepository, noWorkingTree, type RepositoryLocation, temporaryDir } from './location.js'
import { makeFolderSync } from './make-folder.js'
import { gitSync, splitItems, WITHOUT_HOOKS } from './process.js'
import { type LeftOut, listWorkingFiles } from './working-files.js'

/** The working tree as a Git tree. */
export interface Snapshot {
  readonly tree: Oid
  /** HEAD at the time of the snapshot; absent before the first commit. */
  readonly base?: Oid
  /** Whether the tree is exactly that of `base`. */
  readonly clean: boolean
  /** Untracked paths that the tree does not hold, with the reason. */
  readonly leftOut: readonly LeftOut[]
  /** Sentences for the user: what git could not see. */
  readonly warnings: readonly string[]
}

/** A run commit, kept alive by `refs/flor/pending/<id>` where asked for. */
export interface RunCommit extends Snapshot {
  readonly commit: Oid
}

/** Settings under which files are staged: none of the user's hooks, and no line ending is a reason to fail. */
const STAGING = [
  ...WITHOUT_HOOKS,
  '-c',
  'core.safecrlf=false',
  '-c',
  'core.splitIndex=false',
  '-c',
  'advice.addEmbeddedRepo=false',
] as const

/**
 * Writes the working tree as a Git tree: tracked changes, and untracked files that are neither ignored, nor larger than
 * `flor.maxFileSize`, nor secrets by name. Works on a copy of the index, so that the user's index, HEAD and files stay as
 * they are, to the byte. New objects are written to the repository. Four to seven spawns.
 * @throws FlorError BARE_REPOSITORY, LFS_MISSING, GIT_FAILED (a required filter that fails, an unreadable tracked file)
 */
export function snapshotSync(
  location: RepositoryLocation,
  config: Pick<FlorConfig, 'maxFileSizeBytes'>,
): Snapshot {
  if (location.topLevel === undefined) {
    throw noWorkingTree(location, 'to record')
  }
  return withIndexCopy(location, (env) => {
    const options = { ...inRepository(location), env }
    const files = listWorkingFiles(location, config.maxFileSizeBytes, env)
    try {
      gitSync([...STAGING, 'add', '-u'], options)
      if (files.untracked.length > 0) {
        const input = Buffer.concat(files.untracked.flatMap((path) => [path, NUL]))
        // Not `add`: that one refuses files outside of a sparse checkout, and fails when a file vanishes meanwhile.
        gitSync([...STAGING, 'update-index', '-z', '--add', '--remove', '--stdin'], { ...options, input })
      }
    } catch (error) {
      throw stagingFailure(error)
    }
    const tree = asOid(
      gitSync([...WITHOUT_HOOKS, 'write-tree'], options)
        .stdout.toString()
        .trim(),
    )
    const [base, baseTree] = headAndTree(location)
    return {
      tree,
      ...(base === undefined ? {} : { base }),
      clean: tree === baseTree,
      leftOut: files.leftOut,
      warnings: [
        ...files.assumedUnchanged.map(
          (path) => `${path} is marked assume-unchanged: the run commit holds it as the index has it`,
        ),
        ...files.nested.map((path) => `${path} is a repository of its own: only its commit is recorded`),
        ...dirtySubmodules(files.submodules, options).map(
          (path) => `the submodule ${path} has changes of its own: only its commit is recorded`,
        ),
      ],
    }
  })
}

/**
 * Commits a snapshot of the working tree as a run: parent HEAD, the user's identity (login and host where git knows
 * none), the command line as subject, and the trailer `Flor-Run: <id>`. With `pendingRef` the commit is kept alive by
 * `refs/flor/pending/<id>` until it is sealed. Touches no branch, no index and no working file, and runs no hook.
 * @throws FlorError as {@link snapshotSync}
 */
export function recordRunCommitSync(
  location: RepositoryLocation,
  config: Pick<FlorConfig, 'maxFileSizeBytes'>,
  run: { readonly id: string; readonly subject: string; readonly pendingRef?: boolean },
): RunCommit {
  const snapshot = snapshotSync(location, config)
  const options = inRepository(location)
  const parent = snapshot.base === undefined ? [] : ['-p', snapshot.base]
  const args = [
    ...WITHOUT_HOOKS,
    '-c',
    'i18n.commitEncoding=UTF-8',
    'commit-tree',
    snapshot.tree,
    ...parent,
    '-F',
    '-',
  ]
  const input = `${runSubject(run.subject)}\n\nFlor-Run: ${run.id}\n`
  const commitAs = (env: NodeJS.ProcessEnv) =>
    asOid(
      gitSync(args, { ...options, env: { ...options.env, ...env }, input })
        .stdout.toString()
        .trim(),
    )
  let commit: Oid
  try {
    commit = commitAs({})
  } catch (error) {
    if (!isUnknownIdentity(error)) throw error
    commit = commitAs(identityEnvironment(fallbackIdentity()))
  }
  if (run.pendingRef) {
    gitSync([...WITHOUT_HOOKS, 'update-ref', '-m', 'flor: run', pendingRef(run.id), commit, ''], options)
  }
  return { commit, ...snapshot }
}

/** The ref that keeps a run commit alive until it is sealed. */
export function pendingRef(id: string): string {
  return `refs/flor/pending/${id}`
}

/** A command line as the first line of a commit message: no control characters, at most 200 characters. */
export function runSubject(commandLine: string): string {
  const line = commandLine.replace(/[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ').trim()
  const characters = [...line]
  if (characters.length > 200) return `${characters.slice(0, 199).join('')}…`
  return line || 'run'
}

const NUL = Buffer.from([0])

/** Runs `use` with an environment in which git has its own copy of the index; the copy is always removed. */
function withIndexCopy<T>(location: RepositoryLocation, use: (env: NodeJS.ProcessEnv) => T): T {
  const root = temporaryDir(location)
  removeLeftovers(root)
  const folder = join(root, `snapshot-${process.pid}-${randomBytes(4).toString('hex')}`)
  makeFolderSync(folder)
  try {
    const index = join(folder, 'index')
    const own = join(location.gitDir, 'index')
    if (existsSync(own)) {
      copyFileSync(own, index)
      // Git trusts a file's size and time only if it is older than the index: a copy that looks younger than the
      // original would hide an edit made in the second of the last commit.
      const { atimeMs, mtimeMs } = statSync(own)
      utimesSync(index, atimeMs / 1000, Math.floor(mtimeMs / 1000))
    }
    return use({ ...inRepository(location).env, GIT_INDEX_FILE: index })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const LEFTOVER_AGE_MS = 10 * 60_000

/** A process killed inside a snapshot leaves its folder: whoever comes ten minutes later removes it. */
function removeLeftovers(root: string): void {
  let names: string[] = []
  try {
    names = readdirSync(root)
  } catch {
    return
  }
  for (const name of names) {
    if (!name.startsWith('snapshot-')) continue
    const path = join(root, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat !== undefined && Date.now() - stat.mtimeMs > LEFTOVER_AGE_MS)
      rmSync(path, { recursive: true, force: true })
  }
}

function headAndTree(location: RepositoryLocation): [Oid?, Oid?] {
  // `--` lets a file that is called HEAD be one; before the first commit nothing is printed.
  const answer = gitSync([...WITHOUT_HOOKS, 'rev-parse', '--revs-only', 'HEAD', 'HEAD^{tree}', '--'], {
    ...inRepository(location),
    expectExit: [0, 128],
  })
  const [head, tree] = splitItems(answer.stdout, '\n')
  return head === undefined || tree === undefined ? [] : [asOid(head), asOid(tree)]
}

/** Submodules that still differ from the index after their commits were staged: they have changes inside. */
function dirtySubmodules(
  submodules: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): readonly string[] {
  if (submodules.length === 0) return []
  const args = ['diff-files', '-z', '--name-only', '--ignore-submodules=none', '--', ...submodules]
  return splitItems(gitSync(['--literal-pathspecs', ...WITHOUT_HOOKS, ...args], options).stdout)
}

function stagingFailure(error: unknown): unknown {
  if (
    !isFlorError(error, 'GIT_FAILED') ||
    !/git-lfs.*(not found|No such file)/i.test(String(error.data.stderr))
  ) {
    return error
  }
  return new FlorError('files of this repository need git-lfs, which is not installed', {
    code: 'LFS_MISSING',
    data: error.data,
    cause: error,
  })
}
