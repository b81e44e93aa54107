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
  const shapes = new Map<string, { loops: readonly string[]; groups: Map<string, CellGroup> }>()
  for (const { column, origin } of byPreference(entry, columns)) {
    const { contexts, values } = column
    const key = shapeKey(contexts.loops)
    const shape = shapes.get(key) ?? { loops: contexts.loops, groups: new Map<string, CellGroup>() }
    shapes.set(key, shape)
    for (let row = 0; row < contexts.count; row++) {
      const cell: PivotCell = { value: values[row] as LogValue, origin }
      const at = contextKeyAt(contexts, row)
      const group = shape.groups.get(at)
      if (group === undefined)
        shape.groups.set(at, { cells: [cell], table: contexts, row, isLastShown: false })
      else if (group.table === contexts) group.cells.push(cell)
    }
  }
  return shapes
}

/** All cells that stand, shape by shape. */
export function cellsOf(cells: NameCells): PivotCell[] {
  const all: PivotCell[] = []
  for (const { groups } of cells.values()) {
    for (const group of groups.values()) for (const cell of group.cells) all.push(cell)
  }
  return all
}
