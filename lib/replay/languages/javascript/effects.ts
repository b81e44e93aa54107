import type * as t from '@babel/types'
import { callFunction, runGenerator } from './calls.js'
import {
  type AbstractObject,
  type Cell,
  derived,
  join,
  nothing,
  reachableCells,
  reachableObjects,
  unite,
  type Value,
} from './heap.js'
import { drawsRandom, type Effect, functionEffect, hiddenState, unknownEffect } from './known-effects.js'
import type { Machine } from './machine.js'
import { elementsOf } from './members.js'
import { childrenOf } from './syntax.js'

export interface OutsideCall {
  readonly effect: Effect
  readonly receiver: Value
  readonly args: readonly Value[]
  readonly node: t.Node
  /** The method's name, where one is called. */
  readonly name?: string
  /** Who makes the result. */
  readonly origin: AbstractObject['origin']
  readonly path?: string
}

/** Notes what a call of code outside the project reads, writes, calls back, and gives. */
export function applyEffect(machine: Machine, call: OutsideCall): Value {
  const { receiver, args, node } = call
  const given = join(receiver, ...args)
  const reached = reachableObjects(given.objects)
  const reads = unite<Cell>([
    given.reads,
    reachableCells(given.objects),
    machine.readGivenWithin(given.objects, node),
    machine.readGivenWithin(heldBy(reached), node),
  ])
  const callbacks = [...reached].filter((it) => it.kind === 'function')
  const isStranger = call.effect.args !== 'kept' || call.effect.callbacks === 'anytime'
  if (isStranger) callbacks.push(...ownMethods(machine, reached, node))
  const answers = join(...callBack(machine, call, callbacks))
  for (const it of reached) if (it.kind === 'generator') runGenerator(machine, it)
  const all: Value = { objects: answers.objects, reads: unite([reads, answers.reads]) }
  callPackages(machine, call, all)
  changeReceiver(machine, call, all)
  changeArguments(machine, call, all, callbacks)
  return resultOf(machine, call, all)
}

