import type { LogValue } from '../../model/value.js'
import { type StateAdapter, StateError } from './adapter.js'

/** Objects with `save()` and `load(saved)`: they know themselves what they are. Both must be synchronous. */
export const saveLoadAdapter: StateAdapter = {
  kind: 'save-load',
  isOpaque: true,
  matches: (value) => hasMethods(value, 'save', 'load'),
  capture(value, capturing) {
    const saved = (value as { save(): unknown }).save()
    if (saved instanceof Promise) throw new StateError(capturing.path, 'save() must not be asynchronous')
    return { saved: capturing.value('saved', saved) }
  },
  restore(target, node, restoring) {
    const live = target as { load(saved: unknown): unknown }
    const result = live.load(restoring.value(undefined, node.saved as LogValue, 'saved'))
    if (result instanceof Promise) throw new StateError(restoring.path, 'load() must not be asynchronous')
  },
}

/** Objects with `toJSON()` and `fromJSON(json)`. */
export const jsonAdapter: StateAdapter = {
  kind: 'json',
  isOpaque: true,
  matches: (value) => hasMethods(value, 'toJSON', 'fromJSON'),
  capture: (value, capturing) => ({
    json: capturing.value('json', (value as { toJSON(): unknown }).toJSON()),
  }),
  restore(target, node, restoring) {
    const live = target as { fromJSON(json: unknown): unknown }
    live.fromJSON(restoring.value(undefined, node.json as LogValue, 'json'))
  },
}

function hasMethods(value: object, ...names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
}
