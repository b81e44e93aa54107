import { createHash } from 'node:crypto'
import { commitFiles } from '../../git/commits.js'
import { isShallow } from '../../git/shallow.js'
import { type FlorError, isFlorError } from '../../model/errors.js'
import type { Oid, RunOid } from '../../model/oid.js'
import type { FileLine, FileShare } from '../../propagate/choose-file.js'
import { followEdits } from '../../propagate/follow-edits.js'
import { getLanguage } from '../../propagate/language.js'
import type { Propagation, SourceFile } from '../../propagate/propagate.js'
import { type CarriedPart, ProjectPropagator } from '../../propagate/propagate-project.js'
import type { FlorRepository } from '../flor-repository.js'
import type { WantedFile, WantedStatements } from './find-wanted.js'
import { NewerFiles, VersionPair } from './version-pair.js'

/** Where statements of a wanted file went in one version: one for each old file that they went to. */
export interface CarriedFile {
  /** Path in the working tree, and in the old version. */
  readonly path: string
  readonly oldPath: string
  readonly propagation: Propagation
  /** The files that were compared to choose that one, by what they hold of the surroundings; empty when none were. */
  readonly shares: readonly FileShare[]
}

/** The wanted statements in one past version; or why they could not be carried there. */
export type Carried =
  | {
      readonly status: 'carried'
      /** The run commit itself, where its code has the statements already. */
      readonly patched: Oid
      /** For each wanted name, a digest of the code with its statements alone; see BackfillHeader. */
      readonly digests: ReadonlyMap<string, string>
      readonly files: readonly CarriedFile[]
      /** Files of the working tree that log a wanted name and did not exist then. */
      readonly absent: readonly string[]
    }
  | {
      readonly status: 'refused'
      readonly reason: string
      /** Lines of old files near which the statement may belong, best first. */
      readonly candidates: readonly FileLine[]
      readonly files: readonly CarriedFile[]
    }

/**
 * Carries wanted statements into past versions. Runs of equal source files share one propagation, and a patched commit
 * is the same object however often it is made.
 */
export class Carrier {
  readonly #propagator = new ProjectPropagator()
  #newer: Promise<NewerFiles> | undefined

  constructor(
    private readonly repository: FlorRepository,
    private readonly wanted: WantedStatements,
  ) {}

  /**
   * Propagates into the version of `run` and makes its patched commit. Writes objects only. A version that is not here, or only in part, is one that refuses:
   * others can be had.
   */
  async carry(run: RunOid): Promise<Carried> {
    try {
      return await this.#carry(run)
    } catch (error) {
      const isReadFailure =
        isFlorError(error, 'OBJECT_MISSING') ||
        isFlorError(error, 'OBJECT_CORRUPT') ||
        // One that a Ctrl-C ended says nothing of the version.
        (isFlorError(error, 'GIT_FAILED') && error.data.signal === undefined)
      if (!isReadFailure) throw error
      return { status: 'refused', reason: await this.#whyUnread(run, error), candidates: [], files: [] }
    }
  }

  async #whyUnread(run: RunOid, error: FlorError): Promise<string> {
    if (await (await this.repository.objects()).has(run)) return `its code cannot be read: ${error.message}`
    return (await isShallow(this.repository.location))
      ? 'its commit is not in this shallow clone: git fetch --unshallow brings it'
      : 'its commit is not here: git flor fetch brings what other clones have'
  }

  async #carry(run: RunOid): Promise<Carried> {
    this.#newer ??= NewerFiles.of(this.repository, this.wanted.tree)
    const paths = this.wanted.files.map(({ source }) => source.path)
    const newer = await this.#newer
    const pair = await VersionPair.of(this.repository, run, newer, this.wanted.tree, paths)
    const version = new CarryingVersion(pair, this.#propagator)
    const refusal = this.wanted.files.map((file) => version.add(file)).find((it) => it !== undefined)
    const { files, absent, patches } = version
    if (refusal !== undefined) return { status: 'refused', ...refusal, files }
    if (files.length === 0)
      return { status: 'refused', reason: `${absent.join(', ')} did not exist`, candidates: [], files }
    const digests = new Map(this.wanted.names.map((name) => [name, version.digest(name)]))
    if (patches.size === 0) return { status: 'carried', patched: run, digests, files, absent }
    const message = `Log ${this.wanted.names.join(', ')} in hindsight\n\nFlor-Patched: ${run}\n`
    const store = await this.repository.objects()
    const patched = await commitFiles(this.repository.location, store, {
      parent: run,
      files: new Map([...patches].map(([path, text]) => [path, Buffer.from(text, 'utf8')])),
      message,
    })
    return { status: 'carried', patched, digests, files, absent }
  }
}

