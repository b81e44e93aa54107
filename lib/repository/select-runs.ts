import type { RunEntry } from '../db/run-entry.js'
import type { RunIndex } from '../db/run-index.js'
import type { RunStatus } from '../model/run.js'
import type { LogValue } from '../model/value.js'
import { holds, parsePredicate, parseSort, type SortKey } from '../query/predicate.js'
import { runLookup } from '../query/run-lookup.js'

/** Which runs are wanted, and in which order; what is absent does not restrict. */
export interface RunCriteria {
  /** Started at or after, started before: milliseconds since 1970. */
  readonly sinceMs?: number
  readonly untilMs?: number
  /** The script's path, or the end of it from a `/` on. */
  readonly script?: string
  readonly status?: RunStatus
  /** A predicate over arguments, attributes and aggregates of runs. */
  readonly where?: string
  /** Keys to sort by; newest first where absent. */
  readonly sort?: string
  readonly limit?: number
}

/**
 * The runs that fit, newest first or sorted. Without sorting, reads no further than the last one asked for.
 * @throws FlorError PREDICATE_SYNTAX, PREDICATE_TYPE
 */
export async function* selectRuns(index: RunIndex, criteria: RunCriteria): AsyncGenerator<RunEntry> {
  const limit = criteria.limit ?? Number.POSITIVE_INFINITY
  const keys = criteria.sort === undefined ? undefined : parseSort(criteria.sort)
  const fitting = fittingRuns(index, criteria)
  let count = 0
  if (limit === 0) return
  for await (const entry of keys === undefined ? fitting : await sorted(fitting, keys)) {
    yield entry
    if (++count >= limit) return
  }
}

async function* fittingRuns(index: RunIndex, criteria: RunCriteria): AsyncGenerator<RunEntry> {
  const { sinceMs, untilMs, script, status } = criteria
  const where = criteria.where === undefined ? undefined : parsePredicate(criteria.where)
  for await (const entry of index.runs({ newestFirst: true })) {
    const { header, end } = entry
    if (sinceMs !== undefined && header.startedMs < sinceMs) return
    if (untilMs !== undefined && header.startedMs >= untilMs) continue
    if (status !== undefined && end.status !== status) continue
    if (script !== undefined && header.script !== script && !header.script?.endsWith(`/${script}`)) continue
    if (where !== undefined && !holds(where, runLookup(entry))) continue
    yield entry
  }
}

async function sorted(runs: AsyncIterable<RunEntry>, keys: readonly SortKey[]): Promise<RunEntry[]> {
  const all: { entry: RunEntry; values: (LogValue | undefined)[] }[] = []
  for await (const entry of runs) {
    const lookup = runLookup(entry)
    all.push({ entry, values: keys.map(({ name, aggregate }) => lookup(name, aggregate)) })
  }
  all.sort((a, b) => {
    for (const [i, { descending }] of keys.entries()) {
      const order = compareValues(a.values[i], b.values[i], descending)
      if (order !== 0) return order
    }
    return 0
  })
  return all.map(({ entry }) => entry)
}

/** Upwards or downwards; missing values and NaN last either way, numbers before everything else. */
function compareValues(a: LogValue | undefined, b: LogValue | undefined, descending: boolean): number {
  const [left, right] = [sortable(a), sortable(b)]
  if (left === undefined || right === undefined) {
    return (left === undefined ? 1 : 0) - (right === undefined ? 1 : 0)
  }
  if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1
  const order = left < right ? -1 : left > right ? 1 : 0
  return descending ? -order : order
}

function sortable(value: LogValue | undefined): number | string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : value
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value)
  if (value instanceof Date) return value.getTime()
  return String(value)
}
