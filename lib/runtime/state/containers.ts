import type { LogValue } from '../../model/value.js'
import type { StateAdapter, StateNode } from './adapter.js'

const PACKED_LENGTH = 16

/** Arrays, restored in place: items that are objects keep their identity where position and kind agree. */
export const arrayAdapter: StateAdapter = {
  kind: 'array',
  matches: Array.isArray,
  capture(value, capturing) {
    const items = value as readonly unknown[]
    // Items that were never set are no items: `reduce` and the like pass over them.
    if (hasHoles(items)) {
      const set = Object.keys(items)
        .map(Number)
        .filter((key) => Number.isInteger(key) && key >= 0)
      return {
        length: items.length,
        indices: Float64Array.from(set),
        items: set.map((i) => capturing.value(String(i), items[i])),
      }
    }
    if (items.length >= PACKED_LENGTH && items.every((item) => typeof item === 'number')) {
      return { numbers: Float64Array.from(items as readonly number[]) }
    }
    return { items: items.map((item, i) => capturing.value(String(i), item)) }
  },
  restore(target, node, restoring) {
    const live = target as unknown[]
    const recorded = itemsOf(node)
    if (node.indices instanceof Float64Array) {
      const set = new Map(Array.from(node.indices, (index, i) => [index, recorded[i]] as const))
      live.length = node.length as number
      for (const key of Object.keys(live)) if (!set.has(Number(key))) delete live[Number(key)]
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
  capture: (value, capturing) => ({
    items: [...(value as ReadonlySet<unknown>)].map((item, i) => capturing.value(String(i), item)),
  }),
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

function itemsOf(node: StateNode): readonly LogValue[] {
  const numbers = node.numbers
  return numbers instanceof Float64Array ? Array.from(numbers) : (node.items as readonly LogValue[])
}