interface Refusal {
  readonly reason: string
  readonly candidates: readonly FileLine[]
}

/** One old version while statements of one new file after the other are put into it. */
class CarryingVersion {
  readonly files: CarriedFile[] = []
  readonly absent: string[] = []
  /** Old files with everything that was put into them until now. */
  readonly patches = new Map<string, string>()
  readonly #originals = new Map<string, SourceFile>()
  readonly #parts: { readonly file: WantedFile; readonly part: CarriedPart }[] = []

  constructor(
    private readonly pair: VersionPair,
    private readonly propagator: ProjectPropagator,
  ) {}

  /** Puts the statements of one new file in; answers why that cannot be. */
  add(file: WantedFile): Refusal | undefined {
    const { path } = file.source
    const own = this.pair.counterpart(path)
    if (own !== undefined && this.pair.read(own) === undefined) return refusal(`${own} is not text in UTF-8`)
    let carried: ReturnType<ProjectPropagator['carry']>
    try {
      carried = this.propagator.carry(this.pair, file.source, file.statements)
    } catch (error) {
      // Of the old version; that of the working tree was parsed when its statements were found.
      if (isFlorError(error, 'SOURCE_SYNTAX')) return unparsed(error)
      throw error
    }
    if (carried.status === 'absent') {
      this.absent.push(path)
      return undefined
    }
    if (carried.status === 'declined') {
      for (const { older, propagation, shares } of carried.parts)
        this.files.push({ path, oldPath: older.path, propagation, shares })
      return refusal(carried.message, carried.candidates)
    }
    for (const part of carried.parts) {
      const problem = this.#put(file, part)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #put(file: WantedFile, part: CarriedPart): Refusal | undefined {
    const { older, propagation, shares, statements } = part
    const names = statements.flatMap(({ logNames }) => logNames)
    const rival = this.#parts.find(
      (it) =>
        it.part.older.path === older.path &&
        it.part.propagation.status === 'placed' &&
        it.part.statements.some(({ logNames }) => logNames.some((name) => names.includes(name))),
    )
    if (rival !== undefined) {
      const places = `${rival.file.source.path} and ${file.source.path}`
      return refusal(
        `${places} log one name, and both statements belong into ${older.path}: which is which could not be told`,
      )
    }
    this.#parts.push({ file, part })
    this.files.push({ path: file.source.path, oldPath: older.path, propagation, shares })
    if (!this.#originals.has(older.path)) this.#originals.set(older.path, older)
    if (propagation.status !== 'placed') return undefined
    const missing = propagation.requires.find((module) => !this.#hasModule(older.path, module))
    if (missing !== undefined) return refusal(`it needs the module ${missing}, which did not exist`)
    this.#followEdits(older, propagation)
    this.patches.set(older.path, propagation.text)
    this.pair.write(older.path, propagation.text)
    return undefined
  }

  /** What was put into the file before now stands further down. */
  #followEdits(older: SourceFile, { edits, text }: Extract<Propagation, { status: 'placed' }>): void {
    for (const [i, file] of this.files.entries()) {
      const { oldPath, propagation } = file
      if (oldPath !== older.path || propagation.status !== 'placed' || propagation.text !== older.text)
        continue
      const insertions = followEdits(propagation.insertions, older.text, edits, text)
      this.files[i] = { ...file, propagation: { ...propagation, text, insertions } }
    }
  }

  #hasModule(from: string, module: string): boolean {
    return getLanguage(from)
      .moduleFiles(from, module)
      .some((path) => this.pair.has(path))
  }

  /** What one name's statements alone make of the code; of all together, should they be declined alone. */
  digest(name: string): string {
    for (const [path, { text }] of this.#originals) this.pair.write(path, text)
    const hash = createHash('sha256')
    for (const { file, part } of this.#parts) {
      const older = this.#originals.get(part.older.path) ?? part.older
      const statements = part.statements.filter((statement) => statement.logNames.includes(name))
      const alone =
        statements.length === 0
          ? undefined
          : this.propagator.propagate(this.pair, file.source, statements, older)
      const text =
        alone?.status === 'placed'
          ? alone.text
          : alone?.status === 'declined'
            ? this.patches.get(older.path)
            : ''
      hash
        .update(`${older.path}\0`)
        .update(text ?? '')
        .update('\0')
    }
    return hash.digest('hex')
  }
}

function refusal(reason: string, candidates: readonly FileLine[] = []): Refusal {
  return { reason, candidates }
}

function unparsed({ message, data }: FlorError): Refusal {
  const { path, line } = data
  const isPlace = typeof path === 'string' && typeof line === 'number'
  return refusal(`the old version does not parse: ${message}`, isPlace ? [{ path, line }] : [])
}
