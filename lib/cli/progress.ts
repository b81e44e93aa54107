import type { Io } from './io.js'
import { truncate } from './render/width.js'

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
  #shown = 0
  #lastMs = 0

  constructor(io: Io, options: { delayMs?: number } = {}) {
    this.#io = io
    this.#startMs = io.now()
    this.#delayMs = options.delayMs ?? 1000
  }

  /** Shows these lines in place of the last ones. `force` redraws at once, for a last state. */
  show(lines: readonly string[], force = false): void {
    const now = this.#io.now()
    if (!this.#io.isTerminal.stderr || now - this.#startMs < this.#delayMs) return
    if (!force && now - this.#lastMs < REDRAW_MS) return
    this.#lastMs = now
    const width = (this.#io.columns ?? 80) - 1
    const text = lines.map((line) => `\u001b[K${truncate(line, width)}\n`).join('')
    this.#io.stderr.write(this.#up() + text)
    this.#shown = lines.length
  }

  /** Prints a line that stays, above the progress. */
  note(line: string): void {
    this.clear()
    this.#io.stderr.write(`${line}\n`)
  }

  /** Takes the shown lines away. */
  clear(): void {
    if (this.#shown === 0) return
    this.#io.stderr.write(`${this.#up()}\u001b[J`)
    this.#shown = 0
  }

  #up(): string {
    return this.#shown === 0 ? '' : `\r\u001b[${this.#shown}A`
  }
}

/** `██████▌   `: a bar of `cells` columns, in eighths. */
export function progressBar(fraction: number, cells: number): string {
  const eighths = Math.round(Math.max(0, Math.min(1, fraction)) * cells * 8)
  const partial = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[(eighths % 8) - 1]
  return ('█'.repeat(Math.floor(eighths / 8)) + partial).padEnd(cells)
}
