import type * as t from '@babel/types'
import { assign } from './assignment.js'
import { evaluate } from './expressions.js'
import { type AbstractObject, derived, join, nothing, type Value } from './heap.js'
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
  const { code } = callee
  if (code === undefined) return nothing
  machine.note([code.entry], new Set(), node)
  // An arrow function's `this` was stored where it was made.
  if (self !== undefined && code.node.type !== 'ArrowFunctionExpression') machine.store(code.self, self, node)
  const { params } = code.node
  const caller = machine.module
  machine.module = code.module
  params.forEach((param, i) => {
    const given =
      param.type === 'RestElement' ? restArray(machine, code.node, args.slice(i)) : (args[i] ?? nothing)
    assign(machine, param, given, node)
  })
  machine.module = caller
  if (code.node.generator) {
    const generator = machine.made(node, 'generator', String(code.node.start))
    generator.code = code
    return { objects: new Set([generator]), reads: new Set([code.entry]) }
  }
  runBody(machine, code)
  return { objects: code.result.objects, reads: new Set([code.result]) }
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
  runBody(machine, code)
  return { objects: code.yields.objects, reads: new Set([code.yields]) }
}

function runBody(machine: Machine, code: NonNullable<AbstractObject['code']>): void {
  const regions = machine.entered.get(code.node) ?? new Set()
  machine.entered.set(code.node, regions.add(machine.region))
  if (code.draws === true) machine.draw()
  if (!machine.isFirstVisit(code.node, code.module, 'body')) return
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
