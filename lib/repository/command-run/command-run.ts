import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noWorkingTree } from '../../git/location.js'
import { recordRunCommitSync } from '../../git/snapshot.js'
import type { Context } from '../../model/context.js'
import type { RunEnd } from '../../model/run.js'
import type { LogValue } from '../../model/value.js'
import { claimWrapper, newRunId, openSpoolFolder } from '../../runtime/spool-folder.js'
import { encodeOutput, OutputKeeper, type OutputLimits } from '../../segment/kept-output.js'
import { SpoolWriter } from '../../segment/spool-writer.js'
import { encodeDocument } from '../../segment/value-codec.js'
import type { FlorRepository } from '../flor-repository.js'
import { heirOf, readClaims } from '../wrapper-claims.js'
import { CapturedValues } from './captured-values.js'
import { observedHeader } from './observed-header.js'

/** How {@link CommandRun} records. */
export interface CommandRunOptions {
  readonly argv: readonly string[]
  /** Absolute path of the folder that the command is started in. */
  readonly cwd: string
  /** Absent where the output is not recorded. */
  readonly output?: OutputLimits
  /** Absent where no metrics are captured. */
  readonly patterns?: readonly string[]
  /** FLOR_WRAPPER of the environment: a `git flor run` around this one. */
  readonly wrapper?: string
  /** Nothing can be written any more; the command goes on. */
  onFailure(error: unknown): void
}

/** How often what was printed last is written to the disk: a machine that goes down loses so much of the output. */
const SNAPSHOT_MS = 1000
const FLUSH_MS = 50

/**
 * A run that is recorded from outside, while its command is running: run commit and spool, as a runtime would make them. Programs that record a run themselves say so in the spool's
 * folder (docs/formats.md, FLOR_WRAPPER); theirs is then the run, and sealing hands it what was printed.
 */
export class CommandRun {
  readonly id: string
  /** The spool's folder, for FLOR_WRAPPER. */
  readonly folder: string
  readonly #spool: SpoolWriter
  readonly #values: CapturedValues
  readonly #keeper: OutputKeeper | undefined
  readonly #startedMs = Date.now()
  readonly #flush: NodeJS.Timeout
  readonly #snapshot: NodeJS.Timeout | undefined
  #hasNews = false

  /**
   * Makes the run commit of the working tree as it is now, and the spool.
   * @throws FlorError BARE_REPOSITORY and others where there can be none, and the file system's errors
   */
  constructor(repository: FlorRepository, options: CommandRunOptions) {
    const { location } = repository
    if (location.bare || location.topLevel === undefined) {
      throw noWorkingTree(location, 'to record')
    }
    this.id = newRunId()
    const subject = options.argv.join(' ')
    const run = recordRunCommitSync(location, repository.config, { id: this.id, subject, pendingRef: true })
    const wrapper = options.wrapper && claimWrapper(options.wrapper, location, this.id)
    this.folder = openSpoolFolder(location, this.id, wrapper)
    this.#spool = new SpoolWriter(join(this.folder, 'events'), { onFailure: options.onFailure })
    const { argv, cwd, patterns } = options
    const header = observedHeader(location, run, {
      id: this.id,
      argv,
      cwd,
      startedMs: this.#startedMs,
      ...(patterns === undefined ? {} : { patterns }),
    })
    this.#spool.document(8, encodeDocument(header))
    for (const text of run.warnings) this.#spool.warning(text)
    this.#values = new CapturedValues(this.#spool)
    this.#keeper = options.output && new OutputKeeper(options.output)
    this.#flush = setInterval(() => this.#spool.flush(), FLUSH_MS).unref()
    this.#snapshot = this.#keeper && setInterval(() => this.#writeOutput(), SNAPSHOT_MS).unref()
  }

  /** Counts bytes that the command printed. */
  printed(sizeBytes: number): void {
    this.#keeper?.count(sizeBytes)
  }

  /** Keeps lines that the command printed, line feeds included. */
  keep(block: Uint8Array, lineCount: number): void {
    this.#hasNews = true
    this.#keeper?.push(block, lineCount)
  }

  /** Records a value that was captured. */
  record(context: Context, name: string, value: LogValue): void {
    this.#values.record(context, name, value)
  }

  warn(text: string): void {
    this.#spool.warning(text)
  }

  /** Runs that programs of the command recorded themselves, by id; and which of them gets the output, if any. */
  get claims(): { readonly ids: readonly string[]; readonly heir: string | undefined } {
    const ids = readClaims(this.folder)
    return { ids, heir: heirOf(this.folder, ids) }
  }

  /** Writes how the command ended, and when (milliseconds since 1970; now where absent), and closes the spool; it can be sealed now. */
  end(how: { readonly exitCode?: number; readonly signal?: string; readonly endedMs?: number }): void {
    clearInterval(this.#flush)
    clearInterval(this.#snapshot)
    this.#hasNews = true
    this.#writeOutput()
    this.#values.close()
    const { exitCode, signal } = how
    const end: RunEnd = {
      status: signal !== undefined ? 'interrupted' : exitCode === 0 ? 'completed' : 'failed',
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { signal }),
      durationMs: Math.max(0, (how.endedMs ?? Date.now()) - this.#startedMs),
    }
    this.#spool.document(9, encodeDocument({ ...end }))
    this.#spool.close()
  }

  #writeOutput(): void {
    if (this.#keeper === undefined || !this.#hasNews) return
    this.#hasNews = false
    try {
      writeFileSync(join(this.folder, 'output.new'), encodeOutput(this.#keeper.finish()))
      renameSync(join(this.folder, 'output.new'), join(this.folder, 'output'))
    } catch {
      // A full disk: the spool notices, and says so.
    }
  }
}
