import type * as t from '@babel/types'
import { VISITOR_KEYS } from '@babel/types'
import type {
  Binding,
  Block,
  BlockKind,
  Comment,
  SourceFile,
  Statement,
  SyntaxTree,
  Token,
} from '../../syntax.js'
import { findLineStarts, lineAt } from '../../syntax.js'
import { type FlorNames, findFlorNames, findLoopName, readFlorCall, requiredModule } from './flor-calls.js'
import { parseFile } from './parse.js'
import { BindingTable, Scope } from './scopes.js'
import { readTokens } from './tokens.js'

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** What the surroundings of a function say of its block. */
interface FunctionContext {
  readonly label: string
  readonly kind: BlockKind
  readonly names?: Binding
  readonly loop?: string
  readonly repeats?: boolean
}

const repeatingCalls = new Set(['forEach', 'map', 'flatMap', 'filter', 'reduce', 'some', 'every', 'from'])
const valueNodes =
  /^TS(As|NonNull|Satisfies|Instantiation|TypeAssertion|TypeCast|Parameter|Enum|Module|Export|ImportEquals|Declare|External|AbstractM|AbstractC)/

/** Reads a file into the core's form in one walk over Babel's tree. @throws FlorError SOURCE_SYNTAX */
export function buildTree(source: SourceFile): SyntaxTree {
  return new TreeBuilder(source).build()
}

class TreeBuilder {
  private readonly file: t.File
  private readonly flor: FlorNames
  private readonly lineStarts: number[]
  private readonly tokens: Token[]
  private readonly comments: Comment[]
  private readonly tokenAt = new Map<number, Token>()
  private readonly statements: Writable<Statement>[] = []
  private readonly blocks: Block[] = []
  private readonly braces = new Map<Block, [start: number, end: number]>()
  private readonly table = new BindingTable()
  private readonly contexts = new Map<t.Node, FunctionContext>()
  private scope: Scope
  private block: Block
  private statement: Writable<Statement> | undefined
  private inType = false
  private isAsync = true
  /** The statement in which the function being visited stands. */
  private functionOwner: Statement | undefined

  constructor(private readonly source: SourceFile) {
    this.file = parseFile(source)
    this.flor = findFlorNames(this.file.program)
    this.lineStarts = findLineStarts(source.text)
    const read = readTokens(this.file, source.text)
    this.tokens = read.tokens
    this.comments = read.comments
    for (const token of this.tokens) this.tokenAt.set(token.start, token)
    const { program } = this.file
    const bom = source.text.charCodeAt(0) === 0xfeff ? 1 : 0
    const start = Math.max(bom, program.interpreter?.end ?? 0, program.directives.at(-1)?.end ?? 0)
    this.block = this.makeBlock('program', '', start, source.text.length, {})
    this.scope = new Scope(undefined, this.block, true)
    this.table.attach(this.block, this.scope)
  }

  build(): SyntaxTree {
    const { program } = this.file
    const [programBlock] = this.blocks as [Block]
    this.visitList(program.body)
    this.table.resolveAll()
    this.fillTokens()
    const { table } = this
    return {
      source: this.source,
      program: programBlock,
      statements: this.statements,
      blocks: this.blocks,
      tokens: this.tokens,
      comments: this.comments,
      bindings: table.bindings,
      modules: this.moduleKind(),
      lineStarts: this.lineStarts,
      resolve: (name, block) => table.lookUp(name, block),
    }
  }

  private moduleKind(): SyntaxTree['modules'] {
    if (/\.(mjs|mts)$/i.test(this.source.path)) return 'static'
    const { program } = this.file
    if (program.body.some((node) => /^(Import|Export)/.test(node.type))) return 'static'
    if (/\.(cjs|cts)$/i.test(this.source.path)) return 'dynamic'
    const isCommon = this.tokens.some(
      (token) =>
        !token.binding &&
        token.role === 'name' &&
        /^(require|module|exports|__dirname|__filename)$/.test(token.text),
    )
    return isCommon ? 'dynamic' : 'none'
  }

