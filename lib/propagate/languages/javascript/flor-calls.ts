import type { CallExpression, Node, Program } from '@babel/types'

/** The module that the runtime is imported from. */
export const florModule = 'git-flor'

/** The names under which a file calls the runtime: `namespaces` as `flor.log`, `functions` as `log`. */
export interface FlorNames {
  readonly namespaces: ReadonlySet<string>
  /** Local name to the runtime's name. */
  readonly functions: ReadonlyMap<string, string>
}

/** Reads the imports and requires of the runtime; a file without any is taken to call it `flor`. */
export function findFlorNames(program: Program): FlorNames {
  const namespaces = new Set<string>()
  const functions = new Map<string, string>()
  for (const node of program.body) {
    if (node.type === 'ImportDeclaration' && node.source.value === florModule) {
      for (const specifier of node.specifiers) {
        if (specifier.type !== 'ImportSpecifier') namespaces.add(specifier.local.name)
        else if (specifier.imported.type === 'Identifier')
          functions.set(specifier.local.name, specifier.imported.name)
      }
    }
    if (node.type !== 'VariableDeclaration') continue
    for (const { id, init } of node.declarations) {
      if (requiredModule(init) !== florModule) continue
      if (id.type === 'Identifier') namespaces.add(id.name)
      if (id.type !== 'ObjectPattern') continue
      for (const property of id.properties) {
        if (property.type !== 'ObjectProperty' || property.key.type !== 'Identifier') continue
        if (property.value.type === 'Identifier') functions.set(property.value.name, property.key.name)
      }
    }
  }
  if (namespaces.size === 0 && functions.size === 0) namespaces.add('flor')
  return { namespaces, functions }
}

/** The module that `require('…')` or `await import('…')` names; undefined for anything else. */
export function requiredModule(node: Node | null | undefined): string | undefined {
  if (!node) return undefined
  if (node.type === 'AwaitExpression') return requiredModule(node.argument)
  if (node.type === 'ImportExpression')
    return node.source.type === 'StringLiteral' ? node.source.value : undefined
  if (node.type !== 'CallExpression' || node.arguments.length !== 1) return undefined
  const [argument] = node.arguments
  const isRequire = node.callee.type === 'Identifier' && node.callee.name === 'require'
  if (!isRequire && node.callee.type !== 'Import') return undefined
  return argument?.type === 'StringLiteral' ? argument.value : undefined
}

/** `{ method: 'log', name: 'loss' }` for `flor.log('loss', …)`; undefined for calls of anything else. */
export function readFlorCall(
  node: CallExpression,
  names: FlorNames,
): { method: string; name: string } | undefined {
  const { callee } = node
  let method: string | undefined
  if (callee.type === 'Identifier') method = names.functions.get(callee.name)
  else if (
    callee.type === 'MemberExpression' &&
    callee.object.type === 'Identifier' &&
    callee.property.type === 'Identifier' &&
    names.namespaces.has(callee.object.name)
  )
    method = callee.property.name
  if (method === undefined) return undefined
  const [first] = node.arguments
  if (first?.type === 'StringLiteral') return { method, name: first.value }
  if (first?.type === 'TemplateLiteral' && first.expressions.length === 0)
    return { method, name: first.quasis[0]?.value.cooked ?? '' }
  return undefined
}

/** The flor loop that a loop iterates over: `flor.loop('epoch', …)` at the root of `node` or in the chain of its receivers. */
export function findLoopName(node: Node | null | undefined, names: FlorNames): string | undefined {
  // A loop, and no recursion: chains of calls can be longer than the stack is deep.
  for (let current = node; current; ) {
    if (current.type === 'AwaitExpression') current = current.argument
    else if (current.type === 'MemberExpression') current = current.object
    else if (current.type === 'CallExpression') {
      const call = readFlorCall(current, names)
      if (call?.method === 'loop') return call.name
      current = current.callee
    } else return undefined
  }
  return undefined
}
