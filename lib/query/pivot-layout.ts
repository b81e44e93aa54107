import type { RunEntry } from '../db/run-entry.js'
import type { Label } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import type { PivotCell, PivotColumn, PivotColumnKind, PivotTable } from './pivot-table.js'
import type { FoundRow, RunRow } from './run-rows.js'

/** One column of iterations: the `nth` loop of its name in a context, counted from 0 outside; or which pass of it. */
interface LoopColumn {
  readonly loop: string
  readonly nth: number
  readonly part: 'iteration' | 'pass'
}

/**
 * Lays rows out as a table: the run, the loops from the outside in, what was asked for. A loop with second passes has a column
 * `<loop>#` before it that tells them apart (0 is the first); `#` counts values that one name has in one context, where there are several.
 */
export function layOut(
  names: readonly string[],
  kindOf: (name: string) => PivotColumnKind,
  rows: readonly FoundRow[],
): PivotTable {
  const loops = loopColumns(rows.map(({ row }) => row))
  const hasOrdinals = rows.some(({ row }) => row.ordinal !== undefined)
  // A loop that is shown anyway, and the run, are not shown twice.
  const shown = names
    .map((name, i) => ({ name, i, kind: kindOf(name) }))
    .filter(({ name, kind }) => kind !== 'loop' && !(name === 'run' && kind === 'attribute'))
  const columns: PivotColumn[] = [
    { name: 'run', kind: 'run' },
    ...loops.map((column): PivotColumn => ({ name: titleOf(column), kind: 'loop' })),
    ...(hasOrdinals ? [{ name: '#', kind: 'loop' } as const] : []),
    ...shown.map(({ name, kind }): PivotColumn => ({ name, kind })),
  ]
  const cellOf = sharedCells()
  const laidOut = rows.map(({ entry, row }) => {
    const cells: (PivotCell | undefined)[] = [cellOf(entry.run)]
    for (const column of loops) cells.push(cellOf(loopValue(row, column)))
    if (hasOrdinals) cells.push(cellOf(row.ordinal))
    for (const { i } of shown) cells.push(row.cells[i])
    return { entry, cells }
  })
  return { columns, rows: laidOut }
}

/** Cells of runs and iterations, one for each value: a table has many rows and few of these. */
function sharedCells(): (value: string | number | undefined) => PivotCell | undefined {
  const cells = new Map<string | number, PivotCell>()
  return (value) => {
    if (value === undefined) return undefined
    let cell = cells.get(value)
    if (cell === undefined) {
      cell = { value }
      cells.set(value, cell)
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

function loopColumns(rows: readonly RunRow[]): LoopColumn[] {
  const tables = new Set(rows.map(({ table }) => table))
  const order: LoopColumn[] = []
  const withPasses = new Set<string>()
  for (const { loops, passes } of tables) {
    let before = -1
    loops.forEach((loop, i) => {
      const nth = loops.slice(0, i).filter((outer) => outer === loop).length
      let at = order.findIndex((column) => column.loop === loop && column.nth === nth)
      if (at === -1) {
        at = before + 1
        order.splice(at, 0, { loop, nth, part: 'iteration' })
      }
      before = at
      if (passes[i]?.some((pass) => pass !== 0)) withPasses.add(`${nth} ${loop}`)
    })
  }
  return order.flatMap((column): LoopColumn[] =>
    withPasses.has(`${column.nth} ${column.loop}`) ? [{ ...column, part: 'pass' }, column] : [column],
  )
}

function loopValue({ table, row }: RunRow, { loop, nth, part }: LoopColumn): Label | undefined {
  let at = table.loops.indexOf(loop)
  for (let i = 0; i < nth && at !== -1; i++) at = table.loops.indexOf(loop, at + 1)
  if (at === -1) return undefined
  if (part === 'pass') return table.passes[at]?.[row] ?? 0
  return table.labels[at]?.[row] ?? table.indices[at]?.[row]
}
