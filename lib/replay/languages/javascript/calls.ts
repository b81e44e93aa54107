import type * as t from '@babel/types'
import { assign } from './assignment.js'
import { evaluate } from './expressions.js'
import {
  type AbstractObject,
  type Cell,
  derived,
  type Expression,
  join,
  nothing,
  type Value,
} from './heap.js'
import { codeOfCall } from './integration-calls.js'
import type { Machine } from './machine.js'
import { execute } from './statements.js'

/**
 * Calls a function of the project. Its body is walked the first time in each region; what it
 * returns is what any call of it may return.
 */
export function callFunction(
  machine: Machine,
  callee: AbstractObject,
  args: readonly Value[],
  self: Value | undefined,
  node: t.Node,
): Value {
  if (callee.code === undefined) return nothing
  const code = machine.activationOf(codeOfCall(machine, callee, callee.code, node), node)
  machine.note([code.entry], new Set(), node)
  // An arrow function's `this` was stored where it was made.
  if (self !== undefined && code.node.type !== 'ArrowFunctionExpression') machine.store(code.self, self, node)
  const { params } = code.node
  const { module, frame } = machine
  const rests = params.map((param, i) =>
    param.type === 'RestElement' ? restArray(machine, code.node, args.slice(i)) : (args[i] ?? nothing),
  )
  machine.module = code.module
  machine.frame = { code, sticky: frame.sticky }
  params.forEach((param, i) => {
    assign(machine, param, rests[i] ?? nothing, node)
    const binding = param.type === 'Identifier' ? code.module.bindingOf(param) : undefined
    if (binding !== undefined)
      giveTo(machine.cellOf(binding), node, argumentAt({ module, node, code: frame.code }, i))
    if (param.type === 'TSParameterProperty') storeProperty(machine, param, code.self)
  })
  Object.assign(machine, { module, frame })
  if (code.node.generator) {
    const generator = machine.made(node, 'generator', String(code.node.start))
    generator.code = code
    return { objects: new Set([generator]), reads: new Set([code.entry]) }
  }
  runBody(machine, code)
  return { objects: code.result.objects, reads: new Set([code.result]) }
}

/** The expression that a call gives at a position, unless something before it is spread. */
function argumentAt(call: Expression, position: number): Expression | undefined {
  const { type } = call.node
  if (type !== 'CallExpression' && type !== 'NewExpression') return undefined
  const given = call.node.arguments.slice(0, position + 1)
  const node = given[position]
  return node === undefined || given.some((it) => it.type === 'SpreadElement') ? undefined : { ...call, node }
}

function giveTo({ givenBy }: Cell, call: t.Node, given: Expression | undefined): void {
  const before = givenBy.get(call)
  const isOther = before !== undefined && before.code !== given?.code
  givenBy.set(call, given !== undefined && isOther ? { ...given, code: undefined } : given)
}

/** `constructor(private readonly rate: number)` */
function storeProperty(machine: Machine, { parameter }: t.TSParameterProperty, self: Cell): void {
  const identifier = parameter.type === 'AssignmentPattern' ? parameter.left : parameter
  if (identifier.type !== 'Identifier') return
  const value = evaluate(machine, identifier)
  for (const instance of self.objects) machine.store(instance.field(identifier.name), value, parameter)
}

function restArray(machine: Machine, node: t.Node, args: readonly Value[]): Value {
  const array = machine.made(node, 'array', 'rest')
  const items = join(...args)
  machine.store(array.field('*'), items, node)
  return { objects: new Set([array]), reads: new Set() }
}

/** Runs the body of a generator, as iterating over it does; gives what it yields. */
export function runGenerator(machine: Machine, generator: AbstractObject): Value {
  const { code } = generator
  if (code === undefined) return nothing
  // What decides how often it is asked for an item decides what it executes.
  machine.note([code.entry], new Set(), generator.node ?? code.node)
  runBody(machine, code)
  return { objects: code.yields.objects, reads: new Set([code.yields]) }
}

function runBody(machine: Machine, code: NonNullable<AbstractObject['code']>): void {
  const regions = machine.entered.get(code.node) ?? new Set()
  machine.entered.set(code.node, regions.add(machine.region))
  if ((code.base ?? code).draws === true) machine.noteDrawing()
  if (!machine.isFirstVisit(code.node, code.module, 'body', code.activation?.id)) return
  machine.step()
  machine.calls.push(code)
  const { module, frame, control, isWanted } = machine
  machine.module = code.module
  machine.frame = { code, sticky: new Set() }
  machine.control = new Set([code.entry])
  if (code.node.body.type === 'BlockStatement') execute(machine, code.node.body)
  else machine.store(code.result, evaluate(machine, code.node.body), code.node)
  machine.calls.pop()
  Object.assign(machine, { module, frame, control, isWanted })
}

/** The values of a call's arguments, spread ones flattened to what they may hold. */
export function evaluateArguments(
  machine: Machine,
  nodes: readonly t.Node[],
  iterateSpread: (value: Value, node: t.Node) => Value,
): Value[] {
  const values: Value[] = []
  let spread: Value | undefined
  for (const node of nodes) {
    if (node.type === 'SpreadElement') {
      spread = join(spread ?? nothing, iterateSpread(evaluate(machine, node.argument), node))
      values.push(spread)
    } else {
      const value = evaluate(machine, node)
      values.push(spread === undefined ? value : join(spread, value))
    }
  }
  // Sixteen is more parameters than any function that is called with a spread has.
  if (spread !== undefined) while (values.length < 16) values.push(join(spread, derived(spread)))
  return values
}
