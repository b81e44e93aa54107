import type * as t from '@babel/types'
import { callFunction, runGenerator } from './calls.js'
import { type AbstractObject, join, unite, type Value } from './heap.js'
import type { Machine } from './machine.js'
import { elementsOf, keysOf, readMember } from './members.js'
import { pairOf } from './results.js'

/** What iterating over the value yields; runs generators of the project, whose bodies execute while they are iterated. */
export function iterate(machine: Machine, source: Value, node: t.Node): Value {
  const items: Value[] = [{ objects: new Set(), reads: source.reads }]
  for (const object of source.objects) items.push(iterateObject(machine, object, node))
  return join(...items)
}

/** What generators give at their end, which `yield*` and the last `next()` see. */
export function returnedBy(machine: Machine, source: Value, node: t.Node): Value {
  const cells = generatorsOf(machine, source, node).flatMap((it) => it.code?.result ?? [])
  return { objects: unite(cells.map((it) => it.objects)), reads: new Set(cells) }
}

function generatorsOf(machine: Machine, { objects }: Value, node: t.Node): AbstractObject[] {
  return [...objects].flatMap((it) => {
    if (it.kind === 'generator') return [it]
    const self: Value = { objects: new Set([it]), reads: new Set() }
    return iteratorsOf(machine, it, self, node).filter(({ kind }) => kind === 'generator')
  })
}

function iteratorsOf(machine: Machine, object: AbstractObject, self: Value, node: t.Node): AbstractObject[] {
  if (object.kind === 'tensor' || object.kind === 'flor') return []
  return ['@@iterator', '@@asyncIterator']
    .flatMap((name) => [...readMember(machine, self, name, node).objects])
    .filter((it) => it.kind === 'function')
    .flatMap((maker) => [...callFunction(machine, maker, [], self, node).objects])
}

function iterateObject(machine: Machine, object: AbstractObject, node: t.Node): Value {
  if (object.kind === 'flor-loop') return machine.fail('a flor loop is used otherwise than by for…of')
  if (object.kind === 'generator') return runGenerator(machine, object)
  if (object.kind === 'tensor' || object.kind === 'flor') return join()
  const self: Value = { objects: new Set([object]), reads: new Set() }
  const made = iteratorsOf(machine, object, self, node)
  const yielded = made.filter((it) => it !== object).map((it) => iterateObject(machine, it, node))
  // An iterator of one's own: what its next() gives, which holds the item in a field.
  const steps = made
    .flatMap((it) => {
      const iterator: Value = { objects: new Set([it]), reads: new Set() }
      return [...readMember(machine, iterator, 'next', node).objects]
        .filter((next) => next.kind === 'function')
        .map((next) => callFunction(machine, next, [], iterator, node))
    })
    .map((step) => readMember(machine, step, 'value', node))
  const elements = elementsOf(self)
  const own = [elements, ...(object.kind === 'external' ? [self] : [])]
  if (object.isMap) {
    return join(pairOf(machine, node, keysOf(self), elements), ...yielded, ...steps)
  }
  return join(...own, ...yielded, ...steps)
}
