import { Capturer, type CaptureSettings, contextOf } from '../../capture/capturer.js'
import { LineAssembler, type LineBlock } from '../../capture/line-assembler.js'
import type { CommandRun } from '../../repository/command-run/command-run.js'
import type { OutputWatcher } from './start-child.js'

/** More than that is no longer searched for metrics: a program that prints so much is not to be slowed down. */
const MOST_SEARCHED_BYTES = 256 * 1024 * 1024

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
    for (const line of this.#capturer.lines(block.bytes.toString('utf8').split('\n'))) {
      for (const value of line.values) this.#run.record(contextOf(line, value), value.name, value.value)
    }
  }
}
