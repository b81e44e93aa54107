import type * as t from '@babel/types'
import type { Module } from '../module.js'
import { isFunctionNode } from '../syntax.js'
import { isCall, memberName, type Placed, rootOf, walk } from './walk.js'

/** Something that the analysis does not follow, so that what it calls sound is not proved. */
export interface Limit {
  readonly what: string
  readonly path: string
  readonly line: number
}

/** Free names that reach what no walk over the source sees. */
const FREE_NAMES = new Set([
  'arguments',
  'eval',
  'Function',
  'globalThis',
  'global',
  'Proxy',
  'Reflect',
  'Symbol',
  'WeakRef',
  'DataView',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'EventTarget',
])
/** Members by which objects change what they are, or functions are called under another guise. */
const MEMBERS = new Set([
  'prototype',
  '__proto__',
  'constructor',
  'call',
  'bind',
  'defineProperty',
  'defineProperties',
])
MEMBERS.add('setPrototypeOf').add('addEventListener').add('emit').add('once').add('timerify').add('promisify')
/** Methods that the language or the runtime calls by itself. */
const IMPLICIT = new Set([
  'toJSON',
  'fromJSON',
  'save',
  'load',
  'toString',
  'valueOf',
  'then',
  'next',
  'return',
])
const MODULES =
  /^(?:node:)?(?:child_process|worker_threads|cluster|events|stream|vm|util|timers|readline|net|http|https)(?:\/|$)|^#/
const FILES = /^(?:node:)?fs(?:\/promises)?$/
const FILE_WRITES = /^(?:write|append|open|create|rm|unlink|mkdir|rename|copy|cp|truncate)/
const ITERATORS = new Set(['values', 'keys', 'entries', 'matchAll', 'iterator'])

/** The first construct of a file that the analysis does not follow. */
export function findConstruct(module: Module): Limit | undefined {
  for (const placed of walk(module.ast.program)) {
    const what = constructOf(module, placed)
    if (what !== undefined) return { what, path: module.path, line: placed.node.loc?.start.line ?? 0 }
  }
  return undefined
}

/** Whether a file has a generator function. */
export function hasGenerator(module: Module): boolean {
  return [...walk(module.ast.program)].some(({ node }) => 'generator' in node && node.generator === true)
}

/** The first loop of a file whose source may be a generator of the project. */
export function findGenerator(module: Module): Limit | undefined {
  for (const { node } of walk(module.ast.program)) {
    if (
      !isCall(node) ||
      (node.callee.type === 'Identifier' ? node.callee.name : memberName(node.callee)) !== 'loop'
    )
      continue
    const [, source] = node.arguments
    const isPlain =
      source?.type === 'ArrayExpression' || (isCall(source) && !mayGenerate(module, source.callee))
    if (!isPlain)
      return { what: 'a loop over a generator', path: module.path, line: node.loc?.start.line ?? 0 }
  }
  return undefined
}

/** Functions that are imported may be generators; those of globals and of their results are not. */
function mayGenerate(module: Module, callee: t.Node): boolean {
  if (callee.type !== 'Identifier')
    return rootOf(callee) !== undefined && module.bindingOf(rootOf(callee) as t.Node) !== undefined
  return (
    module.bindingOf(callee) !== undefined && (isGenerator(module, callee) || !isFunctionOf(module, callee))
  )
}

function isFunctionOf(module: Module, callee: t.Identifier): boolean {
  const declaration = module.bindingOf(callee)?.path.node
  const code = declaration?.type === 'VariableDeclarator' ? declaration.init : declaration
  return code != null && isFunctionNode(code)
}

function constructOf(module: Module, placed: Placed): string | undefined {
  const { node, around } = placed
  switch (node.type) {
    case 'TryStatement':
      return 'an exception that is caught'
    case 'PrivateName':
      return 'a private field'
    case 'StaticBlock':
    case 'Decorator':
      return 'a class that runs code as it is defined'
    case 'ClassExpression':
      return node.id ? 'a class expression with a name' : undefined
    case 'ClassMethod':
    case 'ObjectMethod':
    case 'ClassProperty':
    case 'ObjectProperty':
      return memberDefinition(node)
    case 'RegExpLiteral':
      return /[gy]/.test(node.flags) ? 'a regular expression that remembers where it stopped' : undefined
    case 'UnaryExpression':
      return node.operator === 'delete' ? '`delete`' : undefined
    case 'ImportDeclaration':
      return importOf(node.source.value)
    case 'Identifier':
      return isFree(module, placed) && FREE_NAMES.has(node.name) ? `\`${node.name}\`` : undefined
    case 'MemberExpression':
    case 'OptionalMemberExpression': {
      const name = memberName(node)
      return name !== undefined && MEMBERS.has(name) ? `\`.${name}\`` : undefined
    }
    case 'CallExpression':
    case 'OptionalCallExpression':
    case 'NewExpression':
      return callOf(module, node, around)
    default:
      return undefined
  }
}

function isFree(module: Module, { node, around }: Placed): boolean {
  const [parent] = around
  if (
    parent !== undefined &&
    memberName(parent) !== undefined &&
    (parent as t.MemberExpression).property === node
  )
    return false
  if (
    (parent?.type === 'ObjectProperty' || parent?.type === 'ClassMethod') &&
    parent.key === node &&
    !parent.computed
  )
    return false
  return module.bindingOf(node) === undefined
}

