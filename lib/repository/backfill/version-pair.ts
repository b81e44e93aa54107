import { blobAt, blobsAtSync, changesBetween, type FileChange, listFiles } from '../../git/commits.js'
import type { Oid } from '../../model/oid.js'
import { languageOf } from '../../propagate/language.js'
import type { ProjectPair, SourceVersion } from '../../propagate/project.js'
import type { FlorRepository } from '../flor-repository.js'

/** The files of the working tree's snapshot, each read once and when it is asked for. */
export class NewerFiles implements SourceVersion {
  readonly #texts = new Map<string, string | undefined>()

  private constructor(
    private readonly repository: FlorRepository,
    private readonly tree: Oid,
    private readonly paths: ReadonlySet<string>,
  ) {}

  /** Lists the tree; one spawn for all versions that it is compared with. */
  static async of(repository: FlorRepository, tree: Oid): Promise<NewerFiles> {
    const files = await listFiles(repository.location, tree)
    return new NewerFiles(repository, tree, new Set(files.map(({ path }) => path)))
  }

  has(path: string): boolean {
    return this.paths.has(path)
  }

  read(path: string): string | undefined {
    if (!this.#texts.has(path)) {
      const blob = blobsAtSync(this.repository.location, this.tree, [path]).get(path)
      this.#texts.set(path, blob && decode(blob))
    }
    return this.#texts.get(path)
  }
}

/**
 * The files of an old version beside those of today. What exists in it is known from today's files and from what git's
 * rename-aware diff tells of both, so that it is not listed. Files are read one by one, but for those that changed and are
 * of a language that propagation knows: the first one that is asked for brings all.
 */
export class VersionPair implements ProjectPair, SourceVersion {
  readonly changed: readonly string[]
  readonly older: SourceVersion = this
  readonly #oldByNew = new Map<string, string>()
  readonly #newByOld = new Map<string, string | undefined>()
  readonly #added = new Set<string>()
  readonly #texts = new Map<string, string | undefined>()

  private constructor(
    private readonly repository: FlorRepository,
    private readonly commit: Oid,
    readonly newer: NewerFiles,
    changes: readonly FileChange[],
  ) {
    for (const change of changes) {
      if (change.older !== undefined) this.#newByOld.set(change.older, change.newer)
      if (change.newer === undefined) continue
      if (change.older === undefined) this.#added.add(change.newer)
      else this.#oldByNew.set(change.newer, change.older)
    }
    this.changed = [...this.#newByOld.keys()]
  }

  /** Two spawns. @throws FlorError GIT_FAILED when there is no such commit */
  static async of(
    repository: FlorRepository,
    commit: Oid,
    newer: NewerFiles,
    tree: Oid,
    wanted: readonly string[],
  ): Promise<VersionPair> {
    const changes = await changesBetween(repository.location, commit, tree)
    const pair = new VersionPair(repository, commit, newer, changes)
    for (const path of wanted) {
      const own = pair.counterpart(path)
      if (own === undefined) continue
      const blob = await blobAt(repository.location, commit, own)
      pair.#texts.set(own, blob && decode(blob))
    }
    return pair
  }

  counterpart(path: string): string | undefined {
    return this.#oldByNew.get(path) ?? (this.has(path) ? path : undefined)
  }

  successor(path: string): string | undefined {
    return this.#newByOld.has(path) ? this.#newByOld.get(path) : path
  }

  has(path: string): boolean {
    if (this.#newByOld.has(path)) return true
    return this.newer.has(path) && !this.#added.has(path) && !this.#oldByNew.has(path)
  }

  read(path: string): string | undefined {
    if (!this.#texts.has(path) && this.has(path)) {
      const asked = this.#newByOld.has(path) ? this.#withOthers(path) : [path]
      const blobs = blobsAtSync(this.repository.location, this.commit, asked)
      for (const one of asked) {
        const blob = blobs.get(one)
        this.#texts.set(one, blob && decode(blob))
      }
    }
    return this.#texts.get(path)
  }

  /** From now on a file reads `text`: statements of another new file were put into it. */
  write(path: string, text: string): void {
    this.#texts.set(path, text)
  }

  #withOthers(path: string): string[] {
    const others = this.changed.filter((one) => one !== path && languageOf(one) !== undefined)
    return [path, ...others.filter((one) => !this.#texts.has(one))]
  }
}

/** Undefined for what is no text in UTF-8. */
function decode(blob: Uint8Array): string | undefined {
  const text = Buffer.from(blob).toString('utf8')
  return Buffer.from(text, 'utf8').equals(blob) ? text : undefined
}
