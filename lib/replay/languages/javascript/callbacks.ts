import type * as t from '@babel/types'
import { callFunction } from './calls.js'
import type { OutsideCall } from './effects.js'
import { type AbstractObject, derived, type FunctionCode, join, nothing, type Value } from './heap.js'
import { iterate } from './iterate.js'
import { hiddenState } from './known-effects.js'
import type { Machine } from './machine.js'
import { elementsOf, findMethod, keysOf } from './members.js'
import { isOfTensors, iterated } from './results.js'

/** What iterators of the project's own give, of objects that are handed to something that may iterate over them. */
export function ownItems(machine: Machine, value: Value, node: t.Node): Value {
  const isIterable = (it: AbstractObject): boolean =>
    it.kind === 'plain' &&
    ['@@iterator', '@@asyncIterator'].some(
      (name) => findMethod(it, name).length > 0 || (it.fields.get(name)?.objects.size ?? 0) > 0,
    )
  const objects = new Set([...value.objects].filter(isIterable))
  return objects.size === 0 ? nothing : iterate(machine, { objects, reads: value.reads }, node)
}

export function callBack(machine: Machine, call: OutsideCall, callbacks: readonly AbstractObject[]): Value[] {
  const { effect, receiver, args, node } = call
  const ordered = orderedArguments(machine, call)
  if (ordered !== undefined) {
    return callbacks.map((it) => {
      const before = it.code ? resultBefore(machine, it.code, node) : nothing
      return callFunction(machine, it, ordered(before), undefined, node)
    })
  }
  const isList = [...receiver.objects].every((it) => it.kind === 'array') && receiver.objects.size > 0
  const outsideItem = isList ? nothing : outside(machine, call)
  return callbacks.map((it) => {
    if (effect.callbacks === 'anytime') machine.anytime.add(it)
    const before = it.code ? resultBefore(machine, it.code, node) : nothing
    const plain = args.map((arg) => withoutFunctions(arg))
    const items = [...args.map(elementsOf), itemsOf(receiver), ...args.map(keysOf), keysOf(receiver)].map(
      withoutFunctions,
    )
    const item = join(outsideItem, withoutFunctions(receiver), ...items, ...plain, before)
    const count = Math.max(it.code?.node.params.length ?? 0, 1)
    return callFunction(
      machine,
      it,
      Array.from({ length: count }, () => item),
      undefined,
      node,
    )
  })
}

/** What code outside of the project may give to a function. */
function outside(machine: Machine, { node, origin }: OutsideCall): Value {
  const item = machine.made(node, 'external', 'item')
  item.origin = origin
  // What it shows belongs to what it came out of.
  item.isView = origin === 'tensor-library'
  return { objects: new Set([item]), reads: new Set() }
}

/** Lists that TensorFlow.js gives are of layers, variables and tensors: what a model was made of is not in them. */
function itemsOf(receiver: Value): Value {
  const items = elementsOf(receiver)
  const isLibrary =
    isOfTensors(receiver) &&
    [...receiver.objects].every(
      (it) => it.kind !== 'plain' && it.kind !== 'array' && it.origin !== 'package' && !it.isLazy,
    )
  if (!isLibrary) return items
  return {
    objects: new Set([...items.objects].filter((it) => it.kind !== 'plain' && it.kind !== 'array')),
    reads: items.reads,
  }
}

/** What a function gave in the walk before, called from this place. */
function resultBefore(machine: Machine, code: FunctionCode, node: t.Node): Value {
  const { result } = machine.activationOf(code, node)
  return { objects: result.objects, reads: new Set([result]) }
}

const EACH = /^(?:map|flatMap|filter|forEach|some|every|find|findIndex|findLast|findLastIndex)$/

/** What functions are given that a method of a list, or `Array.from`, calls; undefined for others. `before` is what the function gave. */
function orderedArguments(machine: Machine, call: OutsideCall): ((before: Value) => Value[]) | undefined {
  const { name, path, receiver, args, effect } = call
  if (
    effect.callbacks !== 'now' ||
    (args.slice(1).some((it) => [...it.objects].some((o) => o.kind === 'function')) && name !== undefined)
  )
    return undefined
  const [first = nothing, second = nothing] = args
  if (isOwnList(path) && path?.endsWith('.from')) {
    const items = iterated(machine, first, call.node)
    return items && (() => [items, derived(items)])
  }
  if (path !== undefined || name === undefined || receiver.objects.size === 0) return undefined
  if ([...receiver.objects].some((it) => it.kind !== 'array' || it.isMap)) return undefined
  const items = join(elementsOf(receiver), derived(receiver))
  if (EACH.test(name)) return () => [items, derived(items), receiver]
  if (/^(?:sort|toSorted)$/.test(name)) return () => [items, items]
  if (/^reduce(?:Right)?$/.test(name))
    return (before) => [join(second, items, before), items, derived(items), receiver]
  return undefined
}

/** Functions of the language that make lists of what others give. */
export function isOwnList(path: string | undefined): boolean {
  return path !== undefined && /^(?:Array|(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array)\.from$/.test(path)
}

/** What iterating over lists, or over plain objects with a length, gives; undefined where something else may be among them. */
export function listItems(value: Value): Value | undefined {
  const isList = (it: AbstractObject): boolean =>
    it.kind === 'array'
      ? !it.isMap
      : it.kind === 'plain' &&
        it.classObject === undefined &&
        ![...it.fields.keys()].some((key) => key.startsWith('@@'))
  if (![...value.objects].every(isList)) return undefined
  return join(elementsOf(value), derived(value))
}

export function withoutFunctions(value: Value): Value {
  const isFunction = (it: AbstractObject) =>
    it.kind === 'function' || (it.kind === 'known' && hiddenState(it.path) === 'none')
  return { objects: new Set([...value.objects].filter((it) => !isFunction(it))), reads: value.reads }
}
