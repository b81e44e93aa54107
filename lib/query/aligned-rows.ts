import type { ContextTable } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import type { LoadedColumn } from './cell-groups.js'
import type { PivotCell } from './pivot-table.js'
import type { RunRow } from './run-rows.js'

/** What one name has in a run: its columns, or one cell in every row. */
export type AlignedSource =
  | { readonly kind: 'columns'; readonly columns: readonly LoadedColumn[] }
  | { readonly kind: 'constant'; readonly cell: PivotCell | undefined }

/** One name's part in rows that lie along one table of contexts. */
export type AlignedPart =
  | { readonly kind: 'constant'; readonly cell: PivotCell | undefined }
  /** `join` has the column's row for each row of the table, -1 for none; absent where they are the same. */
  | { readonly kind: 'column'; readonly column: LoadedColumn; readonly join?: Int32Array }

/** Rows as their columns: one for each context of the table, which is rising. */
export interface AlignedRows {
  readonly table: ContextTable
  readonly parts: readonly AlignedPart[]
}

/**
 * The rows of {@link import('./run-rows.js').rowsOfRun}, without arranging single values in maps, where the columns allow it: each name has one
 * column, all columns lie along one chain of loops, contexts only go upwards, the finest columns have the same contexts, and every
 * coarser value has a finer row. Most runs are like that. Undefined for all others; `none` where there is no column at all.
 */
export function alignRows(sources: readonly AlignedSource[]): AlignedRows | 'none' | undefined {
  let finest: ContextTable | undefined
  for (const source of sources) {
    if (source.kind === 'columns' && source.columns.length !== 1) return undefined
    const table = source.kind === 'columns' ? source.columns[0]?.column.contexts : undefined
    if (table !== undefined && (finest === undefined || table.loops.length > finest.loops.length))
      finest = table
  }
  if (finest === undefined) return 'none'
  if (finest.count === 0 || !isRising(finest)) return undefined
  const parts: AlignedPart[] = []
  for (const source of sources) {
    const column = source.kind === 'columns' ? source.columns[0] : undefined
    if (column === undefined) {
      parts.push({ kind: 'constant', cell: source.kind === 'constant' ? source.cell : undefined })
      continue
    }
    const own = column.column.contexts
    const join = own === finest ? undefined : joinTables(finest, own)
    if (join === undefined && own !== finest) return undefined
    parts.push({ kind: 'column', column, ...(join === undefined ? {} : { join }) })
  }
  return { table: finest, parts }
}

/** The first `count` rows one by one. */
export function* rowsAlong({ table, parts }: AlignedRows, count = table.count): Generator<RunRow> {
  const shared = parts.map(() => ({ at: -2, cell: undefined as PivotCell | undefined }))
  for (let row = 0; row < count; row++) {
    const cells: (PivotCell | undefined)[] = []
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as AlignedPart
      if (part.kind === 'constant') {
        cells.push(part.cell)
        continue
      }
      const at = part.join === undefined ? row : (part.join[row] as number)
      const last = shared[i] as (typeof shared)[number]
      // A coarser value is one cell, however many rows show it.
      if (last.at !== at) {
        last.at = at
        const { column, origin } = part.column
        last.cell = at === -1 ? undefined : { value: column.values[at] as LogValue, origin }
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
