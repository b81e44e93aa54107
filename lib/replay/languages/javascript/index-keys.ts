import type { Binding, NodePath } from '@babel/traverse'
import type * as t from '@babel/types'
import type { Module } from './module.js'
import { isFunctionNode, literalName } from './syntax.js'

/**
 * Which computed keys are indices, and so name none of a language's own members: `view[i]` is an element, `view[name]` may be
 * `view.buffer`. Told by the syntax alone: an expression is an index if it can be nothing but a number, a truth value, null or undefined.
 */
export function isIndexKey(module: Module, key: t.Node): boolean {
  return isNumber(module, key, new Set())
}

/** Members that objects have without being given them, and that are objects. */
const OF_THE_LANGUAGE = /^(?:buffer|constructor|prototype|__\w+__)$/

/** Whether a computed key is one of some names that are listed (`for (const key of ['weight', 'bias'])`), or that an object itself has (`of Object.keys(…)`). */
export function isNameKey(module: Module, key: t.Node): boolean {
  const binding = key.type === 'Identifier' ? module.bindingOf(key) : undefined
  const { node, parentPath } = binding?.path ?? {}
  const loop = parentPath?.parent
  if (binding?.constant !== true || node?.type !== 'VariableDeclarator' || loop?.type !== 'ForOfStatement')
    return false
  const names = loop.right
  if (node.id.type === 'Identifier' && names.type === 'ArrayExpression')
    return names.elements.every((it) => it?.type === 'StringLiteral' && !OF_THE_LANGUAGE.test(it.value))
  if (names.type !== 'CallExpression' || names.callee.type !== 'MemberExpression') return false
  const { object, property } = names.callee
  if (object.type !== 'Identifier' || object.name !== 'Object' || module.bindingOf(object) !== undefined)
    return false
  const isFirst = node.id.type === 'ArrayPattern' && node.id.elements[0] === binding.identifier
  return literalName(property) === (node.id.type === 'Identifier' ? 'keys' : isFirst ? 'entries' : undefined)
}

const ARITHMETIC = /^(?:[-*/%&|^]|\*\*|<<|>>>?|[!=]==?|[<>]=?|in|instanceof)$/
const COUNTING = /^(?:length|size|byteLength|byteOffset|rank)$/
const NUMBER_METHODS =
  /^(?:indexOf|lastIndexOf|findIndex|findLastIndex|charCodeAt|codePointAt|getTime|push|unshift|has|includes|some|every|test|startsWith|endsWith)$/
const WITH_INDEX = /^(?:map|flatMap|filter|forEach|some|every|find|findIndex|findLast|findLastIndex)$/
const NUMBER_GLOBALS = /^(?:Number|parseInt|parseFloat|BigInt|Boolean|isNaN|isFinite)$/

/** `seen`: variables that are being asked about; one that is set to itself plus one is a number if everything else that it is set to is. */
function isNumber(module: Module, node: t.Node, seen: ReadonlySet<Binding>): boolean {
  const is = (part: t.Node): boolean => isNumber(module, part, seen)
  switch (node.type) {
    case 'NumericLiteral':
    case 'BigIntLiteral':
    case 'BooleanLiteral':
    case 'NullLiteral':
    case 'UpdateExpression':
      return true
    case 'UnaryExpression':
      return node.operator !== 'typeof'
    case 'BinaryExpression':
      return ARITHMETIC.test(node.operator) || (node.operator === '+' && is(node.left) && is(node.right))
    case 'LogicalExpression':
      return is(node.left) && is(node.right)
    case 'ConditionalExpression':
      return is(node.consequent) && is(node.alternate)
    case 'AssignmentExpression':
      return isNumberOf(module, node, seen)
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
      return is(node.expression)
    case 'MemberExpression':
      if (!node.computed) return COUNTING.test(literalName(node.property) ?? '')
      return is(node.property) && isListOfNumbers(module, node.object, seen)
    case 'CallExpression':
      return isCounting(module, node)
    case 'Identifier':
      return isNumberVariable(module, node, seen)
    default:
      return false
  }
}

function isNumberOf(module: Module, node: t.AssignmentExpression, seen: ReadonlySet<Binding>): boolean {
  const operator = node.operator.slice(0, -1)
  if (operator !== '' && ARITHMETIC.test(operator)) return true
  const isPart = (part: t.Node): boolean => isNumber(module, part, seen)
  return operator === '' ? isPart(node.right) : isPart(node.left) && isPart(node.right)
}

