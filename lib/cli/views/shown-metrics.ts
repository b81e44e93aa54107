import type { MetricEntry, RunEntry } from '../../db/run-entry.js'
import type { ColumnSummary } from '../../model/column.js'
import type { LogValue } from '../../model/value.js'
import { aggregateSummaries } from '../../query/aggregate-summaries.js'

/** A metric as lists and details show it: one name, in whatever contexts. */
export interface ShownMetric {
  readonly name: string
  /** Loops of its contexts, outermost first: one list for each shape, in the order in which these were first logged. */
  readonly shapes: readonly (readonly string[])[]
  /** `*` for what a replay produced, `!` where that replay did not reproduce what had been recorded, else ''. */
  readonly mark: '' | '*' | '!'
  readonly count: number
  /** Absent where several replays produced the values: their order is known only by reading them. */
  readonly first?: LogValue
  readonly last?: LogValue
  readonly min?: number | bigint
  readonly max?: number | bigint
  /** Of {@link series}. */
  readonly sample?: Float64Array
  /** What is drawn: the values in contexts of one shape, of which there are most. Absent where several replays produced them. */
  readonly series?: ColumnSummary
}

/** The metrics of a run, one for each name and mark. */
export function shownMetrics({ metrics }: Pick<RunEntry, 'metrics'>): ShownMetric[] {
  const groups = new Map<string, MetricEntry[]>()
  for (const metric of metrics) {
    const key = originMark(metric) + metric.name
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [metric])
    else group.push(metric)
  }
  return [...groups.values()].map(merge)
}

/** The same by name: of what the run logged itself and what a replay produced beside it, the run's own. */
export function shownMetricsByName(entry: Pick<RunEntry, 'metrics'>): Map<string, ShownMetric> {
  const byName = new Map<string, ShownMetric>()
  for (const metric of shownMetrics(entry)) if (!byName.has(metric.name)) byName.set(metric.name, metric)
  return byName
}

/** See {@link ShownMetric.mark}. */
export function originMark({ origin }: Pick<MetricEntry, 'origin'>): ShownMetric['mark'] {
  if (origin.kind === 'recorded') return ''
  return origin.fidelity.status === 'diverged' ? '!' : '*'
}

function merge(group: readonly MetricEntry[]): ShownMetric {
  const [one, ...others] = group as readonly [MetricEntry, ...MetricEntry[]]
  const base = { name: one.name, mark: originMark(one) }
  if (others.length === 0) {
    const { count, first, last, min, max, sample } = one.summary
    return {
      ...base,
      shapes: [one.loops],
      count,
      first,
      last,
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
      ...(sample && { sample, series: one.summary }),
    }
  }
  const summaries = group.map(({ summary }) => summary)
  const of = (aggregate: 'first' | 'last' | 'min' | 'max') => aggregateSummaries(summaries, aggregate)
  const [min, max] = [of('min'), of('max')] as (number | bigint | undefined)[]
  const shapes = new Map(group.map(({ loops }) => [JSON.stringify(loops), loops]))
  const isOfOne = others.every(({ origin }) => origin.segment === one.origin.segment)
  return {
    ...base,
    shapes: [...shapes.values()],
    count: summaries.reduce((sum, { count }) => sum + count, 0),
    ...(isOfOne && { first: of('first') as LogValue, last: of('last') as LogValue, ...drawnOf(summaries) }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  }
}

function drawnOf(summaries: readonly ColumnSummary[]): Pick<ShownMetric, 'sample' | 'series'> {
  const series = summaries.reduce((most, it) => (it.count > most.count ? it : most))
  return series.sample === undefined ? {} : { sample: series.sample, series }
}
