import type { RunEntry } from '../../db/run-entry.js'
import type { ChangedFile } from '../../repository/changed-files.js'
import { JSON_VERSION, type Jsonable, toJson } from '../formats/json.js'
import { environmentFacts } from './environment-facts.js'
import { type ShownMetric, shownMetricsByName } from './shown-metrics.js'

/** Two runs compared, for programs; docs/json.md describes it. */
export function runDifferenceToJson(
  older: RunEntry,
  newer: RunEntry,
  files: readonly ChangedFile[],
): Jsonable {
  const args = pairs(
    older,
    newer,
    (entry) => new Map(entry.args.map(({ name, value }) => [name, value as Jsonable])),
  )
  const environment = pairs(older, newer, (entry) => environmentFacts(entry) as ReadonlyMap<string, Jsonable>)
  const metrics = pairs(older, newer, (entry) => {
    return new Map([...shownMetricsByName(entry)].map(([name, metric]) => [name, metricToJson(metric)]))
  })
  return {
    version: JSON_VERSION,
    kind: 'difference',
    before: older.run,
    after: newer.run,
    args: args.filter(differs),
    environment: environment.filter(differs),
    metrics: [
      ...metrics,
      {
        name: 'duration',
        before: { last: older.end.durationMs / 1000 },
        after: { last: newer.end.durationMs / 1000 },
      },
    ],
    files: files.map((file) => ({ ...file })),
  }
}

type Pair = { readonly name: string; readonly before: Jsonable; readonly after: Jsonable }

/** What a run lacks is absent there. */
function pairs(
  older: RunEntry,
  newer: RunEntry,
  of: (entry: RunEntry) => ReadonlyMap<string, Jsonable>,
): Pair[] {
  const [before, after] = [of(older), of(newer)]
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].map((name) => ({ name, before: before.get(name), after: after.get(name) }))
}

/** An absent member and a null are two things. */
const differs = ({ before, after }: Pair): boolean =>
  toJson(before) !== toJson(after) || (before === undefined) !== (after === undefined)

function metricToJson({ shapes, mark, count, first, last, min, max }: ShownMetric): Jsonable {
  return {
    ...(shapes.length === 1 ? { loops: shapes[0] as readonly string[] } : { shapes }),
    count,
    first,
    last,
    min,
    max,
    ...(mark === '' ? {} : { backfilled: true, diverged: mark === '!' }),
  }
}
