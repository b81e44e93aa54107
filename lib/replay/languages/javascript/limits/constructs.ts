import type * as t from '@babel/types'
import type { Module } from '../module.js'
import { isFunctionNode } from '../syntax.js'
import {
  FOLLOWED_GLOBALS,
  FOLLOWED_NODE_FUNCTIONS,
  FOLLOWED_NODE_MODULES,
  FOLLOWED_SYNTAX,
  IMPLICIT_METHODS,
  NODE_MODULES,
  REFLECTIVE_MEMBERS,
} from './followed.js'
import { isCall, memberName, type Placed, rootOf, targetOf, walk } from './walk.js'

/** Something that the analysis does not follow, so that what it calls sound is not proved. */
export interface Limit {
  readonly what: string
  readonly path: string
  readonly line: number
}

const ARRAY_METHODS =
  /^(?:slice|map|filter|concat|flat|flatMap|toSorted|toReversed|fill|keys|values|entries)$/
const CAUGHT = 'an exception that is caught'
const ITERATORS = new Set(['values', 'keys', 'entries', 'matchAll', 'iterator'])

/** The first construct of a file that is not on the list of what the analysis follows. */
export function findConstruct(module: Module, hasIterators = true): Limit | undefined {
  for (const placed of walkCode(module.ast.program)) {
    const what = constructOf(module, placed, hasIterators)
    if (what !== undefined) return { what, path: module.path, line: placed.node.loc?.start.line ?? 0 }
  }
  return undefined
}

/** Types of TypeScript say nothing about what is executed. */
function* walkCode(root: t.Node): Generator<Placed> {
  for (const placed of walk(root, ({ node }) => !isType(node))) if (!isType(placed.node)) yield placed
}

function isType(node: t.Node): boolean {
  if ('declare' in node && node.declare === true) return true
  if ((node.type === 'ImportDeclaration' || node.type === 'ImportSpecifier') && node.importKind === 'type')
    return true
  return (
    node.type.startsWith('TS') &&
    !FOLLOWED_SYNTAX.has(node.type) &&
    !/^TS(?:Enum|Module|Import|Export)/.test(node.type)
  )
}

/** Whether a file has a generator function. */
export function hasGenerator(module: Module): boolean {
  return [...walk(module.ast.program)].some(({ node }) => 'generator' in node && node.generator === true)
}

/** The first loop of a file, of those that are not nested, whose source may be a generator of the project. */
export function findGenerator(module: Module, isNested: (loop: t.Node) => boolean): Limit | undefined {
  for (const { node, around } of walk(module.ast.program)) {
    if (around[0] !== undefined && isNested(around[0])) continue
    if (
      !isCall(node) ||
      (node.callee.type === 'Identifier' ? node.callee.name : memberName(node.callee)) !== 'loop'
    )
      continue
    const [, source] = node.arguments
    const isPlain = source !== undefined && givesArray(module, source, 0)
    if (!isPlain)
      return { what: 'a loop over a generator', path: module.path, line: node.loc?.start.line ?? 0 }
  }
  return undefined
}

/** Whether an expression gives an array, or an iterator of the language's over one: nothing happens behind its last item. */
function givesArray(module: Module, node: t.Node, depth: number): boolean {
  if (depth > 8) return false
  const gives = (part: t.Node): boolean => givesArray(module, part, depth + 1)
  if (node.type === 'ArrayExpression') return true
  if (node.type === 'Identifier') {
    const code = codeOf(module, node)
    return module.bindingOf(node)?.constant === true && code != null && gives(code)
  }
  if (!isCall(node)) return false
  const { callee } = node
  if (isMember(callee)) {
    const root = rootOf(callee)
    if (root !== undefined && module.bindingOf(root) === undefined) return true
    return ARRAY_METHODS.test(memberName(callee) ?? '') && gives(callee.object)
  }
  if (callee.type !== 'Identifier') return false
  if (module.bindingOf(callee) === undefined) return /Array$/.test(callee.name)
  const code = codeOf(module, callee)
  if (code == null || !isFunctionNode(code) || code.generator === true) return false
  return code.body.type !== 'BlockStatement'
    ? gives(code.body)
    : [...walk(code.body, ({ node }) => !isFunctionNode(node))].every(
        ({ node }) => node.type !== 'ReturnStatement' || (node.argument != null && gives(node.argument)),
      )
}

