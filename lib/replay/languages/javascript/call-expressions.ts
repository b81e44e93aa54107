import type * as t from '@babel/types'
import { callFunction, evaluateArguments } from './calls.js'
import { construct, initialize } from './classes.js'
import { applyEffect } from './effects.js'
import { evaluate, readThis, short } from './expressions.js'
import { callFlor } from './flor-calls.js'
import { type AbstractObject, derived, join, nothing, reachableCells, unite, type Value } from './heap.js'
import { iterate, returnedBy } from './iterate.js'
import {
  drawsRandom,
  type Effect,
  endsProcess,
  functionEffect,
  hiddenState,
  isAssertion,
  isGivenByMachine,
  isKnownEffect,
  isSettingOfMachine,
  isTensorLibrary,
  MISSING_FILE,
  methodEffect,
  methodMayDraw,
  nameOfPath,
  type ReceiverKind,
  readsFile,
  unknownEffect,
} from './known-effects.js'
import type { Machine } from './machine.js'
import { elementsOf, findMethod, readMember } from './members.js'
import type { Module } from './module.js'
import { importModule } from './modules.js'
import { literalName } from './syntax.js'

type Call = t.CallExpression | t.OptionalCallExpression

/** Walks a call: into the project where it leads there, else by what is known of its effect. */
export function evaluateCall(machine: Machine, node: Call): Value {
  const { callee } = node
  if (callee.type === 'Import') return importModule(machine, node.arguments[0], node)
  if (isRequire(machine.module, callee)) {
    return importModule(machine, node.arguments[0], node)
  }
  if (callee.type === 'Super') return callSuper(machine, node)
  const isMember = callee.type === 'MemberExpression' || callee.type === 'OptionalMemberExpression'
  if (!isMember) {
    const target = evaluate(machine, callee)
    const args = argumentsBehind(machine, node, target)
    return machine.under(target.reads, () =>
      dispatch(machine, { node, target, receiver: nothing, args, name: undefined }),
    )
  }
  const receiver = callee.object.type === 'Super' ? superObject(machine) : evaluate(machine, callee.object)
  const name = literalName(callee.property, callee.computed)
  const target = join(
    readMember(machine, receiver, name ?? '*', callee),
    callee.computed && name === undefined
      ? derived(short(machine, callee, receiver, () => evaluate(machine, callee.property)))
      : nothing,
  )
  const args = argumentsBehind(machine, node, target)
  const self = callee.object.type === 'Super' ? readThis(machine) : receiver
  return machine.under(target.reads, () => dispatch(machine, { node, target, receiver: self, args, name }))
}

/** `require`, node's own or made by `createRequire`. */
function isRequire(module: Module, callee: t.Node): boolean {
  if (callee.type === 'CallExpression') {
    const made = callee.callee
    const maker =
      made.type === 'Identifier' ? made.name : literalName('property' in made ? made.property : undefined)
    return maker === 'createRequire' && /^import\.meta\.(?:url|filename)$/.test(placeOf(callee.arguments[0]))
  }
  if (callee.type !== 'Identifier') return false
  const binding = module.bindingOf(callee)
  if (binding === undefined) return callee.name === 'require'
  const { node } = binding.path
  const isMade = binding.constant && node.type === 'VariableDeclarator' && node.id.type === 'Identifier'
  return isMade && node.init?.type === 'CallExpression' && isRequire(module, node.init)
}

/** `import.meta.url` as text, of a member of what the language tells of a module. */
function placeOf(node: t.Node | undefined): string {
  if (node?.type !== 'MemberExpression' || node.object.type !== 'MetaProperty') return ''
  return `${node.object.meta.name}.${node.object.property.name}.${literalName(node.property)}`
}

function argumentsBehind(machine: Machine, node: Call, target: Value): Value[] {
  return short(machine, node, target, () =>
    evaluateArguments(machine, node.arguments, (value, at) => iterate(machine, value, at)),
  )
}

