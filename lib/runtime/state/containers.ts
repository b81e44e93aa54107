import type { LogValue } from '../../model/value.js'
import { type Capturing, type Restoring, type StateAdapter, StateError, type StateNode } from './adapter.js'

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
    const named = namedParts(items, capturing)
    // Items that were never set are no items: `reduce` and the like pass over them.
    if (hasHoles(items)) {
      const set = Object.keys(items).filter(isIndex).map(Number)
      return {
        length: items.length,
        indices: Float64Array.from(set),
        items: set.map((i) => capturing.value(String(i), items[i])),
        ...named,
      }
    }
    if (items.length >= PACKED_LENGTH && items.every((item) => typeof item === 'number')) {
      return { numbers: Float64Array.from(items as readonly number[]), ...named }
    }
    return { items: items.map((item, i) => capturing.value(String(i), item)), ...named }
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
      return
    }
    live.length = recorded.length
    for (let i = 0; i < recorded.length; i++) {
      live[i] = restoring.value(live[i], recorded[i] as LogValue, String(i))
    }
  },
  create: () => [],
}

/** Maps, restored in place and in the recorded order. */
export const mapAdapter: StateAdapter = {
  kind: 'map',
  matches: (value) => value instanceof Map,
  capture(value, capturing) {
    refuseNamed(value, 'a Map', capturing)
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
    refuseNamed(value, 'a Set', capturing)
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

function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1
}

/** Keys that are no index come behind those that are. Absent where there are none, as nearly always. */
function namedParts(items: readonly unknown[], capturing: Capturing): Record<string, LogValue> {
  const keys = Object.keys(items)
  const names: string[] = []
  for (let i = keys.length - 1; i >= 0 && !isIndex(keys[i] as string); i--) names.unshift(keys[i] as string)
  if (names.length === 0) return {}
  const parts = items as unknown as Readonly<Record<string, unknown>>
  return { names, named: names.map((name) => capturing.value(name, parts[name])) }
}

function restoreNamed(live: unknown[], node: StateNode, restoring: Restoring): void {
  const names = (node.names ?? []) as readonly string[]
  const named = (node.named ?? []) as readonly LogValue[]
  const parts = live as unknown as Record<string, unknown>
  const keys = Object.keys(live)
  for (let i = keys.length - 1; i >= 0 && !isIndex(keys[i] as string); i--)
    if (!names.includes(keys[i] as string)) delete parts[keys[i] as string]
  names.forEach((name, i) => {
    const value = restoring.value(parts[name], named[i] as LogValue, name)
    Object.defineProperty(live, name, { value, writable: true, enumerable: true, configurable: true })
  })
}

/** What hangs on a Map or a Set itself, as `seen.best = 1`, is in none of its entries. @throws StateError */
function refuseNamed(value: object, what: string, { path }: Capturing): void {
  const [key] = Reflect.ownKeys(value)
  if (key === undefined) return
  throw new StateError(`${path}.${String(key)}`, `properties of ${what} itself cannot be checkpointed`)
}

function itemsOf(node: StateNode): readonly LogValue[] {
  const numbers = node.numbers
  return numbers instanceof Float64Array ? Array.from(numbers) : (node.items as readonly LogValue[])
}
