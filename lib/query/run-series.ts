import type { RunEntry } from '../db/run-entry.js'
import type { ContextTable } from '../model/column.js'
import type { Label } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import { aggregateValues } from './aggregate.js'
import { aggregateSummary } from './aggregate-summaries.js'
import { cellsOf, groupCells, type LoadedColumn, type NameCells, shapeKey } from './cell-groups.js'
import { holds, type Lookup } from './evaluate.js'
import { type Expression, type NameUse, splitConjuncts, usesIn } from './expression.js'
import type { KindWatch } from './kind-watch.js'
import { isAmongLoops, iterationValue } from './pivot-layout.js'
import { constantOf } from './run-lookup.js'
import { cellFor, type RunRow, rowsOfRun } from './run-rows.js'

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

type Load = (entry: RunEntry, name: string) => Promise<readonly LoadedColumn[]>

/**
 * What a run logged under a name, one series for each shape of contexts: the values that stand where several replays produced one
 * (preference.ts), and of them those for which `where` holds, as rows of `git flor log <name> --where …` would.
 * @throws FlorError PREDICATE_TYPE, and what `load` throws
 */
export async function seriesOfRun(
  entry: RunEntry,
  name: string,
  load: Load,
  where?: Expression,
  kinds?: KindWatch,
): Promise<RunSeries[]> {
  if (!entry.metrics.some((metric) => metric.name === name)) return []
  const { ofRun, ofRow } =
    where === undefined ? {} : splitConjuncts(where, (use) => isKnownWithoutValues(entry, use))
  if (ofRun !== undefined && !holds(ofRun, entryLookup(entry), kinds)) return []
  const columns = await load(entry, name)
  const shapes = new Set(columns.map(({ column }) => shapeKey(column.contexts.loops)))
  // Most names have one column for each shape: its rows are what is wanted, as they are.
  if (ofRow === undefined && shapes.size === columns.length) {
    return columns.map(({ column }) => ({ entry, name, table: column.contexts, ...asNumbers(column.values) }))
  }
  const cells = new Map<string, NameCells>([[name, groupCells(entry, columns)]])
  for (const use of ofRow === undefined ? [] : usesIn(ofRow)) {
    if (!cells.has(use.name) && entry.metrics.some((metric) => metric.name === use.name))
      cells.set(use.name, groupCells(entry, await load(entry, use.name)))
  }
  const rows = rowsOfRun([{ kind: 'cells', cells: cells.get(name) as NameCells }])
  const kept =
    ofRow === undefined ? rows : rows.filter((row) => holds(ofRow, rowLookup(entry, name, row, cells), kinds))
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

/** Of a series, the rows of one iteration after the other of an enclosing loop; undefined where its contexts do not have that loop. */
export function splitByLoop(
  series: RunSeries,
  loop: string,
): { readonly iteration: Label; readonly series: RunSeries }[] | undefined {
  const { table, values } = series
  const at = table.loops.indexOf(loop)
  if (at === -1) return undefined
  const groups = new Map<Label, number[]>()
  for (let row = 0; row < table.count; row++) {
    const iteration = table.labels[at]?.[row] ?? (table.indices[at]?.[row] as number)
    const rows = groups.get(iteration)
    if (rows === undefined) groups.set(iteration, [row])
    else rows.push(row)
  }
  return [...groups].map(([iteration, rows]) => ({
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

function isKnownWithoutValues(entry: RunEntry, { name, aggregate }: NameUse): boolean {
  const metrics = entry.metrics.filter((metric) => metric.name === name)
  if (aggregate !== undefined && metrics.length === 1) return aggregate !== 'p50'
  return metrics.length === 0 && (aggregate !== undefined || !isAmongLoops(entry, name))
}

function entryLookup(entry: RunEntry): Lookup {
  return (name, aggregate) => {
    if (aggregate === undefined) return constantOf(entry, name)
    const [metric] = entry.metrics.filter((it) => it.name === name)
    if (metric !== undefined) return aggregateSummary(metric.summary, aggregate)
    const value = constantOf(entry, name)
    return aggregateValues(value === undefined ? [] : [value], aggregate)
  }
}

/** The same meaning of names as in tables (pivot.ts): the row's own value, else one around or inside it, an iteration, a constant. */
function rowLookup(
  entry: RunEntry,
  name: string,
  row: RunRow,
  cells: ReadonlyMap<string, NameCells>,
): Lookup {
  const ofRun = entryLookup(entry)
  return (wanted, aggregate) => {
    const found = cells.get(wanted)
    if (aggregate !== undefined) {
      const isSummed = isKnownWithoutValues(entry, { name: wanted, aggregate })
      return found === undefined || isSummed
        ? ofRun(wanted, aggregate)
        : aggregateValues(
            cellsOf(found).map(({ value }) => value),
            aggregate,
          )
    }
    if (wanted === name) return row.cells[0]?.value
    const cell = found && cellFor(found, row)
    return cell !== undefined ? cell.value : (iterationValue(row, wanted) ?? constantOf(entry, wanted))
  }
}