/** Walks a template with a tag: a call of the tag. */
export function evaluateTagged(machine: Machine, node: t.TaggedTemplateExpression): Value {
  const isMember = node.tag.type === 'MemberExpression'
  const receiver = node.tag.type === 'MemberExpression' ? evaluate(machine, node.tag.object) : nothing
  const target = evaluate(machine, node.tag)
  const args = [nothing, ...node.quasi.expressions.map((it) => evaluate(machine, it))]
  const name =
    node.tag.type === 'MemberExpression' ? literalName(node.tag.property, node.tag.computed) : undefined
  return machine.under(target.reads, () =>
    dispatch(machine, { node, target, receiver, args, name: isMember ? name : undefined }),
  )
}

interface Dispatch {
  readonly node: t.Node
  readonly target: Value
  readonly receiver: Value
  readonly args: readonly Value[]
  readonly name: string | undefined
}

function dispatch(machine: Machine, call: Dispatch): Value {
  const { node, target, receiver, args, name } = call
  const results: Value[] = [derived(target), readCaught(machine, call)]
  let isHandled = false
  for (const object of target.objects) {
    if (object.kind === 'function') {
      results.push(callFunction(machine, object, args, receiver, node))
      isHandled = true
    } else if (object.kind === 'flor') {
      results.push(callFlor(machine, object.path, args, node))
      isHandled = true
    } else if (object.kind === 'known') {
      results.push(callKnown(machine, object, call))
      isHandled = true
    }
  }
  const functions = [...receiver.objects].filter((it) => it.kind === 'function')
  if (functions.length > 0 && (name === 'call' || name === 'apply' || name === 'bind')) {
    const given = name === 'apply' ? spreadOf(args[1]) : args.slice(1)
    for (const it of functions) {
      if (name !== 'bind') results.push(callFunction(machine, it, given, args[0], node))
      else if (it.code !== undefined && args[0] !== undefined) machine.store(it.code.self, args[0], node)
    }
    return join(...results, name === 'bind' ? { objects: new Set(functions), reads: new Set() } : nothing)
  }
  if (name === 'next' && [...receiver.objects].some((it) => it.kind === 'generator')) {
    const item = join(iterate(machine, receiver, node), returnedBy(machine, receiver, node))
    const step = machine.made(node, 'plain', 'step')
    machine.store(step.field('value'), item, node)
    results.push({ objects: new Set([step]), reads: item.reads })
  }
  const isExternal = [...target.objects].some((it) => it.kind === 'external')
  if (isHandled && !isExternal) return join(...results)
  if (name === undefined) {
    machine.strange('a function that comes from elsewhere', node)
    const effect = applyEffect(machine, {
      effect: unknownEffect,
      receiver: target,
      args,
      node,
      origin: 'package',
    })
    return join(...results, effect)
  }
  const others = [...receiver.objects].filter(
    (it) =>
      it.kind !== 'known' &&
      it.kind !== 'flor' &&
      !isFollowed(it, name) &&
      !(isOptional(node) && isWithout(it, name)),
  )
  if (others.length === 0 && isOptional(node) && !isExternal) return join(...results)
  const known = methodEffect(name, receiverKind(others))
  if (!isKnownEffect(known)) machine.strange(`the method \`${name}\``, node)
  // Data sets and streams call back when they are read, not when they are told to.
  const effect: Effect = others.some((it) => it.isLazy) ? { ...known, callbacks: 'anytime' } : known
  const origin = originOf(others)
  const mayDraw = origin === 'tensor-library' && methodMayDraw(name)
  const drawn = mayDraw ? machine.drawMaybe(node) : nothing
  const remaining = join({ objects: new Set(others), reads: receiver.reads }, drawn)
  return join(...results, applyEffect(machine, { effect, receiver: remaining, args, node, name, origin }))
}

/** `object.method?.()` */
function isOptional(node: t.Node): boolean {
  return node.type === 'OptionalCallExpression' && node.optional
}

/** Whether an object's method of that name is the project's own, beside those of other objects that the call may be of. */
function isFollowed(object: AbstractObject, name: string): boolean {
  const methods = [...(object.fields.get(name)?.objects ?? [])]
  return (
    object.kind === 'plain' &&
    methods.length > 0 &&
    methods.every((it) => it.kind === 'function') &&
    (object.fields.get('*')?.objects.size ?? 0) === 0
  )
}

