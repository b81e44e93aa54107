import type { RunIndex } from '../db/run-index.js'
import { type FlorConfig, readFlorConfigSync } from '../git/config.js'
import { florDir, locateRepositorySync, type RepositoryLocation } from '../git/location.js'
import type { ObjectStore } from '../git/object-store.js'
import { openObjectStore } from '../git/open-store.js'
import { requireFoldersSync } from '../git/own-folders.js'
import type { NoticeSink, StepSink } from './notice.js'

/**
 * A repository as git-flor's commands see it: the one place where Git, segments and index meet. Everything in it is opened when it
 * is first needed; {@link close} ends child processes and releases the index's lock.
 */
export class FlorRepository {
  #store: Promise<ObjectStore> | undefined
  #index: Promise<RunIndex> | undefined
  #config: FlorConfig | undefined

  private constructor(
    readonly location: RepositoryLocation,
    /** Where notices go; see {@link NoticeSink}. */
    readonly notify: NoticeSink,
    /** Where long work tells how it gets on; see {@link StepSink}. */
    readonly step: StepSink,
  ) {}

  /**
   * Finds the repository that `cwd` lies in. Bare repositories are served for reading.
   * @throws FlorError NOT_A_REPOSITORY, GIT_MISSING, GIT_FAILED, FILE_EXISTS where a file is in the place of a folder of ours
   */
  static open(cwd: string, options: { notify?: NoticeSink; step?: StepSink } = {}): FlorRepository {
    const ignore = (): void => {}
    const location = locateRepositorySync(cwd)
    requireFoldersSync(location)
    return new FlorRepository(location, options.notify ?? ignore, options.step ?? ignore)
  }

  /** `flor.*` of Git's configuration. @throws FlorError CONFIG_INVALID */
  get config(): FlorConfig {
    this.#config ??= readFlorConfigSync(this.location)
    return this.#config
  }

  /** `.git/flor` of the main repository. */
  get florDir(): string {
    return florDir(this.location)
  }

  objects(): Promise<ObjectStore> {
    this.#store ??= openObjectStore(this.location)
    return this.#store
  }

  /**
   * The index, up to date: pending spools are sealed and new notes folded in first.
   * @throws FlorError INDEX_LOCKED when another command holds it for long
   */
  index(): Promise<RunIndex> {
    this.#index ??= import('./current-index.js').then(({ openCurrentIndex }) => openCurrentIndex(this))
    return this.#index
  }

  /** As {@link index}, made anew from the notes: nothing of what was there is believed. Other commands are waited for, and wait. */
  async reindex(): Promise<RunIndex> {
    await this.refresh()
    this.#index = import('./current-index.js').then(({ openRebuiltIndex }) => openRebuiltIndex(this))
    return await this.#index
  }

  /** Drops the opened index, so that the next {@link index} folds in what was sealed meanwhile. */
  async refresh(): Promise<void> {
    const index = this.#index
    this.#index = undefined
    await (await index)?.close()
  }

  /** Lets other processes have the index until it is next read here. Never throws. */
  async release(): Promise<void> {
    await this.#index?.then((index) => index.release()).catch(() => {})
  }

  async close(): Promise<void> {
    const [index, store] = [this.#index, this.#store]
    this.#index = undefined
    this.#store = undefined
    await Promise.allSettled([index?.then((it) => it.close()), store?.then((it) => it.close())])
  }
}
