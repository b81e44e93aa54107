import type { Io } from './io.js'
import { displayWidth, truncate } from './render/width.js'

/** At most one redraw in so many milliseconds. */
const REDRAW_MS = 100

/**
 * Lines on stderr that are redrawn in place, only on a terminal, and only for work that takes longer than `delayMs`. Everything
 * that is to stay is printed with {@link note}.
 */
export class Progress {
  readonly #io: Io
  readonly #startMs: number
  readonly #delayMs: number
  readonly #isForced: boolean
  /** Columns of each line that is on the screen. */
  #shown: readonly number[] = []
  #lastMs = 0

  /** `isForced`: also where stderr is no terminal, as lines that end in a carriage return, as git does it. */
  constructor(io: Io, options: { delayMs?: number; isForced?: boolean } = {}) {
    this.#io = io
    this.#startMs = io.now()
    this.#delayMs = options.delayMs ?? 1000
    this.#isForced = options.isForced === true
  }

  /** Shows these lines in place of the last ones. `force` redraws at once, for a last state. */
  show(lines: readonly string[], force = false): void {
    const now = this.#io.now()
    const { stderr: isTerminal } = this.#io.isTerminal
    if ((!isTerminal && !this.#isForced) || now - this.#startMs < this.#delayMs) return
    if (!force && now - this.#lastMs < REDRAW_MS) return
    this.#lastMs = now
    const width = (this.#io.messageColumns ?? 80) - 1
    const shown = lines.map((line) => truncate(line, width))
    if (!isTerminal) {
      this.#io.stderr.write(`${lines.join('; ')}\r`)
      this.#shown = [0]
      return
    }
    // Everything below is cleared: lines that a narrower window broke in two leave their second half there.
    const clear = this.#shown.length === 0 ? '' : '\u001b[J'
    this.#io.stderr.write(this.#up() + clear + shown.map((line) => `${line}\n`).join(''))
    this.#shown = shown.map(displayWidth)
  }

  /** Prints a line that stays, above the progress. */
  note(line: string): void {
    this.clear()
    this.#io.stderr.write(`${line}\n`)
  }

  /** Takes the shown lines away. */
  clear(): void {
    if (this.#shown.length === 0) return
    this.#io.stderr.write(this.#io.isTerminal.stderr ? `${this.#up()}\u001b[J` : '\n')
    this.#shown = []
  }

  /** To the first line that is shown. In a window that became narrower since, a line takes several rows. */
  #up(): string {
    const columns = Math.max(1, this.#io.messageColumns ?? 80)
    const rows = this.#shown.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0)
    return rows === 0 ? '' : `\r\u001b[${rows}A`
  }
}

/** `██████▌   `: a bar of `cells` columns, in eighths. */
export function progressBar(fraction: number, cells: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, fraction)) * cells * 8)
  const partial = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[(eighths % 8) - 1]
  return ('█'.repeat(Math.floor(eighths / 8)) + partial).padEnd(cells)
}
