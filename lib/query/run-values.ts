import type { RunEntry } from '../db/run-entry.js'
import type { Context } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import { aggregateValues } from './aggregate.js'
import { aggregateSummary } from './aggregate-summaries.js'
import { type AlignedRows, type AlignedSource, alignRows, rowsAlong } from './aligned-rows.js'
import {
  cellsOf,
  contextKeyAt,
  contextKeyOf,
  groupCells,
  type LoadedColumn,
  type NameCells,
} from './cell-groups.js'
import type { Lookup } from './evaluate.js'
import type { Aggregate, NameUse } from './expression.js'
import { formatUse } from './expression.js'
import { aggregateByIteration, valueAround } from './iteration-aggregate.js'
import { isAmongLoops, iterationValue } from './pivot-layout.js'
import type { PivotCell } from './pivot-table.js'
import { leastFaithful } from './preference.js'
import { constantOf, needsValues, runLookup } from './run-lookup.js'
import { cellFor, type NameSource, type RunRow, rowsOfRun } from './run-rows.js'

/** Reads all columns of one name of one run, values included. */
export type LoadColumns = (entry: RunEntry, name: string) => Promise<readonly LoadedColumn[]>

/** What one run has under the names of a query: {@link load} reads what is needed, everything else answers from that. */
export class RunValues {
  readonly #columns = new Map<string, readonly LoadedColumn[]>()
  readonly #cells = new Map<string, NameCells>()
  readonly #aggregates = new Map<string, PivotCell | undefined>()
  readonly #iterations = new Map<string, NameCells>()

  constructor(
    private readonly entry: RunEntry,
    private readonly read: LoadColumns,
  ) {}

  /** Whether the run's entry alone tells what a name, or an aggregate of it, stands for in all rows. */
  isKnownWithoutValues({ name, aggregate, by }: NameUse): boolean {
    const metrics = this.entry.metrics.filter((metric) => metric.name === name)
    if (by !== undefined) return metrics.length === 0
    if (aggregate !== undefined && metrics.length === 1) return !needsValues(this.entry, name, aggregate)
    return metrics.length === 0 && (aggregate !== undefined || !isAmongLoops(this.entry, name))
  }

