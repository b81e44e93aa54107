/**
 * Variable-length whole numbers, seven bits a byte, lowest first, the high bit set on all but the last byte (LEB128).
 * Signed ones are folded first: 0, -1, 1, -2, … become 0, 1, 2, 3, ….
 */
export class VarintWriter {
  #bytes = new Uint8Array(256)
  #size = 0

  /** @param value a whole number from 0 to 2^53 - 1 */
  unsigned(value: number): void {
    if (this.#size + 8 > this.#bytes.length) this.#grow()
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#size++] = (rest % 0x80) | 0x80
      rest = rest > 0x7fffffff ? Math.floor(rest / 0x80) : rest >>> 7
    }
    this.#bytes[this.#size++] = rest
  }

  /** @param value a whole number of less than 52 bits and a sign */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** What was written, in memory of its own. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size)
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2)
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

/** Reads what {@link VarintWriter} wrote. Every method throws a RangeError at the end of the bytes. */
export class VarintReader {
  #at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  unsigned(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('bytes end inside a number')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
    throw new RangeError('a number of more than eight bytes')
  }

  signed(): number {
    const folded = this.unsigned()
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2
  }
}
