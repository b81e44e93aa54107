import type * as t from '@babel/types'
import { VISITOR_KEYS } from '@babel/types'
import type { Binding, Block, BlockKind, Comment, SourceFile, Statement, Token } from '../../syntax.js'
import { findLineStarts, lineAt } from '../../syntax.js'
import { type FlorNames, findFlorNames } from './flor-calls.js'
import { kindOf, roleOf, startOf } from './node-forms.js'
import { parseFile } from './parse.js'
import { BindingTable, Scope } from './scopes.js'
import { readTokens, TokenIndex } from './tokens.js'

/** The core's types while they are being filled. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What the surroundings of a function say of its block. */
export interface FunctionContext {
  readonly label: string
  readonly kind: BlockKind
  readonly names?: Binding
  readonly loop?: string
  readonly repeats?: boolean
}

const valueNodes =
  /^TS(As|NonNull|Satisfies|Instantiation|TypeAssertion|TypeCast|Parameter|Enum|Module|Export|ImportEquals|Declare|External|AbstractM|AbstractC)/

const typeNodes = new Map<string, boolean>()

/** Whether a node stands where only a checker of types looks; remembered for each type of node. */
function isTypeNode(type: string): boolean {
  let isType = typeNodes.get(type)
  if (isType === undefined) {
    isType = type.startsWith('TS')
      ? !valueNodes.test(type)
      : /Annotation$|^TypeParameter|^Declare|^Interface|^TypeAlias/.test(type)
    typeNodes.set(type, isType)
  }
  return isType
}

/** A file that `require`s or exports as CommonJS does, and has no `import` or `export`. */
function isCommonScript(path: string, program: t.Program, tokens: readonly Token[]): boolean {
  if (/\.m[jt]s$/i.test(path)) return false
  if (program.body.some(({ type }) => /^(Import|Export)/.test(type))) return false
  if (/\.c[jt]s$/i.test(path)) return true
  return tokens.some(
    ({ text }, i) =>
      (text === 'require' && tokens[i + 1]?.text === '(') ||
      (text === 'module' && tokens[i + 1]?.text === '.' && tokens[i + 2]?.text === 'exports') ||
      (text === 'exports' && tokens[i + 1]?.text === '.'),
  )
}

/** The first part of the walk over Babel's tree: where it stands, and how statements and blocks are entered. */
export abstract class TreeState {
  protected readonly file: t.File
  protected readonly flor: FlorNames
  protected readonly lineStarts: number[]
  protected readonly tokens: Token[]
  protected readonly comments: Comment[]
  protected readonly tokenAt: TokenIndex
  protected readonly statements: Writable<Statement>[] = []
  protected readonly blocks: Block[] = []
  protected readonly braces = new Map<Block, [start: number, end: number]>()
  protected readonly table = new BindingTable()
  protected readonly contexts = new Map<t.Node, FunctionContext>()
  protected scope: Scope
  protected block: Block
  protected statement: Writable<Statement> | undefined
  protected inType = false
  /** Whether the code being visited may wait: modules may, at their top level, and scripts may not. */
  protected isAsync: boolean
  /** The statement in which the function being visited stands. */
  protected functionOwner: Statement | undefined
  /** The same, for the innermost function or class with a `this` of its own. */
  protected receiverOwner: Statement | undefined

  constructor(protected readonly source: SourceFile) {
    this.file = parseFile(source)
    this.flor = findFlorNames(this.file.program)
    this.lineStarts = findLineStarts(source.text)
    const read = readTokens(this.file, source.text)
    this.tokens = read.tokens
    this.comments = read.comments
    this.tokenAt = new TokenIndex(this.tokens, source.text.length)
    const { program } = this.file
    this.isAsync = !isCommonScript(source.path, program, this.tokens)
    const bom = source.text.charCodeAt(0) === 0xfeff ? 1 : 0
    const start = Math.max(bom, program.interpreter?.end ?? 0, program.directives.at(-1)?.end ?? 0)
    this.block = this.makeBlock('program', '', start, source.text.length, {})
    this.scope = new Scope(undefined, this.block, true)
    this.table.attach(this.block, this.scope)
  }

  /** Visits a node of any type; types in which only TypeScript's checker looks are passed through {@link visit}. */
  protected abstract visitNode(node: t.Node): void

