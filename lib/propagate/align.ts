/** An element of the first sequence, one of the second, and how alike they are. */
export type AlignedPair = readonly [first: number, second: number, similarity: number]

const maxCells = 60_000

/**
 * The order-keeping pairing of two sequences with the largest sum of (similarity − `threshold`); pairs below
 * the threshold are never made. Too large a table (over 60,000 cells) is not filled: no pair is made then.
 */
export function align(
  firstLength: number,
  secondLength: number,
  similarity: (first: number, second: number) => number,
  threshold: number,
): AlignedPair[] {
  if (firstLength === 0 || secondLength === 0 || firstLength * secondLength > maxCells) return []
  const width = secondLength + 1
  const values = new Float64Array((firstLength + 1) * width)
  const gains = new Float64Array((firstLength + 1) * width)
  for (let i = firstLength - 1; i >= 0; i--) {
    for (let j = secondLength - 1; j >= 0; j--) {
      const at = i * width + j
      const gain = similarity(i, j) - threshold
      gains[at] = gain
      const skip = Math.max(values[at + width] as number, values[at + 1] as number)
      const take = gain > 0 ? gain + (values[at + width + 1] as number) : 0
      values[at] = Math.max(skip, take)
    }
  }
  const pairs: AlignedPair[] = []
  let i = 0
  let j = 0
  while (i < firstLength && j < secondLength) {
    const at = i * width + j
    const gain = gains[at] as number
    if (gain > 0 && values[at] === gain + (values[at + width + 1] as number)) {
      pairs.push([i, j, gain + threshold])
      i++
      j++
    } else if (values[at] === values[at + width]) i++
    else j++
  }
  return pairs
}

/** Positions of a longest strictly increasing subsequence of `values`. */
export function longestIncreasing(values: readonly number[]): number[] {
  const tails: number[] = []
  const before: number[] = []
  for (const [i, value] of values.entries()) {
    let low = 0
    let high = tails.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((values[tails[middle] as number] as number) < value) low = middle + 1
      else high = middle
    }
    before.push(low > 0 ? (tails[low - 1] as number) : -1)
    tails[low] = i
  }
  const chosen: number[] = []
  for (let i = tails.at(-1) ?? -1; i >= 0; i = before[i] as number) chosen.push(i)
  return chosen.reverse()
}
