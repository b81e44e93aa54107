import type { RunEntry } from '../db/run-entry.js'
import { holds, type NameUse, parsePredicate, parseSort } from '../query/predicate.js'
import { RunValues, usesWithValues, wholeRunLookup } from '../query/run-values.js'
import { type Keyed, sortKeyed } from '../query/sort-rows.js'
import type { FlorRepository } from './flor-repository.js'
import { loadColumns } from './load-columns.js'
import type { RunCriteria } from './select-runs.js'

/** As {@link import('./select-runs.js').selectRuns} decides and sorts, with what needs values (medians, aggregates of what was backfilled in parts) by those that are read for each run. */
export async function* selectByValues(
  repository: FlorRepository,
  runs: AsyncIterable<RunEntry>,
  criteria: Pick<RunCriteria, 'where' | 'sort' | 'kinds'>,
  uses: readonly NameUse[],
): AsyncGenerator<RunEntry> {
  const where = criteria.where === undefined ? undefined : parsePredicate(criteria.where)
  const keys = criteria.sort === undefined ? undefined : parseSort(criteria.sort)
  const found: Keyed<RunEntry>[] = []
  for await (const entry of runs) {
    const values = new RunValues(entry, (run, name) => loadColumns(repository, run, name))
    await values.load(usesWithValues(entry, uses))
    const lookup = wholeRunLookup(entry, values)
    if (where !== undefined && !holds(where, lookup, criteria.kinds)) continue
    if (keys === undefined) yield entry
    else
      found.push({
        item: entry,
        keys: keys.map(({ name, aggregate }) => lookup(name, aggregate)),
      })
  }
  criteria.kinds?.settle()
  if (keys !== undefined) yield* sortKeyed(found, keys)
}