/** Whether an object that the project made has no method of that name, neither its own nor of its kind. */
function isWithout(object: AbstractObject, name: string): boolean {
  if (!/^(?:plain|array|function)$/.test(object.kind) || methodEffect(name, 'any') !== unknownEffect)
    return false
  const names = object.kind === 'plain' ? [name, '*'] : [name]
  return (
    names.every((it) => (object.fields.get(it)?.objects.size ?? 0) === 0) &&
    findMethod(object, name).length === 0
  )
}

function receiverKind(objects: readonly AbstractObject[]): ReceiverKind {
  if (objects.length === 0) return 'any'
  if (objects.every((it) => it.kind === 'tensor')) return 'tensor'
  const isOurs = (it: AbstractObject) => it.kind === 'external' && it.origin === 'tensor-library'
  return objects.every((it) => isOurs(it) || it.kind === 'tensor') ? 'tensor-library' : 'any'
}

function originOf(objects: readonly AbstractObject[]): AbstractObject['origin'] {
  if (objects.some((it) => it.origin === 'package')) return 'package'
  return objects.some((it) => it.origin === 'tensor-library' || it.kind === 'tensor')
    ? 'tensor-library'
    : 'builtin'
}

/** `f(...args)` by apply: every parameter may be any element. */
function spreadOf(args: Value | undefined): Value[] {
  if (args === undefined) return []
  return Array.from({ length: 16 }, () => join(elementsOf(args), derived(args)))
}

/** `readFile(…).catch(…)`, `import('./local.js').then(use, fallBack)`: what that gives tells whether there is such a file. */
function readCaught(machine: Machine, { node, receiver, args, name }: Dispatch): Value {
  const isCaught = (name === 'catch' && args.length > 0) || (name === 'then' && args.length > 1)
  const isMissing = [...receiver.objects].some((it) => it.kind === 'known' && isMissingModule(it.path))
  return isCaught && (isMissing || machine.hasHidden('fs:'))
    ? machine.readGiven(MISSING_FILE, node, { isOfPlace: true })
    : nothing
}

/** `Promise.allSettled` of what reads files, where any are read. */
function tellsWhatFailed(machine: Machine, path: string, args: readonly Value[]): boolean {
  return /^Promise\.(?:allSettled|any)$/.test(path) && args.length > 0 && machine.hasHidden('fs:')
}

/** What code outside the project is given: files have nothing of what names them. */
function openedBy(machine: Machine, { objects, reads }: Value, isFile: boolean, node: t.Node): Value {
  const kept = isFile ? [...objects].filter((it) => it.kind === 'function') : objects
  const named = isFile ? unite([reads, reachableCells(objects)]) : reads
  return { objects: new Set(kept), reads: machine.opened(named, node) }
}

/** `./local.js:`, of the project, but not among its files. */
function isMissingModule(path: string): boolean {
  return /^\.{1,2}\//.test(path)
}

/** Whether `Date` is called, not made: it tells the time, whatever it is given. */
function isPlainCall(node: t.Node): boolean {
  return node.type === 'CallExpression' || node.type === 'OptionalCallExpression'
}

/** Arguments of a call as far as they are counted: spread ones may be none. */
function countOf(node: t.Node, args: readonly Value[]): number {
  const isSpread = 'arguments' in node && node.arguments[0]?.type === 'SpreadElement'
  return isSpread ? 0 : args.length
}

