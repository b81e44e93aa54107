import type * as t from '@babel/types'
import type { Module } from '../module.js'
import { isFunctionNode, literalName } from '../syntax.js'
import type { Places } from './once.js'
import { isCall, memberName, rootOf, walk } from './walk.js'

const READS = /^readFile(?:Sync)?$/
/** Modules of node whose functions read or write files. */
export const FILE_MODULES = /^(?:node:)?fs(?:\/promises)?$/

const PLACES = /^(?:__dirname|__filename)$/
const PATH_MODULES = /^(?:node:)?path(?:\/posix)?$/
/** What computes with text and lists, and reads nothing by itself. */
const COMPUTING_MODULES = /^(?:node:)?(?:path(?:\/posix)?|url)$/

/**
 * What a value shows of where and among which files the script is executed: a replay stands in a folder of its own, which holds the commit's
 * files and nothing else. Followed are the expression and the variables with one value in it; what is read from a file by its path is no
 * part of the path.
 * @returns undefined where nothing is found
 */
export function surroundingsIn(places: Places, root: t.Node): string | undefined {
  return new Surroundings(places).find(root)
}

class Surroundings {
  readonly #seen = new Set<string>()
  #values: ReadonlyMap<string, readonly t.Node[]> | undefined

  constructor(private readonly places: Places) {}

  /** `part`: the property of the value that is asked about, where only one is. */
  find(node: t.Node | null | undefined, part?: string): string | undefined {
    if (node == null) return undefined
    const key = `${this.places.moduleOf(node)?.path} ${node.start} ${node.end} ${node.type} ${part}`
    if (this.#seen.has(key)) return undefined
    this.#seen.add(key)
    if (isFunctionNode(node)) return undefined
    if (node.type === 'Identifier') return this.#variable(node, part)
    const module = this.places.moduleOf(node)
    if (module === undefined) return undefined
    if (node.type === 'MetaProperty') return node.meta.name === 'import' ? '`import.meta`' : undefined
    if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression')
      return this.#member(module, node)
    if (isCall(node)) return this.#call(module, node, part)
    if (node.type === 'ObjectExpression' && part !== undefined)
      return first(node.properties, (it) => (isNamed(it, part) ? this.#property(it) : undefined))
    return first(partsOf(node), (it) => this.find(it, transparent(node) ? part : undefined))
  }

  #property(node: t.ObjectProperty | t.ObjectMethod | t.SpreadElement): string | undefined {
    if (node.type === 'ObjectMethod') return undefined
    return this.find(node.type === 'SpreadElement' ? node.argument : node.value)
  }

  #member(module: Module, node: t.MemberExpression | t.OptionalMemberExpression): string | undefined {
    const name = memberName(node)
    if (node.object.type === 'MetaProperty')
      return /^(?:url|dirname|filename)$/.test(name ?? '') ? '`import.meta`' : undefined
    if (pathOf(module, node) === 'process.argv') return undefined
    if (
      isModuleRecord(module, node.object) &&
      /^(?:filename|path|paths|id|parent|children)$/.test(name ?? '')
    )
      return `\`module.${name}\``
    if (isArguments(module, node.object)) return isOwnArgument(node.property) ? undefined : ARGUMENTS
    if (name === undefined) return this.find(node.object) ?? this.find(node.property)
    return this.find(node.object, name) ?? first(this.#valuesOf(name), (it) => this.find(it))
  }

  /** Whether a pattern takes one of the first two arguments of the process, or all, for a variable. */
  #isPath({ elements }: t.ArrayPattern, variable: t.Identifier, init: t.Node): boolean {
    const module = this.places.moduleOf(init)
    const at = elements.findIndex(
      (it) => it === variable || (it?.type === 'RestElement' && it.argument === variable),
    )
    return at >= 0 && at < 2 && module !== undefined && isArguments(module, init)
  }

  /** What the project gives to properties of that name by assignments, and in classes: of which objects is not asked. */
  #valuesOf(name: string): readonly t.Node[] {
    this.#values ??= valuesOfProperties(this.places.modules)
    return this.#values.get(name) ?? []
  }

