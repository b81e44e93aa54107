import type * as t from '@babel/types'
import { isOwnList, listItems, withoutFunctions } from './callbacks.js'
import type { OutsideCall } from './effects.js'
import { type AbstractObject, derived, join, nothing, reachableObjects, unite, type Value } from './heap.js'
import { type Effect, isTensorOperation } from './known-effects.js'
import type { Machine } from './machine.js'
import { elementsOf, keysOf } from './members.js'

/** Lists flattened, pairs of keys and values taken apart: what lists hold that are among the objects, and lists in these. */
function withElements(objects: ReadonlySet<AbstractObject>): ReadonlySet<AbstractObject> {
  const found = new Set(objects)
  for (const it of found) {
    if (it.kind === 'array')
      for (const cell of it.fields.values()) for (const part of cell.objects) found.add(part)
    if (it.kind === 'generator') for (const part of it.code?.yields.objects ?? []) found.add(part)
  }
  return found
}

/** What tells how a promise was settled: holds any of `parts`. */
export function entryOf(machine: Machine, node: t.Node, parts: Iterable<AbstractObject>): AbstractObject {
  const entry = machine.made(node, 'plain', 'entry')
  machine.hold(
    entry.field('*'),
    [...parts].filter((it) => it !== entry),
  )
  return entry
}

/** A pair of a key and a value. */
export function pairOf(machine: Machine, node: t.Node, keys: Value, values: Value): Value {
  const pair = machine.made(node, 'array', 'pair')
  machine.store(
    pair.field('0'),
    { objects: new Set([...keys.objects].filter((it) => it !== pair)), reads: keys.reads },
    node,
  )
  machine.store(
    pair.field('1'),
    { objects: new Set([...values.objects].filter((it) => it !== pair)), reads: values.reads },
    node,
  )
  return { objects: new Set([pair]), reads: unite([keys.reads, values.reads]) }
}

/** What the language makes that is no view of memory. */
const WITHOUT_BUFFER =
  /^(?:Array(?:\.\w+)?|Object\.\w+|(?:Weak)?(?:Map|Set|Ref)|Promise(?:\.\w+)?|\w*Error|Date|RegExp|Boolean|Number|String|URL|JSON\.\w+)$/

function mayHaveBuffer({ path, receiver, args }: OutsideCall): boolean {
  if (path === 'structuredClone') return args.some(({ objects }) => [...objects].some((it) => it.hasBuffer))
  if (path !== undefined) return !WITHOUT_BUFFER.test(path)
  return [...receiver.objects].some((it) => it.hasBuffer || !/^(?:array|plain)$/.test(it.kind))
}

/** Methods that may give a tensor's memory: the processor's backend does not copy it. */
const TENSOR_MEMORY = /^(?:data|dataSync|buffer|bufferSync)$/

export function isOfTensors({ objects }: Value): boolean {
  return [...objects].some(
    (it) => it.kind === 'tensor' || (it.kind === 'external' && it.origin === 'tensor-library'),
  )
}

/** Doubts what is written into the memory of a tensor, or into a view of it. */
export function noteTensorMemory(machine: Machine, objects: Iterable<AbstractObject>, node: t.Node): void {
  for (const it of objects) if (it.isTensorMemory) machine.strange("a write into a tensor's memory", node)
}

