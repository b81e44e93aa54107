import type { RunEntry } from '../db/run-entry.js'
import type { ContextTable } from '../model/column.js'
import type { Label } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import type { AlignedPart, AlignedRows } from './aligned-rows.js'
import { formatUse, type NameUse } from './expression.js'
import type { KnownNames } from './known-names.js'
import type { BlockColumn, PivotBlock, PivotCell, PivotColumn, PivotRow } from './pivot-table.js'
import type { RunRow } from './run-rows.js'

/** One column of iterations: the `nth` loop of its name in a context, counted from 0 outside; or which pass of it. */
export interface LoopColumn {
  readonly loop: string
  readonly nth: number
  readonly part: 'iteration' | 'pass'
}

/** Where the cells of a table's columns come from. */
export interface LaidOut {
  readonly columns: readonly PivotColumn[]
  readonly loops: readonly LoopColumn[]
  readonly hasOrdinals: boolean
  /** Which cells of a row are shown. */
  readonly shown: readonly number[]
  readonly cellOf: (value: string | number | undefined) => PivotCell | undefined
}

/** Gathers, row by row, which columns a table has. */
export class TableLayout {
  readonly #tables = new Set<ContextTable>()
  #last: ContextTable | undefined
  #hasOrdinals = false
  readonly #order = new LoopOrder()

