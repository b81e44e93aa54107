import type { Origin, RunEntry } from '../db/run-entry.js'
import type { Fidelity } from '../model/run.js'

const RANK: Readonly<Record<Fidelity['status'], number>> = {
  identical: 1,
  'within-tolerance': 2,
  unchecked: 3,
  diverged: 4,
}

const rankOf = (origin: Origin): number => (origin.kind === 'recorded' ? 0 : RANK[origin.fidelity.status])

/**
 * Values of one name and context, best first: recorded ones, then backfilled ones by how faithful their replay was, then
 * the newest replay.
 */
export function byPreference<T extends { readonly origin: Origin }>(
  entry: RunEntry,
  columns: readonly T[],
): T[] {
  const started = new Map(entry.backfills.map(({ id, startedMs }) => [id, startedMs]))
  return columns.toSorted(
    (a, b) =>
      rankOf(a.origin) - rankOf(b.origin) ||
      (started.get(b.origin.segment) ?? 0) - (started.get(a.origin.segment) ?? 0),
  )
}

/** What is to be said of a value that was made of several: it can be relied upon no more than the worst of them. */
export function leastFaithful(parts: readonly { readonly origin?: Origin }[]): Origin | undefined {
  let worst: Origin | undefined
  for (const { origin } of parts) {
    if (origin !== undefined && (worst === undefined || rankOf(origin) > rankOf(worst))) worst = origin
  }
  return worst
}