function codeOf(module: Module, callee: t.Identifier): t.Node | null | undefined {
  const declaration = module.bindingOf(callee)?.path.node
  return declaration?.type === 'VariableDeclarator' ? declaration.init : declaration
}

function constructOf(module: Module, placed: Placed, hasIterators: boolean): string | undefined {
  const { node, around } = placed
  if (!FOLLOWED_SYNTAX.has(node.type)) return syntaxName(node)
  const target = targetOf(node) ?? headOf(node)
  const assigned = target === undefined ? undefined : assignmentTo(module, target)
  if (assigned !== undefined) return assigned
  switch (node.type) {
    case 'ClassExpression':
      return node.id ? 'a class expression with a name' : undefined
    case 'MetaProperty':
      return metaProperty(node, around)
    case 'ThisExpression':
      return hasOwner(around) ? undefined : '`this` outside of a class'
    case 'ClassMethod':
    case 'ObjectMethod':
    case 'ClassProperty':
    case 'ObjectProperty':
      return memberDefinition(node, around, hasIterators)
    case 'StringLiteral':
      return reflectiveText(node)
    case 'RegExpLiteral':
      return /[gy]/.test(node.flags) ? 'a regular expression that remembers where it stopped' : undefined
    case 'UnaryExpression':
      return node.operator === 'delete' ? deletion(module, node) : undefined
    case 'ImportDeclaration':
      return importOf(node)
    case 'ImportSpecifier':
      return importedName(node, around)
    case 'Identifier':
      return isFree(module, placed) ? globalOf(node, around) : undefined
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return member(module, node)
    case 'CallExpression':
    case 'OptionalCallExpression':
    case 'NewExpression':
      return callOf(module, node, around)
    default:
      return undefined
  }
}

/** Whether `this` is that of a class, or of an object that the code is a method of; of a function that is called plainly it is the global object. */
function hasOwner(around: readonly t.Node[]): boolean {
  const at = around.findIndex(
    (it) => it.type === 'ClassProperty' || (isFunctionNode(it) && it.type !== 'ArrowFunctionExpression'),
  )
  const code = around[at]
  if (code === undefined) return false
  if (code.type === 'ClassMethod' || code.type === 'ClassProperty' || code.type === 'ObjectMethod')
    return true
  const holder = around[at + 1]
  return (
    code.type === 'FunctionExpression' &&
    ((holder?.type === 'ObjectProperty' && holder.value === code) ||
      (holder?.type === 'AssignmentExpression' && isMember(holder.left)))
  )
}

function syntaxName(node: t.Node): string {
  const names: Readonly<Record<string, string>> = {
    TryStatement: CAUGHT,
    PrivateName: 'a private field',
    ClassPrivateProperty: 'a private field',
    ClassPrivateMethod: 'a private method',
    StaticBlock: 'a class that runs code as it is defined',
    Decorator: 'a decorator',
  }
  return names[node.type] ?? `a ${node.type}`
}

/** What a plain loop writes for each item: `for (state.k of …)`. */
function headOf(node: t.Node): t.Node | undefined {
  return (node.type === 'ForOfStatement' || node.type === 'ForInStatement') &&
    node.left.type !== 'VariableDeclaration'
    ? node.left
    : undefined
}

/** Parts of a URL: each is computed of the whole, and changes it. */
const ADDRESS_PARTS = /^(?:hash|host|hostname|href|password|pathname|port|protocol|search|username)$/

/** Writing to what belongs to the language or to node changes it for all code. */
function assignmentTo(module: Module, target: t.Node): string | undefined {
  const root = rootOf(target)
  if (root !== undefined && module.bindingOf(root) === undefined && !/^(?:exports|module)$/.test(root.name)) {
    const isExitCode = root.name === 'process' && memberName(target) === 'exitCode'
    return isExitCode ? undefined : `an assignment to \`${root.name}\``
  }
  const name = memberName(target)
  return name !== undefined && ADDRESS_PARTS.test(name) ? `an assignment to \`.${name}\`` : undefined
}

function metaProperty(node: t.MetaProperty, [parent]: readonly t.Node[]): string | undefined {
  if (node.meta.name !== 'import') return `\`${node.meta.name}.${node.property.name}\``
  const name = parent === undefined ? undefined : memberName(parent)
  return name !== undefined && /^(?:url|dirname|filename|resolve|main)$/.test(name)
    ? undefined
    : '`import.meta`'
}