function isCounting(module: Module, { callee }: t.CallExpression): boolean {
  if (callee.type === 'Identifier')
    return NUMBER_GLOBALS.test(callee.name) && module.bindingOf(callee) === undefined
  if (callee.type !== 'MemberExpression' || callee.computed) return false
  const { object } = callee
  const isMath =
    object.type === 'Identifier' && object.name === 'Math' && module.bindingOf(object) === undefined
  return isMath || NUMBER_METHODS.test(literalName(callee.property) ?? '')
}

function isNumberVariable(module: Module, node: t.Identifier, seen: ReadonlySet<Binding>): boolean {
  const binding = module.bindingOf(node)
  if (binding === undefined) return /^(?:undefined|NaN|Infinity)$/.test(node.name)
  if (seen.has(binding)) return true
  const inner = new Set([...seen, binding])
  const { path, constantViolations } = binding
  const isSet = constantViolations.every(({ node: at }) =>
    at.type === 'AssignmentExpression' && at.left.type === 'Identifier'
      ? isNumberOf(module, at, inner)
      : at.type === 'UpdateExpression',
  )
  if (!isSet) return false
  const around = path.parentPath?.parent
  if (path.node.type === 'VariableDeclarator') {
    if (path.node.id.type !== 'Identifier') return false
    if (around?.type === 'ForOfStatement' && around.left === path.parent)
      return isOfNumbers(module, around.right, inner)
    return path.node.init == null
      ? around?.type !== 'ForInStatement'
      : isNumber(module, path.node.init, inner)
  }
  return binding.kind === 'param' && isCallbackIndex(binding)
}

const TYPED_ARRAY = /^(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array$/

/** A typed array, or a list of numbers that nothing else is put into: it is only read. */
function isListOfNumbers(module: Module, node: t.Node, seen: ReadonlySet<Binding>): boolean {
  const binding = node.type === 'Identifier' ? module.bindingOf(node) : undefined
  if (binding?.constant !== true || binding.path.node.type !== 'VariableDeclarator') return false
  const { id, init } = binding.path.node
  if (id.type !== 'Identifier' || init == null) return false
  if (init.type === 'NewExpression')
    return (
      init.callee.type === 'Identifier' &&
      TYPED_ARRAY.test(init.callee.name) &&
      module.bindingOf(init.callee) === undefined
    )
  return (
    init.type === 'ArrayExpression' && isOfNumbers(module, init, seen) && binding.referencePaths.every(isRead)
  )
}

/** `list[i]`, not written to, and `for (… of list)`. */
function isRead({ node, parent, parentPath }: NodePath): boolean {
  if (parent.type === 'ForOfStatement') return parent.right === node
  if (parent.type !== 'MemberExpression' || parent.object !== node) return false
  const user = parentPath?.parent
  if (user === undefined || (!parent.computed && literalName(parent.property) !== 'length')) return false
  return (
    /^(?:Binary|Logical|Conditional|Member|Unary)Expression$|^VariableDeclarator$/.test(user.type) ||
    ((user.type === 'CallExpression' || user.type === 'NewExpression') && user.callee !== parent) ||
    (user.type === 'AssignmentExpression' && user.right === parent)
  )
}

/** `[0, 1, 2]`, and a flor loop over that. */
function isOfNumbers(module: Module, node: t.Node, seen: ReadonlySet<Binding>): boolean {
  if (node.type === 'ArrayExpression')
    return node.elements.every((it) => it !== null && isNumber(module, it, seen))
  const isLoop =
    node.type === 'CallExpression' &&
    literalName(node.callee.type === 'MemberExpression' ? node.callee.property : node.callee) === 'loop'
  const source = isLoop ? node.arguments[1] : undefined
  return source !== undefined && isOfNumbers(module, source, seen)
}

/** `(item, i) => …`, given to a method of lists, or to `from`. */
function isCallbackIndex({ path, identifier, scope }: Binding): boolean {
  const code = scope.block
  if (!isFunctionNode(code) || code.params[1] !== identifier) return false
  const call = scope.path.parent
  if (call.type !== 'CallExpression' || call.callee.type !== 'MemberExpression') return false
  const name = literalName(call.callee.property) ?? ''
  const at = call.arguments.indexOf(code as never)
  return path.node === identifier && ((WITH_INDEX.test(name) && at === 0) || (name === 'from' && at === 1))
}
