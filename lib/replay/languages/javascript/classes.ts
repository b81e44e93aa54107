import type * as t from '@babel/types'
import { callFunction } from './calls.js'
import { evaluate } from './expressions.js'
import { type AbstractObject, join, nothing, type Value } from './heap.js'
import type { Machine } from './machine.js'
import { executeAll } from './statements.js'
import { literalName } from './syntax.js'

/** Makes a class: methods as fields `proto:name`, static ones as its own fields, its super class in `super:`. */
export function defineClass(machine: Machine, node: t.Class): Value {
  const object = machine.made(node, 'class')
  object.definition = { node, module: machine.module }
  if (node.id) object.label = node.id.name
  if (node.superClass) machine.hold(object.field('super:'), evaluate(machine, node.superClass).objects)
  const self: Value = { objects: new Set([object]), reads: new Set() }
  for (const member of node.body.body) {
    if (member.type === 'ClassMethod' || member.type === 'ClassPrivateMethod') {
      const computed = member.type === 'ClassMethod' && member.computed
      const name = literalName(member.key, computed) ?? '*'
      const prefix = member.kind === 'get' || member.kind === 'set' ? `${member.kind}:` : ''
      const method = machine.made(member, 'function')
      method.code = machine.codeOf(member, object)
      machine.hold(object.field(member.static ? `${prefix}${name}` : `proto:${prefix}${name}`), [method])
    } else if (member.type === 'StaticBlock') {
      executeAll(machine, member.body)
    } else if ((member.type === 'ClassProperty' || member.type === 'ClassPrivateProperty') && member.static) {
      const computed = member.type === 'ClassProperty' && member.computed
      const value = member.value ? evaluate(machine, member.value) : nothing
      machine.store(object.field(literalName(member.key, computed) ?? '*'), value, member)
    }
  }
  return self
}

/** Evaluates `new` of a class of the project: an instance, its fields and its constructor. */
export function construct(
  machine: Machine,
  made: AbstractObject,
  args: readonly Value[],
  node: t.Node,
): Value {
  const instance = machine.made(node, 'plain', made.label)
  instance.classObject = made
  const self: Value = { objects: new Set([instance]), reads: new Set() }
  // A constructor may give another object than the one that it was called for.
  return join(self, initialize(machine, made, self, args, node))
}

/** Runs what a class does to a new instance; without a constructor of its own, its super class's. Gives what constructors return. */
export function initialize(
  machine: Machine,
  made: AbstractObject,
  self: Value,
  args: readonly Value[],
  node: t.Node,
): Value {
  const { definition } = made
  if (definition === undefined) return nothing
  const before = machine.module
  machine.module = definition.module
  for (const member of definition.node.body.body) {
    if (member.type !== 'ClassProperty' && member.type !== 'ClassPrivateProperty') continue
    if (member.static || !member.value) continue
    const computed = member.type === 'ClassProperty' && member.computed
    const name = literalName(member.key, computed) ?? '*'
    const code = before === definition.module ? machine.frame.code : undefined
    const frame = machine.frame
    // Field initializers see the new instance as `this`, as a function of their own would.
    machine.frame = { code, sticky: frame.sticky, self }
    const value = evaluate(machine, member.value)
    machine.frame = frame
    for (const instance of self.objects) machine.store(instance.field(name), value, member)
  }
  machine.module = before
  const constructors = [...(made.fields.get('proto:constructor')?.objects ?? [])]
  const given = constructors.map((method) => callFunction(machine, method, args, self, node))
  if (constructors.length > 0) return join(...given)
  const parents = [...(made.fields.get('super:')?.objects ?? [])]
  return join(...parents.map((parent) => initialize(machine, parent, self, args, node)))
}