/** A name that no declaration of the project gives, where it is read as a variable. */
function isFree(module: Module, { node, around }: Placed): boolean {
  const [parent] = around
  if (parent === undefined || module.bindingOf(node) !== undefined) return false
  if (/^(?:Import|Export)/.test(parent.type) && parent.type !== 'ExportDefaultDeclaration') return false
  if (/^(?:LabeledStatement|BreakStatement|ContinueStatement|MetaProperty)$/.test(parent.type)) return false
  if (isMember(parent) && parent.property === node && !parent.computed) return false
  const isKey = 'key' in parent && parent.key === node && !('computed' in parent && parent.computed)
  return !isKey || (parent.type === 'ObjectProperty' && parent.shorthand && parent.value === node)
}

function isMember(node: t.Node): node is t.MemberExpression | t.OptionalMemberExpression {
  return node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression'
}

const CONSTANTS = /^(?:undefined|NaN|Infinity|__dirname|__filename|require|exports|flor)$/
const CALLING_BACK =
  /^(?:map|flatMap|filter|some|every|find|findIndex|findLast|findLastIndex|forEach|from|then)$/

/**
 * Whether a function or class of the language is called, made anew, extended, asked about, or given to a method that calls it: given to anything
 * else, it would be an object that things may be put on.
 */
function isAskedOrCalled(node: t.Identifier, [parent]: readonly t.Node[]): boolean {
  if (CONSTANTS.test(node.name) || parent === undefined) return true
  if (isCall(parent)) {
    const name = memberName(parent.callee)
    return parent.callee === node || (name !== undefined && CALLING_BACK.test(name))
  }
  if (parent.type === 'BinaryExpression') return true
  if (parent.type === 'UnaryExpression') return parent.operator === 'typeof'
  if (parent.type === 'ClassDeclaration' || parent.type === 'ClassExpression')
    return parent.superClass === node
  return false
}

function globalOf(node: t.Identifier, around: readonly t.Node[]): string | undefined {
  const [parent] = around
  if (node.name === 'Symbol' && around[1] !== undefined && isIteratorMethod(around[1])) return undefined
  const followed = FOLLOWED_GLOBALS.get(node.name)
  const named = `\`${node.name}\``
  if (followed === undefined) return named
  if (parent !== undefined && isMember(parent) && parent.object === node) {
    const name = memberName(parent)
    if (node.name === 'exports' || node.name === 'flor') return undefined
    if (name !== undefined && followed.members.has(name)) return undefined
    // Members of functions: `Map.name` is nothing that a training would want.
    return name === undefined
      ? `a member of ${named} that is chosen by a computation`
      : `\`${node.name}.${name}\``
  }
  if (followed.isAlone && isAskedOrCalled(node, around)) return undefined
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'ObjectPattern') {
    const isFollowed = (it: t.Node): boolean =>
      it.type === 'ObjectProperty' && it.key.type === 'Identifier' && followed.members.has(it.key.name)
    return parent.id.properties.every(isFollowed) ? undefined : named
  }
  return named
}

function member(module: Module, node: t.MemberExpression | t.OptionalMemberExpression): string | undefined {
  const name = memberName(node)
  const root = rootOf(node.object)
  const source = root && importSource(module, root)
  if (name === undefined) {
    const isNode = source !== undefined && nodeModule(source) !== undefined && node.object === root
    return isNode ? `a member of ${source} that is chosen by a computation` : undefined
  }
  if (REFLECTIVE_MEMBERS.has(name)) return `\`.${name}\``
  // `fs.writeFileSync`, `fs.promises.rm`.
  return source === undefined ? undefined : functionOf(source, name)
}

/** `list[key]` with such a key reaches what all lists are made of. */
function reflectiveText({ value }: t.StringLiteral): string | undefined {
  return /^(?:__\w+__|prototype|constructor)$/.test(value) ? `the name \`${value}\`` : undefined
}

function importSource(module: Module, root: t.Identifier): string | undefined {
  const binding = module.bindingOf(root)
  const declaration = binding?.path.parent
  const isWhole =
    binding !== undefined && /^Import(?:Default|Namespace)Specifier$/.test(binding.path.node.type)
  return isWhole && declaration?.type === 'ImportDeclaration' ? declaration.source.value : undefined
}

