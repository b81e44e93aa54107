import type * as t from '@babel/types'
import { callBack, ownItems } from './callbacks.js'
import { runGenerator } from './calls.js'
import {
  type AbstractObject,
  type Cell,
  join,
  reachableCells,
  reachableObjects,
  unite,
  type Value,
} from './heap.js'
import { drawsRandom, type Effect, functionEffect, hiddenState, unknownEffect } from './known-effects.js'
import type { Machine } from './machine.js'
import { elementsOf } from './members.js'
import { noteTensorMemory, resultOf } from './results.js'
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

/** Methods that look for an object. */
const LOOKING = /^(?:indexOf|lastIndexOf|includes|has|get|delete|add|set)$/

/** Notes what a call of code outside the project reads, writes, calls back, and gives. */
export function applyEffect(machine: Machine, call: OutsideCall): Value {
  const { receiver, args, node } = call
  if (call.path === 'Object.is')
    machine.compare(
      args.flatMap((it) => [...it.objects]),
      node,
    )
  if (
    LOOKING.test(call.name ?? '') &&
    ![...receiver.objects].every((it) => it.isNumbers || it.kind === 'tensor')
  )
    machine.compare(args[0]?.objects ?? [], node)
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
  const answers = machine.under(howOften(machine, call, callbacks), () =>
    join(...callBack(machine, call, callbacks)),
  )
  for (const it of reached) if (it.kind === 'generator') runGenerator(machine, it)
  const items = join(...args.map((it) => ownItems(machine, it, node)))
  const all: Value = {
    objects: unite([answers.objects, items.objects]),
    reads: unite([reads, answers.reads, items.reads]),
  }
  callPackages(machine, call, all)
  changeReceiver(machine, call, all)
  changeArguments(machine, call, all, callbacks)
  return resultOf(machine, call, all)
}

/** Methods that go through a whole list, or call once, whatever their callbacks give. */
const CALLING_ALL = /^(?:map|flatMap|filter|forEach|reduce|reduceRight|then|catch|finally)$/

/** What decides how often callbacks are called: what there is to go through, and of methods that may stop early, what the callbacks gave. */
function howOften(
  machine: Machine,
  call: OutsideCall,
  callbacks: readonly AbstractObject[],
): ReadonlySet<Cell> {
  const { receiver, args, name, node } = call
  if (callbacks.length === 0) return new Set()
  const answers = CALLING_ALL.test(name ?? '')
    ? []
    : callbacks.flatMap((it) => (it.code ? machine.activationOf(it.code, node).result : []))
  return unite<Cell>([
    join(receiver, elementsOf(receiver), ...args, ...args.map(elementsOf)).reads,
    new Set(answers),
  ])
}

/** `list.map(transform)` with a function of a package: it is called, and nothing is known of it. */
function callPackages(machine: Machine, { args, receiver, node }: OutsideCall, all: Value): void {
  for (const it of args.flatMap((arg) => [...arg.objects])) {
    if (it.kind === 'known' && drawsRandom(it.path)) machine.draw(node, all.reads)
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

function changeReceiver(machine: Machine, call: OutsideCall, all: Value): void {
  const { effect, receiver, args, node } = call
  if (effect.receiver === 'kept') return
  noteTensorMemory(machine, receiver.objects, node)
  const objects = [...receiver.objects].filter((it) => isChangeable(it))
  if (effect.receiver === 'maybe') {
    const contents = contentsOf(objects)
    // What TensorFlow.js was configured with, it reads.
    const isLibrary = call.origin === 'tensor-library' && effect.args === 'kept'
    machine.note(
      isLibrary ? contents.filter(({ owner }) => owner?.kind === 'external') : contents,
      all.reads,
      node,
      false,
    )
    return
  }
  for (const it of objects) {
    const isConfiguring =
      it.kind === 'external' && /^(?:compile|add)$/.test(call.name ?? '') && machine.region.main !== undefined
    if (isConfiguring) machine.strange(`a model that is changed by \`${call.name}\``, node)
    if (it.kind === 'external' && call.name === 'compile') noteOptimizers(machine, it, args)
    machine.note([it.field('*')], all.reads, node)
    // What stands at positions of its own may be moved.
    if (it.kind === 'array' && !it.isMap)
      machine.hold(it.field('*'), elementsOf({ objects: new Set([it]), reads: new Set() }).objects)
    const isKeyed = it.isMap && call.name === 'set'
    if (isKeyed) machine.hold(it.field('key:'), args[0]?.objects ?? [])
    if (effect.keepsArgs)
      for (const arg of isKeyed ? args.slice(1) : args) machine.hold(it.field('*'), arg.objects)
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
  // Gradients name their variables: whatever TensorFlow.js or a package made may be among them. Those of a model are its own, or other models share them.
  const own = isOwnTraining(machine, call) ? reachableObjects(call.receiver.objects) : undefined
  const rest = machine.madeObjects.filter(
    (it) => holdsVariables(it) && !certain.includes(it) && (own === undefined || own.has(it)),
  )
  machine.note(
    rest.map((it) => it.field('*')),
    all.reads,
    node,
    false,
  )
}

/** Notes the optimizers that a model is compiled with. */
function noteOptimizers({ compiled }: Machine, model: AbstractObject, args: readonly Value[]): void {
  const optimizers = compiled.get(model) ?? new Set()
  compiled.set(model, optimizers)
  for (const it of reachableObjects(args.flatMap((arg) => [...arg.objects])))
    if (it.kind === 'external' && it.origin === 'tensor-library') optimizers.add(it)
}

/**
 * Whether an integration trains a model in its own main loop, whose checkpoints hold that model: what else has variables of it, has them restored, too. Of
 * a model that is not checkpointed, the others would go stale with it.
 */
function isOwnTraining({ module, region, mainVisits }: Machine, { name }: OutsideCall): boolean {
  const main = mainVisits.findLast((it) => it.region === region.main)
  return name === 'trainOnBatch' && module.call !== undefined && main?.program === module.ast.program
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
        .flatMap((b) => module.cellsOf(b)),
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

function heldBy(objects: Iterable<AbstractObject>): AbstractObject[] {
  return [...objects].flatMap((it) => [...it.fields.values()].flatMap((cell) => [...cell.objects]))
}
