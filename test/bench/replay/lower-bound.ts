import type { ItemCost } from '../../../lib/replay/divide.js'
import type { Crew } from '../../../lib/replay/scheduler.js'

/**
 * A time below which no schedule can be, in milliseconds, however work is cut and whoever executes it: each entry of `works` lists the items of one
 * work in their order, of which each piece takes neighbours. What is executed by `m` workers and stored in `T` obeys three things.
 *
 * 1. A piece ends by `T - c`, since storing it takes `c`. So no piece costs more, and a work costs at least what its cheapest cut into such pieces
 *    does: {@link cheapestCut}. (One item with what stands before it is such a piece: what cannot be cut is counted.)
 * 2. Values are stored one after another. Of the times at which the `m` workers end their last pieces, the j-th largest has at least j pieces to be stored
 *    from then on, so that it is at most `T - j c`.
 * 3. The workers are busy for no longer than that, together `m T - c m (m + 1) / 2`, and all pieces fit into it.
 *
 * With `T` the cheapest cuts become cheaper and the room becomes larger: the least `T` that obeys is found by bisection, and answered from below.
 */
export function lowerBound(
  works: readonly (readonly ItemCost[])[],
  { workers, collectMs = 0 }: Crew,
): number {
  const obeys = (durationMs: number): boolean => {
    let workMs = 0
    for (const items of works) {
      workMs += cheapestCut(items, durationMs - collectMs)
      if (workMs === Number.POSITIVE_INFINITY) return false
    }
    // Another worker is of use as long as it ends after it has begun.
    const useful = collectMs === 0 ? workers : Math.min(workers, Math.floor(durationMs / collectMs))
    let roomMs = 0
    for (let j = 1; j <= useful; j++) roomMs += durationMs - j * collectMs
    return workMs <= roomMs
  }
  let [low, high] = [0, 1]
  while (!obeys(high)) [low, high] = [high, 2 * high]
  while (high - low > 1e-4 * high) {
    const middle = (low + high) / 2
    if (obeys(middle)) high = middle
    else low = middle
  }
  return low
}

/** What items cost together, cut where that is cheapest into pieces of which none costs more than `boundMs`; infinite where one alone does. */
export function cheapestCut(items: readonly ItemCost[], boundMs: number): number {
  // The cheapest for the first so many items.
  const cheapest = [0]
  for (let end = 1; end <= items.length; end++) {
    let best = Number.POSITIVE_INFINITY
    let afterFirstMs = 0
    for (let start = end - 1; start >= 0; start--) {
      const { firstMs, nextMs } = items[start] as ItemCost
      const pieceMs = firstMs + afterFirstMs
      if (pieceMs <= boundMs) best = Math.min(best, (cheapest[start] as number) + pieceMs)
      afterFirstMs += nextMs
    }
    cheapest.push(best)
  }
  return cheapest[items.length] as number
}

/** The longest item by itself, with what must be executed before it: no more workers make it shorter. */
export function longestItem(works: readonly (readonly ItemCost[])[]): number {
  let longestMs = 0
  for (const items of works) {
    // The cheapest piece that ends with the item before.
    let beforeMs = Number.POSITIVE_INFINITY
    for (const { firstMs, nextMs } of items) {
      beforeMs = Math.min(firstMs, beforeMs + nextMs)
      longestMs = Math.max(longestMs, beforeMs)
    }
  }
  return longestMs
}
