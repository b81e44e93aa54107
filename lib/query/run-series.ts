import type { RunEntry } from '../db/run-entry.js'
import type { ContextTable } from '../model/column.js'
import type { Label } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import { shapeKey } from './cell-groups.js'
import { holds } from './evaluate.js'
import { type Expression, formatUse, splitConjuncts, usesIn } from './expression.js'
import type { KindWatch } from './kind-watch.js'
import type { RowReach } from './row-reach.js'
import type { RunRow } from './run-rows.js'
import { type LoadColumns, RunValues } from './run-values.js'

/** The values that one run has under one name in contexts of one shape, as numbers, in the order of their contexts. */
export interface RunSeries {
  readonly entry: RunEntry
  readonly name: string
  /** One row a value. */
  readonly table: ContextTable
  /** Booleans are 0 and 1; what is no number is NaN. */
  readonly values: Float64Array
  /** Whether any of the values was a number (NaN included), a big integer or a boolean. */
  readonly isNumeric: boolean
}

export interface SeriesRequest {
  readonly where?: Expression
  /** Told of values that `where` cannot compare; without it the first is an error. */
  readonly kinds?: KindWatch
  /** Told of the rows that `where` is asked of. */
  readonly reach?: RowReach
}

/**
 * What a run logged under a name, one series for each shape of contexts: the values that stand where several replays produced one
 * (preference.ts), and of them those for which `where` holds, as rows of `git flor log <name> --where …` would.
 * @throws FlorError PREDICATE_TYPE, and what `load` throws
 */
export async function seriesOfRun(
  entry: RunEntry,
  name: string,
  load: LoadColumns,
  { where, kinds, reach }: SeriesRequest = {},
): Promise<RunSeries[]> {
  if (!entry.metrics.some((metric) => metric.name === name)) return []
  const run = new RunValues(entry, load)
  const uses = where === undefined ? [] : usesIn(where)
  const { ofRun, ofRow } =
    where === undefined ? {} : splitConjuncts(where, (use) => run.isKnownWithoutValues(use))
  reach?.addRun(entry)
  if (ofRun !== undefined && !holds(ofRun, run.lookup(), kinds)) return []
  if (ofRun !== undefined) reach?.addDecided(usesIn(ofRun))
  await run.load([{ name }])
  const columns = run.columns(name)
  const shapes = new Set(columns.map(({ column }) => shapeKey(column.contexts.loops)))
  // Most names have one column for each shape: its rows are what is wanted, as they are.
  if (ofRow === undefined && shapes.size === columns.length) {
    return columns.map(({ column }) => ({ entry, name, table: column.contexts, ...asNumbers(column.values) }))
  }
  await run.load(uses)
  const shown = [formatUse({ name })]
  const kept: RunRow[] = []
  for (const row of run.rows([{ name }])) {
    reach?.add(entry, row.table)
    if (ofRow === undefined || holds(ofRow, run.lookup(row, shown), kinds)) kept.push(row)
  }
  return [...shapes].flatMap((shape) => {
    const own = kept.filter((row) => shapeKey(row.table.loops) === shape)
    if (own.length === 0) return []
    return {
      entry,
      name,
      table: tableOf(own),
      ...asNumbers(own.map((row) => row.cells[0]?.value as LogValue)),
    }
  })
}

/**
 * Of a series, the rows of one iteration after the other of an enclosing loop, whichever they are called: two may have one label. Undefined where its
 * contexts do not have that loop.
 */
export function splitByLoop(
  series: RunSeries,
  loop: string,
): { readonly iteration: Label; readonly series: RunSeries }[] | undefined {
  const { table, values } = series
  const at = table.loops.indexOf(loop)
  if (at === -1) return undefined
  const groups = new Map<string, { readonly iteration: Label; readonly rows: number[] }>()
  for (let row = 0; row < table.count; row++) {
    const index = table.indices[at]?.[row] as number
    const key = `${table.passes[at]?.[row] ?? 0} ${index}`
    const known = groups.get(key)
    if (known !== undefined) known.rows.push(row)
    else groups.set(key, { iteration: table.labels[at]?.[row] ?? index, rows: [row] })
  }
  return Array.from(groups.values(), ({ iteration, rows }) => ({
    iteration,
    series: {
      ...series,
      table: tableOf(rows.map((row) => ({ table, row }))),
      values: Float64Array.from(rows, (row) => values[row] as number),
    },
  }))
}

function asNumbers(values: Float64Array | readonly LogValue[]): Pick<RunSeries, 'values' | 'isNumeric'> {
  if (values instanceof Float64Array) return { values, isNumeric: values.length > 0 }
  let isNumeric = false
  const numbers = Float64Array.from(values as ArrayLike<LogValue>, (value) => {
    if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean')
      return Number.NaN
    isNumeric = true
    return Number(value)
  })
  return { values: numbers, isNumeric }
}

/** The contexts of rows of tables of one shape, as one table. */
function tableOf(rows: readonly Pick<RunRow, 'table' | 'row'>[]): ContextTable {
  const loops = rows[0]?.table.loops ?? []
  const each = <T>(of: (table: ContextTable, row: number) => T): T[] =>
    rows.map(({ table, row }) => of(table, row))
  return {
    loops,
    count: rows.length,
    indices: loops.map((_, i) => Int32Array.from(each((table, row) => table.indices[i]?.[row] as number))),
    passes: loops.map((_, i) => {
      const passes = each((table, row) => table.passes[i]?.[row] ?? 0)
      return passes.some((pass) => pass !== 0) ? Int32Array.from(passes) : undefined
    }),
    labels: loops.map((_, i) => {
      const labels = each((table, row) => table.labels[i]?.[row])
      return labels.some((label) => label !== undefined) ? labels : undefined
    }),
  }
}