  #variable(node: t.Identifier, part: string | undefined): string | undefined {
    const module = this.places.moduleOf(node)
    if (module === undefined) return undefined
    const declared = this.places.declarationOf(module, node)
    if (declared === undefined) return PLACES.test(node.name) ? `\`${node.name}\`` : undefined
    const binding = this.places.moduleOf(declared)?.bindingOf(declared)
    if (binding === undefined) return undefined
    const { node: declaration } = binding.path
    const set = binding.constantViolations.flatMap(({ node: at }) =>
      at.type === 'AssignmentExpression' ? [at.right] : [],
    )
    if (declaration.type === 'VariableDeclarator') {
      const isWhole = declaration.id.type === 'Identifier'
      if (
        declaration.id.type === 'ArrayPattern' &&
        declaration.init &&
        this.#isPath(declaration.id, declared, declaration.init)
      )
        return ARGUMENTS
      const taken = isWhole ? part : takenAs(declaration.id, declared)
      return this.find(declaration.init, taken) ?? first(set, (it) => this.find(it, part))
    }
    const code = binding.kind === 'param' ? this.places.aroundOf(declared).find(isFunctionNode) : undefined
    const at = code?.params.indexOf(declared) ?? -1
    const given = at < 0 || code === undefined ? [] : this.places.callsOf(code).map((it) => it.arguments[at])
    return first([...given, ...set], (it) => this.find(it, part))
  }

  #call(
    module: Module,
    node: t.CallExpression | t.OptionalCallExpression | t.NewExpression,
    part: string | undefined,
  ): string | undefined {
    const { callee } = node
    const name = callee.type === 'Identifier' ? callee.name : memberName(callee)
    const source = sourceOf(module, callee)
    if (source !== undefined && FILE_MODULES.test(source)) {
      const [file] = node.arguments
      const isInput = file?.type === 'NumericLiteral' && file.value === 0
      return READS.test(name ?? '') && isInput ? 'the standard input' : undefined
    }
    if (pathOf(module, callee) === 'process.cwd') return '`process.cwd()`'
    if (isImportMeta(callee)) return '`import.meta`'
    if (name === 'resolve' && 'object' in callee && isNamedRequire(callee.object)) return '`require.resolve`'
    if (source !== undefined && PATH_MODULES.test(source) && /^(?:resolve|relative)$/.test(name ?? ''))
      return `\`${name}\`, which starts at the working directory`
    if (callee.type === 'Identifier' && callee.name === 'require') return undefined
    if ('object' in callee && isArguments(module, callee.object)) return ofArguments(node, name)
    if (
      /^(?:stringify|String|join)$/.test(name ?? '') &&
      node.arguments.some((it) => isArguments(module, it))
    )
      return ARGUMENTS
    const results = source === undefined ? this.#resultsOf(module, callee, name) : []
    const isOwn = source === undefined && isProjectFunction(module, callee)
    const isComputing = source === undefined ? !isOwn : COMPUTING_MODULES.test(source)
    const inArguments = isComputing ? first(node.arguments, (it) => this.find(it)) : undefined
    const ofReceiver = 'object' in callee && source === undefined ? this.find(callee.object) : undefined
    return first(results, (it) => this.find(it, part)) ?? ofReceiver ?? inArguments
  }

  /** What functions of the project give that may be called here. */
  #resultsOf(module: Module, callee: t.Node, name: string | undefined): readonly t.Node[] {
    if (callee.type !== 'Identifier')
      return name === undefined ? [] : this.places.functionsNamed(name).flatMap(resultsOf)
    const declared = this.places.declarationOf(module, callee)
    const node = declared && this.places.moduleOf(declared)?.bindingOf(declared)?.path.node
    const code = node?.type === 'VariableDeclarator' ? node.init : node
    return code == null ? [] : resultsOf(code)
  }
}

const ARGUMENTS = '`process.argv`'

/** `process.argv`, whose first two are paths of the machine. */
function isArguments(module: Module, node: t.Node): boolean {
  return node.type === 'MemberExpression' && pathOf(module, node) === 'process.argv'
}

function isOwnArgument(index: t.Node | undefined): boolean {
  return index !== undefined && (index.type !== 'NumericLiteral' || index.value >= 2)
}

/** Methods that give all arguments of the process, or the first. */
function ofArguments(
  { arguments: given }: { readonly arguments: readonly t.Node[] },
  name: string | undefined,
): string | undefined {
  if (/^(?:slice|at|toSpliced|splice)$/.test(name ?? '') && isOwnArgument(given[0])) return undefined
  return /^(?:slice|at|join|map|toString|concat|keys|values|entries|reduce|shift|toSpliced|splice)$/.test(
    name ?? '',
  )
    ? ARGUMENTS
    : undefined
}

/** `module` of a CommonJS file. */
function isModuleRecord(module: Module, node: t.Node): boolean {
  return node.type === 'Identifier' && node.name === 'module' && module.bindingOf(node) === undefined
}

