import type * as t from '@babel/types'
import { callFunction } from './calls.js'
import { type AbstractObject, type Cell, join, nothing, unite, type Value } from './heap.js'
import { isIndexKey, isNameKey } from './index-keys.js'
import { hiddenState, isGivenByMachine, methodEffect, nameOfPath, unknownEffect } from './known-effects.js'
import type { Machine } from './machine.js'

const STACK = 'the stack of an error'

/** Reads a field (`*`: any) of everything that `object` may be. */
export function readMember(machine: Machine, object: Value, name: string, node: t.Node): Value {
  const values = [...object.objects].map((holder) => readField(machine, holder, name, node))
  return join({ objects: new Set(), reads: object.reads }, ...values)
}

/** Reads a member whose name is computed: any field, and what the language itself has under some name. */
export function readComputed(machine: Machine, object: Value, key: t.Node, node: t.Node): Value {
  const found = readMember(machine, object, '*', node)
  if (isIndexKey(machine.module, key) || isNameKey(machine.module, key)) return found
  // `view[name]` may be `view.buffer`, `instance[name]` its class.
  const own = [...object.objects].flatMap((it) => [
    ...(it.hasBuffer ? [it] : []),
    ...(it.classObject ? [it.classObject] : []),
  ])
  if (own.length === 0) return found
  // The memory itself is no typed array: one that is made of it shares it.
  const memory = machine.made(node, 'external', 'memory')
  memory.origin = 'package'
  const isMemory = own.some((it) => it.hasBuffer)
  return { objects: new Set([...found.objects, ...own, ...(isMemory ? [memory] : [])]), reads: found.reads }
}

function readField(machine: Machine, holder: AbstractObject, name: string, node: t.Node): Value {
  switch (holder.kind) {
    case 'tensor':
      noteNumbering(machine, name, node)
      // Models give one tensor, or a list of them.
      return isIndex(name) ? { objects: new Set([holder]), reads: new Set() } : nothing
    case 'flor':
      return { objects: new Set([machine.known('flor', name)]), reads: new Set() }
    case 'known': {
      const isStateless = hiddenState(holder.path) === 'none' && !machine.hasHidden(holder.path)
      const hidden = isStateless ? [] : [machine.hiddenCell(holder.path)]
      const separator = holder.path.endsWith(':') ? '' : '.'
      // Paths that would grow for ever (an element of an element of …) end in themselves.
      const isDeep = holder.path.endsWith('*') || holder.path.split('.').length > 8
      const child = isDeep ? holder : machine.known('known', `${holder.path}${separator}${name}`)
      const held = holder.fields.get(name)
      const given = isGivenByMachine(child.path) ? machine.readGiven(nameOfPath(child.path), node) : nothing
      return join({ objects: new Set([child, ...(held?.objects ?? [])]), reads: new Set(hidden) }, given)
    }
    default: {
      if (holder.kind === 'external' && holder.origin === 'tensor-library') noteNumbering(machine, name, node)
      if (holder.kind === 'external' && holder.origin === 'package' && name !== '*')
        machine.strange(`\`${name}\` of an object that a package made`, node)
      const getters = name === '*' ? allGetters(holder) : findMethod(holder, `get:${name}`)
      const self: Value = { objects: new Set([holder]), reads: new Set() }
      const computed = getters.map((code) => callFunction(machine, code, [], self, node))
      const cells = fieldCells(holder, name)
      // Names of an array's own (length, methods) depend on its elements, but are none of them; `cause` of an error is.
      const holding = holder.kind === 'array' && isOfItself(name) ? [holder.field(name)] : cells
      const found: AbstractObject[] = holding.flatMap((cell) => [...cell.objects])
      if (holder.kind === 'external' && holder.origin === 'tensor-library' && LIBRARY_PARTS.test(name)) {
        const parts = found.filter((it) => it.kind !== 'plain' && it.kind !== 'array')
        return { objects: new Set([holder, ...parts]), reads: new Set<Cell>(cells) }
      }
      // A view's buffer is the same memory.
      if (holder.kind === 'external' || (holder.kind === 'array' && name === 'buffer')) found.push(holder)
      const methods = name === '*' ? [] : findMethod(holder, name)
      const isStack =
        name === 'stack' && /^(?:array|external)$/.test(holder.kind) && !holder.field(name).isAssigned
      const stack = isStack && holder.origin !== 'tensor-library' ? machine.readGiven(STACK, node) : nothing
      return join(
        { objects: new Set([...found, ...methods]), reads: new Set<Cell>(cells) },
        stack,
        ...computed,
      )
    }
  }
}

