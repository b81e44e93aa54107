import { type Column, contextAt } from '../model/column.js'
import { contextKey } from '../model/context.js'
import type { LogValue } from '../model/value.js'

/** Values by name and context key; several of one name in one context in the order in which they were logged. */
export type ValuesByContext = ReadonlyMap<string, ReadonlyMap<string, readonly LogValue[]>>

/** Arranges columns for lookup. Names that `isAsked` refuses are left out. */
export function valuesByContext(
  columns: readonly Column[],
  isAsked: (name: string) => boolean,
): ValuesByContext {
  const byName = new Map<string, Map<string, LogValue[]>>()
  for (const { name, contexts, values } of columns) {
    if (!isAsked(name)) continue
    const byContext = byName.get(name) ?? new Map<string, LogValue[]>()
    byName.set(name, byContext)
    for (let row = 0; row < contexts.count; row++) {
      const key = contextKey(contextAt(contexts, row))
      const list = byContext.get(key)
      if (list === undefined) byContext.set(key, [values[row] as LogValue])
      else list.push(values[row] as LogValue)
    }
  }
  return byName
}
