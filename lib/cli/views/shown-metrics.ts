import type { MetricEntry, RunEntry } from '../../db/run-entry.js'
import type { LogValue } from '../../model/value.js'

/** A metric as lists and details show it. */
export interface ShownMetric {
  readonly name: string
  readonly loops: readonly string[]
  /** `*` for what a replay produced, `!` where that replay did not reproduce what had been recorded, else ''. */
  readonly mark: '' | '*' | '!'
  readonly count: number
  /** Absent where several replays produced the values: their order is known only by reading them. */
  readonly first?: LogValue
  readonly last?: LogValue
  readonly min?: number
  readonly max?: number
  readonly sample?: Float64Array
  /** Where the extremes stand among the values. */
  readonly minRow?: number
  readonly maxRow?: number
}

/** The metrics of a run; what several replays produced of one name, in contexts of one shape, is one. */
export function shownMetrics({ metrics, backfills }: RunEntry): ShownMetric[] {
  if (backfills.length < 2) return metrics.map(shown)
  const groups = new Map<string, MetricEntry[]>()
  for (const metric of metrics) {
    const key = JSON.stringify([metric.name, metric.loops, originMark(metric)])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [metric])
    else group.push(metric)
  }
  return [...groups.values()].map(merge)
}

/** See {@link ShownMetric.mark}. */
export function originMark({ origin }: Pick<MetricEntry, 'origin'>): ShownMetric['mark'] {
  if (origin.kind === 'recorded') return ''
  return origin.fidelity.status === 'diverged' ? '!' : '*'
}

function shown(metric: MetricEntry): ShownMetric {
  return { name: metric.name, loops: metric.loops, mark: originMark(metric), ...metric.summary }
}

function merge(group: readonly MetricEntry[]): ShownMetric {
  const [one] = group as readonly [MetricEntry]
  if (group.length === 1) return shown(one)
  const base = { name: one.name, loops: one.loops, mark: originMark(one) }
  const extreme = (of: (...values: number[]) => number, key: 'min' | 'max'): number | undefined => {
    const values = group.flatMap(({ summary }) => summary[key] ?? [])
    return values.length === 0 ? undefined : of(...values)
  }
  const [min, max] = [extreme(Math.min, 'min'), extreme(Math.max, 'max')]
  return {
    ...base,
    count: group.reduce((sum, { summary }) => sum + summary.count, 0),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  }
}
