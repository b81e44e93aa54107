import type { RunEntry } from '../db/run-entry.js'
import type { LogValue } from '../model/value.js'
import { aggregateSummary, aggregateValues } from './aggregate.js'
import { groupCells, type LoadedColumn, type NameCells, valuesOf } from './cell-groups.js'
import { holds, type Lookup } from './evaluate.js'
import { type Expression, type NameUse, splitConjuncts, usesIn } from './expression.js'
import { isAmongLoops, iterationValue, layOut } from './pivot-layout.js'
import type { PivotTable } from './pivot-table.js'
import type { SortKey } from './predicate.js'
import { isAttribute } from './run-attributes.js'
import { constantOf } from './run-lookup.js'
import { cellFor, type FoundRow, type NameSource, type RunRow, rowsOfRun } from './run-rows.js'
import { type Keyed, sortKeyed } from './sort-rows.js'
import { nameNotFound } from './suggest.js'

export interface PivotRequest {
  /** Logged names, arguments, run attributes; loops of the rows are shown without being named. */
  readonly names: readonly string[]
  /** The runs, in the order in which their rows are to stand. */
  readonly entries: Iterable<RunEntry> | AsyncIterable<RunEntry>
  /** All columns of one name of one run, values included. */
  readonly load: (entry: RunEntry, name: string) => Promise<readonly LoadedColumn[]>
  readonly where?: Expression
  readonly sort?: readonly SortKey[]
  /** How many rows at most. */
  readonly limit?: number
}

/**
 * One table of what all runs logged under some names: rows as run-rows.ts says, values as cell-groups.ts says. A run has rows if it logged, or
 * had as an argument, one of the names, or if only run attributes are asked for. In `where` and `sort`, a name that is asked for stands for what the row shows; any other for what was
 * logged under it in the row's context or the nearest one around or inside it; else the row's iteration of a loop (its label, where it
 * has one); else an argument; else a run attribute. Aggregates go over all values of the run. Stops reading runs when `limit` rows are
 * found, unless they are sorted.
 * @throws FlorError NAME_NOT_FOUND (data: name, candidates) for a name that stands for nothing in any of the runs; PREDICATE_TYPE
 */
export async function pivot(request: PivotRequest): Promise<PivotTable> {
  const names = [...new Set(request.names)]
  const limit = request.limit ?? Number.POSITIVE_INFINITY
  const sort = request.sort ?? []
  const known = new KnownNames()
  const found: Keyed<FoundRow>[] = []
  let isComplete = true
  for await (const entry of request.entries) {
    known.add(entry)
    for (const keyed of await rowsOf(entry, names, request)) found.push(keyed)
    if (sort.length === 0 && found.length >= limit) {
      isComplete = false
      break
    }
  }
  if (isComplete) known.require([...names, ...usesOf(request).map(({ name }) => name)])
  const rows = sort.length === 0 ? found.map(({ item }) => item) : sortKeyed(found, sort)
  return layOut(names, (name) => known.kindOf(name), rows.slice(0, limit))
}

/** What `where` and `sort` speak of. */
function usesOf({ where, sort }: PivotRequest): NameUse[] {
  return [...(where === undefined ? [] : usesIn(where)), ...(sort ?? [])]
}

const NO_KEYS: readonly undefined[] = []

async function rowsOf(
  entry: RunEntry,
  names: readonly string[],
  request: PivotRequest,
): Promise<Keyed<FoundRow>[]> {
  if (!names.some((name) => isNamedBy(entry, name)) && !names.every(isAttribute)) return []
  const run = new RunValues(entry, request.load)
  const { ofRun, ofRow } =
    request.where === undefined ? {} : splitConjuncts(request.where, (use) => run.isKnownWithoutValues(use))
  if (ofRun !== undefined && !holds(ofRun, run.lookup())) return []

  await run.load([...names.map((name) => ({ name })), ...usesOf(request)])
  const rows = rowsOfRun(names.map((name) => run.source(name)))
  const all = rows.length === 0 ? [run.wholeRun(names)] : rows
  const found: Keyed<FoundRow>[] = []
  for (const row of all) {
    const lookup = run.lookup(row, names)
    if (ofRow !== undefined && !holds(ofRow, lookup)) continue
    const keys = request.sort?.map(({ name, aggregate }) => lookup(name, aggregate)) ?? NO_KEYS
    found.push({ item: { entry, row }, keys })
  }
  return found
}

