import { createHash, randomBytes } from 'node:crypto'
import { promises } from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateSync } from 'node:zlib'
import isomorphic from 'isomorphic-git'
import { asOid, type Oid } from '../model/oid.js'
import { asCommit, asTree, BinaryObjectStore } from './binary-store.js'
import { corrupt } from './cat-file.js'
import type { RepositoryLocation } from './location.js'
import { formatCommit, formatTree } from './object-codec.js'
import type { CommitObject, GitObject, ObjectStore, ObjectType, TreeEntry } from './object-store.js'

/** Blobs above it are written by git: isomorphic-git took 484 ms for 16 MB, git 57 ms. */
const WRITE_LIMIT_BYTES = 1 << 20
/** isomorphic-git reads a pack as a whole, and checks its sum: above this, git reads what is packed. */
const PACK_LIMIT_BYTES = 4 << 20
/** From so many blobs on, one process of git is cheaper. */
const BATCH_FROM = 8

/**
 * Objects in this process, by isomorphic-git: no spawn for what is loose or lies in small packs. Large blobs, large packs,
 * and what is not found (a repack may be under way) go to git.
 */
export class IsomorphicObjectStore implements ObjectStore {
  readonly #location: RepositoryLocation
  readonly #git: BinaryObjectStore
  readonly #cache = {}
  #hasSmallPacks: Promise<boolean> | undefined

  constructor(location: RepositoryLocation) {
    this.#location = location
    this.#git = new BinaryObjectStore(location)
  }

  async read(oid: Oid): Promise<GitObject> {
    this.#hasSmallPacks ??= hasSmallPacks(this.#location.commonDir)
    const isLoose = await this.#isLoose(oid)
    if (!isLoose && !(await this.#hasSmallPacks)) return this.#git.read(oid)
    try {
      const { type, object } = await isomorphic.readObject({
        fs: ATOMIC_FS,
        gitdir: this.#location.commonDir,
        oid,
        format: 'content',
        cache: this.#cache,
      })
      return { type: type as ObjectType, data: object as Uint8Array }
    } catch (error) {
      // Packs come and go while a repack is under way, and isomorphic-git opens also those that are not yet whole.
      if (!isLoose || (error instanceof Error && error.name === 'NotFoundError')) return this.#git.read(oid)
      throw corrupt(oid, error instanceof Error ? error.message : '', error)
    }
  }

  async readBlobs(oids: readonly Oid[]): Promise<(Uint8Array | undefined)[]> {
    if (oids.length >= BATCH_FROM) return this.#git.readBlobs(oids)
    return Promise.all(
      oids.map(async (oid) => {
        if (!(await this.#isLoose(oid))) return (await this.#git.readBlobs([oid]))[0]
        const object = await this.read(oid)
        return object.type === 'blob' ? object.data : undefined
      }),
    )
  }

  async readTree(oid: Oid): Promise<TreeEntry[]> {
    return asTree(oid, await this.read(oid), 'sha1')
  }

  async readCommit(oid: Oid): Promise<CommitObject> {
    return asCommit(oid, await this.read(oid))
  }

  async has(oid: Oid): Promise<boolean> {
    return (await this.#isLoose(oid)) || this.#git.has(oid)
  }

  writeBlob(data: Uint8Array): Promise<Oid> {
    return data.length > WRITE_LIMIT_BYTES ? this.#git.writeBlob(data) : this.#write('blob', data)
  }

  async writeTree(entries: readonly TreeEntry[]): Promise<Oid> {
    return this.#write('tree', formatTree(entries))
  }

  writeCommit(commit: CommitObject): Promise<Oid> {
    return this.#write('commit', formatCommit(commit))
  }

  close(): Promise<void> {
    return this.#git.close()
  }

  /** Hashed and deflated here: isomorphic-git's own streams take four times as long. */
  async #write(type: 'blob' | 'tree' | 'commit', data: Uint8Array): Promise<Oid> {
    const wrapped = Buffer.concat([Buffer.from(`${type} ${data.length}\0`), data])
    const oid = createHash('sha1').update(wrapped).digest('hex')
    const { commonDir: gitdir } = this.#location
    const object = deflateSync(wrapped)
    return asOid(
      await isomorphic.writeObject({ fs: ATOMIC_FS, gitdir, type, object, format: 'deflated', oid }),
    )
  }

  #isLoose(oid: Oid): Promise<boolean> {
    const path = join(this.#location.commonDir, 'objects', oid.slice(0, 2), oid.slice(2))
    return promises.access(path).then(
      () => true,
      () => false,
    )
  }
}

async function hasSmallPacks(commonDir: string): Promise<boolean> {
  const folder = join(commonDir, 'objects/pack')
  let sizeBytes = 0
  for (const name of await promises.readdir(folder).catch(() => [])) {
    if (name.endsWith('.pack'))
      sizeBytes += await promises.stat(join(folder, name)).then(
        (stat) => stat.size,
        () => 0,
      )
    if (sizeBytes > PACK_LIMIT_BYTES) return false
  }
  return true
}

/**
 * node:fs with a writeFile that never leaves half a file: isomorphic-git writes objects straight to their final path. The
 * temporary name is one that `git gc` clears away, should a crash leave it.
 */
const ATOMIC_FS = {
  promises: {
    ...promises,
    async writeFile(path: string, data: Uint8Array): Promise<void> {
      // Somebody's `git prune` removes folders that are empty, and temporary files of others.
      for (let left = 10; ; left--) {
        const temporary = join(dirname(path), `tmp_obj_${randomBytes(6).toString('hex')}`)
        try {
          await promises.mkdir(dirname(path), { recursive: true })
          await promises.writeFile(temporary, data, { mode: 0o444, flag: 'wx' })
          return await promises.rename(temporary, path)
        } catch (error) {
          await promises.rm(temporary, { force: true })
          if (left === 0 || (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        }
      }
    },
  },
}
