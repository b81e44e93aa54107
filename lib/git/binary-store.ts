import { FlorError } from '../model/errors.js'
import { asOid, type Oid } from '../model/oid.js'
import { CatFile, corrupt, readAll } from './cat-file.js'
import { inRepository, type RepositoryLocation } from './location.js'
import { formatCommit, formatTree, parseCommit, parseTree } from './object-codec.js'
import type { CommitObject, GitObject, ObjectStore, ObjectType, TreeEntry } from './object-store.js'
import { git } from './process.js'

/** From so many blobs on, a process of their own is cheaper than one question after the other. */
const BATCH_FROM = 8

/**
 * Objects through the git binary, for every kind of repository that git itself can read: one long-lived process reads, one
 * short process writes each object.
 */
export class BinaryObjectStore implements ObjectStore {
  readonly #location: RepositoryLocation
  readonly #reader: CatFile

  constructor(location: RepositoryLocation) {
    this.#location = location
    this.#reader = new CatFile(location)
  }

  async read(oid: Oid): Promise<GitObject> {
    const object = await this.#reader.read(oid)
    if (object === undefined) throw missing(oid)
    return object
  }

  async readBlobs(oids: readonly Oid[]): Promise<(Uint8Array | undefined)[]> {
    const objects =
      oids.length < BATCH_FROM
        ? await Promise.all(oids.map((oid) => this.#reader.read(oid)))
        : await readAll(this.#location, oids)
    return oids.map((_, i) => (objects[i]?.type === 'blob' ? objects[i]?.data : undefined))
  }

  async readTree(oid: Oid): Promise<TreeEntry[]> {
    return asTree(oid, await this.read(oid), this.#location.objectFormat)
  }

  async readCommit(oid: Oid): Promise<CommitObject> {
    return asCommit(oid, await this.read(oid))
  }

  async has(oid: Oid): Promise<boolean> {
    const { exitCode } = await git(['cat-file', '-e', oid], {
      ...inRepository(this.#location),
      expectExit: [0, 1, 128],
    })
    return exitCode === 0
  }

  writeBlob(data: Uint8Array): Promise<Oid> {
    return this.#write('blob', data)
  }

  async writeTree(entries: readonly TreeEntry[]): Promise<Oid> {
    return this.#write('tree', formatTree(entries))
  }

  writeCommit(commit: CommitObject): Promise<Oid> {
    return this.#write('commit', formatCommit(commit))
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  async #write(type: ObjectType, data: Uint8Array): Promise<Oid> {
    const args = ['hash-object', '-w', '-t', type, '--stdin']
    const { stdout } = await git(args, { ...inRepository(this.#location), input: data })
    return asOid(stdout.toString().trim())
  }
}

/** The error for an object that is not there. */
export function missing(oid: Oid): FlorError {
  return new FlorError(`object ${oid} is not in this repository`, { code: 'OBJECT_MISSING', data: { oid } })
}

/** The entries of an object that must be a tree. @throws FlorError OBJECT_CORRUPT */
export function asTree(oid: Oid, object: GitObject, objectFormat: 'sha1' | 'sha256'): TreeEntry[] {
  if (object.type !== 'tree') throw corrupt(oid, `it is a ${object.type}, not a tree`)
  try {
    return parseTree(object.data, objectFormat === 'sha1' ? 20 : 32)
  } catch (error) {
    throw corrupt(oid, 'it is not a tree', error)
  }
}

/** The fields of an object that must be a commit. @throws FlorError OBJECT_CORRUPT */
export function asCommit(oid: Oid, object: GitObject): CommitObject {
  if (object.type !== 'commit') throw corrupt(oid, `it is a ${object.type}, not a commit`)
  try {
    return parseCommit(object.data)
  } catch (error) {
    throw corrupt(oid, 'it is not a commit', error)
  }
}