function memberDefinition(
  node: t.ClassMethod | t.ObjectMethod | t.ClassProperty | t.ObjectProperty,
): string | undefined {
  if ('kind' in node && (node.kind === 'get' || node.kind === 'set')) return 'a getter or setter'
  const isMethod = node.type === 'ClassMethod' || node.type === 'ObjectMethod' || isFunction(node.value)
  if (!isMethod) return undefined
  if (node.computed) return 'a method whose name is computed'
  const name = node.key.type === 'Identifier' ? node.key.name : undefined
  return name !== undefined && IMPLICIT.has(name) ? `a method \`${name}\`` : undefined
}

function isFunction(node: t.Node | null | undefined): boolean {
  return node?.type === 'FunctionExpression' || node?.type === 'ArrowFunctionExpression'
}

function importOf(specifier: string): string | undefined {
  return MODULES.test(specifier) ? `the module \`${specifier}\`` : undefined
}

function callOf(
  module: Module,
  node: t.CallExpression | t.OptionalCallExpression | t.NewExpression,
  around: readonly t.Node[],
): string | undefined {
  const { callee } = node
  if (callee.type === 'Identifier') {
    const { name } = callee
    if (name === 'require' && node.arguments[0]?.type === 'StringLiteral')
      return importOf(node.arguments[0].value)
    if (node.type === 'NewExpression' && name === 'RegExp') return 'a regular expression that is computed'
    if (/^(?:setTimeout|setInterval|setImmediate|queueMicrotask)$/.test(name) && !isSleep(node))
      return 'a timer'
    if (FILE_WRITES.test(name) && isOfFiles(module, callee)) return `\`${name}\`, which writes files`
    return isGenerator(module, callee) ? iteratorOf(around) : undefined
  }
  if (callee.type !== 'MemberExpression' && callee.type !== 'OptionalMemberExpression') return undefined
  const name = memberName(callee)
  if (name === undefined)
    return callee.property.type === 'NumericLiteral' ? undefined : 'a method that is chosen by a computation'
  if (name === 'apply' && isFunctionReceiver(module, callee.object)) return '`.apply` of a function'
  if (name === 'on') return 'an event'
  if (FILE_WRITES.test(name) && isOfFiles(module, callee)) return `\`${name}\`, which writes files`
  return ITERATORS.has(name) ? iteratorOf(around) : undefined
}

/** Whether a call is of the module for files, under whatever name. */
function isOfFiles(module: Module, callee: t.Node): boolean {
  const root = rootOf(callee)
  const declaration = root && module.bindingOf(root)?.path.parent
  return declaration?.type === 'ImportDeclaration' && FILES.test(declaration.source.value)
}

/** Models have a method of this name, too: theirs is one of the variable. */
function isFunctionReceiver(module: Module, receiver: t.Node): boolean {
  if (receiver.type !== 'Identifier') return true
  const declaration = module.bindingOf(receiver)?.path.node
  const code = declaration?.type === 'VariableDeclarator' ? declaration.init : declaration
  return code != null && isFunctionNode(code) && code.type !== 'ClassMethod' && 'params' in code
    ? !code.params.some((it) => it.type === 'Identifier' && it.name === receiver.name)
    : false
}

/** `setTimeout(resolve, ms)`: somebody waits for it. */
function isSleep(node: t.CallExpression | t.OptionalCallExpression | t.NewExpression): boolean {
  return node.arguments[0]?.type === 'Identifier'
}

function isGenerator(module: Module, callee: t.Identifier): boolean {
  const declaration = module.bindingOf(callee)?.path.node
  const code = declaration?.type === 'VariableDeclarator' ? declaration.init : declaration
  return code != null && 'generator' in code && code.generator === true
}

/** An iterator that is used up where it is made is followed; one that is kept remembers how far it came. */
function iteratorOf(around: readonly t.Node[]): string | undefined {
  const [parent] = around[0]?.type === 'AwaitExpression' ? around.slice(1) : around
  const isUsedUp =
    isOfDataset(around) ||
    parent?.type === 'SpreadElement' ||
    parent?.type === 'ForOfStatement' ||
    (parent?.type === 'YieldExpression' && parent.delegate) ||
    (isCall(parent) && isConsumer(parent))
  return isUsedUp ? undefined : 'an iterator that is kept'
}

/** `{ iterator: () => batches() }`: who asks a data set for an iterator says what becomes of it. */
function isOfDataset(around: readonly t.Node[]): boolean {
  const [parent] = around
  const isResult = parent?.type === 'ReturnStatement' || parent?.type === 'ArrowFunctionExpression'
  const code = around.findIndex(isFunctionNode)
  const owner = around[code]?.type === 'ObjectMethod' ? around[code] : around[code + 1]
  return (
    isResult &&
    (owner?.type === 'ObjectMethod' || owner?.type === 'ObjectProperty') &&
    owner.key.type === 'Identifier' &&
    owner.key.name === 'iterator'
  )
}

function isConsumer({
  callee,
  type,
}: t.CallExpression | t.OptionalCallExpression | t.NewExpression): boolean {
  if (type === 'NewExpression') return callee.type === 'Identifier' && /^(?:Map|Set)$/.test(callee.name)
  const name = callee.type === 'Identifier' ? callee.name : memberName(callee)
  return name === 'loop' || name === 'from' || name === 'fromEntries'
}
