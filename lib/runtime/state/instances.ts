import { StateError, type StateNode } from './adapter.js'

const PROTOTYPES: Readonly<Record<string, object | undefined>> = {
  object: Object.prototype,
  array: Array.prototype,
  map: Map.prototype,
  set: Set.prototype,
}

/** The name of the class that an object is made of, where making one of its kind would not give that; empty for an object without a prototype. */
export function classOf(value: object, kind: string): string | undefined {
  const usual = PROTOTYPES[kind]
  const prototype = Object.getPrototypeOf(value) as object | null
  if (usual === undefined || prototype === usual) return undefined
  return prototype === null ? '' : nameOf(prototype)
}

/**
 * Makes a new object an instance of the class that was recorded: that of another instance among `others`.
 * @throws StateError where there is none
 */
export function giveClass(fresh: object, node: StateNode, others: Iterable<unknown>, path: string): void {
  const { c } = node
  if (typeof c !== 'string') return
  if (c === '') {
    Object.setPrototypeOf(fresh, null)
    return
  }
  for (const other of others) {
    if (typeof other !== 'object' || other === null) continue
    const prototype = Object.getPrototypeOf(other) as object | null
    if (prototype === null || nameOf(prototype) !== c || classOf(other, node.k) === undefined) continue
    Object.setPrototypeOf(fresh, prototype)
    return
  }
  throw new StateError(path, `an instance of ${c} that was made in the loop cannot be made anew`)
}

function nameOf(prototype: object): string {
  const made: unknown = prototype.constructor
  return typeof made === 'function' ? made.name : ''
}
