import type { ObjectStore } from '../../lib/git/object-store.js'

/** A store that counts how often each of its methods is called; `counts` is filled as it is used. */
export function countingStore(store: ObjectStore): { store: ObjectStore; counts: Map<string, number> } {
  const counts = new Map<string, number>()
  const counting = new Proxy(store, {
    get(target, key: keyof ObjectStore) {
      const method = target[key].bind(target) as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        counts.set(key, (counts.get(key) ?? 0) + 1)
        return method(...args)
      }
    },
  })
  return { store: counting, counts }
}