export function resultOf(machine: Machine, call: OutsideCall, all: Value): Value {
  const { receiver, args, node, origin } = call
  // Of a Buffer, `slice` gives a part of the same memory; of lists and of typed arrays that are known as such, a copy.
  const isShared = call.name === 'slice' && [...receiver.objects].some((it) => it.hasBuffer && !it.isNumbers)
  const effect: Effect = isShared ? { ...call.effect, result: 'any' } : call.effect
  if (effect.result === 'value') return derived(all)
  if (effect.result === 'tensor')
    return { objects: new Set([machine.made(node, 'tensor')]), reads: all.reads }
  const isArray = receiver.objects.size > 0 && [...receiver.objects].every((it) => it.kind === 'array')
  if (isArray && effect.result === 'element') {
    const held = [elementsOf(receiver), ...args.map(withoutFunctions), all]
    return { objects: unite(held.map((it) => it.objects)), reads: all.reads }
  }
  const library = libraryResult(machine, call, all)
  if (library !== undefined) return library
  const own = ownResult(call, all)
  if (own !== undefined) return own
  const numbers = typedArrayOf(machine, call, all)
  if (numbers !== undefined) return numbers
  const isBuiltin =
    origin === 'builtin' && [...receiver.objects].every((it) => it.kind === 'array' || it.kind === 'plain')
  const isRecord = /^Object\.(?:fromEntries|groupBy)$/.test(call.path ?? '')
  const made = machine.made(node, isRecord ? 'plain' : isBuiltin ? 'array' : 'external')
  if (!isBuiltin) made.origin = origin
  const isDataSet = /:data\.|tfjs-data:/.test(call.path ?? '') || (origin === 'package' && !isBuiltin)
  made.isLazy = isDataSet || [...receiver.objects].some((it) => it.isLazy)
  if (call.name !== undefined && TENSOR_MEMORY.test(call.name)) made.isTensorMemory ||= isOfTensors(receiver)
  made.isView = receiver.objects.size > 0 || /:(tidy|keep)$/.test(call.path ?? '')
  const kept = effect.callbacks === 'now' ? args.map((it) => withoutFunctions(it)) : args
  const isCopy = isArray && effect.result === 'copy'
  const isOfLibrary =
    call.name !== undefined &&
    (LIBRARY_VALUES.test(call.name) || isTensorOperation(call.name)) &&
    isOfTensors(receiver) &&
    ![...receiver.objects].some((it) => it.origin === 'package')
  if (isOfLibrary) {
    const values = [...receiver.objects].filter((it) => it !== made && /^(?:external|tensor)$/.test(it.kind))
    machine.note([made.field('*')], all.reads, node)
    machine.hold(made.field('*'), values)
    return { objects: new Set([made, ...values]), reads: all.reads }
  }
  const parts = join(
    ...(isCopy ? [] : [receiver]),
    elementsOf(receiver),
    ...kept,
    ...args.map((it) => elementsOf(it)),
    all,
  )
  machine.note([made.field('*')], all.reads, node)
  const exact = isBuiltin && !isShared ? exactParts(machine, call, all) : undefined
  // What a function of the language takes out of what it is given, may lie at any depth.
  const isDeep = args.some((arg) => [...arg.objects].some((it) => it.kind === 'known'))
  const loose = isDeep
    ? reachableObjects(parts.objects)
    : isBuiltin
      ? withElements(parts.objects)
      : parts.objects
  const held = [...(exact?.objects ?? loose)].filter((it) => it !== made)
  machine.hold(made.field('*'), held)
  made.hasBuffer ||= mayHaveBuffer(call)
  made.isMap ||= /^(?:Weak)?Map$/.test(call.path ?? '')
  made.isSet ||= /^(?:Weak)?Set$/.test(call.path ?? '')
  if (exact !== undefined) return { objects: new Set([made]), reads: all.reads }
  if (
    isBuiltin &&
    (call.name === 'entries' || /^(?:Object\.entries|Promise\.allSettled)$/.test(call.path ?? ''))
  )
    machine.hold(made.field('*'), [entryOf(machine, node, held)])
  if (call.path === 'JSON.parse')
    return join(revived(machine, call, all), { objects: new Set([made]), reads: all.reads })
  if (effect.result === 'made' || isCopy) return { objects: new Set([made]), reads: all.reads }
  const selves = [receiver, elementsOf(receiver), ...args.map((it) => withoutFunctions(it)), all]
  return { objects: unite([new Set([made]), ...selves.map((it) => it.objects)]), reads: all.reads }
}

