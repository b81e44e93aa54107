import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdir, rename, rm, utimes } from 'node:fs/promises'
import { dirname, isAbsolute, join, posix, relative } from 'node:path'
import { FlorError } from '../../model/errors.js'
import type { RunHeader } from '../../model/run.js'
import { runChild } from '../child-process.js'
import { linkPackages, linkRuntime } from './link-packages.js'
import { installCommand, installEnvironment } from './package-manager.js'

type LockFile = NonNullable<RunHeader['lockFile']>

/** A worktree at a commit, and the folders of it that have a package.json, relative to it ('.' at the top). */
export interface InstallPlace {
  readonly worktree: string
  readonly packages: readonly string[]
}

/**
 * The packages of past versions, installed once for each lock file: `<root>/<lock file's oid>-<Node's ABI>-<platform>-<arch>/` holds the
 * `node_modules` folders that the package manager made, at their places below the lock file's folder. Made in a worktree of the version, which has what
 * the lock file refers to, and moved here as a whole: a folder that exists is complete.
 */
export class PackageCache {
  readonly #installing = new Map<string, Promise<void>>()

  constructor(
    /** The cache's own folder; made when needed. */
    readonly root: string,
    /** Top of the user's working tree, whose runtime is used. */
    private readonly userTree: string,
  ) {}

  /**
   * Gives a worktree the packages of its own lock file; one whose commit has packages itself is left alone.
   * @throws FlorError INSTALL_FAILED (data: program, args, output), UNSUPPORTED for the lock file of an unknown package manager, INTERRUPTED
   */
  async provide(place: InstallPlace, lockFile: LockFile, signal?: AbortSignal): Promise<void> {
    const { versions, platform, arch } = process
    const key = `${lockFile.oid}-${versions.modules}-${platform}-${arch}`
    const cached = join(this.root, key)
    const folder = posix.dirname(lockFile.path)
    if (hasOwnPackages(place, folder)) return
    // One after another: they may be tasks of the same version.
    const before = this.#installing.get(key) ?? Promise.resolve()
    const installing = before.catch(() => {}).then(() => install(place, lockFile, cached, signal))
    this.#installing.set(key, installing)
    await installing
    const now = new Date()
    await utimes(cached, now, now)
    for (const path of below(place.packages, folder)) {
      const from = join(cached, path, 'node_modules')
      const to = join(place.worktree, folder, path, 'node_modules')
      // Where this version installs nothing, the user's packages must not be linked either.
      await mkdir(to, { recursive: true })
      if (!existsSync(from)) continue
      linkPackages({ from, to, redirect: (name, target) => redirect(from, name, target) })
    }
    linkRuntime(
      join(place.worktree, folder, 'node_modules'),
      upwards(folder).map((it) => join(this.userTree, it, 'node_modules')),
    )
  }
}

