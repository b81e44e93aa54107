import { resolve } from 'node:path'
import type { FlorRepository } from '../repository/flor-repository.js'
import type { Notice } from '../repository/notice.js'
import { askYesNo } from './ask.js'
import { type ColourChoice, chooseStyle } from './colour.js'
import { type Io, layoutColumns } from './io.js'
import { Output } from './output.js'
import { type Pager, type PagerChoice, startPager } from './pager.js'
import { sanitizeLine } from './render/sanitize.js'
import type { Style } from './render/style.js'

/** Options that stand before the command, or that every command understands. */
export interface GlobalOptions {
  readonly colour: ColourChoice
  readonly pager: PagerChoice
  /** Folders of `-C`, each relative to the one before. */
  readonly directories: readonly string[]
}

/** What a command works with. Everything in it is opened when first used; {@link close} closes it. */
export class CommandContext {
  readonly cwd: string
  #out: Output
  #pager: Pager | undefined
  #repository: Promise<FlorRepository> | undefined
  #style: Promise<Style> | undefined
  #hint: string | undefined
  readonly #told = new Set<string>()

  /** `command` is the name of the command that is run. */
  constructor(
    readonly io: Io,
    readonly globals: GlobalOptions,
    readonly command: string,
  ) {
    this.cwd = resolve(io.cwd, ...globals.directories)
    this.#out = new Output(io.stdout)
  }

  /** Where data goes: stdout, or the pager. */
  get out(): Output {
    return this.#out
  }

  get columns(): number {
    return layoutColumns(this.io)
  }

  /** Prints a message for the user on stderr; control characters are shown, not sent. */
  note(message: string): void {
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
      FlorRepository.open(this.cwd, { notify: (notice) => this.#tell(notice) }),
    )
    return this.#repository
  }

  style(): Promise<Style> {
    this.#style ??= chooseStyle(this.io, this.cwd, this.globals.colour)
    return this.#style
  }

  /** Sends what is printed from now on through the user's pager, where there is a terminal. */
  async startPaging(): Promise<void> {
    this.#pager = await startPager(this.io, this.cwd, this.globals.pager)
    if (this.#pager !== undefined) this.#out = new Output(this.#pager.stdin)
  }

  /** Prints what is left, waits for the pager, gives the hint that notices call for, and closes the repository. @throws BrokenPipe */
  async close(): Promise<void> {
    try {
      await this.#out.flush()
    } finally {
      await this.#pager?.done()
      if (this.#hint !== undefined) this.note(`hint: ${this.#hint}`)
      await (await this.#repository?.catch(() => undefined))?.close()
    }
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
