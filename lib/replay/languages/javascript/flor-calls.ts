import type * as t from '@babel/types'
import { callFunction } from './calls.js'
import { type AbstractObject, derived, join, nothing, reachableCells, unite, type Value } from './heap.js'
import { isIntegration } from './integrations.js'
import { enterIteration } from './loops.js'
import type { Machine } from './machine.js'
import { elementsOf } from './members.js'
import { literalName } from './syntax.js'

type Call = t.Node & { readonly arguments?: readonly t.Node[] }

/** What the runtime's own functions do. */
export function callFlor(machine: Machine, name: string, args: readonly Value[], node: t.Node): Value {
  const argument = (node as Call).arguments ?? []
  switch (name) {
    case 'loop': {
      const loop = machine.made(node, 'flor-loop')
      const source = args[1] ?? nothing
      const before = loop.loop?.source ?? nothing
      loop.loop = { name: literalName(literalOnly(argument[0])), source: join(before, source) }
      return { objects: new Set([loop]), reads: derived(...args).reads }
    }
    case 'log': {
      const value = args[1] ?? nothing
      const { region, ahead } = machine.visit()
      const values = unite([derived(...args).reads, reachableCells(value.objects)])
      const direct = unite([values, machine.control])
      machine.sinks.push({
        name: literalName(literalOnly(argument[0])),
        path: machine.module.path,
        start: node.start ?? -1,
        reads: unite([direct, machine.frame.sticky]),
        direct,
        values,
        region,
        ahead,
        isWanted: machine.isWanted,
      })
      return value
    }
    case 'arg':
      // What it gave is recorded, whatever the default was computed from.
      return { objects: args[1]?.objects ?? new Set(), reads: new Set() }
    case 'checkpointing':
      // Inside a main loop it has no effect.
      if (machine.region.main !== undefined) return nothing
      machine.isCheckpointing = true
      if (node.type === 'CallExpression') register(machine, args[0] ?? nothing, node)
      return nothing
    case 'restoring':
      // What TensorFlow.js made for itself, of what an integration is given.
      if (!isIntegration(machine.module.path) || machine.region.main !== undefined) return nothing
      for (const it of elementsOf(args[0] ?? nothing).objects)
        if (it.kind === 'external' && it.origin === 'tensor-library') machine.registrations.addRestored(it)
      return nothing
    case 'iteration': {
      // What it gives is left behind by the iteration, which a replay may leave out.
      const given = machine.givenByIteration(node)
      enterIteration(machine, node, literalName(literalOnly(argument[0])), () => {
        for (const it of args[2]?.objects ?? [])
          machine.store(given, callFunction(machine, it, [], undefined, node), node)
      })
      return { objects: given.objects, reads: new Set([given]) }
    }
    case 'seed':
      machine.note([machine.generator], derived(...args).reads, node)
      return nothing
    case 'commit':
      return machine.fail('flor.commit() makes several runs of one execution')
    default:
      return machine.fail(`flor.${name} is not known to the analysis`)
  }
}

/** Notes what `checkpointing` is given. Of an integration's own, the model stays among the state when the next one is called. */
function register(machine: Machine, given: Value, node: t.CallExpression): void {
  const { module, region, frame } = machine
  const lasting = new Set<AbstractObject>()
  const passing = new Set<AbstractObject>()
  for (const object of given.objects)
    for (const [name, cell] of object.fields)
      for (const it of cell.objects)
        if (isIntegration(module.path) && name !== 'model') passing.add(it)
        else lasting.add(it)
  machine.registrations.add({
    node,
    module,
    code: frame.code,
    region,
    lasting,
    passing,
    restored: new Set(),
  })
}

function literalOnly(node: t.Node | undefined): t.Node | undefined {
  return node?.type === 'StringLiteral' || node?.type === 'TemplateLiteral' ? node : undefined
}
