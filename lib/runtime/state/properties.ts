import { inspect } from 'node:util'
import { StateError } from './adapter.js'

/**
 * What restoring would not give back: properties that hang on an object beside what its adapter keeps of it.
 */

/** From here on, listing every key costs more than asking node, which knows those that are no index without walking over the items. */
const LONG = 64

const WITHOUT_ITEMS = { maxArrayLength: 0, depth: 0, customInspect: false, breakLength: Infinity } as const

/**
 * The enumerable keys of a list or typed array that are no index, in the order in which they were set. Takes the same time for a long list as for a short
 * one, as long as there are none.
 */
export function namedKeys(list: ArrayLike<unknown> & object): string[] {
  if (list.length > LONG && isBare(list)) return []
  const keys = Object.keys(list)
  const names: string[] = []
  for (let i = keys.length - 1; i >= 0 && !isIndex(keys[i] as string); i--) names.unshift(keys[i] as string)
  return names
}

/** Whether a key is one of a list's items. */
export function isIndex(key: string): boolean {
  return /^(?:0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1
}

/** Only what is spelled as expected has nothing but items: anything else that there is would be written out. */
function isBare(list: ArrayLike<unknown> & object): boolean {
  const items = `[ ... ${list.length} more items ]`
  const text = inspect(list, WITHOUT_ITEMS)
  return text === items || text === `${list.constructor.name}(${list.length}) ${items}`
}

/** A property that nothing keeps: `seen.best = 1` of a Map is in none of its entries. @throws StateError */
export function refuseProperties(value: object, what: string, path: string): void {
  const [key] = Reflect.ownKeys(value)
  if (key !== undefined) refuse(`${path}.${String(key)}`, `properties of ${what} itself`)
}

/** @throws StateError */
export function refuseSymbols(value: object, path: string): void {
  for (const key of Object.getOwnPropertySymbols(value)) {
    if (isState(Reflect.getOwnPropertyDescriptor(value, key)?.value))
      refuse(`${path}.${String(key)}`, 'a property that is named by a symbol')
  }
}

/** @throws StateError */
export function refuseAccessor(value: object, key: string, path: string): void {
  const property = Object.getOwnPropertyDescriptor(value, key)
  if (property !== undefined && !('value' in property)) refuse(`${path}.${key}`, 'an accessor of a list')
}

/** @throws StateError always */
export function refuse(path: string, what: string): never {
  throw new StateError(path, `${what} cannot be checkpointed`)
}

/** Whether a property's value is state: functions are code, which the script brings along. */
export function isState(value: unknown): boolean {
  return typeof value !== 'function' && typeof value !== 'symbol'
}

/** How far an object is closed to changes, strictest first. */
export type Lock = 'frozen' | 'sealed' | 'closed'

/** Undefined for nearly all objects. */
export function lockOf(value: object): Lock | undefined {
  if (Object.isExtensible(value)) return undefined
  return Object.isFrozen(value) ? 'frozen' : Object.isSealed(value) ? 'sealed' : 'closed'
}

/** Closes a restored object as the recorded one was. */
export function lock(value: object, how: unknown): void {
  if (how === 'frozen') Object.freeze(value)
  else if (how === 'sealed') Object.seal(value)
  else if (how === 'closed') Object.preventExtensions(value)
}
