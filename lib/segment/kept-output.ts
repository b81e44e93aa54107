import type { OutputSummary } from '../model/run.js'
import { bytes, count, field, fields, maybe } from './shape.js'
import { decodeDocument, encodeDocument } from './value-codec.js'

/**
 * What a run printed, as far as it is kept: the file `output` of a spool, a document
 *
 *     {v: 1, sizeBytes, lineCount, text, headBytes?}
 *
 * whose `text` is all of it, or its beginning and its end, which then begins at `headBytes`. In the runs tree the text alone is the blob `output` of the run.
 */
export interface KeptOutput extends OutputSummary {
  readonly text: Uint8Array
}

/** How much is kept: half of it of the beginning, half of the end. */
export interface OutputLimits {
  readonly bytes: number
  readonly lines: number
}

export function encodeOutput({ sizeBytes, lineCount, text, headBytes }: KeptOutput): Uint8Array {
  return encodeDocument({
    v: 1,
    sizeBytes,
    lineCount,
    text,
    ...(headBytes === undefined ? {} : { headBytes }),
  })
}

/** Reads what {@link encodeOutput} wrote. @throws RangeError on anything else */
export function decodeOutput(data: Uint8Array): KeptOutput {
  const map = fields(decodeDocument(data), 'output')
  if (field(map, 'v', count) !== 1) throw new RangeError(`an output of version ${map.v}`)
  const text = field(map, 'text', bytes)
  return {
    sizeBytes: field(map, 'sizeBytes', count),
    lineCount: field(map, 'lineCount', count),
    keptBytes: text.length,
    ...maybe(map, 'headBytes', count),
    text,
  }
}

const LINE_FEED = 0x0a

interface Block {
  readonly bytes: Uint8Array
  readonly lines: number
}

/**
 * Keeps the beginning and the end of an output within limits, in bytes and in lines, in memory of that size and one block more. What is left out is between them,
 * always of whole lines.
 */
export class OutputKeeper {
  readonly #limits: OutputLimits
  readonly #head: Block[] = []
  #headBytes = 0
  #headLines = 0
  #isHeadFull = false
  #tail: Block[] = []
  #first = 0
  #tailBytes = 0
  #tailLines = 0
  #hasGap = false
  #sizeBytes = 0
  #lineCount = 0

  constructor(limits: OutputLimits) {
    this.#limits = { bytes: Math.floor(limits.bytes / 2), lines: Math.floor(limits.lines / 2) }
  }

  /** Counts bytes that the program printed. */
  count(sizeBytes: number): void {
    this.#sizeBytes += sizeBytes
  }

  /** Takes a block of lines, its last line feed included where there was one. */
  push(block: Uint8Array, lineCount: number): void {
    this.#lineCount += lineCount
    let rest: Block = { bytes: block, lines: lineCount }
    if (!this.#isHeadFull) rest = this.#fillHead(rest)
    if (rest.bytes.length === 0) return
    this.#tail.push(rest)
    this.#tailBytes += rest.bytes.length
    this.#tailLines += rest.lines
    this.#evict()
  }

  /** What is kept now. */
  finish(): KeptOutput {
    let tail: Uint8Array = Buffer.concat(this.#tail.slice(this.#first).map((it) => it.bytes))
    const start = tailStart(tail, this.#limits)
    const isWhole = !this.#hasGap && start === 0
    tail = tail.subarray(start)
    const text = Buffer.concat([...this.#head.map((it) => it.bytes), tail])
    return {
      sizeBytes: this.#sizeBytes,
      lineCount: this.#lineCount,
      keptBytes: text.length,
      ...(isWhole ? {} : { headBytes: this.#headBytes }),
      text,
    }
  }

  #fillHead({ bytes: block, lines }: Block): Block {
    const room = { bytes: this.#limits.bytes - this.#headBytes, lines: this.#limits.lines - this.#headLines }
    if (block.length <= room.bytes && lines <= room.lines) {
      this.#addToHead({ bytes: block, lines })
      return { bytes: block.subarray(block.length), lines: 0 }
    }
    this.#isHeadFull = true
    let [at, fitting] = [0, 0]
    while (fitting < room.lines) {
      const next = block.indexOf(LINE_FEED, at)
      if (next === -1 || next >= room.bytes) break
      at = next + 1
      fitting++
    }
    if (at > 0) this.#addToHead({ bytes: block.subarray(0, at), lines: fitting })
    return { bytes: block.subarray(at), lines: lines - fitting }
  }

  #addToHead(block: Block): void {
    this.#head.push(block)
    this.#headBytes += block.bytes.length
    this.#headLines += block.lines
  }

  /** Drops blocks that the limits do not need, from the oldest on. */
  #evict(): void {
    for (let oldest = this.#tail[this.#first]; oldest !== undefined; oldest = this.#tail[this.#first]) {
      const isEnough =
        this.#tailBytes - oldest.bytes.length >= this.#limits.bytes ||
        this.#tailLines - oldest.lines >= this.#limits.lines
      if (!isEnough || this.#first === this.#tail.length - 1) break
      this.#tailBytes -= oldest.bytes.length
      this.#tailLines -= oldest.lines
      this.#first++
      this.#hasGap = true
    }
    if (this.#first < 1024) return
    this.#tail = this.#tail.slice(this.#first)
    this.#first = 0
  }
}

/** Where the part of a tail begins that is within the limits: at a line, but for a single line that is too long, which begins at a character. */
function tailStart(tail: Uint8Array, limits: OutputLimits): number {
  let start = Math.max(0, tail.length - limits.bytes)
  if (start > 0 && tail[start - 1] !== LINE_FEED) {
    const next = tail.indexOf(LINE_FEED, start)
    if (next !== -1 && next < tail.length - 1) start = next + 1
    else start = characterStart(tail, start)
  }
  let at = tail.length - (tail.at(-1) === LINE_FEED ? 1 : 0)
  for (let lines = 0; lines < limits.lines && at > start; lines++) {
    const before = tail.lastIndexOf(LINE_FEED, at - 1)
    if (before < start) return start
    at = before
  }
  return at > start ? at + 1 : start
}

/** The first offset from `at` on, at most three bytes behind it, that does not continue a UTF-8 character. */
function characterStart(text: Uint8Array, at: number): number {
  for (let start = at; start < at + 4; start++) if (((text[start] ?? 0) & 0xc0) !== 0x80) return start
  return at
}