/** What the reviver of JSON.parse puts in the place of parts, or of the whole. */
function revived(machine: Machine, { args, node }: OutsideCall, all: Value): Value {
  const given = args.length < 2 ? nothing : answersOf(machine, args.slice(1), all, node)
  if (given === undefined) machine.strange('a reviver that comes from elsewhere', node)
  machine.hold(machine.made(node, 'array').field('*'), given?.objects ?? [])
  return given ?? nothing
}

/** The loss that an optimizer or a model gives, and the numbers of tensors: nothing that was given is in them. */
function libraryResult(machine: Machine, call: OutsideCall, all: Value): Value | undefined {
  const { receiver, name = '', node, path } = call
  if (
    path !== undefined ||
    !isOfTensors(receiver) ||
    ![...receiver.objects].every((it) => it.kind === 'tensor' || it.origin === 'tensor-library')
  )
    return undefined
  if (name === 'minimize') return { objects: new Set([machine.made(node, 'tensor')]), reads: all.reads }
  if (name === 'trainOnBatch') return derived(all)
  if (NEW_TENSORS.test(name)) return { objects: new Set([machine.made(node, 'tensor')]), reads: all.reads }
  if (!/^(?:dataSync|data|arraySync|array)$/.test(name)) return undefined
  const made = machine.made(node, 'external')
  made.origin = 'tensor-library'
  made.isView = true
  made.isTensorMemory ||= TENSOR_MEMORY.test(name)
  made.hasBuffer = true
  machine.note([made.field('*')], all.reads, node)
  return { objects: new Set([made]), reads: all.reads }
}

/** What methods that change a list, Map or Set give: that itself, something out of it, or a number. */
function ownResult({ receiver, name, path }: OutsideCall, all: Value): Value | undefined {
  if (path !== undefined || name === undefined || receiver.objects.size === 0) return undefined
  if (![...receiver.objects].every((it) => it.kind === 'array')) return undefined
  if (/^(?:fill|sort|reverse|copyWithin|set|add)$/.test(name))
    return { objects: receiver.objects, reads: all.reads }
  if (/^(?:pop|shift)$/.test(name)) return { objects: elementsOf(receiver).objects, reads: all.reads }
  return /^(?:push|unshift|delete|clear)$/.test(name) ? derived(all) : undefined
}

/** Methods of models that give a tensor, or a list of them, that is none of their own. */
const NEW_TENSORS = /^(?:predict|predictOnBatch|evaluate|evaluateDataset)$/

/** Methods of models and variables that give tensors which may be their own variables. */
const LIBRARY_VALUES = /^(?:getWeights|read)$/

