import type { Oid } from '../model/oid.js'
import type { CommitObject, GitObject, ObjectStore, TreeEntry } from './object-store.js'

/**
 * A store that remembers what is written through it. Until a ref leads to new objects `git gc --prune=now` of somebody else takes them, and nothing tells: git itself
 * looks only whether the commit is there that a ref is moved to. So one looks behind the move, and writes again what is gone.
 */
export class WrittenObjects implements ObjectStore {
  readonly #written = new Map<Oid, () => Promise<Oid>>()

  constructor(private readonly store: ObjectStore) {}

  /** Writes again what is missing by now, and returns how many objects that were. */
  async writeMissing(): Promise<number> {
    let count = 0
    for (const [oid, write] of this.#written) {
      if (await this.store.has(oid)) continue
      await write()
      count += 1
    }
    return count
  }

  read(oid: Oid): Promise<GitObject> {
    return this.store.read(oid)
  }

  readBlobs(oids: readonly Oid[]): Promise<(Uint8Array | undefined)[]> {
    return this.store.readBlobs(oids)
  }

  readTree(oid: Oid): Promise<TreeEntry[]> {
    return this.store.readTree(oid)
  }

  readCommit(oid: Oid): Promise<CommitObject> {
    return this.store.readCommit(oid)
  }

  has(oid: Oid): Promise<boolean> {
    return this.store.has(oid)
  }

  writeBlob(data: Uint8Array): Promise<Oid> {
    return this.#remember(() => this.store.writeBlob(data))
  }

  writeTree(entries: readonly TreeEntry[]): Promise<Oid> {
    return this.#remember(() => this.store.writeTree(entries))
  }

  writeCommit(commit: CommitObject): Promise<Oid> {
    return this.#remember(() => this.store.writeCommit(commit))
  }

  close(): Promise<void> {
    return this.store.close()
  }

  async #remember(write: () => Promise<Oid>): Promise<Oid> {
    const oid = await write()
    this.#written.set(oid, write)
    return oid
  }
}