  // Blocks and statements

  private makeBlock(
    kind: BlockKind,
    label: string,
    start: number,
    end: number,
    more: { isBare?: boolean; loop?: string; repeats?: boolean; names?: Binding },
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

  private visitList(nodes: readonly t.Node[]): void {
    for (const node of nodes) this.visitStatement(node)
  }

  private visitStatement(node: t.Node): void {
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
  private fillBlock(block: Block, scope: Scope, nodes: readonly t.Node[]): void {
    const { block: outerBlock, scope: outerScope } = this
    this.block = block
    this.scope = scope
    this.table.attach(block, scope)
    this.visitList(nodes)
    this.block = outerBlock
    this.scope = outerScope
  }

  /** A body that may lack braces. */
  private visitBody(
    node: t.Node,
    kind: BlockKind,
    label: string,
    more: { loop?: string; repeats?: boolean; scope?: Scope } = {},
  ): void {
    const block = this.makeBodyBlock(node, kind, label, more)
    this.fillBody(block, node, more.scope ?? this.scope)
  }

  private makeBodyBlock(
    node: t.Node,
    kind: BlockKind,
    label: string,
    more: { loop?: string; repeats?: boolean; names?: Binding },
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

  private fillBody(block: Block, node: t.Node, parent: Scope): void {
    const scope = new Scope(parent, block, false)
    this.fillBlock(block, scope, node.type === 'BlockStatement' ? node.body : [node])
  }

  // Expressions and declarations

  private visit(node: t.Node | null | undefined): void {
    if (!node) return
    const outerType = this.inType
    if (
      node.type.startsWith('TS')
        ? !valueNodes.test(node.type)
        : /Annotation$|^TypeParameter|^Declare|^Interface|^TypeAlias/.test(node.type)
    )
      this.inType = true
    this.visitNode(node)
    this.inType = outerType
  }

  private visitChildren(node: t.Node): void {
    for (const key of VISITOR_KEYS[node.type] ?? []) {
      const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key]
      if (Array.isArray(child)) for (const one of child) this.visit(one)
      else this.visit(child)
    }
  }

  private visitNode(node: t.Node): void {
    switch (node.type) {
      case 'Identifier':
      case 'JSXIdentifier':
        this.refer(node)
        if (node.type === 'Identifier') this.visit(node.typeAnnotation)
        return
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        this.visit(node.object)
        if (node.computed) this.visit(node.property)
        return
      case 'JSXMemberExpression':
        return this.visit(node.object)
      case 'JSXOpeningElement':
        if (node.name.type !== 'JSXIdentifier' || /^[A-Z_$]/.test(node.name.name)) this.visit(node.name)
        for (const attribute of node.attributes) this.visit(attribute)
        return
      case 'JSXClosingElement':
        if (node.name.type !== 'JSXIdentifier' || /^[A-Z_$]/.test(node.name.name)) this.visit(node.name)
        return
      case 'JSXAttribute':
        return this.visit(node.value)
      case 'MetaProperty':
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'TSPropertySignature':
      case 'TSImportType':
        if (node.type === 'TSPropertySignature') this.visit(node.typeAnnotation)
        return
      case 'AwaitExpression':
        this.markWaiting()
        return this.visit(node.argument)
      case 'LabeledStatement':
        return this.visit(node.body)
      case 'ObjectProperty':
        return this.visitProperty(node)
      case 'ClassProperty':
      case 'ClassAccessorProperty':
      case 'ClassPrivateProperty':
        return this.visitField(node)
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
      case 'ObjectMethod':
      case 'ClassMethod':
      case 'ClassPrivateMethod':
        return this.visitFunction(node)
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.visitClass(node)
      case 'StaticBlock': {
        const from = (node.start ?? 0) + this.source.text.slice(node.start ?? 0).indexOf('{')
        const block = this.makeBlock('plain', 'static', from + 1, (node.end ?? 0) - 1, {})
        this.braces.set(block, [from, node.end ?? 0])
        return this.fillBlock(block, new Scope(this.scope, block, true), node.body)
      }
      case 'TSModuleBlock': {
        const block = this.makeBlock('plain', 'namespace', (node.start ?? 0) + 1, (node.end ?? 0) - 1, {})
        this.braces.set(block, [node.start ?? 0, node.end ?? 0])
        return this.fillBlock(block, new Scope(this.scope, block, true), node.body)
      }
      case 'BlockStatement':
        return this.visitBody(node, 'plain', '')
      case 'IfStatement':
        return this.visitIf(node, 0)
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        return this.visitLoop(node)
      case 'WithStatement':
        this.visit(node.object)
        return this.visitBody(node.body, 'plain', 'with')
      case 'TryStatement':
        return this.visitTry(node)
      case 'SwitchStatement':
        return this.visitSwitch(node)
      case 'VariableDeclaration':
        return this.visitVariables(node)
      case 'AssignmentExpression':
        this.nameFunction(node.right, memberName(node.left), 'function')
        this.visitTarget(node.left)
        return this.visit(node.right)
      case 'UpdateExpression':
        return this.visitTarget(node.argument)
      case 'CallExpression':
      case 'OptionalCallExpression':
      case 'NewExpression':
        return this.visitCall(node)
      case 'ImportDeclaration':
        return this.visitImport(node)
      case 'ExportSpecifier':
        if (node.local.type === 'Identifier') this.refer(node.local)
        return
      case 'ExportNamedDeclaration':
        if (node.source) return
        return this.visitChildren(node)
      case 'ExportDefaultDeclaration':
        this.nameFunction(node.declaration, 'default', 'function')
        return this.visit(node.declaration)
      case 'TSInterfaceDeclaration':
      case 'TSTypeAliasDeclaration':
      case 'TSEnumDeclaration':
        return this.visitTypeDeclaration(node)
      case 'TSModuleDeclaration':
        if (node.id.type === 'Identifier') this.declare(node.id, 'constant')
        return this.visit(node.body)
      case 'TSImportEqualsDeclaration':
        this.declare(node.id, 'import')
        return this.visit(node.moduleReference)
      case 'TSQualifiedName':
        return this.visit(node.left)
      case 'TSEnumMember':
        return this.visit(node.initializer)
      case 'TSParameterProperty':
        return this.visit(node.parameter)
      default:
        this.visitChildren(node)
    }
  }

  private markWaiting(): void {
    let statement: Writable<Statement> | undefined = this.statement
    while (statement && statement !== this.functionOwner) {
      statement.waits = true
      statement = statement.block.owner
    }
  }

  private refer(node: t.Node): Token | undefined {
    const token = this.tokenAt.get(node.start ?? -1)
    if (!token) return undefined
    if (this.inType) token.isType = true
    this.table.refer(this.scope, token, this.statement)
    return token
  }

  private declare(
    node: t.Identifier,
    form: Binding['kind'] | 'var',
    scope = this.scope,
  ): Binding | undefined {
    const token = this.tokenAt.get(node.start ?? -1)
    if (!token || token.text !== node.name) return undefined
    const binding = this.table.declare(scope, token, form, this.statement)
    const { statement } = this
    if (statement && form !== 'parameter') statement.declares = [...statement.declares, binding]
    return binding
  }

  private declarePattern(node: t.Node | null, form: Binding['kind'] | 'var', scope = this.scope): void {
    if (!node) return
    switch (node.type) {
      case 'Identifier':
        this.declare(node, form, scope)
        this.visit(node.typeAnnotation)
        break
      case 'ObjectPattern':
        for (const property of node.properties) {
          if (property.type === 'RestElement') this.declarePattern(property.argument, form, scope)
          else {
            if (property.computed) this.visit(property.key)
            this.markShorthand(property)
            this.declarePattern(property.value, form, scope)
          }
        }
        this.visit(node.typeAnnotation)
        break
      case 'ArrayPattern':
        for (const element of node.elements) this.declarePattern(element, form, scope)
        this.visit(node.typeAnnotation)
        break
      case 'AssignmentPattern':
        this.declarePattern(node.left, form, scope)
        this.visit(node.right)
        break
      case 'RestElement':
        this.declarePattern(node.argument, form, scope)
        this.visit(node.typeAnnotation)
        break
      case 'TSParameterProperty':
        this.declarePattern(node.parameter, form, scope)
        break
      default:
        this.visit(node)
    }
  }

  /** The left side of an assignment: names in it are written. */
  private visitTarget(node: t.Node): void {
    switch (node.type) {
      case 'Identifier': {
        const token = this.refer(node)
        if (token) token.isWrite = true
        break
      }
      case 'ObjectPattern':
        for (const property of node.properties) {
          if (property.type === 'RestElement') this.visitTarget(property.argument)
          else {
            if (property.computed) this.visit(property.key)
            this.markShorthand(property)
            this.visitTarget(property.value)
          }
        }
        break
      case 'ArrayPattern':
        for (const element of node.elements) if (element) this.visitTarget(element)
        break
      case 'AssignmentPattern':
        this.visitTarget(node.left)
        this.visit(node.right)
        break
      case 'RestElement':
        this.visitTarget(node.argument)
        break
      default:
        this.visit(node)
    }
  }

  private markShorthand(node: t.ObjectProperty): void {
    const token = node.shorthand ? this.tokenAt.get(node.start ?? -1) : undefined
    if (token) token.shorthand = true
  }

  private visitProperty(node: t.ObjectProperty): void {
    if (node.computed) this.visit(node.key)
    this.markShorthand(node)
    this.nameFunction(node.value, keyName(node.key), 'function')
    this.visit(node.value)
  }

  private visitField(node: t.ClassProperty | t.ClassAccessorProperty | t.ClassPrivateProperty): void {
    for (const decorator of node.decorators ?? []) this.visit(decorator)
    if (node.type !== 'ClassPrivateProperty' && node.computed) this.visit(node.key)
    this.visit(node.typeAnnotation)
    this.nameFunction(node.value, keyName(node.key), 'function')
    this.visit(node.value)
  }

  private nameFunction(
    node: t.Node | null | undefined,
    label: string,
    kind: BlockKind,
    names?: Binding,
  ): void {
    if (!node || this.contexts.has(node)) return
    if (node.type.includes('Function') || node.type === 'ClassExpression')
      this.contexts.set(node, { label, kind, ...(names ? { names } : {}) })
  }

  private visitFunction(
    node:
      | t.FunctionDeclaration
      | t.FunctionExpression
      | t.ArrowFunctionExpression
      | t.ObjectMethod
      | t.ClassMethod
      | t.ClassPrivateMethod,
  ): void {
    const context = this.contexts.get(node)
    let label = context?.label ?? ''
    let names = context?.names
    if (node.type === 'FunctionDeclaration' && node.id) {
      names = this.declare(node.id, 'function')
      label = node.id.name
    }
    if ('decorators' in node) for (const decorator of node.decorators ?? []) this.visit(decorator)
    if (node.type === 'ObjectMethod' || node.type === 'ClassMethod' || node.type === 'ClassPrivateMethod') {
      if ('computed' in node && node.computed) this.visit(node.key)
      label = keyName(node.key)
    }
    const { isAsync: outerAsync, scope: outerScope, functionOwner } = this
    this.isAsync = node.async ?? false
    this.functionOwner = this.statement
    const isBlock = node.body.type === 'BlockStatement'
    const block = isBlock
      ? this.makeBodyBlock(
          node.body,
          context?.kind ?? (node.type === 'ArrowFunctionExpression' ? 'callback' : 'function'),
          label,
          {
            ...(names ? { names } : {}),
            ...(context?.loop === undefined ? {} : { loop: context.loop }),
            repeats: context?.repeats ?? false,
          },
        )
      : this.block
    const scope = new Scope(outerScope, block, true)
    this.scope = scope
    if (node.type === 'FunctionExpression' && node.id) {
      const own = new Scope(outerScope, block, false)
      const token = this.tokenAt.get(node.id.start ?? -1)
      if (token) this.table.declare(own, token, 'function', undefined)
      this.scope = new Scope(own, block, true)
    }
    this.visit(node.typeParameters)
    for (const parameter of node.params) this.declarePattern(parameter, 'parameter')
    this.visit(node.returnType)
    if (node.body.type === 'BlockStatement') this.fillBlock(block, this.scope, node.body.body)
    else this.visit(node.body)
    this.scope = outerScope
    this.isAsync = outerAsync
    this.functionOwner = functionOwner
  }

  private visitClass(node: t.ClassDeclaration | t.ClassExpression): void {
    for (const decorator of node.decorators ?? []) this.visit(decorator)
    if (node.id && node.type === 'ClassDeclaration') this.declare(node.id, 'class')
    this.visit(node.typeParameters)
    this.visit(node.superClass)
    this.visit(node.superTypeParameters)
    for (const one of node.implements ?? []) this.visit(one)
    const label = node.id?.name ?? this.contexts.get(node)?.label ?? ''
    const { body } = node
    const block = this.makeBlock('members', label, (body.start ?? 0) + 1, (body.end ?? 0) - 1, {})
    this.braces.set(block, [body.start ?? 0, body.end ?? 0])
    const scope = new Scope(this.scope, block, false)
    if (node.id && node.type === 'ClassExpression') {
      const token = this.tokenAt.get(node.id.start ?? -1)
      if (token) this.table.declare(scope, token, 'class', undefined)
    }
    this.fillBlock(block, scope, body.body)
  }

  private visitIf(node: t.IfStatement, depth: number): void {
    this.visit(node.test)
    this.visitBody(node.consequent, 'branch', depth === 0 ? 'then' : `then ${this.textOf(node.test)}`)
    // `else if` goes on with the same statement: as a statement of its own it could take no neighbour.
    if (node.alternate?.type === 'IfStatement') this.visitIf(node.alternate, depth + 1)
    else if (node.alternate) this.visitBody(node.alternate, 'branch', 'else')
  }

  private visitLoop(
    node: t.ForStatement | t.ForInStatement | t.ForOfStatement | t.WhileStatement | t.DoWhileStatement,
  ): void {
    if (node.type === 'ForOfStatement' && node.await) this.markWaiting()
    const loop = node.type === 'ForOfStatement' ? findLoopName(node.right, this.flor) : undefined
    const block = this.makeBodyBlock(node.body, 'loop', '', {
      repeats: true,
      ...(loop === undefined ? {} : { loop }),
    })
    const outer = this.scope
    this.scope = new Scope(outer, block, false)
    if (node.type === 'ForStatement') {
      this.visit(node.init)
      this.visit(node.test)
      this.visit(node.update)
    } else if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') {
      if (node.left.type === 'VariableDeclaration') this.visit(node.left)
      else this.visitTarget(node.left)
      this.visit(node.right)
    } else this.visit(node.test)
    this.fillBody(block, node.body, this.scope)
    this.scope = outer
  }

  private visitTry(node: t.TryStatement): void {
    this.visitBody(node.block, 'guarded', 'try')
    if (node.handler) {
      const { handler } = node
      const block = this.makeBodyBlock(handler.body, 'handler', 'catch', {})
      const scope = new Scope(this.scope, block, false)
      this.declarePattern(handler.param ?? null, 'parameter', scope)
      this.fillBody(block, handler.body, scope)
    }
    if (node.finalizer) this.visitBody(node.finalizer, 'plain', 'finally')
  }

  private visitSwitch(node: t.SwitchStatement): void {
    this.visit(node.discriminant)
    const outer = this.scope
    const { text } = this.source
    for (const [i, one] of node.cases.entries()) {
      this.visit(one.test)
      const next = node.cases[i + 1]?.start ?? (node.end ?? 0) - 1
      const afterTest = one.test?.end ?? (one.start ?? 0) + 'default'.length
      const start =
        one.consequent.length > 0 ? text.lastIndexOf(':', startOf(one.consequent[0])) + 1 : (one.end ?? 0)
      const block = this.makeBlock(
        'case',
        one.test ? this.textOf(one.test) : 'default',
        Math.max(afterTest, start),
        next,
        {},
      )
      this.fillBlock(block, new Scope(outer, block, false), one.consequent)
    }
  }

  private visitVariables(node: t.VariableDeclaration): void {
    const form = node.kind === 'var' ? 'var' : node.kind === 'let' ? 'variable' : 'constant'
    for (const { id, init } of node.declarations) {
      const module = requiredModule(init)
      this.declarePattern(id, form)
      if (module !== undefined) this.markImported(id, module)
      if (id.type === 'Identifier') {
        const binding = this.tokenAt.get(id.start ?? -1)?.binding
        this.nameFunction(init, id.name, 'function', binding)
      }
      this.visit(init)
    }
  }

  private markImported(id: t.Node, module: string): void {
    const mark = (node: t.Node, imported: string): void => {
      const binding = this.tokenAt.get(node.start ?? -1)?.binding as Writable<Binding> | undefined
      if (binding) binding.imported = { module, imported }
    }
    if (id.type === 'Identifier') mark(id, '*')
    if (id.type !== 'ObjectPattern') return
    for (const property of id.properties)
      if (property.type === 'ObjectProperty' && property.value.type === 'Identifier')
        mark(property.value, keyName(property.key))
  }

  private visitCall(node: t.CallExpression | t.OptionalCallExpression | t.NewExpression): void {
    const call = node.type === 'CallExpression' ? readFlorCall(node, this.flor) : undefined
    const { statement } = this
    if (call?.method === 'log' && statement) statement.logNames = [...statement.logNames, call.name]
    const method = memberName(node.callee)
    const loop = call?.method === 'iteration' ? call.name : findLoopName(node.callee, this.flor)
    const repeats = loop !== undefined || repeatingCalls.has(method)
    for (const argument of node.arguments)
      if (argument.type === 'FunctionExpression' || argument.type === 'ArrowFunctionExpression')
        this.contexts.set(argument, {
          label: method,
          kind: 'callback',
          repeats,
          ...(loop === undefined ? {} : { loop }),
        })
    if (node.callee.type === 'FunctionExpression')
      this.contexts.set(node.callee, { label: 'call', kind: 'callback' })
    this.visitChildren(node)
  }

  private visitImport(node: t.ImportDeclaration): void {
    for (const specifier of node.specifiers) {
      const token = this.tokenAt.get(specifier.local.start ?? -1)
      if (!token) continue
      const imported =
        specifier.type === 'ImportDefaultSpecifier'
          ? 'default'
          : specifier.type === 'ImportNamespaceSpecifier'
            ? '*'
            : keyName(specifier.imported)
      const binding = this.table.declare(this.scope, token, 'import', this.statement, {
        module: node.source.value,
        imported,
      })
      if (this.statement) this.statement.declares = [...this.statement.declares, binding]
    }
  }

  private visitTypeDeclaration(
    node: t.TSInterfaceDeclaration | t.TSTypeAliasDeclaration | t.TSEnumDeclaration,
  ): void {
    this.declare(node.id, node.type === 'TSEnumDeclaration' ? 'constant' : 'type')
    if (node.type === 'TSEnumDeclaration') {
      const members = node.body?.members ?? node.members
      for (const member of members) this.visit(member.initializer)
      return
    }
    const outer = this.scope
    this.scope = new Scope(outer, this.block, false)
    this.visitChildren({ ...node, id: null } as unknown as t.Node)
    this.scope = outer
  }

  private textOf(node: t.Node): string {
    return this.source.text.slice(node.start ?? 0, node.end ?? 0)
  }

  // Tokens

  private fillTokens(): void {
    const { tokens } = this
    const firstAt = (offset: number): number => {
      let low = 0
      let high = tokens.length
      while (low < high) {
        const middle = (low + high) >> 1
        if ((tokens[middle]?.start ?? 0) < offset) low = middle + 1
        else high = middle
      }
      return low
    }
    for (const statement of this.statements) {
      statement.firstToken = firstAt(statement.start)
      statement.tokenEnd = firstAt(statement.end)
    }
    for (const statement of this.statements) {
      const holes = statement.blocks
        .map((block): [number, number] => this.braces.get(block) ?? [block.start, block.end])
        .sort((x, y) => x[0] - y[0])
      let at = statement.firstToken
      for (const [from, to] of holes) {
        const stop = firstAt(from)
        while (at < stop) statement.head.push(tokens[at++] as Token)
        at = Math.max(at, firstAt(to))
      }
      while (at < statement.tokenEnd) statement.head.push(tokens[at++] as Token)
    }
  }
}

/** Decorators before `export class` start the statement although Babel's node does not say so. */
function startOf(node: t.Node | undefined): number {
  const start = node?.start ?? 0
  if (
    node &&
    'declaration' in node &&
    node.declaration &&
    typeof node.declaration === 'object' &&
    'decorators' in node.declaration
  )
    return Math.min(start, node.declaration.decorators?.[0]?.start ?? start)
  if (node && 'decorators' in node && node.decorators?.[0])
    return Math.min(start, node.decorators[0].start ?? start)
  return start
}

function kindOf(node: t.Node): string {
  if (node.type === 'LabeledStatement') return kindOf(node.body)
  if (/^(For|While|DoWhile)/.test(node.type)) return 'Loop'
  if (node.type === 'ExportNamedDeclaration' && node.declaration) return kindOf(node.declaration)
  if (node.type === 'ExportDefaultDeclaration' && node.declaration.type.endsWith('Declaration'))
    return kindOf(node.declaration)
  if (node.type === 'ClassPrivateMethod') return 'ClassMethod'
  return node.type
}

function roleOf(node: t.Node): Statement['role'] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'TSImportEqualsDeclaration':
      return 'import'
    case 'VariableDeclaration':
      return node.declarations.every(({ init }) => requiredModule(init) !== undefined)
        ? 'import'
        : 'declaration'
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return node.declaration ? roleOf(node.declaration) : 'plain'
    case 'FunctionDeclaration':
      return 'function'
    case 'ClassDeclaration':
      return 'class'
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSEnumDeclaration':
      return 'declaration'
    case 'ReturnStatement':
    case 'ThrowStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return 'jump'
    default:
      return /^(Class|TS).*(Method|Property|Signature)$|^StaticBlock$/.test(node.type) ? 'member' : 'plain'
  }
}

/** The last name of `a.b.c`, or the name itself; '' for other expressions. */
function memberName(node: t.Node): string {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression')
    return keyName(node.property)
  return ''
}

function keyName(node: t.Node): string {
  if (node.type === 'Identifier' || node.type === 'JSXIdentifier') return node.name
  if (node.type === 'StringLiteral') return node.value
  if (node.type === 'NumericLiteral') return String(node.value)
  if (node.type === 'PrivateName') return `#${node.id.name}`
  return ''
}
