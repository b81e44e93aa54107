import { mkdir, realpath, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FlorConfig } from '../git/config.js'
import { packagesDir, type RepositoryLocation } from '../git/location.js'
import { cleanGitEnvironment } from '../git/process.js'
import { isFlorError } from '../model/errors.js'
import type { ReplayPlan } from '../model/plan.js'
import { encodeDocument } from '../segment/value-codec.js'
import { type ChildEnd, runChild } from './child-process.js'
import { replayEnvironment, startCommand } from './command-line.js'
import type { ExecutionOptions, Executor, ReplayJob, TaskOutcome } from './executor.js'
import { findMissing } from './missing-file.js'
import { PackageCache } from './packages/package-cache.js'
import { PackageWatch } from './packages/package-watch.js'
import { PlaceWatcher } from './place-watcher.js'
import { packageFolders, removeFolder } from './provisions.js'
import { newReplayFolder, writeReplayOwner } from './replay-folder.js'
import { type BorrowedWorktree, WorktreePool } from './worktree-pool.js'

/**
 * Executes tasks as processes of this machine, each in a linked worktree of its own. Plans and spools lie in
 * `<git common dir>/flor/replays/<random>/` until they are discarded.
 */
export class LocalExecutor implements Executor {
  readonly #pool: WorktreePool
  readonly #location: RepositoryLocation
  readonly #packages: PackageCache | undefined
  readonly #watch = new PackageWatch()

  /** `installs`: whether each run gets the packages of its own lock file, where it has one, in place of the user's. */
  constructor(
    location: RepositoryLocation,
    config: Pick<FlorConfig, 'link' | 'copy'>,
    { installs = false }: { readonly installs?: boolean } = {},
  ) {
    this.#location = location
    const from = location.topLevel ?? dirname(location.commonDir)
    this.#packages = installs ? new PackageCache(packagesDir(location), from) : undefined
    this.#pool = new WorktreePool(location, {
      from,
      link: config.link,
      copy: config.copy,
      watch: this.#watch,
    })
  }

  async execute(job: ReplayJob, { signal, onPlace }: ExecutionOptions = {}): Promise<TaskOutcome> {
    const folder = newReplayFolder(this.#location)
    const spool = join(folder, 'spool')
    if (signal?.aborted) return { status: 'aborted', spool, durationMs: 0, output: '' }
    let worktree: BorrowedWorktree
    try {
      worktree = await this.#pool.borrow(job.patched, (path) => this.#install(path, job, signal))
    } catch (error) {
      if (isFlorError(error, 'INTERRUPTED')) return { status: 'aborted', spool, durationMs: 0, output: '' }
      throw error
    }
    const watcher = onPlace === undefined ? undefined : new PlaceWatcher(spool, onPlace)
    try {
      await mkdir(spool, { recursive: true })
      writeReplayOwner(folder)
      const planFile = join(folder, 'plan.msgpack')
      await writeFile(planFile, encodeDocument({ ...planOf(job, spool) }))
      // The script's own path and its imports resolve through links: the command must name the real one.
      const path = await realpath(worktree.path)
      const userTree = this.#location.topLevel
      const command = startCommand(job.header, path, userTree)
      await mkdir(command.cwd, { recursive: true })
      const end = await runChild(command, {
        env: replayEnvironment(process.env, planFile, job.header),
        ...(job.timeoutMs === undefined ? {} : { timeoutMs: job.timeoutMs }),
        ...(signal === undefined ? {} : { signal }),
        onStart: (pid) => writeReplayOwner(folder, pid),
      })
      const outcome = outcomeOf(job, end, spool)
      if (outcome.status !== 'failed') return outcome
      const missing = findMissing(end.output, {
        worktree: path,
        cwd: command.cwd,
        userTree,
        isUnbuilt: this.#packages !== undefined && job.header.lockFile !== undefined,
      })
      return missing === undefined ? outcome : { ...outcome, missing }
    } catch (error) {
      await removeFolder(folder)
      throw error
    } finally {
      watcher?.stop()
      worktree.release()
    }
  }

  async #install(worktree: string, { header }: ReplayJob, signal: AbortSignal | undefined): Promise<void> {
    if (this.#packages === undefined || header.lockFile === undefined) return
    const packages = await packageFolders(worktree, cleanGitEnvironment())
    await this.#packages.provide({ worktree, packages }, header.lockFile, signal)
  }

  async discard(outcome: TaskOutcome): Promise<void> {
    await removeFolder(dirname(outcome.spool))
  }

  async close(): Promise<readonly string[]> {
    await this.#pool.close()
    return this.#watch.changed()
  }
}

function planOf(
  { header, args, patched, task, compare = [], tolerance = 0 }: ReplayJob,
  spool: string,
): ReplayPlan {
  return {
    version: 1,
    spool,
    run: header.run,
    patched,
    level: task.level,
    args: Object.fromEntries(args.map((it) => [it.name, it.value])),
    ...(header.generator === undefined ? {} : { generator: header.generator }),
    loops: task.loops,
    ...(compare.length === 0 ? {} : { compare }),
    ...(tolerance === 0 ? {} : { tolerance }),
  }
}

function outcomeOf(job: ReplayJob, end: ChildEnd, spool: string): TaskOutcome {
  const { reason, exitCode, signal, durationMs, output } = end
  const facts = {
    spool,
    durationMs,
    output,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
  }
  if (reason === 'timed-out' || reason === 'aborted') return { status: reason, ...facts }
  const isExpected = exitCode === 0 || (exitCode !== undefined && exitCode === job.expectedExitCode)
  return { status: isExpected ? 'completed' : 'failed', ...facts }
}
