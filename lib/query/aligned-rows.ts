import type { ContextTable } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import type { LoadedColumn } from './cell-groups.js'
import type { PivotCell } from './pivot-table.js'
import type { RunRow } from './run-rows.js'

/** What one name has in a run: its columns, or one cell in every row. */
export type AlignedSource =
  | { readonly kind: 'columns'; readonly columns: readonly LoadedColumn[] }
  | { readonly kind: 'constant'; readonly cell: PivotCell | undefined }

/**
 * The rows of {@link import('./run-rows.js').rowsOfRun}, without arranging single values in maps, where the columns allow it: each name has one
 * column, all columns lie along one chain of loops, contexts only go upwards, the finest columns have the same contexts, and every
 * coarser value has a finer row. Most runs are like that. Undefined for all others.
 */
export function alignedRows(sources: readonly AlignedSource[]): Iterable<RunRow> | undefined {
  const columns: (LoadedColumn | undefined)[] = []
  let finest: ContextTable | undefined
  for (const source of sources) {
    if (source.kind === 'columns' && source.columns.length !== 1) return undefined
    const column = source.kind === 'columns' ? source.columns[0] : undefined
    columns.push(column)
    const table = column?.column.contexts
    if (table !== undefined && (finest === undefined || table.loops.length > finest.loops.length))
      finest = table
  }
  if (finest === undefined) return []
  if (finest.count === 0) return undefined
  const table = finest
  const joins: (Int32Array | undefined)[] = []
  for (const column of columns) {
    const own = column?.column.contexts
    if (own === undefined || own === table) {
      if (own === table && !isRising(own)) return undefined
      joins.push(undefined)
      continue
    }
    const join = joinTables(table, own)
    if (join === undefined) return undefined
    joins.push(join)
  }
  return rowsAlong(table, sources, columns, joins)
}

function* rowsAlong(
  table: ContextTable,
  sources: readonly AlignedSource[],
  columns: readonly (LoadedColumn | undefined)[],
  joins: readonly (Int32Array | undefined)[],
): Generator<RunRow> {
  const shared = columns.map(() => ({ at: -2, cell: undefined as PivotCell | undefined }))
  for (let row = 0; row < table.count; row++) {
    const cells: (PivotCell | undefined)[] = []
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]
      if (column === undefined) {
        const source = sources[i]
        cells.push(source?.kind === 'constant' ? source.cell : undefined)
        continue
      }
      const join = joins[i]
      const at = join === undefined ? row : (join[row] as number)
      const last = shared[i] as (typeof shared)[number]
      // A coarser value is one cell, however many rows show it.
      if (last.at !== at) {
        last.at = at
        last.cell =
          at === -1 ? undefined : { value: column.column.values[at] as LogValue, origin: column.origin }
      }
      cells.push(last.cell)
    }
    yield { table, row, ordinal: undefined, cells }
  }
}

/** Whether each row's context comes after the one before it. */
function isRising(table: ContextTable): boolean {
  for (let row = 1; row < table.count; row++) {
    if (compareAt(table, row - 1, table, row, table.loops.length) >= 0) return false
  }
  return true
}

/**
 * For each row of `fine`, which is rising, the row of `coarse` around it, or -1; undefined where not every row of `coarse` is found in its
 * turn, as none is that comes twice or too late, or where the loops do not fit.
 */
function joinTables(fine: ContextTable, coarse: ContextTable): Int32Array | undefined {
  const depth = coarse.loops.length
  if (depth > fine.loops.length || coarse.loops.some((loop, i) => loop !== fine.loops[i])) return undefined
  if (depth === fine.loops.length && coarse.count !== fine.count) return undefined
  const join = new Int32Array(fine.count).fill(-1)
  let at = 0
  let isFound = false
  for (let row = 0; row < fine.count; row++) {
    while (at < coarse.count && compareAt(coarse, at, fine, row, depth) < 0) {
      if (!isFound) return undefined
      at++
      isFound = false
    }
    if (at < coarse.count && compareAt(coarse, at, fine, row, depth) === 0) {
      join[row] = at
      isFound = true
    }
  }
  const isWhole = coarse.count === 0 || (at === coarse.count - 1 && isFound) || at === coarse.count
  return isWhole ? join : undefined
}

function compareAt(a: ContextTable, rowA: number, b: ContextTable, rowB: number, depth: number): number {
  for (let i = 0; i < depth; i++) {
    const order =
      (a.passes[i]?.[rowA] ?? 0) - (b.passes[i]?.[rowB] ?? 0) ||
      (a.indices[i]?.[rowA] ?? 0) - (b.indices[i]?.[rowB] ?? 0)
    if (order !== 0) return order
  }
  return 0
}