  add({ table, ordinal }: RunRow): void {
    if (ordinal !== undefined) this.#hasOrdinals = true
    if (table === this.#last) return
    this.#last = table
    if (this.#tables.has(table)) return
    // Tables of rows that are let go of are not to be kept for this: only neighbours are compared.
    if (this.#tables.size > 1000) this.#tables.clear()
    this.#tables.add(table)
    this.#order.add(table)
  }

  /**
   * The run, the loops from the outside in, what was asked for. A loop with second passes has a column `<loop>#` before it that
   * tells them apart (0 is the first); `#` counts values that one name has in one context, where there are several.
   */
  columns(uses: readonly NameUse[], known: Pick<KnownNames, 'kindOf'>): LaidOut {
    const loops = this.#order.columns()
    // A loop that is shown anyway, and the run, are not shown twice.
    const shown = uses
      .map((use, i) => ({ use, i, kind: known.kindOf(use) }))
      .filter(({ use, kind }) => kind !== 'loop' && !(use.name === 'run' && kind === 'attribute'))
    const columns: PivotColumn[] = [
      { name: 'run', kind: 'run' },
      ...loops.map((column): PivotColumn => ({ name: titleOf(column), kind: 'loop' })),
      ...(this.#hasOrdinals ? [{ name: '#', kind: 'loop' } as const] : []),
      ...shown.map(({ use, kind }): PivotColumn => ({ name: nameOf(use), kind })),
    ]
    return {
      columns: withDistinctNames(columns),
      loops,
      hasOrdinals: this.#hasOrdinals,
      shown: shown.map(({ i }) => i),
      cellOf: sharedCells(),
    }
  }
}

/** One row with a cell for each column of the layout. */
export function layOutRow(layout: LaidOut, entry: RunEntry, row: RunRow): PivotRow {
  const { loops, hasOrdinals, shown, cellOf } = layout
  const cells: (PivotCell | undefined)[] = [cellOf(entry.run)]
  for (const column of loops) cells.push(cellOf(loopValue(row, column)))
  if (hasOrdinals) cells.push(cellOf(row.ordinal))
  for (const i of shown) cells.push(row.cells[i])
  return { entry, cells }
}

/** The first `count` rows of a run as their columns, a column for each of the layout. */
export function layOutBlock(
  { loops, hasOrdinals, shown }: LaidOut,
  entry: RunEntry,
  { table, parts }: AlignedRows,
  count: number,
): PivotBlock {
  const constant = (value: LogValue | undefined): BlockColumn => ({ kind: 'constant', value })
  const columns: BlockColumn[] = [constant(entry.run)]
  for (const { loop, nth, part } of loops) {
    const at = placeOf(table, loop, nth)
    const numbers = part === 'pass' ? table.passes[at] : table.indices[at]
    if (at === -1 || (numbers === undefined && part !== 'pass')) columns.push(constant(undefined))
    else if (numbers === undefined) columns.push(constant(0))
    else columns.push({ kind: 'loop', numbers, labels: part === 'pass' ? undefined : table.labels[at] })
  }
  if (hasOrdinals) columns.push(constant(undefined))
  for (const i of shown) {
    const part = parts[i] as AlignedPart
    if (part.kind === 'constant') columns.push(constant(part.cell?.value))
    else {
      const { values } = part.column.column
      columns.push({ kind: 'values', values, ...(part.join === undefined ? {} : { join: part.join }) })
    }
  }
  return { count, columns }
}

/** An argument called `run`, say, is `run (argument)`: every column is found by its name. */
function withDistinctNames(columns: readonly PivotColumn[]): PivotColumn[] {
  const taken = new Set<string>()
  return columns.map(({ name, kind }) => {
    let own = name
    for (let nth = 1; taken.has(own); nth++)
      own = nth === 1 ? `${name} (${kind})` : `${name} (${kind} ${nth})`
    taken.add(own)
    return { name: own, kind }
  })
}

const nameOf = (use: NameUse): string => (use.aggregate === undefined ? use.name : formatUse(use))

/** Cells that are kept for being used again. */
const MOST_SHARED = 10_000

/** Cells of runs and iterations, one for each value: a table has many rows and few of these. */
function sharedCells(): LaidOut['cellOf'] {
  const cells = new Map<string | number, PivotCell>()
  return (value) => {
    if (value === undefined) return undefined
    let cell = cells.get(value)
    if (cell === undefined) {
      cell = { value }
      if (cells.size < MOST_SHARED) cells.set(value, cell)
    }
    return cell
  }
}

/** The iteration of a row's innermost loop of this name, as people call it: its label, or else its index. */
export function iterationValue({ table, row }: RunRow, loop: string): LogValue | undefined {
  const at = table.loops.lastIndexOf(loop)
  return at === -1 ? undefined : (table.labels[at]?.[row] ?? table.indices[at]?.[row])
}

/** Whether a run logged anything inside a loop of this name. */
export function isAmongLoops(entry: RunEntry, name: string): boolean {
  return entry.metrics.some(({ loops }) => loops.includes(name))
}

function titleOf({ loop, nth, part }: LoopColumn): string {
  const name = nth === 0 ? loop : `${loop}(${nth + 1})`
  return part === 'pass' ? `${name}#` : name
}

/** Loops of all contexts in one order, each one that is inside another behind it. */
class LoopOrder {
  readonly #order: LoopColumn[] = []
  readonly #withPasses = new Set<string>()

  add({ loops, passes }: ContextTable): void {
    let before = -1
    loops.forEach((loop, i) => {
      const nth = loops.slice(0, i).filter((outer) => outer === loop).length
      let at = this.#order.findIndex((column) => column.loop === loop && column.nth === nth)
      if (at === -1) {
        at = before + 1
        this.#order.splice(at, 0, { loop, nth, part: 'iteration' })
      }
      before = at
      if (passes[i]?.some((pass) => pass !== 0)) this.#withPasses.add(`${nth} ${loop}`)
    })
  }

  columns(): LoopColumn[] {
    return this.#order.flatMap((column): LoopColumn[] =>
      this.#withPasses.has(`${column.nth} ${column.loop}`) ? [{ ...column, part: 'pass' }, column] : [column],
    )
  }
}

function loopValue({ table, row }: RunRow, { loop, nth, part }: LoopColumn): Label | undefined {
  const at = placeOf(table, loop, nth)
  if (at === -1) return undefined
  if (part === 'pass') return table.passes[at]?.[row] ?? 0
  return table.labels[at]?.[row] ?? table.indices[at]?.[row]
}

/** Where the `nth` loop of a name stands among a table's loops; -1 where it does not. */
function placeOf({ loops }: ContextTable, loop: string, nth: number): number {
  let at = loops.indexOf(loop)
  for (let i = 0; i < nth && at !== -1; i++) at = loops.indexOf(loop, at + 1)
  return at
}
