import type * as t from '@babel/types'
import { isIntegration } from '../integrations.js'
import type { Module } from '../module.js'
import { isFunctionNode } from '../syntax.js'
import type { Limit } from './constructs.js'
import type { Places } from './once.js'
import { isCall, memberName, rootOf, targetOf, walk } from './walk.js'

/** What the walk saw of calls of `checkpointing`, under whatever name. */
interface CheckpointingSeen {
  readonly isCheckpointing: boolean
  /** One was executed behind a main loop, whose checkpoints know nothing of it. */
  readonly isCheckpointingLate: boolean
}

/**
 * Why what `flor.checkpointing` is given cannot be relied upon as one object that lasts through the run and is restored as it was: there must be one
 * call that is executed in any case, and each object must be made in one place that is executed once. Integrations of the runtime
 * have calls of their own beside it, in functions that a script may or may not use.
 */
export function findCheckpointLimit(
  places: Places,
  { isCheckpointing: isCalled, isCheckpointingLate: isLate }: CheckpointingSeen,
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
  const [, another] = calls.filter((it) => !isIntegration(it.module.path))
  if (another !== undefined) return limit('a second call of checkpointing', another.node)
  const [last] = calls.slice(-1)
  if (isLate && last !== undefined) return limit('a call of checkpointing behind a main loop', last.node)
  const roots = new Set<t.Node>()
  for (const { node, around } of calls) {
    const found = limitOfCall(places, node, around, roots, limit)
    if (found !== undefined) return found
  }
  return findExchange(places, roots, limit)
}

function limitOfCall(
  places: Places,
  call: t.CallExpression,
  around: readonly t.Node[],
  roots: Set<t.Node>,
  limit: (what: string, node: t.Node) => Limit,
): Limit | undefined {
  const condition = around.find((it) => /^(?:If|Switch|Conditional|Logical|Try)/.test(it.type))
  if (condition !== undefined || !places.isOnce(call)) {
    return limit('a call of checkpointing that may be executed never or more than once', call)
  }
  const [given] = call.arguments
  if (given?.type !== 'ObjectExpression')
    return limit('checkpointing of something other than an object literal', call)
  for (const property of given.properties) {
    if (property.type !== 'ObjectProperty' || property.computed)
      return limit('a computed name in checkpointing', property)
    const what = unsettled(places, property.value, roots, 0)
    if (what !== undefined) return limit(what, property)
  }
  return undefined
}

function isCheckpointing(node: t.Node): node is t.CallExpression {
  if (node.type !== 'CallExpression') return false
  return (node.callee.type === 'Identifier' ? node.callee.name : memberName(node.callee)) === 'checkpointing'
}

/** Why an expression may be different objects at different times, or a part of another one; notes the variables that it goes through. */
function unsettled(places: Places, node: t.Node, roots: Set<t.Node>, depth: number): string | undefined {
  if (depth > 8) return 'a checkpointed object that comes from far away'
  const settled = (part: t.Node): string | undefined => unsettled(places, part, roots, depth + 1)
  switch (node.type) {
    case 'Identifier':
      return unsettledVariable(places, node, roots, depth)
    case 'AwaitExpression':
      return settled(node.argument)
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
      return settled(node.expression)
    case 'ObjectExpression':
      for (const property of node.properties) {
        const what =
          property.type === 'ObjectProperty'
            ? settled(property.value)
            : 'a checkpointed object with methods or a spread'
        if (what !== undefined) return what
      }
      return undefined
    case 'ArrayExpression':
      for (const element of node.elements) {
        const what = element === null ? undefined : settled(element)
        if (what !== undefined) return what
      }
      return undefined
    case 'NumericLiteral':
    case 'StringLiteral':
    case 'BooleanLiteral':
    case 'NullLiteral':
    case 'BigIntLiteral':
    case 'UnaryExpression':
    case 'BinaryExpression':
    case 'TemplateLiteral':
      return undefined
    case 'NewExpression':
    case 'CallExpression':
      return unsettledCall(places, node)
    default:
      return 'a checkpointed object that is chosen or is part of another'
  }
}