const TYPED_ARRAY = /^(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array(?:\.(?:from|of))?$/

/** A typed array made of a length or of numbers, or of another by one of its copying methods: it shares nothing with them. */
function typedArrayOf(machine: Machine, call: OutsideCall, all: Value): Value | undefined {
  const { receiver, args, node, name, path, effect } = call
  const isNew =
    path !== undefined &&
    TYPED_ARRAY.test(path) &&
    args.every((it) =>
      [...it.objects].every((object) => /^(?:array|plain|function|generator)$/.test(object.kind)),
    )
  const isCopy =
    path === undefined &&
    effect.result === 'copy' &&
    /^(?:map|filter|slice|toSorted|toReversed|with)$/.test(name ?? '') &&
    receiver.objects.size > 0 &&
    [...receiver.objects].every((it) => it.isNumbers)
  if (!isNew && !isCopy) return undefined
  const made = machine.made(node, 'array', 'numbers')
  made.isNumbers = true
  made.hasBuffer = true
  machine.note([made.field('*')], all.reads, node)
  return { objects: new Set([made]), reads: all.reads }
}

/** What a list, Map or Set that the language makes holds, where that is told exactly; undefined where it may be anything that it was given. */
function exactParts(machine: Machine, call: OutsideCall, all: Value): Value | undefined {
  const { receiver, args, node, name, path } = call
  const [first = nothing] = args
  if (path !== undefined) {
    const items = iterated(machine, first, node)
    if (isOwnList(path)) {
      const isMapped = args.length > 1
      return isMapped ? items && answersOf(machine, args.slice(1), all, node) : items
    }
    if (/^(?:Array|Array\.of)$/.test(path)) return join(...args)
    if (path === 'Set') return items
    if (/^(?:Map|Object\.fromEntries)$/.test(path)) {
      const pairs = items && pairsOf(items)
      if (pairs === undefined) return undefined
      if (path === 'Map') machine.hold(machine.made(node, 'array').field('key:'), pairs.keys.objects)
      return pairs.values
    }
    if (path === 'Object.keys') return nothing
    if (path === 'Object.values') return fieldsOfPlain(first)
    if (path === 'Object.entries') {
      const fields = fieldsOfPlain(first)
      return fields && pairOf(machine, node, nothing, fields)
    }
    return undefined
  }
  if (receiver.objects.size === 0 || ![...receiver.objects].every((it) => it.kind === 'array'))
    return undefined
  const isMap = [...receiver.objects].some((it) => it.isMap)
  const items = elementsOf(receiver)
  const keys = join(
    keysOf(receiver),
    elementsOf({ objects: new Set([...receiver.objects].filter((it) => it.isSet)), reads: receiver.reads }),
  )
  if (name === 'entries') return pairOf(machine, node, keys, items)
  if (name === 'keys') return keys
  if (name === 'values') return items
  if (isMap) return undefined
  if (/^(?:filter|slice|toSorted|toReversed)$/.test(name ?? '')) return items
  if (name === 'map') return answersOf(machine, args, all, node)
  if (name === 'flatMap') {
    const given = answersOf(machine, args, all, node)
    const lists = given && {
      objects: new Set([...given.objects].filter((it) => it.kind === 'array')),
      reads: all.reads,
    }
    return given && lists && join(listItems(lists) ?? lists, withoutLists(given))
  }
  return undefined
}

/** What iterating over lists, Maps, and what has a length gives; undefined where something else may be among them. */
export function iterated(machine: Machine, value: Value, node: t.Node): Value | undefined {
  const maps = new Set([...value.objects].filter((it) => it.isMap))
  const lists = listItems({
    objects: new Set([...value.objects].filter((it) => !it.isMap)),
    reads: value.reads,
  })
  if (maps.size === 0 || lists === undefined) return lists
  const from: Value = { objects: maps, reads: value.reads }
  return join(lists, pairOf(machine, node, keysOf(from), elementsOf(from)))
}

/** What stands first and second in the elements of a list of pairs; undefined where other things may be among these. */
function pairsOf(items: Value): { readonly keys: Value; readonly values: Value } | undefined {
  const lists = [...items.objects]
  if (!lists.every((it) => it.kind === 'array' && !it.isMap)) return undefined
  const at = (name: string): Value => {
    const cells = lists.flatMap((it) => [it.field(name), it.field('*')])
    return { objects: unite(cells.map((it) => it.objects)), reads: unite([items.reads, new Set(cells)]) }
  }
  return { keys: at('0'), values: at('1') }
}

function withoutLists(value: Value): Value {
  return { objects: new Set([...value.objects].filter((it) => it.kind !== 'array')), reads: value.reads }
}

/** What functions of the project give; undefined where something else may be called. */
function answersOf(machine: Machine, args: readonly Value[], all: Value, node: t.Node): Value | undefined {
  const functions = args.flatMap((arg) => [...arg.objects])
  const isOwn = (it: AbstractObject): boolean =>
    it.code !== undefined ||
    (it.kind === 'known' && /^(?:Math\.|Number$|String$|Boolean$|parse)/.test(it.path))
  if (!functions.every(isOwn)) return undefined
  return {
    objects: unite(
      functions.map((it) =>
        it.code ? machine.activationOf(it.code, node).result.objects : new Set<AbstractObject>(),
      ),
    ),
    reads: all.reads,
  }
}

/** The values of literals' and instances' own fields; undefined where something else may be among them. */
function fieldsOfPlain(value: Value): Value | undefined {
  if (![...value.objects].every((it) => it.kind === 'plain' || it.kind === 'array')) return undefined
  return join(elementsOf(value), derived(value))
}
