import type { Origin, RunEntry } from '../db/run-entry.js'
import type { Column, ContextTable } from '../model/column.js'
import type { Context } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import type { PivotCell } from './pivot-table.js'
import { byPreference } from './preference.js'

/** A column with its values, and where they came from. */
export interface LoadedColumn {
  readonly column: Column
  readonly origin: Origin
}

/** The values of one name in one context, in the order in which they were logged: usually one. */
export interface CellGroup {
  readonly cells: PivotCell[]
  /** Where the context stands: a row of the table that the cells came from. */
  readonly table: ContextTable
  readonly row: number
  /** The last cell was joined to a row of a finer context. */
  isLastShown: boolean
}

/** The values of one name in the contexts of one shape, by {@link contextKeyAt}, in the order in which they were logged. */
export interface ShapeCells {
  readonly loops: readonly string[]
  readonly groups: ReadonlyMap<string, CellGroup>
}

/** All values of one name in one run, by {@link shapeKey}. */
export type NameCells = ReadonlyMap<string, ShapeCells>

export const shapeKey = (loops: readonly string[]): string => loops.map((loop) => `${loop}\0`).join('')

/** Loop iterations as text: `pass:index`, or `index` in the first pass, one a loop, between slashes. */
export function contextKeyAt({ passes, indices }: ContextTable, row: number): string {
  let key = ''
  for (let i = 0; i < indices.length; i++) {
    const pass = passes[i]?.[row] ?? 0
    const index = (indices[i] as Int32Array)[row] as number
    key +=
      pass === 0 ? (i === 0 ? `${index}` : `/${index}`) : i === 0 ? `${pass}:${index}` : `/${pass}:${index}`
  }
  return key
}

/** The same of a context by itself. */
export function contextKeyOf(context: Context): string {
  return context.map(({ pass, index }) => (pass === 0 ? `${index}` : `${pass}:${index}`)).join('/')
}

/** The key of the outermost `depth` iterations. */
export function outerKey(key: string, depth: number): string {
  if (depth === 0) return ''
  let end = -1
  for (let i = 0; i < depth; i++) {
    end = key.indexOf('/', end + 1)
    if (end === -1) return key
  }
  return key.slice(0, end)
}

/**
 * Arranges a name's columns by context. In one context, the values of the best column (preference.ts) stand, all of them and
 * no others.
 */
export function groupCells(entry: RunEntry, columns: readonly LoadedColumn[]): NameCells {
  const shapes = new Map<
    string,
    { loops: readonly string[]; groups: Map<string, CellGroup>; parts: number }
  >()
  for (const { column, origin } of byPreference(entry, columns)) {
    const { contexts, values, order } = column
    const key = shapeKey(contexts.loops)
    const shape = shapes.get(key) ?? { loops: contexts.loops, groups: new Map<string, CellGroup>(), parts: 0 }
    shapes.set(key, shape)
    shape.parts++
    for (let row = 0; row < contexts.count; row++) {
      const value = values[row] as LogValue
      const cell: PivotCell =
        order === undefined ? { value, origin } : { value, origin, order: order[row] as number }
      const at = contextKeyAt(contexts, row)
      const group = shape.groups.get(at)
      if (group === undefined)
        shape.groups.set(at, { cells: [cell], table: contexts, row, isLastShown: false })
      else if (group.table === contexts) group.cells.push(cell)
    }
  }
  // Replays of parts of a run come in the order in which they are relied upon, not in that of their iterations.
  for (const shape of shapes.values()) if (shape.parts > 1) shape.groups = inContextOrder(shape.groups)
  return shapes
}

function inContextOrder(groups: ReadonlyMap<string, CellGroup>): Map<string, CellGroup> {
  return new Map([...groups].sort(([, a], [, b]) => compareContexts(a, b)))
}

function compareContexts(a: CellGroup, b: CellGroup): number {
  for (let i = 0; i < a.table.loops.length; i++) {
    const order =
      (a.table.passes[i]?.[a.row] ?? 0) - (b.table.passes[i]?.[b.row] ?? 0) ||
      (a.table.indices[i]?.[a.row] ?? 0) - (b.table.indices[i]?.[b.row] ?? 0)
    if (order !== 0) return order
  }
  return 0
}

/** All cells that stand, as {@link inLogOrder} orders them. */
export function cellsOf(cells: NameCells): PivotCell[] {
  const all: PivotCell[] = []
  for (const { groups } of cells.values()) {
    for (const group of groups.values()) for (const cell of group.cells) all.push(cell)
  }
  return inLogOrder(all)
}

/**
 * Cells of one name, given shape by shape, in the order in which they were logged, where that is known: where one run, or one replay, logged
 * all of them and kept the order. Else as they were given.
 */
export function inLogOrder(cells: PivotCell[]): PivotCell[] {
  return isOrderKnown(cells) ? cells.sort((a, b) => (a.order as number) - (b.order as number)) : cells
}

/** Whether {@link PivotCell.order} tells which of them was logged first. */
export function isOrderKnown(cells: readonly PivotCell[]): boolean {
  const segment = cells[0]?.origin?.segment
  return cells.every(({ order, origin }) => order !== undefined && origin?.segment === segment)
}