/** Parts of models that TensorFlow.js made of what it was given, and that are nothing else. */
const LIBRARY_PARTS =
  /^(?:weights|trainableWeights|nonTrainableWeights|layers|inputs|outputs|inputLayers|outputLayers)$/

/** `list['0']` is an element like `list[0]`. */
function isIndex(name: string): boolean {
  return name === '*' || /^(?:0|[1-9]\d*)$/.test(name)
}

/** Whether a name of something that the language made gives a number, a text, or a method: nothing that it holds. */
function isOfItself(name: string): boolean {
  return OF_ITSELF.test(name) || methodEffect(name, 'any') !== unknownEffect
}

const OF_ITSELF =
  /^(?:length|size|byteLength|byteOffset|BYTES_PER_ELEMENT|buffer|name|message|stack|code|flags|source|lastIndex|constructor|href|pathname|(?:proto|get|set|key|super):.*|@@.*)$/

/** TensorFlow.js numbers what it makes, and names layers in turn: what iterations that are passed over would have made is missing there. */
function noteNumbering(machine: Machine, name: string, node: t.Node): void {
  if (/^(?:id|name|dataId|originalName)$/.test(name))
    machine.strange(`the \`${name}\` that TensorFlow.js gave`, node)
}

/** The cells that reading `name` may read: elements and computed names may be any field. */
function fieldCells(holder: AbstractObject, name: string): Cell[] {
  if (name === '*') {
    holder.field('*')
    return [...holder.fields].filter(([key]) => !/^(proto|get|set|key):/.test(key)).map(([, cell]) => cell)
  }
  return [holder.field(name), holder.field('*')]
}

/** Functions that the object has from its class under that name (`get:x`, `set:x` for accessors). */
export function findMethod(holder: AbstractObject, name: string): AbstractObject[] {
  const own = [...(/^[gs]et:/.test(name) ? (holder.fields.get(name)?.objects ?? []) : [])]
  let level: AbstractObject[] = holder.classObject ? [holder.classObject] : []
  const seen = new Set<AbstractObject>()
  while (level.length > 0) {
    const found = level.flatMap((it) => [...(it.fields.get(`proto:${name}`)?.objects ?? [])])
    if (found.length > 0) return [...own, ...found]
    for (const it of level) seen.add(it)
    level = level.flatMap((it) => [...(it.fields.get('super:')?.objects ?? [])]).filter((it) => !seen.has(it))
  }
  return own
}

/** A name that is computed may be that of any getter. */
function allGetters(holder: AbstractObject): AbstractObject[] {
  const seen = new Set<AbstractObject>()
  const names = new Set<string>()
  const stack = holder.classObject ? [holder.classObject] : []
  for (let level = stack.pop(); level !== undefined; level = stack.pop()) {
    if (seen.has(level)) continue
    seen.add(level)
    for (const key of level.fields.keys())
      if (key.startsWith('proto:get:')) names.add(key.slice('proto:'.length))
    stack.push(...(level.fields.get('super:')?.objects ?? []))
  }
  return [...names].flatMap((it) => findMethod(holder, it))
}

/** The objects that keys of maps may be. */
export function keysOf(value: Value): Value {
  const cells = [...value.objects].flatMap((it) => (it.isMap ? [it.field('key:')] : []))
  return { objects: unite(cells.map((it) => it.objects)), reads: new Set(cells) }
}

/** The objects that elements of the value may be, without running iterators. */
export function elementsOf(value: Value): Value {
  const cells = [...value.objects].flatMap((it) =>
    it.kind === 'tensor' || it.kind === 'known' || it.kind === 'flor' ? [] : fieldCells(it, '*'),
  )
  return { objects: unite(cells.map((it) => it.objects)), reads: new Set(cells) }
}
