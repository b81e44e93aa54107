import { resolve } from 'node:path'
import type { FlorRepository } from '../repository/flor-repository.js'
import type { Notice, Step } from '../repository/notice.js'
import { askYesNo } from './ask.js'
import { type ColourChoice, chooseStyle } from './colour.js'
import { type Io, layoutColumns, layoutRows } from './io.js'
import { Output } from './output.js'
import { choosePager, type Pager, type PagerChoice } from './pager.js'
import { Progress } from './progress.js'
import { formatCount } from './render/number.js'
import { sanitizeLine } from './render/sanitize.js'
import type { Style } from './render/style.js'
import { readTerminalSettings, type TerminalSettings } from './terminal-settings.js'

/** What the command line says about progress: `--progress`, `--no-progress`, or nothing. */
export type ProgressChoice = 'always' | 'never' | 'automatic'

/** Options that stand before the command, or that every command understands. */
export interface GlobalOptions {
  readonly colour: ColourChoice
  readonly pager: PagerChoice
  /** `--progress`: even where stderr is no terminal. */
  readonly progress: ProgressChoice
  /** Folders of `-C`, each relative to the one before. */
  readonly directories: readonly string[]
}

/**
 * What may wait for a pager: enough for hundreds of thousands of lines, so that a command is over, and the index free for others, while
 * somebody reads its first page.
 */
const PAGED_AHEAD_BYTES = 64 * 1024 * 1024

/** What a command works with. Everything in it is opened when first used; {@link close} closes it. */
export class CommandContext {
  readonly cwd: string
  #out: Output | undefined
  #pager: Pager | undefined
  #repository: Promise<FlorRepository> | undefined
  #settings: Promise<TerminalSettings> | undefined
  #style: Promise<Style> | undefined
  #hint: string | undefined
  #isToFile = false
  #progress: Progress | undefined
  readonly #told = new Set<string>()

  /** `command` is the name of the command that is run; `isQuiet`: whether it was asked to say nothing. */
  constructor(
    readonly io: Io,
    readonly globals: GlobalOptions,
    readonly command: string,
    readonly isQuiet = false,
  ) {
    this.cwd = resolve(io.cwd, ...globals.directories)
  }

  /** Where data goes: stdout, or the pager. Whoever never asks for it does not mind what becomes of stdout. */
  get out(): Output {
    this.#out ??= new Output(this.io.stdout, { onSlow: () => void this.#releaseIndex() })
    return this.#out
  }

  /** Whether what is printed there is seen on a terminal, through a pager or not: stored text must not act upon it. */
  isShown(out: Output): boolean {
    return out === this.out && this.io.isTerminal.stdout
  }

  get columns(): number {
    return layoutColumns(this.io)
  }

  get rows(): number {
    return layoutRows(this.io)
  }

  /** Prints a message for the user on stderr; control characters are shown, not sent. */
  note(message: string): void {
    this.#progress?.clear()
    this.io.stderr.write(`${message.split('\n').map(sanitizeLine).join('\n')}\n`)
  }

  /** Whether there is somebody to ask. */
  get canAsk(): boolean {
    return this.io.isTerminal.stdin && this.io.isTerminal.stderr
  }

  /** Asks on the terminal; only `y` and `yes` agree. @throws FlorError INTERRUPTED on Ctrl-C */
  ask(question: string): Promise<boolean> {
    return askYesNo(this.io, question)
  }

  /**
   * The repository around the working directory.
   * @throws FlorError NOT_A_REPOSITORY, GIT_MISSING, GIT_FAILED
   */
  repository(): Promise<FlorRepository> {
    this.#repository ??= import('../repository/flor-repository.js').then(({ FlorRepository }) =>
      FlorRepository.open(this.cwd, {
        notify: (notice) => this.#tell(notice),
        step: (step) => this.#showStep(step),
      }),
    )
    return this.#repository
  }

  /** How text is coloured. To be asked after {@link startPaging}. @throws FlorError CONFIG_INVALID */
  style(): Promise<Style> {
    this.#style ??= this.#readSettings().then((settings) =>
      chooseStyle(this.io, this.cwd, {
        choice: this.globals.colour,
        isPaged: this.#pager !== undefined,
        isToFile: this.#isToFile,
        settings,
      }),
    )
    return this.#style
  }

  /** What is printed is not for the terminal, whatever stdout is. */
  printsToFile(): void {
    this.#isToFile = true
  }

  /** Sends what is printed from now on through the user's pager, where one is due: `isUsual` for commands whose output is long. */
  async startPaging(isUsual: boolean): Promise<void> {
    if (!this.io.isTerminal.stdout) return
    const settings = await this.#readSettings()
    this.#pager = await choosePager(this.io, this.cwd, { choice: this.globals.pager, isUsual, settings })
    if (this.#pager !== undefined)
      this.#out = new Output(this.#pager.stdin, {
        aheadBytes: PAGED_AHEAD_BYTES,
        onSlow: () => void this.#releaseIndex(),
      })
  }

  /** A reader of ours may take hours: other commands want the index meanwhile. */
  async #releaseIndex(): Promise<void> {
    const repository = await this.#repository?.catch(() => undefined)
    await repository?.release()
  }

  #readSettings(): Promise<TerminalSettings> {
    this.#settings ??= readTerminalSettings(this.command, this.cwd, this.io.env)
    return this.#settings
  }

  /**
   * Closes the repository, prints what is left, waits for the pager, and gives the hint that notices call for. The repository
   * first: its index is locked while it is open, and a pager may be open for hours.
   * @throws BrokenPipe
   */
  async close(): Promise<void> {
    this.#progress?.clear()
    await (await this.#repository?.catch(() => undefined))?.close()
    try {
      await this.#out?.flush()
    } finally {
      await this.#pager?.done()
      if (this.#hint !== undefined) this.note(`hint: ${this.#hint}`)
    }
  }

  /** After Ctrl-C: prints no more, and waits for the pager, which decides itself what Ctrl-C means to it. */
  async abandon(): Promise<void> {
    this.#progress?.clear()
    await this.#pager?.done()
  }

  /** Shows how long work gets on, after its first second. */
  #showStep(step: Step | undefined): void {
    if (step === undefined) {
      this.#progress?.clear()
      this.#progress = undefined
      return
    }
    if (this.isQuiet || this.globals.progress === 'never') return
    const isForced = this.globals.progress === 'always'
    this.#progress ??= new Progress(this.io, { isForced })
    this.#progress.show([formatStep(step)])
  }

  #tell(notice: Notice): void {
    if (this.#told.has(notice.message)) return
    this.#told.add(notice.message)
    this.note(notice.kind === 'warning' ? `warning: ${notice.message}` : notice.message)
    if (notice.kind === 'quarantined' && this.command !== 'verify') {
      this.#hint = 'git flor verify    lists everything that cannot be read'
    }
  }
}

/** `indexing runs: 45% (4,500/10,000)` */
function formatStep({ what, done, total }: Step): string {
  const text = sanitizeLine(what)
  if (done === undefined || total === undefined || total === 0) return text
  return `${text}: ${Math.floor((100 * done) / total)}% (${formatCount(done)}/${formatCount(total)})`
}
