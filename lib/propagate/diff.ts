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

/** Runs of equal elements, in order, none crossing another. */
export function diff(first: ArrayLike<number>, second: ArrayLike<number>): Match[] {
  const matches: Match[] = []
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
    const split = findRarestRun(first, aLow, aHigh, second, bLow, bHigh)
    if (!split) continue
    matches.push(split)
    pending.push([aLow, split.a, bLow, split.b, depth + 1])
    pending.push([split.a + split.length, aHigh, split.b + split.length, bHigh, depth + 1])
  }
  return matches.sort((x, y) => x.a - y.a)
}

/** The longest run among those whose rarest element occurs least often in the first part. */
function findRarestRun(
  first: ArrayLike<number>,
  aLow: number,
  aHigh: number,
  second: ArrayLike<number>,
  bLow: number,
  bHigh: number,
): Match | undefined {
  const places = new Map<number, number[]>()
  for (let i = aLow; i < aHigh; i++) {
    const key = first[i] as number
    const list = places.get(key)
    if (list) list.push(i)
    else places.set(key, [i])
  }
  let best: Match | undefined
  let bestCount = maxOccurrences + 1
  let j = bLow
  while (j < bHigh) {
    let next = j + 1
    const list = places.get(second[j] as number)
    if (list && list.length <= bestCount) {
      let reached = aLow
      for (const i of list) {
        if (i < reached) continue
        let a = i
        let b = j
        let count = list.length
        while (a > aLow && b > bLow && first[a - 1] === second[b - 1]) {
          a--
          b--
          count = Math.min(count, places.get(first[a] as number)?.length ?? count)
        }
        let aEnd = i + 1
        let bEnd = j + 1
        while (aEnd < aHigh && bEnd < bHigh && first[aEnd] === second[bEnd]) {
          count = Math.min(count, places.get(first[aEnd] as number)?.length ?? count)
          aEnd++
          bEnd++
        }
        next = Math.max(next, bEnd)
        if (count < bestCount || (count === bestCount && best && aEnd - a > best.length)) {
          best = { a, b, length: aEnd - a }
          bestCount = count
        }
        reached = aEnd
      }
    }
    j = next
  }
  return best
}
