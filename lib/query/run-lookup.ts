import type { MetricEntry, RunEntry } from '../db/run-entry.js'
import { FlorError } from '../model/errors.js'
import type { LogValue } from '../model/value.js'
import { mayBeBrief } from '../segment/summary.js'
import { aggregateValues } from './aggregate.js'
import { aggregateSummaries, aggregateSummary } from './aggregate-summaries.js'
import type { Lookup } from './evaluate.js'
import { type Aggregate, formatUse, type NameUse } from './expression.js'
import { attributeOf } from './run-attributes.js'

/**
 * What names stand for where a run is looked at as a whole, without reading values: a logged name is its last value, else it is an
 * argument, else an attribute of the run. Aggregates of a name that was logged in contexts of several shapes go over all of them.
 * @throws FlorError (from the lookup) UNSUPPORTED (data: name, aggregate) where values must be read ({@link needsValues}), and for aggregates by iteration
 */
export function runLookup(entry: RunEntry): Lookup {
  return (name, aggregate, by) => {
    if (by !== undefined) throw needsRows({ name, by, ...(aggregate && { aggregate }) })
    const metrics = entry.metrics.filter((metric) => metric.name === name)
    if (metrics.length > 0) return ofMetrics(entry, metrics, aggregate)
    const value = constantOf(entry, name)
    return aggregate === undefined ? value : aggregateValues(value === undefined ? [] : [value], aggregate)
  }
}

/** For a loop, or an aggregate by one, where there are no rows: UNSUPPORTED (data: name, hint). */
export function needsRows(use: NameUse): FlorError {
  const text = formatUse(use)
  const loop = use.by ?? use.name
  const column = use.by === undefined ? `last(loss) by ${text}` : text
  return new FlorError(`${text} has a value for each ${loop}, and none for a run as a whole`, {
    code: 'UNSUPPORTED',
    data: { name: use.name, hint: `git flor log '${column}'    makes a table with a row for each` },
  })
}

/** An argument, or else an attribute, of a run. */
export function constantOf(entry: RunEntry, name: string): LogValue | undefined {
  const arg = entry.args.find((one) => one.name === name)
  return arg === undefined ? attributeOf(entry, name) : arg.value
}

/**
 * Whether only the values tell an aggregate of a name (its last value, by itself): a median, or of columns of which nobody knows which goes on where
 * another ends, or that may have values for the same contexts: those of several replays, or of a replay beside the run's own; or a long text, or another
 * large value, which summaries only describe.
 */
export function needsValues(entry: RunEntry, name: string, aggregate: Aggregate = 'last'): boolean {
  const metrics = entry.metrics.filter((metric) => metric.name === name)
  if (metrics.length === 0) return false
  if (aggregate === 'p50') return true
  if (aggregate === 'first' || aggregate === 'last') {
    if (metrics.some(({ summary }) => mayBeBrief(summary[aggregate]))) return true
  }
  // How many finite numbers a mean is of is in no summary.
  return metrics.length > 1 && (aggregate === 'mean' || !areApart(metrics))
}

/** One segment has one column for each shape of contexts. */
function areApart(metrics: readonly MetricEntry[]): boolean {
  return new Set(metrics.map(({ origin }) => origin.segment)).size === 1
}

function ofMetrics(
  entry: RunEntry,
  metrics: readonly MetricEntry[],
  aggregate: Aggregate | undefined,
): LogValue | undefined {
  const [first, ...others] = metrics as [MetricEntry, ...MetricEntry[]]
  const { name } = first
  if (needsValues(entry, name, aggregate)) {
    throw new FlorError(`${aggregate ?? 'last'}(${name}) needs all values of ${name}: name it in the query`, {
      code: 'UNSUPPORTED',
      data: { name, aggregate },
    })
  }
  if (others.length === 0) return aggregateSummary(first.summary, aggregate ?? 'last')
  return aggregateSummaries(
    metrics.map(({ summary }) => summary),
    aggregate ?? 'last',
  )
}
