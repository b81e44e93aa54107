/** From here on numbers are summed 2^100 times smaller, where two hundred thousand million million of them do not overflow. */
const LARGE = 2 ** 900
const SCALE = 2 ** -100
const SCALE_BITS = 100n

/** A sum and what rounding took from it (Neumaier, ZAMM 54, 1974). */
class Sum {
  #sum = 0
  #lost = 0

  add(n: number): void {
    const sum = this.#sum + n
    this.#lost += Math.abs(this.#sum) >= Math.abs(n) ? this.#sum - sum + n : n - sum + this.#sum
    this.#sum = sum
  }

  get value(): number {
    return this.#sum + this.#lost
  }

  /** Whole numbers and what is left over, exact up to what the compensation holds. */
  get parts(): readonly [whole: bigint, rest: number] {
    const [a, b] = [Math.trunc(this.#sum), Math.trunc(this.#lost)]
    return [BigInt(a) + BigInt(b), this.#sum - a + (this.#lost - b)]
  }
}

/**
 * The arithmetic mean of finite numbers and big integers, added one by one: that of their sum before it is rounded, so that neither
 * ±1e308 nor 1e16 and 1 and -1e16 go wrong. NaN and infinities are passed over.
 */
export class Mean {
  readonly #small = new Sum()
  readonly #large = new Sum()
  #big = 0n
  #count = 0

  add(n: number | bigint): void {
    if (typeof n === 'bigint') this.#big += n
    else if (!Number.isFinite(n)) return
    else if (Math.abs(n) < LARGE) this.#small.add(n)
    else this.#large.add(n * SCALE)
    this.#count++
  }

  /** Undefined where there is none: of nothing, and of big integers whose mean no number can hold. */
  get value(): number | undefined {
    if (this.#count === 0) return undefined
    return this.#big === 0n ? this.#ofNumbers() : this.#exact()
  }

  #ofNumbers(): number {
    const small = this.#small.value / this.#count
    const large = this.#large.value
    if (large === 0) return small
    // No mean is beyond its largest number: only rounding would be.
    const mean = small + large / this.#count / SCALE
    return Number.isFinite(mean) ? mean : Math.sign(mean) * Number.MAX_VALUE
  }

  #exact(): number | undefined {
    const [whole, rest] = this.#small.parts
    const [large] = this.#large.parts
    const sum = this.#big + whole + (large << SCALE_BITS)
    const near = Number(sum)
    const mean = Number.isFinite(near) ? near / this.#count : Number(sum / BigInt(this.#count))
    return Number.isFinite(mean) ? mean + rest / this.#count : undefined
  }
}