  /** Reads the columns of all names whose values are needed, once. */
  async load(uses: readonly NameUse[]): Promise<void> {
    const wanted = uses.filter((use) => use.aggregate === undefined || !this.isKnownWithoutValues(use))
    for (const name of new Set(wanted.map(({ name }) => name))) {
      if (this.#columns.has(name) || !this.entry.metrics.some((metric) => metric.name === name)) continue
      this.#columns.set(name, await this.read(this.entry, name))
    }
  }

  /** All columns of a name that was loaded. */
  columns(name: string): readonly LoadedColumn[] {
    return this.#columns.get(name) ?? []
  }

  /** The rows of a table of these uses: run-rows.ts says which. One row where the run has none of the values. */
  rows(uses: readonly NameUse[]): Iterable<RunRow> {
    const aligned = alignRows(uses.map((use) => this.#aligned(use)))
    if (aligned !== undefined && aligned !== 'none') return rowsAlong(aligned)
    const rows = aligned === 'none' ? [] : rowsOfRun(uses.map((use) => this.#source(use)))
    return rows.length === 0 ? [this.#wholeRun(uses)] : rows
  }

  /** The same rows as their columns, where they lie along one (aligned-rows.ts). */
  aligned(uses: readonly NameUse[]): AlignedRows | undefined {
    const aligned = alignRows(uses.map((use) => this.#aligned(use)))
    return aligned === 'none' ? undefined : aligned
  }

  /** How many values were loaded. */
  get loadedValues(): number {
    let count = 0
    for (const columns of this.#columns.values())
      for (const { column } of columns) count += column.contexts.count
    return count
  }

  /** `shown` are the uses behind the row's cells: what is seen there is what counts. */
  lookup(row?: RunRow, shown: readonly string[] = []): Lookup {
    return (name, aggregate, by) => {
      if (by !== undefined)
        return row && this.#aroundRow({ name, aggregate: aggregate as Aggregate, by }, row)
      if (aggregate !== undefined) return this.#aggregate({ name, aggregate })?.value
      const isLogged = this.#columns.has(name)
      const at = isLogged && row ? shown.indexOf(formatUse({ name })) : -1
      if (row && at !== -1) return row.cells[at]?.value
      const cell = isLogged && row ? cellFor(this.#grouped(name), row) : undefined
      if (cell !== undefined) return cell.value
      return (row && iterationValue(row, name)) ?? constantOf(this.entry, name)
    }
  }

  /** An aggregate as it is seen from a context: the run's, or that of the iteration around it. Its values are {@link load}ed. */
  aggregateIn(use: NameUse & { readonly aggregate: Aggregate }, context: Context): LogValue | undefined {
    const { name, aggregate, by } = use
    if (by === undefined) return this.#aggregate({ name, aggregate })?.value
    const loops = context.map(({ loop }) => loop)
    return valueAround(this.#byIteration({ name, aggregate, by }), loops, contextKeyOf(context))
  }

  #aligned(use: NameUse): AlignedSource {
    const columns = use.aggregate === undefined ? this.#columns.get(use.name) : undefined
    if (columns !== undefined) return { kind: 'columns', columns }
    // No columns at all, or several shapes: alignedRows declines what is not one column.
    const source = this.#source(use)
    return source.kind === 'constant' ? source : { kind: 'columns', columns: [] }
  }

  #source(use: NameUse): NameSource {
    const { name, aggregate, by } = use
    if (aggregate !== undefined && by !== undefined)
      return { kind: 'cells', cells: this.#byIteration({ name, aggregate, by }) }
    if (aggregate !== undefined) return { kind: 'constant', cell: this.#aggregate({ name, aggregate }) }
    if (this.#columns.has(name)) return { kind: 'cells', cells: this.#grouped(name) }
    const value = constantOf(this.entry, name)
    return { kind: 'constant', cell: value === undefined ? undefined : { value } }
  }

  #wholeRun(uses: readonly NameUse[]): RunRow {
    const cells = uses.map((use) => {
      const source = this.#source(use)
      return source.kind === 'constant' ? source.cell : undefined
    })
    const table = { loops: [], count: 1, indices: [], passes: [], labels: [] }
    return { table, row: 0, ordinal: undefined, cells }
  }

  #grouped(name: string): NameCells {
    let cells = this.#cells.get(name)
    if (cells === undefined) {
      cells = groupCells(this.entry, this.#columns.get(name) ?? [])
      this.#cells.set(name, cells)
    }
    return cells
  }

  #aroundRow(use: Required<NameUse>, { table, row }: RunRow): LogValue | undefined {
    return valueAround(this.#byIteration(use), table.loops, contextKeyAt(table, row))
  }

  #byIteration(use: Required<NameUse>): NameCells {
    const key = formatUse(use)
    let cells = this.#iterations.get(key)
    if (cells === undefined) {
      cells = aggregateByIteration(this.#grouped(use.name), use.aggregate, use.by)
      this.#iterations.set(key, cells)
    }
    return cells
  }

  #aggregate(use: { readonly name: string; readonly aggregate: Aggregate }): PivotCell | undefined {
    const key = formatUse(use)
    if (!this.#aggregates.has(key)) this.#aggregates.set(key, this.#compute(use))
    return this.#aggregates.get(key)
  }

  #compute({
    name,
    aggregate,
  }: {
    readonly name: string
    readonly aggregate: Aggregate
  }): PivotCell | undefined {
    const metrics = this.entry.metrics.filter((metric) => metric.name === name)
    if (metrics.length === 1 && metrics[0] !== undefined && !needsValues(this.entry, name, aggregate)) {
      return cellOf(aggregateSummary(metrics[0].summary, aggregate), metrics)
    }
    if (this.#columns.has(name)) {
      const cells = cellsOf(this.#grouped(name))
      const values = cells.map(({ value }) => value)
      return cellOf(aggregateValues(values, aggregate), cells)
    }
    const value = constantOf(this.entry, name)
    return cellOf(aggregateValues(value === undefined ? [] : [value], aggregate), [])
  }
}

function cellOf(
  value: LogValue | undefined,
  parts: Parameters<typeof leastFaithful>[0],
): PivotCell | undefined {
  if (value === undefined) return undefined
  const origin = leastFaithful(parts)
  return { value, ...(origin !== undefined && { origin }) }
}

/** What names stand for in a run as a whole, as run-lookup.ts says, where that needs values by those that were loaded ({@link usesWithValues}). */
export function wholeRunLookup(entry: RunEntry, values: RunValues): Lookup {
  const [ofEntry, ofValues] = [runLookup(entry), values.lookup()]
  return (name, aggregate, by) =>
    by === undefined && needsValues(entry, name, aggregate)
      ? ofValues(name, aggregate ?? 'last')
      : ofEntry(name, aggregate, by)
}

/** The uses whose values {@link wholeRunLookup} needs. */
export function usesWithValues(entry: RunEntry, uses: readonly NameUse[]): NameUse[] {
  return uses
    .filter(({ name, aggregate, by }) => by === undefined && needsValues(entry, name, aggregate))
    .map(({ name, aggregate = 'last' }) => ({ name, aggregate }))
}
