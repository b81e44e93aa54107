import type * as t from '@babel/types'
import { assign } from './assignment.js'
import { evaluateCall, evaluateNew, evaluateTagged } from './call-expressions.js'
import { callFunction } from './calls.js'
import { defineClass } from './classes.js'
import { derived, join, nothing, reachableCells, unite, type Value } from './heap.js'
import { iterate, returnedBy } from './iterate.js'
import { isPlace } from './known-effects.js'
import type { Machine } from './machine.js'
import { findMethod, readComputed, readMember } from './members.js'
import { importModule } from './modules.js'
import { childrenOf, isFunctionNode, literalName } from './syntax.js'

/** Walks an expression: what it may be, and what was read for it. */
export function evaluate(machine: Machine, node: t.Node): Value {
  machine.step()
  switch (node.type) {
    case 'Identifier':
      return readIdentifier(machine, node)
    case 'ThisExpression':
      return readThis(machine)
    case 'StringLiteral':
    case 'NumericLiteral':
    case 'BooleanLiteral':
    case 'NullLiteral':
    case 'BigIntLiteral':
    case 'TemplateElement':
    case 'MetaProperty':
      return nothing
    case 'RegExpLiteral':
      return { objects: new Set([machine.made(node, 'array')]), reads: new Set() }
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return evaluateMember(machine, node)
    case 'CallExpression':
    case 'OptionalCallExpression':
      return evaluateCall(machine, node)
    case 'TaggedTemplateExpression':
      return evaluateTagged(machine, node)
    case 'NewExpression':
      return evaluateNew(machine, node)
    case 'ImportExpression':
      return importModule(machine, node.source, node)
    case 'AssignmentExpression':
      return evaluateAssignment(machine, node)
    case 'UpdateExpression': {
      const value = derived(evaluate(machine, node.argument))
      assign(machine, node.argument, value, node)
      return value
    }
    case 'LogicalExpression':
    case 'ConditionalExpression': {
      const test = evaluate(machine, node.type === 'LogicalExpression' ? node.left : node.test)
      const parts = node.type === 'LogicalExpression' ? [node.right] : [node.consequent, node.alternate]
      const values = machine.under(test.reads, () => parts.map((it) => evaluate(machine, it)))
      return join(node.type === 'LogicalExpression' ? test : derived(test), ...values)
    }
    case 'BinaryExpression':
    case 'UnaryExpression':
      return evaluateOperator(machine, node)
    case 'SequenceExpression':
      return node.expressions.map((it) => evaluate(machine, it)).at(-1) ?? nothing
    case 'ArrayExpression': {
      const array = machine.made(node, 'array')
      const items = node.elements.map((it) => {
        if (it === null) return nothing
        if (it.type === 'SpreadElement') return iterate(machine, evaluate(machine, it.argument), it)
        return evaluate(machine, it)
      })
      // Positions are told apart up to the first spread.
      const spread = node.elements.findIndex((it) => it?.type === 'SpreadElement')
      const fixed = spread === -1 ? items : items.slice(0, spread)
      fixed.forEach((item, i) => {
        machine.store(array.field(String(i)), item, node)
      })
      if (fixed.length < items.length || items.length === 0)
        machine.store(array.field('*'), join(...items.slice(fixed.length)), node)
      return { objects: new Set([array]), reads: derived(...items).reads }
    }
    case 'ObjectExpression':
      return evaluateObject(machine, node)
    case 'ClassExpression':
      return defineClass(machine, node)
    case 'AwaitExpression':
    case 'ParenthesizedExpression':
      return evaluate(machine, node.type === 'AwaitExpression' ? node.argument : node.expression)
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
      return evaluate(machine, node.expression)
    case 'YieldExpression':
      return evaluateYield(machine, node)
    case 'Super':
      return readThis(machine)
    default:
      if (isFunctionNode(node)) return makeFunction(machine, node)
      // Template literals, JSX, and the like: something computed from their parts.
      return join(...childrenOf(node).map((it) => toPrimitive(machine, evaluate(machine, it), it)))
  }
}

function readIdentifier(machine: Machine, node: t.Identifier): Value {
  const { module } = machine
  const binding = module.bindingOf(node)
  if (binding !== undefined) {
    const cell = machine.cellOf(binding)
    return { objects: cell.objects, reads: new Set([cell]) }
  }
  switch (node.name) {
    case 'undefined':
    case 'NaN':
    case 'Infinity':
      return nothing
    case 'flor':
      return { objects: new Set([machine.known('flor', '')]), reads: new Set() }
    case 'module':
      return { objects: new Set([module.record]), reads: new Set() }
    case 'exports':
      return readMember(machine, { objects: new Set([module.record]), reads: new Set() }, 'exports', node)
    case 'arguments': {
      const params = machine.frame.code?.node.params.map((it) =>
        it.type === 'Identifier' ? evaluate(machine, it) : nothing,
      )
      return join(...(params ?? []))
    }
    case 'eval':
    case 'Function':
      return machine.fail(`\`${node.name}\` executes text`)
    case '__dirname':
    case '__filename':
      return machine.readGiven(node.name, node)
    default: {
      const held = machine.known('known', 'globalThis').fields.get(node.name)
      const known = machine.known('known', node.name)
      return { objects: new Set([known, ...(held?.objects ?? [])]), reads: new Set(held ? [held] : []) }
    }
  }
}