/** `import.meta.resolve(…)`. */
function isImportMeta(callee: t.Node): boolean {
  return 'object' in callee && (callee as t.MemberExpression).object.type === 'MetaProperty'
}

function isNamedRequire(node: t.Node): boolean {
  return node.type === 'Identifier' && node.name === 'require'
}

function isNamed(node: t.ObjectProperty | t.ObjectMethod | t.SpreadElement, name: string): boolean {
  if (node.type === 'SpreadElement' || node.computed) return true
  return literalName(node.key) === name
}

/** Expressions whose value is that of a part of them, as it is. */
function transparent(node: t.Node): boolean {
  return /^(?:LogicalExpression|ConditionalExpression|AwaitExpression|ParenthesizedExpression|SequenceExpression|TS\w+)$/.test(
    node.type,
  )
}

/** The name of the property that a pattern takes for a variable; undefined where it may be any. */
function takenAs(pattern: t.Node, variable: t.Identifier): string | undefined {
  if (pattern.type !== 'ObjectPattern') return undefined
  for (const it of pattern.properties) {
    const target =
      it.type === 'ObjectProperty' && it.value.type === 'AssignmentPattern' ? it.value.left : undefined
    if (it.type === 'ObjectProperty' && !it.computed && (it.value === variable || target === variable))
      return literalName(it.key)
  }
  return undefined
}

/** What a function returns: expressions. */
function resultsOf(code: t.Node): t.Node[] {
  if (!isFunctionNode(code)) return []
  if (code.body.type !== 'BlockStatement') return [code.body]
  return [...walk(code.body, ({ node }) => !isFunctionNode(node))].flatMap(({ node }) =>
    node.type === 'ReturnStatement' && node.argument ? [node.argument] : [],
  )
}

function valuesOfProperties(modules: readonly Module[]): ReadonlyMap<string, readonly t.Node[]> {
  const values = new Map<string, t.Node[]>()
  const add = (name: string | undefined, value: t.Node | null | undefined): void => {
    if (name !== undefined && value != null) values.set(name, [...(values.get(name) ?? []), value])
  }
  for (const module of modules) {
    for (const { node } of walk(module.ast.program)) {
      if (node.type === 'AssignmentExpression') add(memberName(node.left), node.right)
      if (node.type === 'ClassProperty' && !node.computed) add(literalName(node.key), node.value)
    }
  }
  return values
}

/** `process.cwd`, of the global object or of node's module. */
function pathOf(module: Module, node: t.Node): string | undefined {
  const root = rootOf(node)
  const name = memberName(node)
  if (root === undefined) return undefined
  const source = sourceOf(module, root)
  const isProcess =
    source === undefined
      ? root.name === 'process' && module.bindingOf(root) === undefined
      : /^(?:node:)?process$/.test(source)
  if (!isProcess) return undefined
  return node.type === 'Identifier' ? `process.${node.name}` : `process.${name}`
}

function sourceOf(module: Module, node: t.Node): string | undefined {
  const root = rootOf(node)
  const parent = root && module.bindingOf(root)?.path.parent
  return parent?.type === 'ImportDeclaration' ? parent.source.value : undefined
}

function isProjectFunction(module: Module, callee: t.Node): boolean {
  return callee.type === 'Identifier' && module.bindingOf(callee) !== undefined
}

/** Parts of an expression whose values are in its own. */
function partsOf(node: t.Node): readonly (t.Node | null)[] {
  switch (node.type) {
    case 'TemplateLiteral':
      return node.expressions
    case 'BinaryExpression':
    case 'LogicalExpression':
      return [node.left, node.right]
    case 'ConditionalExpression':
      return [node.test, node.consequent, node.alternate]
    case 'UnaryExpression':
    case 'AwaitExpression':
    case 'SpreadElement':
      return [node.argument]
    case 'ArrayExpression':
      return node.elements
    case 'ObjectExpression':
      return node.properties.map((it) =>
        it.type === 'SpreadElement' ? it.argument : it.type === 'ObjectProperty' ? it.value : null,
      )
    case 'ExpressionStatement':
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSNonNullExpression':
    case 'TSSatisfiesExpression':
      return [node.expression]
    case 'SequenceExpression':
      return node.expressions
    default:
      return []
  }
}

function first<T>(parts: readonly T[], find: (part: T) => string | undefined): string | undefined {
  for (const part of parts) {
    const found = find(part)
    if (found !== undefined) return found
  }
  return undefined
}
