import { type Column, type ContextTable, contextAt } from '../model/column.js'
import { type Context, contextKey } from '../model/context.js'

/** The rows of a column that `isAsked` wants, in their order; undefined when it wants none. */
export function selectRows(column: Column, isAsked: (context: Context) => boolean): Column | undefined {
  const { contexts, values, name, order } = column
  const rows: number[] = []
  for (let row = 0; row < contexts.count; row++) if (isAsked(contextAt(contexts, row))) rows.push(row)
  if (rows.length === 0) return undefined
  const table: ContextTable = {
    loops: contexts.loops,
    count: rows.length,
    indices: contexts.indices.map((it) => Int32Array.from(rows, (row) => it[row] as number)),
    passes: contexts.passes.map((it) => it && Int32Array.from(rows, (row) => it[row] as number)),
    labels: contexts.labels.map((it) => it && rows.map((row) => it[row])),
  }
  const kept =
    values instanceof Float64Array
      ? Float64Array.from(rows, (row) => values[row] as number)
      : rows.map((row) => values[row] ?? null)
  return {
    name,
    contexts: table,
    values: kept,
    ...(order && { order: Int32Array.from(rows, (row) => order[row] as number) }),
  }
}

/** Tells whether a context is one of `wanted`, or lies inside one. */
export function withinAny(wanted: readonly Context[]): (context: Context) => boolean {
  const keys = new Set(wanted.map(contextKey))
  const depths = [...new Set(wanted.map((it) => it.length))]
  return (context) =>
    depths.some((depth) => depth <= context.length && keys.has(contextKey(context.slice(0, depth))))
}
