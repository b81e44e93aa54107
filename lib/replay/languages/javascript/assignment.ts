import type * as t from '@babel/types'
import { callFunction } from './calls.js'
import { noteTensorMemory } from './effects.js'
import { evaluate } from './expressions.js'
import { derived, join, type Value } from './heap.js'
import type { Machine } from './machine.js'
import { findMethod, readComputed, readMember } from './members.js'
import { literalName } from './syntax.js'

/** Writes a value to whatever can stand left of `=`: variables, fields, patterns. */
export function assign(machine: Machine, target: t.Node, value: Value, node: t.Node): void {
  switch (target.type) {
    case 'Identifier': {
      const binding = machine.module.bindingOf(target)
      const cell = binding
        ? machine.module.cellOf(binding)
        : machine.known('known', 'globalThis').field(target.name)
      machine.store(cell, value, node)
      return
    }
    case 'MemberExpression':
    case 'OptionalMemberExpression': {
      const object = evaluate(machine, target.object)
      const name = literalName(target.property, target.computed)
      const key = target.computed && name === undefined ? evaluate(machine, target.property) : undefined
      const written = key ? join(value, derived(key)) : value
      const write = (): void => writeMember(machine, object, name ?? '*', written, node)
      if (target.property.type === 'NumericLiteral') machine.inPart(write)
      else write()
      return
    }
    case 'ObjectPattern':
      for (const property of target.properties) {
        if (property.type === 'RestElement') assign(machine, property.argument, value, node)
        else {
          const name = literalName(property.key, property.computed)
          if (property.computed) evaluate(machine, property.key)
          const part =
            name === undefined
              ? readComputed(machine, value, property.key, node)
              : readMember(machine, value, name, node)
          assign(machine, property.value, part, node)
        }
      }
      return
    case 'ArrayPattern': {
      // Entries of maps and of Object.entries are not told apart from their values: each may be either.
      const item = join(readMember(machine, value, '*', node), value)
      for (const element of target.elements) if (element) assign(machine, element, item, node)
      return
    }
    case 'AssignmentPattern':
      assign(machine, target.left, join(value, evaluate(machine, target.right)), node)
      return
    case 'RestElement':
      assign(machine, target.argument, value, node)
      return
    case 'TSParameterProperty':
      assign(machine, target.parameter, value, node)
      return
    case 'VariableDeclaration':
      for (const { id } of target.declarations) assign(machine, id, value, node)
      return
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'ParenthesizedExpression':
      assign(machine, target.expression, value, node)
      return
    default:
      machine.fail(`an assignment to a ${target.type} is not followed`)
  }
}

/** Writes a field of every object that `object` may be. */
export function writeMember(machine: Machine, object: Value, name: string, value: Value, node: t.Node): void {
  noteTensorMemory(machine, object.objects, node)
  for (const holder of object.objects) {
    if (holder.kind === 'tensor' || holder.kind === 'flor') continue
    if (holder.kind === 'known') {
      machine.store(machine.hiddenCell(holder.path), value, node)
      machine.hold(holder.field(name), value.objects)
      continue
    }
    const setter = findMethod(holder, `set:${name}`)
    for (const code of setter)
      callFunction(machine, code, [value], { objects: new Set([holder]), reads: object.reads }, node)
    if (setter.length === 0) {
      holder.field(name).isAssigned = true
      machine.store(holder.field(name), { objects: value.objects, reads: derived(value, object).reads }, node)
    }
  }
}
