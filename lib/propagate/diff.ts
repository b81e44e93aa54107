/**
 * Histogram diff over sequences of integers (the algorithm of `git diff --histogram`): the rarest common
 * element splits both sides, and each part is compared in turn. Where every common element is frequent
 * (more than 64 times in the part), the part counts as changed.
 */

/** One run of equal elements: `length` of them from `a` in the first sequence and from `b` in the second. */
export interface Match {
  readonly a: number
  readonly b: number
  readonly length: number
}

const maxOccurrences = 64
const maxDepth = 1500
/** Elements from which on a part is split near its middle where several runs are equally good. */
const longPart = 1000

/** Runs of equal elements, in order, none crossing another. */
export function diff(first: ArrayLike<number>, second: ArrayLike<number>): Match[] {
  const matches: Match[] = []
  const places = new Places(first)
  const pending: [number, number, number, number, number][] = [[0, first.length, 0, second.length, 0]]
  while (pending.length > 0) {
    const part = pending.pop()
    if (!part) break
    let [aLow, aHigh, bLow, bHigh] = part
    const depth = part[4]
    let start = aLow
    while (aLow < aHigh && bLow < bHigh && first[aLow] === second[bLow]) {
      aLow++
      bLow++
    }
    if (aLow > start) matches.push({ a: start, b: bLow - (aLow - start), length: aLow - start })
    start = aHigh
    while (aLow < aHigh && bLow < bHigh && first[aHigh - 1] === second[bHigh - 1]) {
      aHigh--
      bHigh--
    }
    if (start > aHigh) matches.push({ a: aHigh, b: bHigh, length: start - aHigh })
    if (aLow >= aHigh || bLow >= bHigh || depth > maxDepth) continue
    const split = findRarestRun(places, first, aLow, aHigh, second, bLow, bHigh)
    if (!split) continue
    matches.push(split)
    pending.push([aLow, split.a, bLow, split.b, depth + 1])
    pending.push([split.a + split.length, aHigh, split.b + split.length, bHigh, depth + 1])
  }
  return matches.sort((x, y) => x.a - y.a)
}

/** Where each element of a part of the first sequence lies: lists in arrays that all parts share. */
class Places {
  /** Places of equal elements in a part, by their first one, each naming the next; -1 behind the last. */
  readonly next: Int32Array
  private readonly numbers = new Map<number, number>()
  private readonly first: Int32Array
  private readonly counts: Int32Array
  private readonly elements: Int32Array

  constructor(sequence: ArrayLike<number>) {
    this.elements = new Int32Array(sequence.length)
    for (let i = 0; i < sequence.length; i++) {
      const element = sequence[i] as number
      let number = this.numbers.get(element)
      if (number === undefined) {
        number = this.numbers.size
        this.numbers.set(element, number)
      }
      this.elements[i] = number
    }
    this.next = new Int32Array(sequence.length)
    this.first = new Int32Array(this.numbers.size).fill(-1)
    this.counts = new Int32Array(this.numbers.size)
  }

  /** Lists the places from `low` up to `high`; {@link clear} with the same ends before the next part. */
  list(low: number, high: number): void {
    for (let i = high - 1; i >= low; i--) {
      const number = this.elements[i] as number
      this.next[i] = this.first[number] as number
      this.first[number] = i
      this.counts[number] = (this.counts[number] as number) + 1
    }
  }

  clear(low: number, high: number): void {
    for (let i = low; i < high; i++) {
      const number = this.elements[i] as number
      this.first[number] = -1
      this.counts[number] = 0
    }
  }

  firstOf(element: number): number {
    const number = this.numbers.get(element)
    return number === undefined ? -1 : (this.first[number] as number)
  }

  /** How often the element at a place of the first sequence is in the part. */
  countAt(place: number): number {
    return this.counts[this.elements[place] as number] as number
  }
}

/**
 * The longest run among those whose rarest element occurs least often in the first part. Of several, the first; in a
 * long part the one nearest the middle, since the first leaves all the rest to be searched again, once for every run.
 */
function findRarestRun(
  places: Places,
  first: ArrayLike<number>,
  aLow: number,
  aHigh: number,
  second: ArrayLike<number>,
  bLow: number,
  bHigh: number,
): Match | undefined {
  places.list(aLow, aHigh)
  const middle = bHigh - bLow > longPart ? bLow + bHigh : undefined
  let best: Match | undefined
  let bestCount = maxOccurrences + 1
  let j = bLow
  while (j < bHigh) {
    let next = j + 1
    let i = places.firstOf(second[j] as number)
    const occurrences = i === -1 ? 0 : places.countAt(i)
    if (i !== -1 && occurrences <= bestCount) {
      let reached = aLow
      for (; i !== -1; i = places.next[i] as number) {
        if (i < reached) continue
        let a = i
        let b = j
        let count = occurrences
        while (a > aLow && b > bLow && first[a - 1] === second[b - 1]) {
          a--
          b--
          count = Math.min(count, places.countAt(a))
        }
        let aEnd = i + 1
        let bEnd = j + 1
        while (aEnd < aHigh && bEnd < bHigh && first[aEnd] === second[bEnd]) {
          count = Math.min(count, places.countAt(aEnd))
          aEnd++
          bEnd++
        }
        next = Math.max(next, bEnd)
        const length = aEnd - a
        if (
          count < bestCount ||
          (best &&
            count === bestCount &&
            (length > best.length ||
              (middle !== undefined &&
                length === best.length &&
                Math.abs(b + bEnd - middle) < Math.abs(2 * best.b + length - middle))))
        ) {
          best = { a, b, length }
          bestCount = count
        }
        reached = aEnd
      }
    }
    j = next
  }
  places.clear(aLow, aHigh)
  return best
}