function callBack(machine: Machine, call: OutsideCall, callbacks: readonly AbstractObject[]): Value[] {
  const { effect, receiver, args, node } = call
  const outsideItem =
    [...receiver.objects].every((it) => it.kind === 'array') && receiver.objects.size > 0
      ? nothing
      : { objects: new Set([machine.made(node, 'external', 'item')]), reads: new Set<Cell>() }
  return callbacks.map((it) => {
    if (effect.callbacks === 'anytime') machine.anytime.add(it)
    const before = it.code ? { objects: it.code.result.objects, reads: new Set([it.code.result]) } : nothing
    const plain = args.map((arg) => withoutFunctions(arg))
    const items = [...args, receiver].map((value) => withoutFunctions(elementsOf(value)))
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

/** `list.map(transform)` with a function of a package: it is called, and nothing is known of it. */
function callPackages(machine: Machine, { args, receiver, node }: OutsideCall, all: Value): void {
  for (const it of args.flatMap((arg) => [...arg.objects])) {
    if (it.kind === 'known' && drawsRandom(it.path)) machine.draw()
    if (it.kind !== 'known' || hiddenState(it.path) === 'none') continue
    if (functionEffect(it.path) !== unknownEffect) continue
    machine.note([machine.hiddenCell(it.path), ...contentsOf([...receiver.objects])], all.reads, node, false)
  }
}

/** Methods of the project's own objects, which code that is given them may call (callbacks by inheritance). */
function ownMethods(machine: Machine, objects: Iterable<AbstractObject>, node: t.Node): AbstractObject[] {
  const methods: AbstractObject[] = []
  for (const object of objects) {
    const self: Value = { objects: new Set([object]), reads: new Set() }
    const seen = new Set<AbstractObject>()
    const chain = object.classObject ? [object.classObject] : []
    for (let level = chain.pop(); level !== undefined; level = chain.pop()) {
      if (seen.has(level)) continue
      seen.add(level)
      for (const [name, cell] of level.fields) {
        if (name === 'super:') chain.push(...cell.objects)
        if (!name.startsWith('proto:') || name === 'proto:constructor') continue
        for (const it of cell.objects) {
          if (it.code !== undefined) machine.store(it.code.self, self, node)
          methods.push(it)
        }
      }
    }
  }
  return methods
}

function withoutFunctions(value: Value): Value {
  const isFunction = (it: AbstractObject) =>
    it.kind === 'function' || (it.kind === 'known' && hiddenState(it.path) === 'none')
  return { objects: new Set([...value.objects].filter((it) => !isFunction(it))), reads: value.reads }
}

function changeReceiver(machine: Machine, call: OutsideCall, all: Value): void {
  const { effect, receiver, args, node } = call
  if (effect.receiver === 'kept') return
  noteTensorMemory(machine, receiver.objects, node)
  const objects = [...receiver.objects].filter((it) => isChangeable(it))
  if (effect.receiver === 'maybe') {
    machine.note(contentsOf(objects), all.reads, node, false)
    return
  }
  for (const it of objects) {
    machine.note([it.field('*')], all.reads, node)
    if (effect.keepsArgs) for (const arg of args) machine.hold(it.field('*'), arg.objects)
  }
  // Inside an object of unknown make, the change may go deeper than its surface.
  machine.note(
    contentsOf(objects.filter((it) => it.kind === 'external' && it.origin === 'package')),
    all.reads,
    node,
    false,
  )
}

function changeArguments(
  machine: Machine,
  call: OutsideCall,
  all: Value,
  callbacks: readonly AbstractObject[],
): void {
  const { effect, args, node } = call
  if (effect.args === 'kept') return
  if (effect.args === 'first') {
    const [first, ...rest] = args
    noteTensorMemory(machine, first?.objects ?? [], node)
    for (const it of first?.objects ?? []) {
      machine.note([it.field('*')], all.reads, node)
      for (const arg of rest) machine.hold(it.field('*'), join(arg, elementsOf(arg)).objects)
    }
    return
  }
  const objects = args.flatMap((it) => [...it.objects])
  if (effect.args === 'maybe') {
    machine.note(contentsOf(objects), all.reads, node, false)
    return
  }
  const captured = capturedObjects(callbacks)
  const holdsVariables = (it: AbstractObject) =>
    it.kind === 'external' && it.origin !== 'builtin' && !it.isView
  const certain = [...reachableObjects([...objects, ...captured])].filter(
    (it) => holdsVariables(it) && it.origin === 'tensor-library',
  )
  machine.note(
    certain.map((it) => it.field('*')),
    all.reads,
    node,
  )
  // Gradients name their variables: whatever TensorFlow.js or a package made may be among them.
  const rest = machine.madeObjects.filter((it) => holdsVariables(it) && !certain.includes(it))
  machine.note(
    rest.map((it) => it.field('*')),
    all.reads,
    node,
    false,
  )
}

function isChangeable(object: AbstractObject): boolean {
  return (
    object.kind !== 'tensor' &&
    object.kind !== 'flor' &&
    object.kind !== 'known' &&
    object.kind !== 'function'
  )
}

/** Every field that is reachable, and the unnamed ones of every object. */
function contentsOf(objects: readonly AbstractObject[]): Cell[] {
  const reached = [...reachableObjects(objects)].filter(isChangeable)
  for (const it of reached) it.field('*')
  return [...reachableCells(reached)]
}

const capturedBy = new WeakMap<t.Node, t.Node[]>()

/** The objects in variables that functions use, and that functions called by them use. */
function capturedObjects(functions: readonly AbstractObject[]): Set<AbstractObject> {
  const found = new Set<AbstractObject>()
  const stack = [...functions]
  for (let it = stack.pop(); it !== undefined; it = stack.pop()) {
    if (found.has(it) || it.code === undefined) continue
    found.add(it)
    const { node, module, self } = it.code
    const used = [
      self,
      ...identifiersIn(node)
        .flatMap((id) => module.bindingOf(id) ?? [])
        .map((b) => module.cellOf(b)),
    ]
    for (const object of used.flatMap((cell) => [...cell.objects])) {
      if (object.kind === 'function') stack.push(object)
      else if (object.kind !== 'known') found.add(object)
    }
  }
  return found
}

function identifiersIn(node: t.Node): t.Node[] {
  const known = capturedBy.get(node)
  if (known !== undefined) return known
  const found: t.Node[] = []
  const visit = (at: t.Node) => {
    if (at.type === 'Identifier') found.push(at)
    childrenOf(at).forEach(visit)
  }
  visit(node)
  capturedBy.set(node, found)
  return found
}

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

/** A pair of a key and a value, or what tells how a promise was settled: holds any of `parts`. */
export function entryOf(machine: Machine, node: t.Node, parts: Iterable<AbstractObject>): AbstractObject {
  const entry = machine.made(node, 'plain', 'entry')
  machine.hold(
    entry.field('*'),
    [...parts].filter((it) => it !== entry),
  )
  return entry
}

function heldBy(objects: Iterable<AbstractObject>): AbstractObject[] {
  return [...objects].flatMap((it) => [...it.fields.values()].flatMap((cell) => [...cell.objects]))
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

function isOfTensors({ objects }: Value): boolean {
  return [...objects].some(
    (it) => it.kind === 'tensor' || (it.kind === 'external' && it.origin === 'tensor-library'),
  )
}

/** Doubts what is written into the memory of a tensor, or into a view of it. */
export function noteTensorMemory(machine: Machine, objects: Iterable<AbstractObject>, node: t.Node): void {
  for (const it of objects) if (it.isTensorMemory) machine.strange("a write into a tensor's memory", node)
}

function resultOf(machine: Machine, call: OutsideCall, all: Value): Value {
  const { effect, receiver, args, node, origin } = call
  if (effect.result === 'value') return derived(all)
  if (effect.result === 'tensor')
    return { objects: new Set([machine.made(node, 'tensor')]), reads: all.reads }
  const isArray = receiver.objects.size > 0 && [...receiver.objects].every((it) => it.kind === 'array')
  if (isArray && effect.result === 'element') {
    const held = [elementsOf(receiver), ...args.map(withoutFunctions), all]
    return { objects: unite(held.map((it) => it.objects)), reads: all.reads }
  }
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
  const parts = join(
    ...(isCopy ? [] : [receiver]),
    elementsOf(receiver),
    ...kept,
    ...args.map((it) => elementsOf(it)),
    all,
  )
  machine.note([made.field('*')], all.reads, node)
  const held = [...(isBuiltin ? withElements(parts.objects) : parts.objects)].filter((it) => it !== made)
  machine.hold(made.field('*'), held)
  made.hasBuffer ||= mayHaveBuffer(call)
  made.isMap ||= /^(?:Weak)?Map$/.test(call.path ?? '')
  if (
    isBuiltin &&
    (call.name === 'entries' || /^(?:Object\.entries|Promise\.allSettled)$/.test(call.path ?? ''))
  )
    machine.hold(made.field('*'), [entryOf(machine, node, held)])
  if (effect.result === 'made' || isCopy) return { objects: new Set([made]), reads: all.reads }
  const selves = [receiver, elementsOf(receiver), ...args.map((it) => withoutFunctions(it)), all]
  return { objects: unite([new Set([made]), ...selves.map((it) => it.objects)]), reads: all.reads }
}
