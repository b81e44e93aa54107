/** What one of several items costs, in milliseconds, to a worker that begins with it, and to one that comes from the item before it. */
export interface ItemCost {
  readonly firstMs: number
  readonly nextMs: number
}

/**
 * Cuts items into at most `parts` runs of neighbours, so that the longest costs as little as can be: items that cost more
 * make shorter runs, and nothing is cut where a new beginning would cost more than it saves. Returns where each run begins; the first is 0.
 */
export function divide(items: readonly ItemCost[], parts: number): number[] {
  if (items.length === 0) return []
  let low = Math.max(...items.map((it) => Math.min(it.firstMs, it.nextMs)))
  let high = Math.max(low, costOf(items))
  let best = [0]
  if (parts < 2 || items.length < 2) return best
  // The longest run's cost is bisected: a run is as long as the bound lets it be.
  for (let step = 0; step < 40 && high - low > 1e-3 * high; step++) {
    const bound = (low + high) / 2
    const starts = within(items, bound, parts)
    if (starts === undefined) low = bound
    else [best, high] = [starts, bound]
  }
  return best
}

/** Where runs begin of which none costs more than `boundMs`; undefined when that needs more than `parts`. */
function within(items: readonly ItemCost[], boundMs: number, parts: number): number[] | undefined {
  const starts: number[] = []
  let costMs = Number.POSITIVE_INFINITY
  for (const [index, { firstMs, nextMs }] of items.entries()) {
    if (costMs + nextMs <= boundMs) {
      costMs += nextMs
      continue
    }
    if (firstMs > boundMs || starts.length === parts) return undefined
    starts.push(index)
    costMs = firstMs
  }
  return starts
}

function costOf(items: readonly ItemCost[]): number {
  return items.reduce((sum, it, index) => sum + (index === 0 ? it.firstMs : it.nextMs), 0)
}