/** Does nothing where the packages are in the cache. */
async function install(
  { worktree, packages }: InstallPlace,
  lockFile: LockFile,
  cached: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (existsSync(cached)) return
  const folder = posix.dirname(lockFile.path)
  refuseOutside(worktree, lockFile.path)
  const command = installCommand(join(worktree, folder), lockFile.path)
  if (command === undefined) {
    throw new FlorError(
      `packages of ${lockFile.path} cannot be installed: only npm, pnpm and yarn can be used`,
      {
        code: 'UNSUPPORTED',
        data: { lockFile: lockFile.path },
      },
    )
  }
  const cwd = join(worktree, folder)
  const options = { env: installEnvironment(process.env), ...(signal === undefined ? {} : { signal }) }
  const end = await runChild({ ...command, cwd }, options)
  if (end.reason === 'aborted') throw new FlorError('interrupted', { code: 'INTERRUPTED' })
  if (end.reason !== 'exit' || end.exitCode !== 0) throw failure(command, lockFile.path, end)
  if (existsSync(join(cwd, '.pnp.cjs')) && !existsSync(join(cwd, 'node_modules')))
    throw new FlorError(
      `${lockFile.path} is of a project without node_modules (Plug’n’Play), which replays cannot use`,
      {
        code: 'UNSUPPORTED',
        data: { lockFile: lockFile.path },
      },
    )
  const staging = `${cached}.${randomBytes(4).toString('hex')}.tmp`
  await mkdir(staging, { recursive: true })
  for (const path of below(packages, folder)) {
    const made = join(cwd, path, 'node_modules')
    if (!existsSync(made)) continue
    await mkdir(join(staging, path), { recursive: true })
    await rename(made, join(staging, path, 'node_modules'))
  }
  await rename(staging, cached).catch(async (error: NodeJS.ErrnoException) => {
    await rm(staging, { recursive: true, force: true })
    // Another process was faster.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
}

/**
 * Whether the commit itself has packages. A package manager clears folders that it finds, and follows links as it does so: where one could lead out of the
 * worktree, nothing is installed.
 * @throws FlorError UNSUPPORTED
 */
function hasOwnPackages({ worktree, packages }: InstallPlace, folder: string): boolean {
  let isOwn = false
  for (const path of below(packages, folder)) {
    const modules = join(folder, path, 'node_modules')
    const found = lstatSync(join(worktree, modules), { throwIfNoEntry: false })
    if (found?.isSymbolicLink())
      throw new FlorError(`${modules} is a link in this version, behind which nothing may be installed`, {
        code: 'UNSUPPORTED',
        data: { path: modules },
      })
    isOwn ||= found !== undefined
  }
  return isOwn
}

/** npm installs into folders that a lock file names by `../`, too: from the worktree, they might be the user's. @throws FlorError UNSUPPORTED */
function refuseOutside(worktree: string, lockFile: string): void {
  if (!lockFile.endsWith('.json')) return
  const lock = JSON.parse(readFileSync(join(worktree, lockFile), 'utf8')) as LockDocument
  for (const [key, { resolved, link }] of Object.entries(lock.packages ?? {})) {
    for (const path of [key, ...(link === true && resolved !== undefined ? [resolved] : [])]) {
      if (!isAbsolute(path) && !posix.join(posix.dirname(lockFile), path).startsWith('..')) continue
      throw new FlorError(`${lockFile} names a folder outside of the repository: ${path}`, {
        code: 'UNSUPPORTED',
        data: { path },
      })
    }
  }
}

interface LockDocument {
  readonly packages?: Readonly<Record<string, { readonly resolved?: string; readonly link?: boolean }>>
}

/** An entry that links out of its folder, to a workspace or a local folder, means that version's own: the same link again. */
function redirect(from: string, name: string, target: string): string {
  const entry = join(from, ...name.split('/'))
  const text = readlinkSync(entry)
  const pointed = isAbsolute(text) ? text : join(dirname(entry), text)
  return relative(from, pointed).startsWith('..') ? text : target
}

/** Package folders inside of `folder`, relative to it; itself is always among them. */
function below(packages: readonly string[], folder: string): string[] {
  const inside = packages.map((path) => posix.relative(folder, path)).filter((path) => !path.startsWith('..'))
  return [...new Set(['', ...inside])]
}

/** `a/b`, `a`, `.` */
function upwards(folder: string): string[] {
  return folder === '.' ? ['.'] : [folder, ...upwards(posix.dirname(folder))]
}

function failure(
  { program, args }: { readonly program: string; readonly args: readonly string[] },
  lockFile: string,
  { reason, exitCode, signal, output }: Awaited<ReturnType<typeof runChild>>,
): FlorError {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const isTelling = (line: string) =>
    /error|ERR!/i.test(line) && !/^npm \S+ (code|errno|syscall|path) /.test(line)
  const said = lines.find(isTelling) ?? lines.at(-1) ?? ''
  const how = reason === 'not-started' ? 'could not be started' : `ended with ${exitCode ?? signal}`
  const command = `${program} ${args[0]}`
  return new FlorError(
    `the packages of ${lockFile} could not be installed: ${command} ${how}: ${said.trim()}`,
    {
      code: 'INSTALL_FAILED',
      data: { program, args, output },
    },
  )
}
