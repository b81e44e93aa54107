import { Capturer, type CaptureSettings, contextOf } from '../../capture/capturer.js'
import { LineAssembler, type LineBlock } from '../../capture/line-assembler.js'
import type { CommandRun } from '../../repository/command-run/command-run.js'
import type { OutputWatcher } from './start-child.js'

/** More than that is no longer searched for metrics: a program that prints so much is not to be slowed down. */
const MOST_SEARCHED_BYTES = 256 * 1024 * 1024

/** So much of what passes may wait for being searched, while the program prints faster than we read. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024

/** Searching hands the stage over after so long: something may have come. */
const SLICE_MS = 2

const LINE_FEED = Buffer.from('\n')

/** Sees what a command prints: keeps it with its run, and takes metrics out of it. */
export class RecordedOutput implements OutputWatcher {
  readonly #run: CommandRun
  readonly #keeps: boolean
  readonly #capturer: Capturer | undefined
  readonly #streams = { stdout: new LineAssembler(), stderr: new LineAssembler() }
  readonly #onProblem: (text: string) => void
  #searchedBytes = 0
  #endsMidLine = false
  /** Blocks of lines that are still to be searched, oldest first. */
  readonly #waiting: Buffer[] = []
  #waitingBytes = 0
  #idle: NodeJS.Immediate | undefined
  #isIdle = true

  constructor(
    run: CommandRun,
    options: { readonly keep: boolean; readonly capture: CaptureSettings | undefined },
    onProblem: (text: string) => void,
  ) {
    this.#run = run
    this.#keeps = options.keep
    this.#onProblem = onProblem
    this.#capturer = options.capture && new Capturer(options.capture, onProblem)
  }

  /** How many values have been captured. */
  get valueCount(): number {
    return this.#capturer?.valueCount ?? 0
  }

  piece(stream: 'stdout' | 'stderr', piece: Buffer): void {
    this.#isIdle = false
    this.#run.printed(piece.length)
    this.#streams[stream].push(piece, (block) => this.#take(block))
  }

  /**
   * The command has ended. A last line without line feed is kept; it is searched as all others where the output `isComplete`: otherwise its last
   * number may have been cut short.
   */
  finish(isComplete: boolean): void {
    for (const stream of Object.values(this.#streams)) {
      const rest = stream.finish()
      if (rest === undefined) continue
      this.#endsMidLine = true
      this.#take(rest, isComplete)
    }
    clearImmediate(this.#idle)
    this.#search(0)
  }

  /** Whether the output's last line has no end; known when all is over. */
  get endsMidLine(): boolean {
    return this.#endsMidLine
  }

  #take(block: LineBlock, isSearched = block.isWhole): void {
    if (this.#keeps) {
      this.#run.keep(block.isWhole ? Buffer.concat([block.bytes, LINE_FEED]) : block.bytes, block.lineCount)
    }
    if (this.#capturer === undefined || !isSearched || block.isCut) return
    this.#searchedBytes += block.bytes.length
    if (this.#searchedBytes > MOST_SEARCHED_BYTES) {
      if (this.#searchedBytes - block.bytes.length <= MOST_SEARCHED_BYTES)
        this.#onProblem('the output is very large: metrics are taken out of its first 256 MiB only')
      return
    }
    this.#waiting.push(block.bytes)
    // Its line feed counts: a block may be an empty line.
    this.#waitingBytes += block.bytes.length + 1
    if (this.#waitingBytes > MOST_WAITING_BYTES) this.#search(MOST_WAITING_BYTES / 2)
    this.#searchWhenIdle()
  }

  /** Searches when nothing has come for a moment: output that comes in a burst passes through first. */
  #searchWhenIdle(): void {
    if (this.#idle !== undefined || this.#waiting.length === 0) return
    this.#isIdle = true
    this.#idle = setImmediate(() => {
      this.#idle = undefined
      if (this.#isIdle) this.#search(0, performance.now() + SLICE_MS)
      this.#searchWhenIdle()
    })
  }

  /** Searches what waits until no more than so much is left, or the time is over. */
  #search(leftBytes: number, untilMs = Number.POSITIVE_INFINITY): void {
    let done = 0
    while (this.#waitingBytes > leftBytes && performance.now() < untilMs) {
      const bytes = this.#waiting[done++] as Buffer
      this.#waitingBytes -= bytes.length + 1
      for (const line of this.#capturer?.block(bytes) ?? []) {
        for (const value of line.values) this.#run.record(contextOf(line, value), value.name, value.value)
      }
    }
    this.#waiting.splice(0, done)
  }
}
