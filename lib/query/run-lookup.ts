import type { MetricEntry, RunEntry } from '../db/run-entry.js'
import { FlorError } from '../model/errors.js'
import type { LogValue } from '../model/value.js'
import { aggregateSummary, aggregateValues } from './aggregate.js'
import type { Lookup } from './evaluate.js'
import { type Aggregate, formatUse, type NameUse } from './expression.js'
import { byPreference } from './preference.js'
import { attributeOf } from './run-attributes.js'

/**
 * What names stand for where a run is looked at as a whole, without reading values: a logged name is its last value, else it is an
 * argument, else an attribute of the run. Where a name was logged in contexts of several shapes, or backfilled beside what was
 * recorded, the preferred column counts (preference.ts).
 * @throws FlorError (from the lookup) UNSUPPORTED (data: name, aggregate) for `p50` of a logged name, and for aggregates by iteration
 */
export function runLookup(entry: RunEntry): Lookup {
  return (name, aggregate, by) => {
    if (by !== undefined) throw needsRows({ name, by, ...(aggregate && { aggregate }) })
    const metric = preferred(entry, name)
    if (metric !== undefined) return ofMetric(metric, aggregate ?? 'last')
    const value = constantOf(entry, name)
    return aggregate === undefined ? value : aggregateValues(value === undefined ? [] : [value], aggregate)
  }
}

/** For an aggregate by iteration where there are no rows: UNSUPPORTED (data: name, hint). */
export function needsRows(use: NameUse): FlorError {
  const text = formatUse(use)
  return new FlorError(`${text} has a value for each ${use.by}, and none for a run as a whole`, {
    code: 'UNSUPPORTED',
    data: { name: use.name, hint: `git flor log '${text}'    makes a table with a row for each` },
  })
}

/** An argument, or else an attribute, of a run. */
export function constantOf(entry: RunEntry, name: string): LogValue | undefined {
  const arg = entry.args.find((one) => one.name === name)
  return arg === undefined ? attributeOf(entry, name) : arg.value
}

function preferred(entry: RunEntry, name: string): MetricEntry | undefined {
  const metrics = entry.metrics.filter((metric) => metric.name === name)
  return metrics.length > 1 ? byPreference(entry, metrics)[0] : metrics[0]
}

function ofMetric({ name, summary }: MetricEntry, aggregate: Aggregate): LogValue | undefined {
  if (aggregate !== 'p50') return aggregateSummary(summary, aggregate)
  const message = `p50(${name}) needs all values of ${name}: name it in the query`
  throw new FlorError(message, { code: 'UNSUPPORTED', data: { name, aggregate } })
}