function callKnown(machine: Machine, callee: AbstractObject, call: Dispatch): Value {
  const { args, node } = call
  const { path } = callee
  const drawn = drawsRandom(path) ? machine.draw(node, join(...args, ...args.map(elementsOf)).reads) : nothing
  if (endsProcess(path)) machine.leave(node)
  if (isAssertion(path)) machine.fails(derived(...args).reads, node)
  const effect = functionEffect(path)
  if (!isKnownEffect(effect)) machine.strange(`\`${nameOfPath(path)}\``, node)
  const name = nameOfPath(path)
  const count = name === 'Date' && isPlainCall(node) ? 0 : countOf(node, args)
  const given = isGivenByMachine(path, count)
    ? machine.readGiven(name, node, { isOfPlace: isSettingOfMachine(name) })
    : (machine.catchDepth > 0 && readsFile(path)) || tellsWhatFailed(machine, path, args)
      ? machine.readGiven(MISSING_FILE, node, { isOfPlace: true })
      : nothing
  const state = hiddenState(path)
  // Paths are computed by node's own modules; to all else they are names.
  const isOpening =
    path.includes(':') && !/^(?:node:)?(?:path(?:\/posix)?|url|util|crypto|buffer|assert):/.test(path)
  const hidden = machine.hiddenCell(path)
  const reads = state === 'none' ? nothing : { objects: new Set<AbstractObject>(), reads: new Set([hidden]) }
  const module = /^(?:node:)?(.*?):/.exec(path)?.[1]
  const origin =
    module === undefined || state === 'certain'
      ? 'builtin'
      : isTensorLibrary(module)
        ? 'tensor-library'
        : 'package'
  if (state === 'maybe') {
    // What a package made earlier may show what it does now.
    const made = machine.madeObjects.filter((it) => it.kind === 'external' && it.origin === 'package')
    machine.opening(() =>
      machine.note([hidden, ...made.map((it) => it.field('*'))], derived(...args).reads, node, false),
    )
  }
  if (state === 'certain' && effect.receiver === 'changed')
    machine.opening(() => machine.note([hidden], derived(...args).reads, node))
  const result = applyEffect(machine, {
    effect: { ...effect, receiver: 'kept' },
    receiver: nothing,
    args: isOpening ? args.map((it) => openedBy(machine, it, state === 'certain', node)) : args,
    node,
    origin,
    path,
  })
  return join(result, reads, given, drawn)
}

/** Walks `new`: a class or function of the project, or something made by code outside of it. */
export function evaluateNew(machine: Machine, node: t.NewExpression): Value {
  const target = evaluate(machine, node.callee)
  const args = evaluateArguments(machine, node.arguments, (value, at) => iterate(machine, value, at))
  return machine.under(target.reads, () => instantiate(machine, node, target, args))
}

function instantiate(machine: Machine, node: t.NewExpression, target: Value, args: readonly Value[]): Value {
  const results: Value[] = [derived(target)]
  for (const object of target.objects) {
    if (object.kind === 'class') {
      results.push(construct(machine, object, args, node))
      results.push(constructOutside(machine, object, args, node))
    } else if (object.kind === 'function') {
      const instance: Value = { objects: new Set([machine.made(node, 'plain')]), reads: new Set() }
      results.push(instance, callFunction(machine, object, args, instance, node))
    } else if (object.kind === 'known') {
      results.push(callKnown(machine, object, { node, target, receiver: nothing, args, name: undefined }))
    }
  }
  if (target.objects.size === 0 || [...target.objects].some((it) => it.kind === 'external')) {
    machine.strange('a class that comes from elsewhere', node)
    results.push(
      applyEffect(machine, { effect: unknownEffect, receiver: target, args, node, origin: 'package' }),
    )
  }
  return join(...results)
}

/** A class of the project whose super class is not: its instances have state that the walk does not see. */
function constructOutside(
  machine: Machine,
  made: AbstractObject,
  args: readonly Value[],
  node: t.Node,
): Value {
  const parents = [...(made.fields.get('super:')?.objects ?? [])].filter(
    (it) => it.kind === 'known' || it.kind === 'external',
  )
  if (parents.length === 0) return nothing
  const receiver: Value = { objects: new Set(parents), reads: new Set() }
  return applyEffect(machine, { effect: unknownEffect, receiver, args, node, origin: 'package' })
}

function superObject(machine: Machine): Value {
  const parents = [...(machine.frame.code?.home?.fields.get('super:')?.objects ?? [])]
  const methods = parents.map((parent) => {
    const proxy = machine.made(
      machine.frame.code?.node ?? machine.module.ast,
      'plain',
      `super ${parent.label}`,
    )
    proxy.classObject = parent
    return proxy
  })
  return { objects: new Set(methods), reads: new Set() }
}

function callSuper(machine: Machine, node: Call): Value {
  const args = evaluateArguments(machine, node.arguments, (value, at) => iterate(machine, value, at))
  const self = readThis(machine)
  for (const parent of machine.frame.code?.home?.fields.get('super:')?.objects ?? []) {
    const given = initialize(machine, parent, self, args, node)
    // `super()` of a constructor that gives another object: `this` is that one.
    if (machine.frame.code !== undefined) machine.hold(machine.frame.code.self, given.objects)
  }
  return readThis(machine)
}
