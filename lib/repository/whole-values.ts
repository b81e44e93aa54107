import type { MetricEntry, RunEntry } from '../db/run-entry.js'
import { shapeKey } from '../query/cell-groups.js'
import { mayBeBrief } from '../segment/summary.js'
import type { FlorRepository } from './flor-repository.js'
import { loadColumns } from './load-columns.js'

/** The entry with first and last values as they were logged, where its summaries cut or describe them: for everything that is not for people alone. */
export async function wholeValues(repository: FlorRepository, entry: RunEntry): Promise<RunEntry> {
  if (!entry.metrics.some(isBrief)) return entry
  const metrics = await Promise.all(
    entry.metrics.map(async (metric) => {
      if (!isBrief(metric)) return metric
      const { name, loops, origin, summary } = metric
      const columns = await loadColumns(repository, entry, name)
      const values = columns.find(
        (it) =>
          it.origin.segment === origin.segment && shapeKey(it.column.contexts.loops) === shapeKey(loops),
      )?.column.values
      const [first, last] = [values?.[0], values?.[values.length - 1]]
      if (first === undefined || last === undefined) return metric
      return { ...metric, summary: { ...summary, first, last } }
    }),
  )
  return { ...entry, metrics }
}

const isBrief = ({ summary }: MetricEntry): boolean => mayBeBrief(summary.first) || mayBeBrief(summary.last)