function memberDefinition(
  node: t.ClassMethod | t.ObjectMethod | t.ClassProperty | t.ObjectProperty,
  [parent]: readonly t.Node[],
  hasIterators: boolean,
): string | undefined {
  if ('kind' in node && (node.kind === 'get' || node.kind === 'set') && !isReader(node))
    return 'a getter or setter'
  const name = node.key.type === 'Identifier' && !node.computed ? node.key.name : literalKey(node.key)
  if (name === 'stateful') return '`stateful`, by which a layer keeps what no checkpoint holds,'
  if (name !== undefined && /^(?:prototype|__\w+__)$/.test(name)) return `\`${name}\``
  if (name === 'constructor' && parent?.type !== 'ClassBody') return '`constructor`'
  const isMethod = node.type === 'ClassMethod' || node.type === 'ObjectMethod' || isFunction(node.value)
  const isDefining = parent?.type !== 'ObjectPattern'
  if (isDefining && name !== undefined && isMethod && isCalledImplicitly(name, parent, hasIterators))
    return `a method \`${name}\``
  return isMethod && node.computed && !isIteratorMethod(node) ? 'a method whose name is computed' : undefined
}

/** `save` and `load` are called where an object has both, `next` and the like of iterators that are made by hand. */
function isCalledImplicitly(name: string, parent: t.Node | undefined, hasIterators: boolean): boolean {
  if (/^(?:next|return|throw)$/.test(name)) return hasIterators
  const other = COUNTERPARTS.get(name)
  if (other === undefined || parent === undefined) return IMPLICIT_METHODS.has(name)
  const members =
    'body' in parent
      ? (parent.body as unknown as t.Node[])
      : 'properties' in parent
        ? (parent.properties as t.Node[])
        : undefined
  if (members === undefined || !Array.isArray(members)) return true
  return members.some(
    (it) =>
      'key' in it && (it.key as t.Node).type === 'Identifier' && (it.key as t.Identifier).name === other,
  )
}

const COUNTERPARTS: ReadonlyMap<string, string> = new Map([
  ['save', 'load'],
  ['load', 'save'],
  ['fromJSON', 'toJSON'],
])

/** Whether a file has iterators that are made by hand, or asks for them: those of generators are the language's. */
export function hasIterators(module: Module): boolean {
  for (const { node, around } of walk(module.ast.program)) {
    if (node.type !== 'Identifier' || !/^(?:iterator|asyncIterator)$/.test(node.name)) continue
    const owner = around[1]
    if (!(owner !== undefined && isIteratorMethod(owner))) return true
  }
  return false
}

/** `*[Symbol.iterator]() { … }` */
function isIteratorMethod(node: t.Node): boolean {
  return (
    (node.type === 'ClassMethod' || node.type === 'ObjectMethod') &&
    node.generator &&
    node.computed &&
    node.key.type === 'MemberExpression' &&
    node.key.object.type === 'Identifier' &&
    node.key.object.name === 'Symbol' &&
    /^(?:iterator|asyncIterator)$/.test(memberName(node.key) ?? '')
  )
}

/** A getter of a class that only computes something: when, and how often it is asked, makes no difference. */
function isReader(node: t.Node): boolean {
  if (node.type !== 'ClassMethod' || node.kind !== 'get' || node.static || node.computed) return false
  return [...walk(node.body)].every(({ node: it }) => {
    if (/^(?:Assignment|Update|New|Await|Yield|TaggedTemplate)Expression$/.test(it.type)) return false
    if (it.type === 'UnaryExpression') return it.operator !== 'delete'
    if (!isCall(it)) return true
    const name = memberName(it.callee)
    return name !== undefined && READING.test(name)
  })
}

const READING =
  /^(?:map|filter|reduce|slice|concat|join|includes|indexOf|at|some|every|flat|flatMap|has|abs|max|min|sqrt|floor|ceil|round|hypot|exp|log|toFixed)$/

