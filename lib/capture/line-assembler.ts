const LINE_FEED = 0x0a
const RETURN = 0x0d

/** One or more lines as the terminal shows them in the end. */
export interface LineBlock {
  /** The lines, with line feeds between them; none behind the last. Not to be changed. */
  readonly bytes: Buffer
  readonly lineCount: number
  /** False for the rest that no line feed ended: the end of the output, or of what was read of it. */
  readonly isWhole: boolean
  /** Whether bytes are missing at the end of a single line: it was longer than the assembler keeps. */
  readonly isCut: boolean
}

/**
 * Makes lines of the bytes of one stream, in whatever pieces they come.
 *
 * A carriage return that no line feed follows starts the line again, as progress bars do: of a hundred states of one line only the last is
 * answered, when its line feed comes. A terminal turns line feeds into `\r\n`, so returns right before one say nothing. Bytes are kept
 * apart, not text: a character that is split over two pieces is whole again in its line.
 *
 * Memory is bounded by `maxBytes` a line; what is beyond is passed over. Many lines that come at once are answered as one block, so that a
 * program that prints hundreds of megabytes a second is not held up by us.
 */
export class LineAssembler {
  readonly #maxBytes: number
  #parts: Buffer[] = []
  #sizeBytes = 0
  #isCut = false
  /** Returns were read last: what follows decides whether they start the line again. */
  #returned = false

  constructor(maxBytes = 16 * 1024) {
    this.#maxBytes = maxBytes
  }

  /** Takes a piece of the stream; calls `emit` for each block of lines that it ends. */
  push(piece: Buffer, emit: (block: LineBlock) => void): void {
    const hasReturns = piece.indexOf(RETURN) !== -1
    for (let at = 0; at < piece.length; ) {
      const found = piece.indexOf(LINE_FEED, at)
      const end = found === -1 ? piece.length : found
      this.#append(piece, at, end)
      if (found === -1) return
      emit(this.#take(true))
      at = end + 1
      const last = hasReturns ? -1 : piece.lastIndexOf(LINE_FEED)
      if (last > at) {
        emit({
          bytes: piece.subarray(at, last),
          lineCount: countLines(piece, at, last),
          isWhole: true,
          isCut: false,
        })
        at = last + 1
      }
    }
  }

  /** The rest behind the last line feed; undefined where there is none. */
  finish(): LineBlock | undefined {
    const isEmpty = this.#sizeBytes === 0
    const rest = this.#take(false)
    return isEmpty ? undefined : rest
  }

  #append(piece: Buffer, from: number, to: number): void {
    if (to === from) return
    let start = from
    let end = to
    while (end > start && piece[end - 1] === RETURN) end--
    if (end > start) {
      if (this.#returned) this.#restart()
      const inner = piece.subarray(start, end).lastIndexOf(RETURN)
      if (inner !== -1) {
        this.#restart()
        start += inner + 1
      }
      this.#keep(piece.subarray(start, end))
    }
    this.#returned = end < to
  }

  #restart(): void {
    this.#parts = []
    this.#sizeBytes = 0
    this.#isCut = false
  }

  #keep(bytes: Buffer): void {
    const room = this.#maxBytes - this.#sizeBytes
    if (bytes.length > room) this.#isCut = true
    if (room <= 0) return
    // Copied: a short line must not keep the large buffer alive that it was read into.
    const kept = Buffer.from(bytes.subarray(0, room))
    this.#parts.push(kept)
    this.#sizeBytes += kept.length
  }

  #take(isWhole: boolean): LineBlock {
    const bytes = this.#parts.length === 1 ? (this.#parts[0] as Buffer) : Buffer.concat(this.#parts)
    const block = { bytes, lineCount: 1, isWhole, isCut: this.#isCut }
    this.#restart()
    this.#returned = false
    return block
  }
}

/** Lines between two positions, of which the second is that of the line feed that ends the last one. */
function countLines(bytes: Buffer, from: number, last: number): number {
  let count = 1
  for (let at = bytes.indexOf(LINE_FEED, from); at !== -1 && at < last; at = bytes.indexOf(LINE_FEED, at + 1))
    count++
  return count
}
