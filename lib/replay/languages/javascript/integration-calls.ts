import type * as t from '@babel/types'
import type { AbstractObject, FunctionCode } from './heap.js'
import { isIntegration } from './integrations.js'
import type { Machine } from './machine.js'
import { runModule } from './modules.js'
import { literalName } from './syntax.js'

/**
 * The code that a call executes. Each call of an integration's function (`fit`) by the project has a copy of the integration's file to itself: a main loop, and
 * a set of checkpoints, which nothing that another call does can be mistaken for.
 */
export function codeOfCall(
  machine: Machine,
  callee: AbstractObject,
  code: FunctionCode,
  call: t.Node,
): FunctionCode {
  const { module, node } = code
  const isOfProject = isIntegration(module.path) && !isIntegration(machine.module.path)
  if (!isOfProject || module.call !== undefined || node.type !== 'FunctionDeclaration') return code
  const copy = machine.loadFor(module, call, isCalledBy(machine, callee, call))
  machine.within(machine.rootRegion, () => runModule(machine, copy))
  const [own] = copy.exports.get(node.id?.name ?? '')?.objects ?? []
  return own?.code ?? code
}

/** Whether an expression itself calls the function by its imported name, rather than something that is given it to call: whether it is awaited is told of no other. */
function isCalledBy({ module }: Machine, callee: AbstractObject, call: t.Node): boolean {
  if (call.type !== 'CallExpression') return false
  const name = call.callee
  if (name.type === 'MemberExpression') return literalName(name.property, name.computed) === callee.label
  const binding = name.type === 'Identifier' ? module.bindingOf(name) : undefined
  return binding?.kind === 'module' && module.cellsOf(binding).some((it) => it.objects.has(callee))
}
