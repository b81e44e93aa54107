import type { ColumnSummary } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import type { MetricEntry, RunEntry } from './run-entry.js'

/**
 * Facts: what predicates over whole runs ask, each one value a run, kept apart from the entries so that a hundred thousand runs are looked through
 * without reading what else is known of them. A fact's name is part of the index's keys (keys.ts):
 *
 *     h/<property>            of the header, or of the end: {@link RUN_PROPERTIES}
 *     a/<name>                the argument's value
 *     m/<property>/<name>     of the summary of the one column of this name: {@link SUMMARY_PROPERTIES}
 *
 * They say what is in the entry and nothing more: what a name means in a query is decided above (lib/query/run-lookup.ts).
 */
export type Fact = string & { readonly [factBrand]: true }
declare const factBrand: unique symbol

/** What is known of every listed run. */
export const RUN_PROPERTIES = [
  'run',
  'startedMs',
  'script',
  'branch',
  'base',
  'clean',
  'cwd',
  'user',
  'host',
  'status',
  'exitCode',
  'signal',
  'durationMs',
] as const
export type RunProperty = (typeof RUN_PROPERTIES)[number]

export const SUMMARY_PROPERTIES = ['count', 'first', 'last', 'min', 'max', 'mean'] as const
export type SummaryProperty = (typeof SUMMARY_PROPERTIES)[number]

export const propertyFact = (property: RunProperty): Fact => `h/${property}` as Fact

export const argumentFact = (name: string): Fact => `a/${name}` as Fact

export const summaryFact = (property: SummaryProperty, name: string): Fact => `m/${property}/${name}` as Fact

/** What an entry says of the run itself; undefined where it does not. */
export function propertyOf({ run, header, end }: RunEntry, property: RunProperty): LogValue | undefined {
  switch (property) {
    case 'run':
      return run
    case 'status':
    case 'exitCode':
    case 'signal':
    case 'durationMs':
      return end[property]
    default:
      return header[property]
  }
}

/** What a fact is for one run where it is no value. */
export const Told = {
  /** The run has no such argument, property, or column. */
  absent: Symbol('absent'),
  /** There is a column, and its summary lacks the property. */
  nothing: Symbol('nothing'),
  /** Only the entry tells: several columns have the name, or the value is large. */
  byEntry: Symbol('by the entry'),
} as const

export type FactValue = LogValue | (typeof Told)[keyof typeof Told]

/** All facts of a run, but for those that are {@link Told.absent}. */
export function* factsOf(entry: RunEntry): Generator<readonly [Fact, FactValue]> {
  for (const property of RUN_PROPERTIES) {
    const value = propertyOf(entry, property)
    if (value !== undefined) yield [propertyFact(property), brief(value)]
  }
  const args = new Map<string, LogValue>()
  // The first of a name counts, as where an entry is searched.
  for (const { name, value } of entry.args) if (!args.has(name)) args.set(name, value)
  for (const [name, value] of args) yield [argumentFact(name), brief(value)]
  const metrics = new Map<string, MetricEntry[]>()
  for (const metric of entry.metrics) {
    const others = metrics.get(metric.name)
    if (others === undefined) metrics.set(metric.name, [metric])
    else others.push(metric)
  }
  for (const [name, [metric, ...others]] of metrics) {
    for (const property of SUMMARY_PROPERTIES) {
      const value = others.length > 0 ? Told.byEntry : summaryValue((metric as MetricEntry).summary, property)
      yield [summaryFact(property, name), value]
    }
  }
}

function summaryValue(summary: ColumnSummary, property: SummaryProperty): FactValue {
  const value = summary[property]
  return value === undefined ? Told.nothing : brief(value)
}

/** Characters of a text, and bits of a big integer, that are kept beside the entry. */
const LONGEST_TEXT = 200
const LARGEST_INTEGER = 2n ** 256n

function brief(value: LogValue): FactValue {
  switch (typeof value) {
    case 'string':
      return value.length <= LONGEST_TEXT ? value : Told.byEntry
    case 'bigint':
      return value < LARGEST_INTEGER && value > -LARGEST_INTEGER ? value : Told.byEntry
    case 'object':
      return value === null || value instanceof Date ? value : Told.byEntry
    default:
      return value
  }
}
