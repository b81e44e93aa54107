import type { LogValue } from '../../model/value.js'
import { type StateAdapter, StateError } from './adapter.js'
import { isState, lock, lockOf, refuse, refuseSymbols } from './properties.js'

/** Whether an object is an instance of a class of the language or of node: what it holds is not in its properties. */
function builtinClass(value: object): string | undefined {
  for (let at = Object.getPrototypeOf(value) as object | null; at !== null; at = Object.getPrototypeOf(at)) {
    const made: unknown = Object.hasOwn(at, 'constructor') ? at.constructor : undefined
    if (typeof made !== 'function' || made === Object) continue
    const isGlobal = (globalThis as Record<string, unknown>)[made.name] === made
    if (isGlobal || /\{\s*\[native code\]\s*\}$/.test(Function.prototype.toString.call(made)))
      return made.name
  }
  return undefined
}

const OPAQUE = /^\[object (Promise|WeakMap|WeakSet|WeakRef|Generator|AsyncGenerator|AsyncFunction)\]$/

/**
 * Any other object, instances of classes too: its own enumerable data properties, functions excepted. State in properties
 * that are not enumerable, or have a symbol for a name, is refused.
 * Restored in place: properties that were not there are removed, those that hold objects keep them.
 */
export const objectAdapter: StateAdapter = {
  kind: 'object',
  matches: () => true,
  capture(value, capturing) {
    const tag = OPAQUE.exec(Object.prototype.toString.call(value))
    if (tag !== null) throw new StateError(capturing.path, `a ${tag[1]} cannot be checkpointed`)
    const made = builtinClass(value)
    if (made !== undefined) {
      throw new StateError(
        capturing.path,
        `${/^[AEIOU]/.test(made) ? 'an' : 'a'} ${made} cannot be checkpointed: what it holds is not in its properties`,
      )
    }
    refuseHidden(value, capturing.path)
    const keys = stateKeys(value)
    const parts = value as Readonly<Record<string, unknown>>
    const locked = lockOf(value)
    return {
      keys,
      values: keys.map((key) => capturing.value(key, parts[key])),
      ...(hasCode(value) ? { code: true } : {}),
      ...(locked === undefined ? {} : { locked }),
    }
  },
  restore(target, node, restoring) {
    const keys = node.keys as readonly string[]
    const values = node.values as readonly LogValue[]
    const live = target as Record<string, unknown>
    for (const key of stateKeys(target)) if (!keys.includes(key)) delete live[key]
    // What is listed of an object comes in the order in which it was set.
    const before = stateKeys(target)
    const isInOrder = before.every((key, i) => key === keys[i])
    const kept = isInOrder ? undefined : new Map(before.map((key) => [key, live[key]]))
    for (const key of kept?.keys() ?? [])
      if (Object.getOwnPropertyDescriptor(live, key)?.configurable === true) delete live[key]
    keys.forEach((key, i) => {
      const before = Object.hasOwn(live, key) ? live[key] : kept?.get(key)
      const after = restoring.value(before, values[i] as LogValue, key)
      if (Object.hasOwn(live, key) && Object.is(before, after)) return
      try {
        put(live, key, after)
      } catch (error) {
        throw new StateError(`${restoring.path}.${key}`, `cannot be set: ${(error as Error).message}`)
      }
    })
    lock(live, node.locked)
  },
  create(node, { path }) {
    if (node.code === true)
      throw new StateError(path, 'an object with functions or accessors of its own cannot be made anew')
    return {}
  },
}

function stateKeys(value: object): string[] {
  return Object.keys(value).filter((key) => {
    const property = Object.getOwnPropertyDescriptor(value, key)
    return property !== undefined && 'value' in property && isState(property.value)
  })
}

/** @throws StateError where restoring would not give everything back */
function refuseHidden(value: object, path: string): void {
  refuseSymbols(value, path)
  for (const key of Object.getOwnPropertyNames(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)
    const isHidden = property !== undefined && 'value' in property && property.enumerable !== true
    if (isHidden && isState(property.value)) refuse(`${path}.${key}`, 'a property that is not enumerable')
  }
}

/** Functions and accessors of an object's own: they come with the script, and are missing where an object is made anew. */
function hasCode(value: object): boolean {
  return Object.values(Object.getOwnPropertyDescriptors(value)).some(
    (it) => !('value' in it) || typeof it.value === 'function',
  )
}

/** By assignment, unless that would run a setter or change the prototype. */
function put(live: Record<string, unknown>, key: string, value: unknown): void {
  if (Object.hasOwn(live, key)) live[key] = value
  else Object.defineProperty(live, key, { value, writable: true, enumerable: true, configurable: true })
}
