import type { LogValue } from '../../model/value.js'
import type { Capturing, Restoring, StateAdapter, StateNode } from './adapter.js'
import {
  isIndex,
  lock,
  lockOf,
  namedKeys,
  refuseAccessor,
  refuseProperties,
  refuseSymbols,
} from './properties.js'

const PACKED_LENGTH = 16

/**
 * Arrays, restored in place: items that are objects keep their identity where position and kind agree. What hangs on them
 * under other keys than indices (`ring[-1]`, `history.best`) is kept by name.
 */
export const arrayAdapter: StateAdapter = {
  kind: 'array',
  matches: Array.isArray,
  capture(value, capturing) {
    const items = value as readonly unknown[]
    const beside = besideItems(items, capturing)
    // Items that were never set are no items: `reduce` and the like pass over them.
    if (hasHoles(items)) {
      const set = Object.keys(items).filter(isIndex).map(Number)
      return {
        length: items.length,
        indices: Float64Array.from(set),
        items: set.map((i) => capturing.value(String(i), items[i])),
        ...beside,
      }
    }
    if (items.length >= PACKED_LENGTH && items.every((item) => typeof item === 'number')) {
      return { numbers: Float64Array.from(items as readonly number[]), ...beside }
    }
    return { items: items.map((item, i) => capturing.value(String(i), item)), ...beside }
  },
  restore(target, node, restoring) {
    const live = target as unknown[]
    const recorded = itemsOf(node)
    restoreNamed(live, node, restoring)
    if (node.indices instanceof Float64Array) {
      const set = new Map(Array.from(node.indices, (index, i) => [index, recorded[i]] as const))
      live.length = node.length as number
      for (const key of Object.keys(live).filter(isIndex)) if (!set.has(Number(key))) delete live[Number(key)]
      for (const [i, item] of set) live[i] = restoring.value(live[i], item as LogValue, String(i))
    } else {
      live.length = recorded.length
      for (let i = 0; i < recorded.length; i++) {
        live[i] = restoring.value(live[i], recorded[i] as LogValue, String(i))
      }
    }
    lock(live, node.locked)
  },
  create: () => [],
}

/** Maps, restored in place and in the recorded order. */
export const mapAdapter: StateAdapter = {
  kind: 'map',
  matches: (value) => value instanceof Map,
  capture(value, capturing) {
    refuseProperties(value, 'a Map', capturing.path)
    const entries = [...(value as ReadonlyMap<unknown, unknown>)]
    return {
      keys: entries.map(([key], i) => capturing.value(`key ${i}`, key)),
      values: entries.map(([key, part]) => capturing.value(String(key), part)),
    }
  },
  restore(target, node, restoring) {
    const live = target as Map<unknown, unknown>
    const before = [...live]
    const keys = node.keys as readonly LogValue[]
    const values = node.values as readonly LogValue[]
    const entries = keys.map((recorded, i) => {
      const key = restoring.value(before[i]?.[0], recorded, `key ${i}`)
      return [key, restoring.value(live.get(key), values[i] as LogValue, String(key))] as const
    })
    live.clear()
    for (const [key, value] of entries) live.set(key, value)
  },
  create: () => new Map(),
}

/** Sets, restored in place and in the recorded order. */
export const setAdapter: StateAdapter = {
  kind: 'set',
  matches: (value) => value instanceof Set,
  capture(value, capturing) {
    refuseProperties(value, 'a Set', capturing.path)
    return { items: [...(value as ReadonlySet<unknown>)].map((item, i) => capturing.value(String(i), item)) }
  },
  restore(target, node, restoring) {
    const live = target as Set<unknown>
    const before = [...live]
    const items = itemsOf(node).map((recorded, i) => restoring.value(before[i], recorded, String(i)))
    live.clear()
    for (const item of items) live.add(item)
  },
  create: () => new Set(),
}

function hasHoles(items: readonly unknown[]): boolean {
  for (let i = 0; i < items.length; i++) if (!(i in items)) return true
  return false
}

/** What hangs on a list, and whether it is closed to changes. Empty for nearly all lists. @throws StateError */
function besideItems(items: readonly unknown[], capturing: Capturing): Record<string, LogValue> {
  refuseSymbols(items, capturing.path)
  const names = namedKeys(items)
  for (const name of names) refuseAccessor(items, name, capturing.path)
  const parts = items as unknown as Readonly<Record<string, unknown>>
  const named = names.map((name) => capturing.value(name, parts[name]))
  const locked = lockOf(items)
  return { ...(names.length === 0 ? {} : { names, named }), ...(locked === undefined ? {} : { locked }) }
}

function restoreNamed(live: unknown[], node: StateNode, restoring: Restoring): void {
  const names = (node.names ?? []) as readonly string[]
  const named = (node.named ?? []) as readonly LogValue[]
  const parts = live as unknown as Record<string, unknown>
  for (const name of namedKeys(live)) if (!names.includes(name)) delete parts[name]
  names.forEach((name, i) => {
    const value = restoring.value(parts[name], named[i] as LogValue, name)
    Object.defineProperty(live, name, { value, writable: true, enumerable: true, configurable: true })
  })
}

function itemsOf(node: StateNode): readonly LogValue[] {
  const numbers = node.numbers
  return numbers instanceof Float64Array ? Array.from(numbers) : (node.items as readonly LogValue[])
}