/** `this`, of the running function or of the field initializer around. */
export function readThis(machine: Machine): Value {
  const { self, code } = machine.frame
  if (self !== undefined) return self
  if (code === undefined) return nothing
  const cells = code.base === undefined ? [code.self] : [code.self, code.base.self]
  return { objects: unite(cells.map((it) => it.objects)), reads: new Set(cells) }
}

function evaluateMember(machine: Machine, node: t.MemberExpression | t.OptionalMemberExpression): Value {
  const object = evaluate(machine, node.object)
  const name = literalName(node.property, node.computed)
  const path = node.object.type === 'MetaProperty' ? `import.meta.${name}` : ''
  if (isPlace(path)) return machine.readGiven(path, node)
  if (name !== undefined) return readMember(machine, object, name, node)
  const key = short(machine, node, object, () => evaluate(machine, node.property))
  return join(readComputed(machine, object, node.property, node), derived(key))
}

/** Evaluates what stands behind `?.`, and the rest of such a chain: only where there is something before it. */
export function short<T>(machine: Machine, node: t.Node, before: Value, rest: () => T): T {
  return node.type.startsWith('Optional') ? machine.under(before.reads, rest) : rest()
}

/** What becomes of a value in arithmetic or text: everything that it holds may show, and its own methods may be called for it. */
export function toPrimitive(machine: Machine, value: Value, node: t.Node): Value {
  if (value.objects.size === 0) return value
  const called = [...value.objects].flatMap((object) => {
    const self: Value = { objects: new Set([object]), reads: new Set() }
    const methods = ['toString', 'valueOf', '@@toPrimitive'].flatMap((name) => [
      ...findMethod(object, name),
      ...(object.fields.get(name)?.objects ?? []),
    ])
    return methods
      .filter((it) => it.kind === 'function')
      .map((it) => callFunction(machine, it, [], self, node))
  })
  const reads = unite([reachableCells(value.objects), machine.readGivenWithin(value.objects, node)])
  return derived(value, { objects: new Set(), reads }, ...called)
}

function evaluateOperator(machine: Machine, node: t.BinaryExpression | t.UnaryExpression): Value {
  if (node.type === 'BinaryExpression') {
    const left = node.left.type === 'PrivateName' ? nothing : evaluate(machine, node.left)
    const right = evaluate(machine, node.right)
    if (/^[!=]==?$/.test(node.operator) && left.objects.size > 0 && right.objects.size > 0)
      machine.compare([...left.objects, ...right.objects], node)
    if (/^([!=]==|instanceof)$/.test(node.operator)) return derived(left, right)
    return join(toPrimitive(machine, left, node), toPrimitive(machine, right, node))
  }
  const value = evaluate(machine, node.argument)
  if (node.operator === 'delete') assign(machine, node.argument, derived(value), node)
  return toPrimitive(machine, value, node)
}

function evaluateAssignment(machine: Machine, node: t.AssignmentExpression): Value {
  if (node.operator === '=') {
    const value = evaluate(machine, node.right)
    assign(machine, node.left, value, node)
    return value
  }
  const before = evaluate(machine, node.left)
  const isLogical = /^(\|\||&&|\?\?)=$/.test(node.operator)
  const right = isLogical
    ? machine.under(before.reads, () => evaluate(machine, node.right))
    : evaluate(machine, node.right)
  const value = isLogical
    ? join(before, right)
    : join(toPrimitive(machine, before, node), toPrimitive(machine, right, node))
  assign(machine, node.left, value, node)
  return value
}

function evaluateObject(machine: Machine, node: t.ObjectExpression): Value {
  const object = machine.made(node, 'plain')
  const self: Value = { objects: new Set([object]), reads: new Set() }
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') {
      const spread = evaluate(machine, property.argument)
      machine.store(object.field('*'), readMember(machine, spread, '*', node), node)
      continue
    }
    const name = literalName(property.key, property.computed)
    const key = property.computed && name === undefined ? evaluate(machine, property.key) : nothing
    if (property.type === 'ObjectMethod') {
      const prefix = property.kind === 'method' ? '' : `${property.kind}:`
      machine.store(object.field(`${prefix}${name ?? '*'}`), makeFunction(machine, property), property)
    } else {
      const value = evaluate(machine, property.value)
      machine.store(object.field(name ?? '*'), join(value, derived(key)), property)
    }
  }
  return self
}

function makeFunction(machine: Machine, node: t.Function): Value {
  const object = machine.made(node, 'function')
  object.code = machine.codeOf(node)
  if (node.type === 'ArrowFunctionExpression') machine.store(object.code.self, readThis(machine), node)
  if (node.type === 'FunctionExpression' && node.id) {
    const binding = machine.module.bindingOf(node.id)
    if (binding !== undefined) machine.hold(machine.module.cellOf(binding), [object])
  }
  return { objects: new Set([object]), reads: new Set() }
}

function evaluateYield(machine: Machine, node: t.YieldExpression): Value {
  const value = node.argument ? evaluate(machine, node.argument) : nothing
  const item = node.delegate ? iterate(machine, value, node) : value
  const { code } = machine.frame
  if (code !== undefined) machine.store(code.yields, item, node)
  // What next(…) is given comes from outside: nothing is known of it. `yield*` gives what a generator returns.
  const returned = node.delegate ? returnedBy(machine, value, node) : nothing
  const own: Value = { objects: new Set([machine.made(node, 'external')]), reads: item.reads }
  return join(own, returned)
}
