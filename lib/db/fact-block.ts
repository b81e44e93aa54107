import type { LogValue } from '../model/value.js'
import { bytes, field, fields, list } from '../segment/shape.js'
import { decodeDocument, encodeDocument } from '../segment/value-codec.js'
import { type FactValue, Told } from './facts.js'

/** Runs of one block: few enough that folding one run rewrites little, enough that a hundred thousand runs are a hundred readings. */
export const BLOCK_RUNS = 1024

/**
 * One fact of up to {@link BLOCK_RUNS} runs, as a msgpack map:
 *
 *     kinds     a byte a run: 0 absent, 1 a number, 2 a word, 3 nothing, 4 only the entry tells (facts.ts)
 *     numbers   a float64 a run, in the machine's own byte order: the number, or the word's position in `words`
 *     words     values that are not numbers, each once
 *
 * Runs behind the last one of which anything is known are left out.
 */
const ABSENT = 0
const NUMBER = 1
const WORD = 2
const NOTHING = 3
const BY_ENTRY = 4

/** One fact of many runs, by the run's number; grows as values are set. */
export class FactColumn {
  #kinds: Uint8Array
  #numbers: Float64Array
  readonly #words: LogValue[] = []
  readonly #positions = new Map<LogValue, number>()

  /** Room for runs 0 to `size` - 1, all absent. */
  constructor(size: number) {
    this.#kinds = new Uint8Array(size)
    this.#numbers = new Float64Array(size)
  }

  /** What the fact is for run number `nr`. */
  at(nr: number): FactValue {
    switch (this.#kinds[nr]) {
      case NUMBER:
        return this.#numbers[nr] as number
      case WORD:
        return this.#words[this.#numbers[nr] as number] as LogValue
      case NOTHING:
        return Told.nothing
      case BY_ENTRY:
        return Told.byEntry
      default:
        return Told.absent
    }
  }

  set(nr: number, value: FactValue): void {
    if (typeof value === 'number') {
      this.#kinds[nr] = NUMBER
      this.#numbers[nr] = value
    } else if (typeof value === 'symbol') {
      this.#kinds[nr] = value === Told.nothing ? NOTHING : value === Told.byEntry ? BY_ENTRY : ABSENT
    } else {
      this.#kinds[nr] = WORD
      this.#numbers[nr] = this.#positionOf(value)
    }
  }

  /** Makes the fact absent for run number `nr`. */
  clear(nr: number): void {
    this.#kinds[nr] = ABSENT
  }

  /** Reads a block into the runs from number `start` on. @throws RangeError if the index is damaged */
  load(start: number, data: Uint8Array): void {
    const map = fields(decodeDocument(data), 'facts')
    const kinds = field(map, 'kinds', bytes)
    const numbers = field(map, 'numbers', bytes)
    const words = field(
      map,
      'words',
      list((word) => word as LogValue),
    )
    if (numbers.length !== 8 * kinds.length || start + kinds.length > this.#kinds.length)
      throw new RangeError(`${numbers.length} bytes for ${kinds.length} facts`)
    this.#kinds.set(kinds, start)
    new Uint8Array(this.#numbers.buffer).set(numbers, 8 * start)
    if (words.length === 0) return
    const positions = words.map((word) => this.#positionOf(word))
    for (let nr = start; nr < start + kinds.length; nr++) {
      if (this.#kinds[nr] !== WORD) continue
      const position = positions[this.#numbers[nr] as number]
      if (position === undefined) throw new RangeError(`word ${this.#numbers[nr]} of ${words.length}`)
      this.#numbers[nr] = position
    }
  }

  /** The bytes of all runs as one block; undefined where all are absent. */
  encode(): Uint8Array | undefined {
    const last = this.#kinds.findLastIndex((kind) => kind !== ABSENT)
    if (last === -1) return undefined
    const kinds = this.#kinds.subarray(0, last + 1)
    const numbers = this.#numbers.slice(0, last + 1)
    const words: LogValue[] = []
    const moved = new Map<number, number>()
    kinds.forEach((kind, nr) => {
      if (kind !== NUMBER && kind !== WORD) numbers[nr] = 0
      if (kind !== WORD) return
      const position = numbers[nr] as number
      if (!moved.has(position)) moved.set(position, words.push(this.#words[position] as LogValue) - 1)
      numbers[nr] = moved.get(position) as number
    })
    return encodeDocument({ kinds, numbers: new Uint8Array(numbers.buffer), words })
  }

  #positionOf(word: LogValue): number {
    // Dates are objects: of one time there may be many.
    const known = this.#positions.get(word)
    if (known !== undefined) return known
    const position = this.#words.push(word) - 1
    this.#positions.set(word, position)
    return position
  }
}
