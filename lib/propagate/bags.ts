import type { Keys } from './keys.js'
import { SequenceInterner } from './sequences.js'
import type { Binding, Statement, SyntaxTree } from './syntax.js'

/** Marks (brackets, commas, operators) say little: so much of what a word of their frequency would. */
export const markShare = 0.15

/**
 * How much each word says, by its number: the rarer it is among the heads of all trees, the more; 1 for one that
 * occurs in a single head.
 */
export function weighWords(keys: readonly Keys[], wordCount: number): Float64Array {
  const counts = new Int32Array(wordCount)
  const seenIn = new Int32Array(wordCount)
  let statement = 0
  for (const { words, wordStarts } of keys) {
    for (let i = 0; i + 1 < wordStarts.length; i++) {
      statement++
      for (let at = wordStarts[i] as number; at < (wordStarts[i + 1] as number); at++) {
        const word = words[at] as number
        if (seenIn[word] === statement) continue
        seenIn[word] = statement
        counts[word] = (counts[word] as number) + 1
      }
    }
  }
  return Float64Array.from(counts, (count) => wordWeight(Math.max(1, count), statement))
}

/** What a word says that occurs in `count` of `statements` heads. */
export function wordWeight(count: number, statements: number): number {
  const total = statements + 1
  return Math.log2(1 + total / count) / Math.log2(1 + total)
}

/** Numbers for what heads are compared by, the same for both trees: words, translated names, and pairs of these. */
export class FeatureNumbers {
  private readonly names = new Map<number, number>()
  private readonly pairs = new SequenceInterner()
  private readonly pairNumbers: number[] = []
  private readonly pair = [0, 0]

  constructor(private next: number) {}

  /** Of a name that has a counterpart, by the old binding's index. */
  ofName(index: number): number {
    let number = this.names.get(index)
    if (number === undefined) {
      number = this.next++
      this.names.set(index, number)
    }
    return number
  }

  /** Of two features side by side; `first` is -1 at the start of a head. */
  ofPair(first: number, second: number): number {
    this.pair[0] = first
    this.pair[1] = second
    const id = this.pairs.id(this.pair, 0, 2)
    let number = this.pairNumbers[id]
    if (number === undefined) {
      number = this.next++
      this.pairNumbers[id] = number
    }
    return number
  }
}

/** A multiset of weighted features: their numbers, rising, and the weight of each. */
export interface Bag {
  readonly ids: Int32Array
  readonly weights: Float64Array
  readonly total: number
}

/** The bags of a tree's heads: each word and each two neighbouring words. Made when first asked for. */
export class Bags {
  private readonly bags: (Bag | undefined)[]
  private images: ReadonlyMap<Binding, Binding> = new Map()

  constructor(
    private readonly tree: SyntaxTree,
    private readonly keys: Keys,
    private readonly wordWeights: Float64Array,
    private readonly numbers: FeatureNumbers,
  ) {
    this.bags = new Array(tree.statements.length).fill(undefined)
  }

  /** From now on a name counts as what `images` has for its binding. */
  translate(images: ReadonlyMap<Binding, Binding>): void {
    this.images = images
    this.bags.fill(undefined)
  }

  of({ index }: Statement): Bag {
    let bag = this.bags[index]
    if (!bag) {
      bag = this.make(index)
      this.bags[index] = bag
    }
    return bag
  }

  private make(index: number): Bag {
    const { head } = this.tree.statements[index] as Statement
    const size = 2 * head.length
    // Sorting needs the place beside the number: both in one double, so that no pair of objects is made.
    const order = new Float64Array(size)
    const unsorted = new Float64Array(size)
    let at = this.keys.wordStarts[index] as number
    let previous = -1
    let previousWeight = 0.2
    let place = 0
    for (const { role, binding } of head) {
      const word = this.keys.words[at++] as number
      const full = this.wordWeights[word] as number
      const weight = role === 'mark' ? markShare * full : full
      const image = binding && this.images.get(binding)
      const key = image ? this.numbers.ofName(image.index) : word
      order[place] = key * size + place
      unsorted[place++] = weight
      order[place] = this.numbers.ofPair(previous, key) * size + place
      unsorted[place++] = 0.6 * Math.min(weight, previousWeight) + 0.05
      previous = key
      previousWeight = weight
    }
    order.sort()
    const ids = new Int32Array(size)
    const weights = new Float64Array(size)
    let total = 0
    for (let i = 0; i < size; i++) {
      const one = order[i] as number
      const id = Math.floor(one / size)
      ids[i] = id
      weights[i] = unsorted[one - id * size] as number
      total += weights[i] as number
    }
    return { ids, weights, total }
  }
}

/** Between 0 and 1: twice what two bags share, of all that they hold. */
export function dice(a: Bag, b: Bag): number {
  let shared = 0
  let i = 0
  let j = 0
  while (i < a.ids.length && j < b.ids.length) {
    const x = a.ids[i] as number
    const y = b.ids[j] as number
    if (x === y) {
      shared += Math.min(a.weights[i] as number, b.weights[j] as number)
      i++
      j++
    } else if (x < y) i++
    else j++
  }
  const total = a.total + b.total
  return total === 0 ? 0 : (2 * shared) / total
}
