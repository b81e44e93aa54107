import type * as t from '@babel/types'
import type { Module } from '../module.js'
import { isFunctionNode } from '../syntax.js'
import type { Places } from './once.js'
import { isCall, memberName, rootOf } from './walk.js'

const QUERIES =
  /^(?:exists|existsSync|readdir|readdirSync|stat|statSync|lstat|lstatSync|access|accessSync|realpath|realpathSync)$/
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
  readonly #seen = new Set<t.Node>()

  constructor(private readonly places: Places) {}

  find(node: t.Node | null | undefined): string | undefined {
    if (node == null || this.#seen.has(node)) return undefined
    this.#seen.add(node)
    if (isFunctionNode(node)) return undefined
    if (node.type === 'Identifier') return this.#variable(node)
    const module = this.places.moduleOf(node)
    if (module === undefined) return undefined
    if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression') {
      if (node.object.type === 'MetaProperty')
        return /^(?:url|dirname|filename)$/.test(memberName(node) ?? '') ? '`import.meta`' : undefined
      if (/^process\.argv$/.test(pathOf(module, node) ?? '')) return undefined
      const isArgument =
        node.object.type === 'MemberExpression' && pathOf(module, node.object) === 'process.argv'
      if (isArgument && node.property.type === 'NumericLiteral' && node.property.value < 2)
        return '`process.argv`'
      return this.find(node.object) ?? (node.computed ? this.find(node.property) : undefined)
    }
    if (isCall(node)) return this.#call(module, node)
    return first(partsOf(node), (part) => this.find(part))
  }

  #variable(node: t.Identifier): string | undefined {
    const module = this.places.moduleOf(node)
    if (module === undefined) return undefined
    const declared = this.places.declarationOf(module, node)
    if (declared === undefined) return PLACES.test(node.name) ? `\`${node.name}\`` : undefined
    const binding = this.places.moduleOf(declared)?.bindingOf(declared)
    const declaration = binding?.path.node
    if (binding?.constant !== true || declaration?.type !== 'VariableDeclarator') return undefined
    return this.find(declaration.init)
  }

  #call(
    module: Module,
    node: t.CallExpression | t.OptionalCallExpression | t.NewExpression,
  ): string | undefined {
    const { callee } = node
    const name = callee.type === 'Identifier' ? callee.name : memberName(callee)
    const source = sourceOf(module, callee)
    if (source !== undefined && FILE_MODULES.test(source)) {
      if (QUERIES.test(name ?? '')) return `\`${name}\`, which sees the files of the replay`
      const [file] = node.arguments
      const isInput = file?.type === 'NumericLiteral' && file.value === 0
      return READS.test(name ?? '') && isInput ? 'the standard input' : undefined
    }
    if (pathOf(module, callee) === 'process.cwd') return '`process.cwd()`'
    if (source !== undefined && PATH_MODULES.test(source) && /^(?:resolve|relative)$/.test(name ?? ''))
      return `\`${name}\`, which starts at the working directory`
    if (callee.type === 'Identifier' && callee.name === 'require') return undefined
    const isComputing =
      source === undefined ? !isProjectFunction(module, callee) : COMPUTING_MODULES.test(source)
    const inArguments = isComputing ? first(node.arguments, (part) => this.find(part)) : undefined
    const ofReceiver = 'object' in callee && source === undefined ? this.find(callee.object) : undefined
    return ofReceiver ?? inArguments
  }
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
