import type { Oid } from '../model/oid.js'

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag'

export interface GitObject {
  readonly type: ObjectType
  readonly data: Uint8Array
}

/** One entry of a tree. `mode` as Git prints it: `100644`, `100755`, `120000`, `040000`, `160000`. */
export interface TreeEntry {
  readonly mode: string
  readonly name: string
  readonly oid: Oid
}

export interface Signature {
  readonly name: string
  readonly email: string
  readonly timestampMs: number
  /** Minutes that local time is ahead of UTC (Git prints +0200 for 120). */
  readonly offsetMinutes: number
}

export interface CommitObject {
  readonly tree: Oid
  readonly parents: readonly Oid[]
  readonly author: Signature
  readonly committer: Signature
  readonly message: string
}

/**
 * Reads and writes Git objects. Two implementations, isomorphic-git in process and the git binary, pass one conformance
 * suite (test/unit/git/object-store.test.ts). Objects are written so that a crash leaves none half-written.
 */
export interface ObjectStore {
  /** @throws FlorError OBJECT_MISSING, OBJECT_CORRUPT */
  read(oid: Oid): Promise<GitObject>
  /** Reads blobs in one batch, in the order asked for; absent objects give undefined. */
  readBlobs(oids: readonly Oid[]): Promise<(Uint8Array | undefined)[]>
  readTree(oid: Oid): Promise<TreeEntry[]>
  readCommit(oid: Oid): Promise<CommitObject>
  has(oid: Oid): Promise<boolean>
  writeBlob(data: Uint8Array): Promise<Oid>
  /** Entries in any order; sorted as Git sorts them. */
  writeTree(entries: readonly TreeEntry[]): Promise<Oid>
  writeCommit(commit: CommitObject): Promise<Oid>
  /** Ends child processes; the store is not used afterwards. */
  close(): Promise<void>
}
