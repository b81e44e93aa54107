/** So many that are kept in order while the rest goes by; of more, everything is sorted. */
const MOST_KEPT = 1000

/** The first `limit` of what sorting would give; equals stay in their order. Takes little more than looking at each where few are wanted. */
export function bestOf<T>(items: readonly T[], limit: number, compare: (a: T, b: T) => number): T[] {
  if (limit > MOST_KEPT || limit >= items.length) return items.toSorted(compare).slice(0, limit)
  const best: T[] = []
  for (const item of items) {
    if (best.length === limit && (limit === 0 || compare(best[limit - 1] as T, item) <= 0)) continue
    let [low, high] = [0, best.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (compare(best[middle] as T, item) <= 0) low = middle + 1
      else high = middle
    }
    best.splice(low, 0, item)
    if (best.length > limit) best.pop()
  }
  return best
}