function unsettledVariable(
  places: Places,
  node: t.Identifier,
  roots: Set<t.Node>,
  depth: number,
): string | undefined {
  const module = places.moduleOf(node)
  const binding = module?.bindingOf(node)
  if (binding === undefined && /^(?:Infinity|NaN|undefined)$/.test(node.name)) return undefined
  if (binding === undefined || !binding.constant)
    return `\`${node.name}\`, which is checkpointed and assigned more than once`
  roots.add(binding.identifier)
  const declaration = binding.path.node
  if (declaration.type === 'VariableDeclarator' && declaration.id.type === 'Identifier' && declaration.init) {
    if (!places.isOnce(declaration)) return `\`${node.name}\`, which is checkpointed and made more than once`
    return unsettled(places, declaration.init, roots, depth + 1)
  }
  const code = places.aroundOf(binding.identifier)[0]
  if (code !== undefined && 'params' in code && Array.isArray(code.params)) {
    const argument = places.onlyCall(code)?.arguments[code.params.indexOf(binding.identifier as never)]
    if (argument !== undefined) return unsettled(places, argument, roots, depth + 1)
  }
  return `\`${node.name}\`, which is checkpointed and whose origin is not plain`
}

/** A call that makes an object: of a package or of the language, or of a function or class of the project that is used in one place only. */
function unsettledCall(places: Places, node: t.NewExpression | t.CallExpression): string | undefined {
  const { callee } = node
  if (callee.type === 'Identifier') {
    const module = places.moduleOf(node)
    const declaration = module && places.declarationOf(module, callee)
    const origin = declaration && places.moduleOf(declaration)?.bindingOf(declaration)?.path.node
    if (origin === undefined || origin === null) return unsettledParts(places, callee.name, node)
    if (/^Import/.test(origin.type)) return undefined
    if (origin.type === 'ClassDeclaration')
      return 'an instance of a class of the project that is checkpointed'
    const code = origin.type === 'VariableDeclarator' ? origin.init : origin
    return code && places.onlyCall(code) === node
      ? undefined
      : 'a checkpointed object made by a function that is used elsewhere, too'
  }
  // `new Float64Array(n).map(…)`: of an object that nobody else has.
  if (callee.type === 'MemberExpression' && isCall(callee.object)) {
    if (callee.object.type === 'OptionalCallExpression') return 'a checkpointed object that may be absent'
    return unsettledCall(places, callee.object) ?? unsettledParts(places, 'Array', node)
  }
  const first = rootOf(callee)
  const binding = first && places.moduleOf(first)?.bindingOf(first)
  const isForeign = first !== undefined && (binding === undefined || /^Import/.test(binding.path.node.type))
  if (!isForeign) return 'a checkpointed object that another one gave out'
  return binding === undefined ? unsettledParts(places, first.name, node) : undefined
}

/** `new Map(parts)`, `Array.from(list)`: somebody else may have the parts, and which of them there are may be decided by a computation. */
function unsettledParts(
  places: Places,
  maker: string,
  node: t.NewExpression | t.CallExpression,
): string | undefined {
  if (!/^(?:Array|Object|Map|Set)$/.test(maker)) return undefined
  const isSettled = node.arguments.every((it) => isFresh(places, it))
  return isSettled ? undefined : 'a checkpointed object made of parts that others may have, too'
}

/** An expression that gives something that nobody else has: a number or text, or an object made here and only here. */
function isFresh(places: Places, node: t.Node): boolean {
  const fresh = (part: t.Node): boolean => isFresh(places, part)
  if (/Literal$/.test(node.type) || /^(?:Unary|Update|Binary)Expression$/.test(node.type)) return true
  if (isFunctionNode(node)) return returnedBy(node).every(fresh)
  switch (node.type) {
    case 'Identifier':
    case 'MemberExpression':
      return isValue(places, node)
    case 'LogicalExpression':
      return fresh(node.left) && fresh(node.right)
    case 'ConditionalExpression':
      return fresh(node.consequent) && fresh(node.alternate)
    case 'ObjectExpression':
      return node.properties.every((it) => it.type === 'ObjectProperty' && fresh(it.value))
    case 'ArrayExpression':
      return node.elements.every((it) => it === null || fresh(it))
    case 'NewExpression':
    case 'CallExpression': {
      if (memberName(node.callee) !== undefined && !rootOf(node.callee)) return false
      return unsettledCall(places, node) === undefined
    }
    default:
      return false
  }
}

/** A variable, or a member of one, that is no object. */
function isValue(places: Places, node: t.Node): boolean {
  const module = places.moduleOf(node)
  return module !== undefined && !places.mayBeObject(module, node)
}

