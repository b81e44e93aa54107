import type * as t from '@babel/types'
import { ownItems } from './callbacks.js'
import { callFunction } from './calls.js'
import { evaluate } from './expressions.js'
import { derived, join, type Value } from './heap.js'
import { iterate } from './iterate.js'
import type { Machine } from './machine.js'
import { findMethod, readComputed, readMember } from './members.js'
import { noteTensorMemory } from './results.js'
import { literalName } from './syntax.js'

/** Writes a value to whatever can stand left of `=`: variables, fields, patterns. */
export function assign(machine: Machine, target: t.Node, value: Value, node: t.Node): void {
  switch (target.type) {
    case 'Identifier': {
      const binding = machine.module.bindingOf(target)
      const cell = binding ? machine.cellOf(binding) : machine.known('known', 'globalThis').field(target.name)
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
      const iterated = new Set([...value.objects].filter((it) => it.isMap || it.kind === 'generator'))
      const pairs =
        iterated.size === 0 ? derived() : iterate(machine, { objects: iterated, reads: value.reads }, node)
      const own = join(pairs, ownItems(machine, value, node))
      target.elements.forEach((element, i) => {
        if (element === null) return
        const isRest = element.type === 'RestElement'
        const item = join(readMember(machine, value, isRest ? '*' : String(i), node), derived(value), own)
        assign(
          machine,
          isRest ? element.argument : element,
          isRest ? restOf(machine, element, item) : item,
          node,
        )
      })
      return
    }
    case 'AssignmentPattern':
      assign(
        machine,
        target.left,
        join(
          value,
          machine.under(value.reads, () => evaluate(machine, target.right)),
        ),
        node,
      )
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

/** The new list that `[first, ...rest]` makes. */
function restOf(machine: Machine, node: t.Node, items: Value): Value {
  const made = machine.made(node, 'array', 'rest')
  machine.store(made.field('*'), items, node)
  return { objects: new Set([made]), reads: items.reads }
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
      const { reads } = derived(value, object)
      machine.store(holder.field(name), { objects: value.objects, reads }, node)
      // A list that is made shorter loses elements.
      if (holder.kind === 'array' && name === 'length') machine.note([holder.field('*')], reads, node)
    }
  }
}
