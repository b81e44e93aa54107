import type { ByteSink } from './byte-sink.js'

const COMMA = 0x2c
const BRACKET = 0x5d

/** Numbers made into text at once. */
const AT_ONCE = 2048

/**
 * Writes numbers one after the other as `String` makes text of them. That is what JSON has, too, which makes the texts of a whole list in half the
 * time; it has no infinities, no NaN and no -0: lists with any of these are left to `textOf`, number by number.
 */
export class NumberTexts {
  #next = 0
  /** The list of numbers before `#end` as JSON, and where the next one begins in it; undefined where JSON cannot have them. */
  #json: Uint8Array | undefined
  #at = 0
  #end = 0

  constructor(
    private readonly values: Float64Array,
    private readonly textOf: (value: number) => string,
  ) {}

  /** The next number. */
  write(sink: ByteSink): void {
    if (this.#next === this.#end) this.#prepare()
    const value = this.values[this.#next++] as number
    if (this.#json === undefined) {
      sink.bytes(Buffer.from(this.textOf(value), 'latin1'))
      return
    }
    const from = this.#at
    let to = from
    for (let byte = this.#json[to]; byte !== COMMA && byte !== BRACKET; byte = this.#json[to]) to++
    sink.part(this.#json, from, to)
    this.#at = to + 1
  }

  #prepare(): void {
    this.#end = Math.min(this.values.length, this.#next + AT_ONCE)
    const list: number[] = []
    let isPlain = true
    for (let i = this.#next; i < this.#end; i++) {
      const value = this.values[i] as number
      isPlain &&= Number.isFinite(value) && !Object.is(value, -0)
      list.push(value)
    }
    this.#json = isPlain ? Buffer.from(JSON.stringify(list), 'latin1') : undefined
    this.#at = 1
  }
}