function isNamedBy(entry: RunEntry, name: string): boolean {
  return entry.metrics.some((metric) => metric.name === name) || entry.args.some((arg) => arg.name === name)
}

/** What one run has under the names of a query. */
class RunValues {
  readonly #cells = new Map<string, NameCells>()
  readonly #aggregates = new Map<string, LogValue | undefined>()

  constructor(
    private readonly entry: RunEntry,
    private readonly read: PivotRequest['load'],
  ) {}

  /** Whether the run's entry alone tells what a name, or an aggregate of it, stands for. */
  isKnownWithoutValues({ name, aggregate }: NameUse): boolean {
    const metrics = this.entry.metrics.filter((metric) => metric.name === name)
    if (aggregate !== undefined && metrics.length === 1) return aggregate !== 'p50'
    return metrics.length === 0 && (aggregate !== undefined || !isAmongLoops(this.entry, name))
  }

  async load(uses: readonly NameUse[]): Promise<void> {
    const wanted = uses.filter(
      ({ name, aggregate }) => aggregate === undefined || !this.isKnownWithoutValues({ name, aggregate }),
    )
    for (const name of new Set(wanted.map(({ name }) => name))) {
      if (!this.entry.metrics.some((metric) => metric.name === name)) continue
      this.#cells.set(name, groupCells(this.entry, await this.read(this.entry, name)))
    }
  }

  source(name: string): NameSource {
    const cells = this.#cells.get(name)
    if (cells !== undefined) return { kind: 'cells', cells }
    const value = constantOf(this.entry, name)
    return { kind: 'constant', cell: value === undefined ? undefined : { value } }
  }

  /** The one row of a run that logged none of the names. */
  wholeRun(names: readonly string[]): RunRow {
    const cells = names.map((name) => {
      const source = this.source(name)
      return source.kind === 'constant' ? source.cell : undefined
    })
    return {
      table: { loops: [], count: 1, indices: [], passes: [], labels: [] },
      row: 0,
      ordinal: undefined,
      cells,
    }
  }

  /** `shown` are the names of the row's cells: what is seen there is what counts. */
  lookup(row?: RunRow, shown: readonly string[] = []): Lookup {
    return (name, aggregate) => {
      if (aggregate !== undefined) return this.#aggregate({ name, aggregate })
      const cells = this.#cells.get(name)
      const at = shown.indexOf(name)
      if (cells && row && at !== -1) return row.cells[at]?.value
      const cell = cells && row && cellFor(cells, row)
      if (cell !== undefined) return cell.value
      return (row && iterationValue(row, name)) ?? constantOf(this.entry, name)
    }
  }

  #aggregate(use: Required<NameUse>): LogValue | undefined {
    const key = `${use.aggregate} ${use.name}`
    if (!this.#aggregates.has(key)) this.#aggregates.set(key, this.#compute(use))
    return this.#aggregates.get(key)
  }

  #compute({ name, aggregate }: Required<NameUse>): LogValue | undefined {
    const metrics = this.entry.metrics.filter((metric) => metric.name === name)
    if (metrics.length === 1 && metrics[0] !== undefined && aggregate !== 'p50')
      return aggregateSummary(metrics[0].summary, aggregate)
    const cells = this.#cells.get(name)
    if (cells !== undefined) return aggregateValues(valuesOf(cells), aggregate)
    const value = constantOf(this.entry, name)
    return aggregateValues(value === undefined ? [] : [value], aggregate)
  }
}

/** What names stand for, over all runs that were looked at. */
class KnownNames {
  readonly #values = new Set<string>()
  readonly #arguments = new Set<string>()
  readonly #loops = new Set<string>()
  #runs = 0

  add(entry: RunEntry): void {
    this.#runs++
    for (const { name, loops } of entry.metrics) {
      this.#values.add(name)
      for (const loop of loops) this.#loops.add(loop)
    }
    for (const { name } of entry.args) this.#arguments.add(name)
  }

  kindOf(name: string): 'value' | 'argument' | 'attribute' | 'loop' {
    if (this.#values.has(name)) return 'value'
    if (this.#loops.has(name)) return 'loop'
    return this.#arguments.has(name) ? 'argument' : 'attribute'
  }

  require(names: readonly string[]): void {
    if (this.#runs === 0) return
    const known = [...this.#values, ...this.#arguments, ...this.#loops]
    const missing = names.find((name) => !known.includes(name) && !isAttribute(name))
    if (missing !== undefined) throw nameNotFound(missing, known)
  }
}
