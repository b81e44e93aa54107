import { createHash } from 'node:crypto'
import { posix } from 'node:path'
import { blobAt, commitFiles, listFiles, renamesBetween } from '../../git/commits.js'
import type { Oid, RunOid } from '../../model/oid.js'
import { type Propagation, propagate, type SourceFile, type StatementRef } from '../../propagate/propagate.js'
import type { FlorRepository } from '../flor-repository.js'
import type { WantedFile, WantedStatements } from './find-wanted.js'

/** Where a wanted file's statements went in one version. */
export interface CarriedFile {
  /** Path in the working tree, and in the old version. */
  readonly path: string
  readonly oldPath: string
  readonly propagation: Propagation
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
      /** Lines of the old file near which the statement may belong. */
      readonly candidates: readonly number[]
      readonly files: readonly CarriedFile[]
    }

/**
 * Carries wanted statements into past versions. Runs of equal source files share one propagation, and a patched commit
 * is the same object however often it is made.
 */
export class Carrier {
  readonly #propagations = new Map<string, Propagation>()

  constructor(
    private readonly repository: FlorRepository,
    private readonly wanted: WantedStatements,
  ) {}

  /** Propagates into the version of `run` and makes its patched commit. Writes objects only. */
  async carry(run: RunOid): Promise<Carried> {
    const renames = await renamesBetween(this.repository.location, run, this.wanted.tree)
    const olderNames = new Map([...renames].map(([older, newer]) => [newer, older]))
    const files: CarriedFile[] = []
    const absent: string[] = []
    const patches = new Map<string, Uint8Array>()
    const olds = new Map<WantedFile, SourceFile>()
    for (const file of this.wanted.files) {
      const path = file.source.path
      const oldPath = olderNames.get(path) ?? path
      const blob = await blobAt(this.repository.location, run, oldPath)
      if (blob === undefined) {
        absent.push(path)
        continue
      }
      const text = Buffer.from(blob).toString('utf8')
      if (!Buffer.from(text, 'utf8').equals(blob)) return refused(`${oldPath} is not text in UTF-8`, files)
      const propagation = this.#propagate(file, file.statements, { path: oldPath, text })
      olds.set(file, { path: oldPath, text })
      files.push({ path, oldPath, propagation })
      if (propagation.status === 'declined') {
        return refused(propagation.message, files, propagation.candidates)
      }
      if (propagation.status !== 'placed') continue
      const missing = await this.#missingModule(run, oldPath, propagation.requires)
      if (missing !== undefined) return refused(`it needs the module ${missing}, which did not exist`, files)
      patches.set(oldPath, Buffer.from(propagation.text, 'utf8'))
    }
    if (files.length === 0) return refused(`${absent.join(', ')} did not exist`, files)
    const digests = new Map(this.wanted.names.map((name) => [name, this.#digest(name, patches, olds)]))
    if (patches.size === 0) return { status: 'carried', patched: run, digests, files, absent }
    const message = `Log ${this.wanted.names.join(', ')} in hindsight\n\nFlor-Patched: ${run}\n`
    const store = await this.repository.objects()
    const patched = await commitFiles(this.repository.location, store, {
      parent: run,
      files: patches,
      message,
    })
    return { status: 'carried', patched, digests, files, absent }
  }

  /** What one name's statements alone make of the code; of all together, should they be declined alone. */
  #digest(
    name: string,
    patches: ReadonlyMap<string, Uint8Array>,
    olds: ReadonlyMap<WantedFile, SourceFile>,
  ): string {
    const hash = createHash('sha256')
    for (const [file, older] of olds) {
      const statements = file.statements.filter((statement) => statement.logNames.includes(name))
      const alone = statements.length === 0 ? undefined : this.#propagate(file, statements, older)
      const text =
        alone?.status === 'placed' ? alone.text : alone?.status === 'declined' ? patches.get(older.path) : ''
      hash
        .update(`${older.path}\0`)
        .update(text ?? '')
        .update('\0')
    }
    return hash.digest('hex')
  }

  #propagate(file: WantedFile, statements: readonly StatementRef[], older: SourceFile): Propagation {
    const key = [file.source.path, older.path, statements.map((it) => it.start).join(), older.text].join('\0')
    const known = this.#propagations.get(key)
    if (known !== undefined) return known
    const propagation = propagate(file.source, statements, older)
    this.#propagations.set(key, propagation)
    return propagation
  }

  /** The first relative module that an added import names and the old version does not have. */
  async #missingModule(
    run: RunOid,
    oldPath: string,
    modules: readonly string[],
  ): Promise<string | undefined> {
    if (modules.length === 0) return undefined
    const there = new Set((await listFiles(this.repository.location, run)).map((file) => file.path))
    return modules.find(
      (module) => !moduleFiles(posix.join(posix.dirname(oldPath), module)).some((path) => there.has(path)),
    )
  }
}

/** What a relative module's name can mean: itself, the TypeScript source of a compiled name, or the name without extension. */
function moduleFiles(path: string): string[] {
  const extensions = ['.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.jsx', '.tsx', '.json']
  return [
    path,
    path.replace(/\.([cm]?)js$/, '.$1ts'),
    ...extensions.flatMap((extension) => [path + extension, `${path}/index${extension}`]),
  ]
}

function refused(reason: string, files: readonly CarriedFile[], candidates: readonly number[] = []): Carried {
  return { status: 'refused', reason, candidates, files }
}
