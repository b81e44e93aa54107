/** Bytes that are put together piece by piece, without a text for each. */
export class ByteSink {
  #bytes: Buffer
  #length = 0

  constructor(private readonly capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  bytes(data: Uint8Array): void {
    this.#reserve(data.length)
    this.#bytes.set(data, this.#length)
    this.#length += data.length
  }

  /** The bytes of `data` from `from` up to `to`; faster than {@link bytes} where they are few. */
  part(data: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from)
    const bytes = this.#bytes
    let length = this.#length
    for (let i = from; i < to; i++) bytes[length++] = data[i] as number
    this.#length = length
  }

  /** A whole number from 0 on, in decimal digits. */
  digits(value: number): void {
    let divisor = 1
    while (value / divisor >= 10) divisor *= 10
    this.#reserve(20)
    for (let rest = value; divisor >= 1; divisor /= 10) {
      const digit = Math.floor(rest / divisor)
      rest -= digit * divisor
      this.#bytes[this.#length++] = 0x30 + digit
    }
  }

  /** What was put together since the last time; nothing that comes later changes it. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#bytes = Buffer.allocUnsafe(Math.max(this.capacity, this.#length))
    this.#length = 0
    return taken
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#length + more))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}