  protected makeBlock(
    kind: BlockKind,
    label: string,
    start: number,
    end: number,
    more: { isBare?: boolean; loop?: string; repeats?: boolean; names?: Binding; hasReceiver?: boolean },
  ): Block {
    const owner = this.statement
    const block: Block = {
      index: this.blocks.length,
      kind,
      label,
      statements: [],
      start,
      end,
      isBare: more.isBare ?? false,
      repeats: more.repeats ?? false,
      hasReceiver: more.hasReceiver ?? false,
      isAsync: this.isAsync,
      depth: owner ? owner.block.depth + 1 : 0,
      ...(owner ? { owner } : {}),
      ...(more.loop === undefined ? {} : { loop: more.loop }),
      ...(more.names ? { names: more.names } : {}),
    }
    this.blocks.push(block)
    owner?.blocks.push(block)
    return block
  }

  protected visitList(nodes: readonly t.Node[]): void {
    for (const node of nodes) this.visitStatement(node)
  }

  protected visitStatement(node: t.Node): void {
    if (node.type === 'EmptyStatement') return
    const { block } = this
    const start = startOf(node)
    const end = node.end ?? 0
    const statement: Writable<Statement> = {
      index: this.statements.length,
      kind: kindOf(node),
      start,
      end,
      line: lineAt(this.lineStarts, start),
      endLine: lineAt(this.lineStarts, end - 1),
      block,
      position: block.statements.length,
      blocks: [],
      firstToken: 0,
      tokenEnd: 0,
      head: [],
      waits: false,
      usesReceiver: false,
      logNames: [],
      role: roleOf(node),
      declares: [],
      lastIndex: 0,
    }
    this.statements.push(statement)
    block.statements.push(statement)
    const outer = this.statement
    this.statement = statement
    this.visit(node)
    this.statement = outer
    statement.lastIndex = this.statements.length
  }

  /** Visits `nodes` as the statements of `block`, in `scope`. */
  protected fillBlock(block: Block, scope: Scope, nodes: readonly t.Node[]): void {
    const { block: outerBlock, scope: outerScope } = this
    this.block = block
    this.scope = scope
    this.table.attach(block, scope)
    this.visitList(nodes)
    this.block = outerBlock
    this.scope = outerScope
  }

  /** A body that may lack braces. */
  protected visitBody(
    node: t.Node,
    kind: BlockKind,
    label: string,
    more: { loop?: string; repeats?: boolean; scope?: Scope } = {},
  ): void {
    const block = this.makeBodyBlock(node, kind, label, more)
    this.fillBody(block, node, more.scope ?? this.scope)
  }

  protected makeBodyBlock(
    node: t.Node,
    kind: BlockKind,
    label: string,
    more: { loop?: string; repeats?: boolean; names?: Binding; hasReceiver?: boolean },
  ): Block {
    const from = node.start ?? 0
    const to = node.end ?? 0
    if (node.type !== 'BlockStatement') {
      const block = this.makeBlock(kind, label, startOf(node), to, { ...more, isBare: true })
      this.braces.set(block, [from, to])
      return block
    }
    const block = this.makeBlock(
      kind,
      label,
      Math.max(from + 1, node.directives.at(-1)?.end ?? 0),
      to - 1,
      more,
    )
    this.braces.set(block, [from, to])
    return block
  }

  protected fillBody(block: Block, node: t.Node, parent: Scope): void {
    const scope = new Scope(parent, block, false)
    this.fillBlock(block, scope, node.type === 'BlockStatement' ? node.body : [node])
  }

  protected visit(node: t.Node | null | undefined): void {
    if (!node) return
    const outerType = this.inType
    if (isTypeNode(node.type)) this.inType = true
    this.visitNode(node)
    this.inType = outerType
  }

  protected visitChildren(node: t.Node): void {
    for (const key of VISITOR_KEYS[node.type] ?? []) {
      const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key]
      if (Array.isArray(child)) for (const one of child) this.visit(one)
      else this.visit(child)
    }
  }

  protected markWaiting(): void {
    let statement: Writable<Statement> | undefined = this.statement
    while (statement && statement !== this.functionOwner) {
      statement.waits = true
      statement = statement.block.owner
    }
  }

  protected markReceiver(): void {
    let statement: Writable<Statement> | undefined = this.statement
    while (statement && statement !== this.receiverOwner) {
      statement.usesReceiver = true
      statement = statement.block.owner
    }
  }

  protected nameFunction(
    node: t.Node | null | undefined,
    label: string,
    kind: BlockKind,
    names?: Binding,
  ): void {
    if (!node || this.contexts.has(node)) return
    if (node.type.includes('Function') || node.type === 'ClassExpression')
      this.contexts.set(node, { label, kind, ...(names ? { names } : {}) })
  }

  protected textOf(node: t.Node): string {
    return this.source.text.slice(node.start ?? 0, node.end ?? 0)
  }
}