function returnedBy({ body }: t.Function): t.Node[] {
  if (body.type !== 'BlockStatement') return [body]
  return [...walk(body, ({ node }) => !isFunctionNode(node))].flatMap(({ node }) =>
    node.type === 'ReturnStatement' && node.argument ? [node.argument] : [],
  )
}

/** Where a part of a checkpointed object is exchanged for a new one: it is restored in place, and who holds the old part would see the restored one. */
function findExchange(
  places: Places,
  roots: ReadonlySet<t.Node>,
  limit: (what: string, node: t.Node) => Limit,
): Limit | undefined {
  const isRoot = (node: t.Node): boolean => {
    const root = rootOf(node)
    const binding = root && root !== node ? places.moduleOf(root)?.bindingOf(root) : undefined
    return binding !== undefined && roots.has(binding.identifier)
  }
  for (const module of places.modules) {
    for (const { node } of walk(module.ast.program)) {
      const isOnce = places.isOnceInRun(node)
      const isTaken = (part: t.Node): boolean =>
        isOnce ? isFresh(places, part) : isPlain(part) && isFreshOrCall(places, part)
      const isComputed =
        node.type === 'AssignmentExpression' &&
        /^[-+*/%&|^<>]/.test(node.operator) &&
        !/^(?:&&|\|\|)/.test(node.operator)
      if (node.type === 'AssignmentExpression' && !isComputed && isRoot(node.left) && !isTaken(node.right)) {
        return limit('a part of checkpointed state that is exchanged, or that others have, too,', node)
      }
      const target = targetOf(node)
      if (!isOnce && target !== undefined && isRoot(target) && isPropertyOfList(places, target)) {
        return limit('a property that is put on a checkpointed list', node)
      }
      if (!isCall(node) || !isRoot(node.callee)) continue
      const name = memberName(node.callee)
      const isMoving =
        !isOnce && /^(?:unshift|shift|splice|sort|reverse|delete|copyWithin|compile)$/.test(name ?? '')
      const isAdding = /^(?:push|set|add|fill)$/.test(name ?? '') && !node.arguments.every(isTaken)
      if (isMoving || isAdding) return limit('checkpointed state whose parts are moved or exchanged', node)
    }
  }
  return undefined
}

/** `weights.count`, of an array, typed array, map or set: restored are its elements. */
function isPropertyOfList(places: Places, target: t.Node): boolean {
  if (
    memberName(target) === undefined ||
    target.type !== 'MemberExpression' ||
    target.object.type !== 'Identifier'
  )
    return false
  const declaration = places.moduleOf(target.object)?.bindingOf(target.object)?.path.node
  const made = declaration?.type === 'VariableDeclarator' ? declaration.init : undefined
  if (made == null || made.type === 'ArrayExpression') return made != null
  if (!isCall(made)) return false
  const root =
    made.callee.type === 'MemberExpression' && isCall(made.callee.object)
      ? made.callee.object.callee
      : made.callee
  return /(?:Array|^Map|^Set)$/.test(rootOf(root)?.name ?? '')
}

/** Calls that give a number or text are told by {@link isPlain}. */
function isFreshOrCall(places: Places, node: t.Node): boolean {
  const parts =
    node.type === 'ConditionalExpression'
      ? [node.consequent, node.alternate]
      : node.type === 'LogicalExpression'
        ? [node.left, node.right]
        : undefined
  if (parts !== undefined) return parts.every((it) => isFreshOrCall(places, it))
  return node.type === 'Identifier' || node.type === 'MemberExpression' ? isValue(places, node) : true
}

/** An expression that gives a number, text or the like, or the value of a variable. */
function isPlain(node: t.Node): boolean {
  if (/Literal$/.test(node.type)) return node.type !== 'RegExpLiteral'
  switch (node.type) {
    case 'Identifier':
    case 'UnaryExpression':
    case 'UpdateExpression':
    case 'BinaryExpression':
    case 'MemberExpression':
      return true
    case 'LogicalExpression':
      return isPlain(node.left) && isPlain(node.right)
    case 'ConditionalExpression':
      return isPlain(node.consequent) && isPlain(node.alternate)
    case 'AwaitExpression':
      return isPlain(node.argument)
    case 'CallExpression': {
      const root = rootOf(node.callee)
      return root !== undefined && /^(?:Math|Number|String|flor|tf)$/.test(root.name)
    }
    default:
      return false
  }
}
