import type { RunEntry } from '../db/run-entry.js'
import type { ContextTable } from '../model/column.js'
import {
  type CellGroup,
  contextKeyAt,
  isOrderKnown,
  type NameCells,
  outerKey,
  shapeKey,
} from './cell-groups.js'
import type { PivotCell } from './pivot-table.js'

/** One row of one run, its loops not laid out yet. */
export interface RunRow {
  /** The context: a row of some column's table. */
  readonly table: ContextTable
  readonly row: number
  /** Among the values of one name in one context, counted from 0; undefined where every name has at most one. */
  readonly ordinal: number | undefined
  /** One a name, in the order of the names. */
  readonly cells: readonly (PivotCell | undefined)[]
}

/** A row with the run that it belongs to. */
export interface FoundRow {
  readonly entry: RunEntry
  readonly row: RunRow
}

/** What a name stands for in one run: values by context, or one cell in every row. */
export type NameSource =
  | { readonly kind: 'cells'; readonly cells: NameCells }
  | { readonly kind: 'constant'; readonly cell: PivotCell | undefined }

/**
 * The rows of one run: one for each context of the finest shapes among the names, coarser values joined to each of the finer
 * contexts in them. Nothing is left out: a coarser value that no finer row shows has a row of its own, and a name that was logged
 * several times in one context has as many rows there. Shapes that do not fit together (`a/b` and `a/c`) each have their rows.
 * In the order of the contexts, outer rows behind the rows inside them.
 */
export function rowsOfRun(sources: readonly NameSource[]): RunRow[] {
  const shapes = shapesOf(sources)
  const rows: RunRow[] = []
  for (const loops of shapes) for (const row of rowsOfShape(sources, loops)) rows.push(row)
  const compareRows = rowOrder(shapes)
  // Columns keep the order of logging, which is the order of contexts unless shapes or replays are mixed.
  for (let i = 1; i < rows.length; i++) {
    if (compareRows(rows[i - 1] as RunRow, rows[i] as RunRow) > 0) return rows.sort(compareRows)
  }
  return rows
}

/** The deepest first: their rows show the values of the others. */
function shapesOf(sources: readonly NameSource[]): (readonly string[])[] {
  const shapes = new Map<string, readonly string[]>()
  for (const source of sources) {
    if (source.kind === 'cells') for (const [key, { loops }] of source.cells) shapes.set(key, loops)
  }
  return [...shapes.values()].sort((a, b) => b.length - a.length)
}

function* rowsOfShape(sources: readonly NameSource[], loops: readonly string[]): Generator<RunRow> {
  const own = shapeKey(loops)
  const outer = loops.map((_, depth) => shapeKey(loops.slice(0, depth)))
  const here = sources.flatMap((source) =>
    source.kind === 'cells' ? (source.cells.get(own)?.groups ?? []) : [],
  )
  const seen = here.length > 1 ? new Set<string>() : undefined
  for (const groups of here) {
    for (const [key, group] of groups as ReadonlyMap<string, CellGroup>) {
      if (seen?.has(key)) continue
      seen?.add(key)
      const inContext = sources.map((source) => groupAt(source, own, key))
      const length = inContext.reduce((max, one) => Math.max(max, one?.cells.length ?? 0), 0)
      for (let ordinal = 0; ordinal < length; ordinal++) {
        if (!inContext.some((one) => one !== undefined && isUnshown(one, ordinal))) continue
        const cells = sources.map((source, i) => {
          if (source.kind === 'constant') return source.cell
          const one = inContext[i]
          if (one !== undefined) return one.cells[one.cells.length === 1 ? 0 : ordinal]
          return outerCell(source, outer, key)
        })
        yield { table: group.table, row: group.row, ordinal: length > 1 ? ordinal : undefined, cells }
      }
    }
  }
}

function groupAt(source: NameSource, shape: string, key: string): CellGroup | undefined {
  return source.kind === 'cells' ? source.cells.get(shape)?.groups.get(key) : undefined
}

const isUnshown = ({ cells, isLastShown }: CellGroup, ordinal: number): boolean =>
  ordinal < cells.length && !(isLastShown && ordinal === cells.length - 1)

/** The last value in the innermost enclosing context that has one. */
function outerCell(source: NameSource, outer: readonly string[], key: string): PivotCell | undefined {
  for (let depth = outer.length - 1; depth >= 0; depth--) {
    const group = groupAt(source, outer[depth] as string, outerKey(key, depth))
    if (group === undefined) continue
    group.isLastShown = true
    return group.cells.at(-1)
  }
  return undefined
}

/** The value of a name for a row: in the row's own context, else the innermost enclosing one, else the last one inside the row's context. */
export function cellFor(cells: NameCells, { table, row }: RunRow): PivotCell | undefined {
  const key = contextKeyAt(table, row)
  for (let depth = table.loops.length; depth >= 0; depth--) {
    const shape = shapeKey(table.loops.slice(0, depth))
    const group = cells.get(shape)?.groups.get(outerKey(key, depth))
    if (group !== undefined) return group.cells.at(-1)
  }
  return lastInside(cells, shapeKey(table.loops), table.loops.length, key)
}

/** By the cells of a name and a shape and depth: what each context of that shape last had inside. */
const insideCache = new WeakMap<NameCells, Map<string, ReadonlyMap<string, PivotCell>>>()

function lastInside(cells: NameCells, shape: string, depth: number, key: string): PivotCell | undefined {
  let byShape = insideCache.get(cells)
  if (byShape === undefined) {
    byShape = new Map()
    insideCache.set(cells, byShape)
  }
  let inside = byShape.get(shape)
  if (inside === undefined) {
    const found = new Map<string, PivotCell>()
    for (const [finer, { groups }] of cells) {
      if (!finer.startsWith(shape)) continue
      for (const [inner, group] of groups) {
        const key = outerKey(inner, depth)
        const [cell, other] = [group.cells.at(-1) as PivotCell, found.get(key)]
        if (other === undefined || !isLater(other, cell)) found.set(key, cell)
      }
    }
    inside = found
    byShape.set(shape, inside)
  }
  return inside.get(key)
}

/** Whether `a` is known to have been logged after `b`. */
const isLater = (a: PivotCell, b: PivotCell): boolean =>
  isOrderKnown([a, b]) && (a.order as number) > (b.order as number)

/** By iteration, loop by loop. Different loops of one enclosing iteration stand in the order in which the shapes name them. */
function rowOrder(shapes: readonly (readonly string[])[]): (a: RunRow, b: RunRow) => number {
  const ranks = new Map([...new Set(shapes.flat())].map((loop, rank) => [loop, rank]))
  return (a, b) => {
    const depth = Math.min(a.table.loops.length, b.table.loops.length)
    for (let i = 0; i < depth; i++) {
      const order =
        (ranks.get(a.table.loops[i] as string) ?? 0) - (ranks.get(b.table.loops[i] as string) ?? 0) ||
        (a.table.passes[i]?.[a.row] ?? 0) - (b.table.passes[i]?.[b.row] ?? 0) ||
        (a.table.indices[i]?.[a.row] ?? 0) - (b.table.indices[i]?.[b.row] ?? 0)
      if (order !== 0) return order
    }
    return b.table.loops.length - a.table.loops.length || (a.ordinal ?? 0) - (b.ordinal ?? 0)
  }
}