/** Of a field of something of the project's, which its restoring takes away, too. */
function deletion(module: Module, { argument }: t.UnaryExpression): string | undefined {
  if (!isMember(argument)) return '`delete`'
  const root = rootOf(argument)
  const isOwn =
    root === undefined
      ? isOfThis(argument)
      : module.bindingOf(root) !== undefined && importSource(module, root) === undefined
  return isOwn ? undefined : '`delete`'
}

function isOfThis(node: t.Node): boolean {
  return isMember(node) ? isOfThis(node.object) : node.type === 'ThisExpression'
}

function literalKey(node: t.Node): string | undefined {
  return node.type === 'StringLiteral' ? node.value : undefined
}

function isFunction(node: t.Node | null | undefined): boolean {
  return node?.type === 'FunctionExpression' || node?.type === 'ArrowFunctionExpression'
}

function importOf({ source, importKind }: t.ImportDeclaration): string | undefined {
  return importKind === 'type' ? undefined : moduleOf(source.value)
}

function moduleOf(specifier: string): string | undefined {
  const name = nodeModule(specifier)
  const isFollowed = name === undefined ? !specifier.startsWith('#') : FOLLOWED_NODE_MODULES.has(name)
  return isFollowed ? undefined : `the module \`${specifier}\``
}

function nodeModule(specifier: string): string | undefined {
  const name = specifier.replace(/^node:/, '')
  return specifier.startsWith('node:') || NODE_MODULES.has(name) ? name : undefined
}

function functionOf(specifier: string, name: string): string | undefined {
  const followed = FOLLOWED_NODE_FUNCTIONS.get(nodeModule(specifier) ?? '')
  if (followed === undefined || followed.has(name)) return undefined
  return `\`${name}\` of ${specifier}`
}

/** A function that is imported by name; of the runtime, under its own. */
function importedName(node: t.ImportSpecifier, [parent]: readonly t.Node[]): string | undefined {
  if (parent?.type !== 'ImportDeclaration') return undefined
  const name = node.imported.type === 'Identifier' ? node.imported.name : node.imported.value
  if (parent.source.value === 'git-flor' && node.local.name !== name) return `\`${name}\` under another name`
  return functionOf(parent.source.value, name)
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
      return moduleOf(node.arguments[0].value)
    return isGenerator(module, callee) ? iteratorOf(around) : undefined
  }
  if (callee.type === 'Import') {
    const [source] = node.arguments
    return source?.type === 'StringLiteral' ? moduleOf(source.value) : undefined
  }
  if (!isMember(callee)) return undefined
  const name = memberName(callee)
  if (name === undefined)
    return callee.property.type === 'NumericLiteral' ? undefined : 'a method that is chosen by a computation'
  if (name === 'apply' && isFunctionReceiver(module, callee.object)) return '`.apply` of a function'
  if (catches(name, node) && !isDiscarded(around)) return CAUGHT
  return ITERATORS.has(name) && !isGlobalCall(module, callee) ? iteratorOf(around) : undefined
}

/** `promise.catch(…)`, and `then` with two functions. */
function catches(name: string, node: t.CallExpression | t.OptionalCallExpression | t.NewExpression): boolean {
  return (name === 'catch' && node.arguments.length > 0) || (name === 'then' && node.arguments.length > 1)
}

/** Whether nothing is done with what a call gives, as in `main().catch(report)`. */
function isDiscarded(around: readonly t.Node[]): boolean {
  const user = around.find((it) => !/^(?:AwaitExpression|ParenthesizedExpression)$/.test(it.type))
  return (
    user?.type === 'ExpressionStatement' || (user?.type === 'UnaryExpression' && user.operator === 'void')
  )
}

/** `Object.values(…)` gives an array. */
function isGlobalCall(module: Module, callee: t.MemberExpression | t.OptionalMemberExpression): boolean {
  return (
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Object' &&
    module.bindingOf(callee.object) === undefined
  )
}

/** Models have a method of this name, too: theirs is one of the variable. */
function isFunctionReceiver(module: Module, receiver: t.Node): boolean {
  if (receiver.type !== 'Identifier') return true
  const code = codeOf(module, receiver)
  return code != null && isFunctionNode(code) && code.type !== 'ClassMethod' && 'params' in code
    ? !code.params.some((it) => it.type === 'Identifier' && it.name === receiver.name)
    : module.bindingOf(receiver) === undefined
}

function isGenerator(module: Module, callee: t.Identifier): boolean {
  const code = codeOf(module, callee)
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
