import type * as t from '@babel/types'
import { isIntegration } from '../integrations.js'
import type { Module } from '../module.js'
import { literalName } from '../syntax.js'
import type { Limit } from './constructs.js'
import type { Places } from './once.js'
import { memberName, walk } from './walk.js'

/** What the walk saw of calls of `checkpointing`, under whatever name. */
interface CheckpointingSeen {
  readonly isCheckpointing: boolean
}

/**
 * Why what `flor.checkpointing` is given cannot be relied upon as one object that lasts through the run and is restored as it was: there must be one
 * call that is executed in any case, and each object must be made in one place that is executed once. Integrations of the runtime
 * have calls of their own beside it, in functions that a script may or may not use.
 */
export function findCheckpointLimit(
  places: Places,
  { isCheckpointing: isCalled }: CheckpointingSeen,
  isEntered: (code: t.Node) => boolean,
): Limit | undefined {
  const isExecuted = (module: Module, around: readonly t.Node[]): boolean =>
    !isIntegration(module.path) || around.every((it) => it.type !== 'FunctionDeclaration' || isEntered(it))
  const calls = places.modules.flatMap((module) =>
    [...walk(module.ast.program)].flatMap(({ node, around }) =>
      isCheckpointing(node) && isExecuted(module, around) ? [{ node, around, module }] : [],
    ),
  )
  if (calls.length === 0) {
    const [module] = places.modules
    return isCalled && module !== undefined
      ? { what: 'checkpointing under another name', path: module.path, line: 1 }
      : undefined
  }
  const limit = (what: string, node: t.Node): Limit => ({
    what,
    path: places.moduleOf(node)?.path ?? '',
    line: node.loc?.start.line ?? 0,
  })
  const names = new Set<string>()
  for (const { node, around, module } of calls) {
    const found = limitOfCall(places, node, around, isIntegration(module.path) ? new Set() : names, limit)
    if (found !== undefined) return found
  }
  return undefined
}

function limitOfCall(
  places: Places,
  call: t.CallExpression,
  around: readonly t.Node[],
  names: Set<string>,
  limit: (what: string, node: t.Node) => Limit,
): Limit | undefined {
  const integrated = places.moduleOf(call)?.call
  const isOnce = integrated === undefined ? places.isOnce(call) : places.isOnceBy(integrated)
  const condition = around.find((it) => /^(?:If|Switch|Conditional|Logical|Try)/.test(it.type))
  if (integrated !== undefined && !isOnce)
    return limit('a main loop that may be entered in several calls, or beside another', integrated.node)
  if (condition !== undefined || !isOnce) {
    return limit('a call of checkpointing that may be executed never or more than once', call)
  }
  const [given] = call.arguments
  if (given?.type !== 'ObjectExpression')
    return limit('checkpointing of something other than an object literal', call)
  for (const property of given.properties) {
    if (property.type !== 'ObjectProperty' || property.computed)
      return limit('a computed name in checkpointing', property)
    const name = literalName(property.key)
    if (name === undefined || names.has(name)) return limit('two checkpointed objects of one name', property)
    names.add(name)
  }
  return undefined
}

function isCheckpointing(node: t.Node): node is t.CallExpression {
  if (node.type !== 'CallExpression') return false
  return (node.callee.type === 'Identifier' ? node.callee.name : memberName(node.callee)) === 'checkpointing'
}
