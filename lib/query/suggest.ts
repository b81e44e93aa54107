/** The candidates that `name` may have been meant for, at most five, the nearest first. Case and `_-.` hardly count. */
export function nearestNames(name: string, candidates: readonly string[]): string[] {
  const folded = fold(name)
  const limit = Math.ceil(name.length / 3)
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distanceTo(folded, fold(candidate), limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 5)
    .map(({ candidate }) => candidate)
}

const fold = (name: string): string => name.toLowerCase().replace(/[_\-./\s]+/g, '_')

function distanceTo(a: string, b: string, limit: number): number {
  if (a === b) return 0
  // `acc` for `val_acc`: a whole word of it.
  const shorter = a.length < b.length ? a : b
  const longer = shorter === a ? b : a
  if (shorter.length >= 2 && `_${longer}_`.includes(`_${shorter}_`)) return 1
  return Math.abs(a.length - b.length) > limit ? limit + 1 : editDistance(a, b)
}

/** Insertions, deletions, replacements, and swaps of neighbours (Damerau, optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      const best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost)
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(isSwap ? Math.min(best, (beforeLast[j - 2] ?? 0) + 1) : best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
