/**
 * Shared memory that checkpoints are copied into, used again and again: memory that is new costs several times
 * the copy, since the kernel gives each page, zeroed, when it is first touched. A buffer is lent for one
 * checkpoint and comes back when that is written; the smallest that is large enough is taken. What lies unused
 * stays below a bound. Nothing here waits, and nobody is refused: where no buffer fits, a new one is made.
 */
export class BufferPool {
  readonly #maxFreeBytes: number
  /** Smallest first. */
  readonly #free: SharedArrayBuffer[] = []
  #freeBytes = 0
  #largestAsked = 0

  /** More than `maxFreeBytes` are never kept unused; a buffer that is larger by itself is used once. */
  constructor(maxFreeBytes: number) {
    this.#maxFreeBytes = maxFreeBytes
  }

  /** Bytes of buffers that nobody uses. */
  get freeBytes(): number {
    return this.#freeBytes
  }

  /** How many buffers of at least that size lie ready. */
  ready(sizeBytes: number): number {
    return this.#free.filter((it) => it.byteLength >= sizeBytes).length
  }

  /**
   * A buffer of at least that size, its content arbitrary. One that is made because the state has grown beyond
   * all before it is half as large again as asked for: what grows goes on growing, and pages that are not
   * touched cost nothing.
   * @throws RangeError when there is no memory
   */
  lend(sizeBytes: number): SharedArrayBuffer {
    const at = this.#free.findIndex((it) => it.byteLength >= sizeBytes)
    const roomyBytes = Math.ceil(sizeBytes * 1.5)
    const hasGrown = this.#largestAsked > 0 && sizeBytes > this.#largestAsked
    this.#largestAsked = Math.max(this.#largestAsked, sizeBytes)
    if (at === -1)
      return new SharedArrayBuffer(hasGrown && roomyBytes <= this.#maxFreeBytes ? roomyBytes : sizeBytes)
    const [buffer] = this.#free.splice(at, 1) as [SharedArrayBuffer]
    this.#freeBytes -= buffer.byteLength
    return buffer
  }

  /** Takes a buffer that nobody else uses any more. The smallest go where all together are too large, or too many. */
  giveBack(buffer: SharedArrayBuffer): void {
    if (buffer.byteLength === 0 || buffer.byteLength > this.#maxFreeBytes) return
    const at = this.#free.findIndex((it) => it.byteLength >= buffer.byteLength)
    this.#free.splice(at === -1 ? this.#free.length : at, 0, buffer)
    this.#freeBytes += buffer.byteLength
    while (this.#freeBytes > this.#maxFreeBytes || this.#free.length > MAX_FREE) {
      this.#freeBytes -= this.#free.shift()?.byteLength ?? 0
    }
  }

  /** Leaves all that lies unused to the garbage collector. */
  clear(): void {
    this.#free.length = 0
    this.#freeBytes = 0
  }
}

/** As many as are ever written at once. */
const MAX_FREE = 4
