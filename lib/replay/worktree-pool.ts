import { randomBytes } from 'node:crypto'
import type { RepositoryLocation } from '../git/location.js'
import { cleanGitEnvironment } from '../git/process.js'
import { addWorktree, checkoutIn, pruneWorktrees, removeWorktree } from '../git/worktree.js'
import type { Oid } from '../model/oid.js'
import { cleanWorktree, type Provisions, provide } from './provisions.js'
import { pruneReplays } from './replay-folder.js'
import { Turn } from './turn.js'

/** A worktree that one task has to itself, until it is released. */
export interface BorrowedWorktree {
  /** Absolute path: the commit's files, and what the user's tree provides. */
  readonly path: string
  /** Gives it back for the next task. */
  release(): void
}

/**
 * Linked worktrees below `<git common dir>/flor/worktrees`, made when they are needed and reused by later tasks of
 * this process: going from one commit to another rewrites only what differs. Those of processes that died are
 * removed by the first use; closing removes one's own.
 */
export class WorktreePool {
  readonly #idle: { path: string; commit: Oid }[] = []
  readonly #all = new Set<string>()
  #pruned: Promise<unknown> | undefined
  // Git takes a lock while it registers a worktree, and gives up where another one has it: one after another.
  readonly #turn = new Turn()

  constructor(
    readonly location: RepositoryLocation,
    readonly provisions: Provisions,
  ) {}

  /**
   * A worktree at a commit, clean: nothing of an earlier task is left in it, ignored files included. `prepare` puts into it
   * what goes before the user's provisions.
   * @throws FlorError GIT_FAILED, LFS_MISSING, and what `prepare` throws
   */
  async borrow(commit: Oid, prepare?: (path: string) => Promise<void>): Promise<BorrowedWorktree> {
    this.#pruned ??= pruneReplays(this.location).then(() => pruneWorktrees(this.location))
    await this.#pruned
    // One that is at the commit already needs no checkout.
    const at = Math.max(
      0,
      this.#idle.findIndex((it) => it.commit === commit),
    )
    const [idle] = this.#idle.splice(at, 1)
    const path = idle === undefined ? await this.#add(commit) : await this.#reuse(idle.path, commit)
    const release = () => this.#idle.push({ path, commit })
    try {
      await prepare?.(path)
      await provide(path, this.provisions, cleanGitEnvironment())
    } catch (error) {
      release()
      throw error
    }
    return { path, release }
  }

  /** Removes all worktrees of this pool; borrowed ones, too. */
  async close(): Promise<void> {
    this.#idle.length = 0
    await this.#turn.idle()
    for (const path of this.#all) await removeWorktree(this.location, path)
    this.#all.clear()
  }

  async #reuse(path: string, commit: Oid): Promise<string> {
    // First what the script wrote, ignored files too: a folder of its may stand where the commit has a file.
    await cleanWorktree(path, cleanGitEnvironment())
    await checkoutIn(path, commit)
    return path
  }

  async #add(commit: Oid): Promise<string> {
    const name = `${process.pid}-${randomBytes(4).toString('hex')}`
    return this.#turn.take(async () => {
      const path = await addWorktree(this.location, name, commit)
      this.#all.add(path)
      return path
    })
  }
}
