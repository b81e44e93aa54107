import type * as t from '@babel/types'
import type { Block, SourceFile, SyntaxTree, Token } from '../../syntax.js'
import { BodyWalker } from './body-walker.js'
import { findLoopName, readFlorCall } from './flor-calls.js'
import { keyName, memberName } from './node-forms.js'
import { guardDepth } from './parse.js'
import { Scope } from './scopes.js'

const repeatingCalls = new Set(['forEach', 'map', 'flatMap', 'filter', 'reduce', 'some', 'every', 'from'])

const namesOfDynamicModules = new Set(['require', 'module', 'exports', '__dirname', '__filename'])

/** Reads a file into the core's form in one walk over Babel's tree. @throws FlorError SOURCE_SYNTAX */
export function buildTree(source: SourceFile): SyntaxTree {
  return guardDepth(source, () => new TreeBuilder(source).build())
}

class TreeBuilder extends BodyWalker {
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
      (token) => !token.binding && token.role === 'name' && namesOfDynamicModules.has(token.text),
    )
    return isCommon ? 'dynamic' : 'none'
  }

  protected visitNode(node: t.Node): void {
    switch (node.type) {
      case 'ThisExpression':
      case 'Super':
        this.markReceiver()
        return
      case 'Identifier':
      case 'JSXIdentifier':
        if (node.name === 'arguments') this.markReceiver()
        this.refer(node)
        if (node.type === 'Identifier') this.visit(node.typeAnnotation)
        return
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        this.visit(node.object)
        if (node.computed) this.visit(node.property)
        return
      case 'JSXMemberExpression':
        this.visit(node.object)
        return
      case 'JSXOpeningElement':
        if (node.name.type !== 'JSXIdentifier' || /^[A-Z_$]/.test(node.name.name)) this.visit(node.name)
        for (const attribute of node.attributes) this.visit(attribute)
        return
      case 'JSXClosingElement':
        if (node.name.type !== 'JSXIdentifier' || /^[A-Z_$]/.test(node.name.name)) this.visit(node.name)
        return
      case 'JSXAttribute':
        this.visit(node.value)
        return
      case 'MetaProperty':
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'TSPropertySignature':
      case 'TSImportType':
        if (node.type === 'TSPropertySignature') this.visit(node.typeAnnotation)
        return
      case 'AwaitExpression':
        this.markWaiting()
        this.visit(node.argument)
        return
      case 'LabeledStatement':
        this.visit(node.body)
        return
      case 'ObjectProperty':
        this.visitProperty(node)
        return
      case 'ClassProperty':
      case 'ClassAccessorProperty':
      case 'ClassPrivateProperty':
        this.visitField(node)
        return
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
      case 'ObjectMethod':
      case 'ClassMethod':
      case 'ClassPrivateMethod':
        this.visitFunction(node)
        return
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.visitClass(node)
        return
      case 'StaticBlock': {
        const from = (node.start ?? 0) + this.source.text.slice(node.start ?? 0).indexOf('{')
        const block = this.makeBlock('plain', 'static', from + 1, (node.end ?? 0) - 1, {})
        this.braces.set(block, [from, node.end ?? 0])
        this.fillBlock(block, new Scope(this.scope, block, true), node.body)
        return
      }
      case 'TSModuleBlock': {
        const block = this.makeBlock('plain', 'namespace', (node.start ?? 0) + 1, (node.end ?? 0) - 1, {})
        this.braces.set(block, [node.start ?? 0, node.end ?? 0])
        this.fillBlock(block, new Scope(this.scope, block, true), node.body)
        return
      }
      case 'BlockStatement':
        this.visitBody(node, 'plain', '')
        return
      case 'IfStatement':
        this.visitIf(node, 0)
        return
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        this.visitLoop(node)
        return
      case 'WithStatement':
        this.visit(node.object)
        this.visitBody(node.body, 'plain', 'with')
        return
      case 'TryStatement':
        this.visitTry(node)
        return
      case 'SwitchStatement':
        this.visitSwitch(node)
        return
      case 'VariableDeclaration':
        this.visitVariables(node)
        return
      case 'AssignmentExpression':
        this.nameFunction(node.right, memberName(node.left), 'function')
        this.visitTarget(node.left)
        this.visit(node.right)
        return
      case 'UpdateExpression':
        this.visitTarget(node.argument)
        return
      case 'UnaryExpression':
        if (node.operator === 'delete') this.markChanged(node.argument)
        this.visit(node.argument)
        return
      case 'CallExpression':
      case 'OptionalCallExpression':
      case 'NewExpression':
        this.visitCall(node)
        return
      case 'ImportDeclaration':
        this.visitImport(node)
        return
      case 'ExportSpecifier':
        if (node.local.type === 'Identifier') this.refer(node.local)
        return
      case 'ExportNamedDeclaration':
        if (node.source) return
        this.visitChildren(node)
        return
      case 'ExportDefaultDeclaration':
        this.nameFunction(node.declaration, 'default', 'function')
        this.visit(node.declaration)
        return
      case 'TSInterfaceDeclaration':
      case 'TSTypeAliasDeclaration':
      case 'TSEnumDeclaration':
        this.visitTypeDeclaration(node)
        return
      case 'TSModuleDeclaration':
        if (node.id.type === 'Identifier') this.declare(node.id, 'constant')
        this.visit(node.body)
        return
      case 'TSImportEqualsDeclaration':
        this.declare(node.id, 'import')
        this.visit(node.moduleReference)
        return
      case 'TSQualifiedName':
        this.visit(node.left)
        return
      case 'TSEnumMember':
        this.visit(node.initializer)
        return
      case 'TSParameterProperty':
        this.visit(node.parameter)
        return
      default:
        this.visitChildren(node)
    }
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

  private visitCall(node: t.CallExpression | t.OptionalCallExpression | t.NewExpression): void {
    const call = node.type === 'CallExpression' ? readFlorCall(node, this.flor) : undefined
    const { statement } = this
    if (call?.method === 'log' && statement) statement.logNames.push(call.name)
    if (call?.method !== 'log' && statement) statement.work ??= [node.start ?? 0, node.end ?? 0]
    const callee = node.callee.type === 'Identifier' ? this.tokenAt.get(node.callee.start ?? -1) : undefined
    if (callee) callee.isCalled = true
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

  private fillTokens(): void {
    const { tokens } = this
    for (const statement of this.statements) {
      statement.firstToken = this.tokenAt.firstFrom(statement.start)
      statement.tokenEnd = this.tokenAt.firstFrom(statement.end)
    }
    for (const statement of this.statements) {
      if (statement.blocks.length === 0) {
        statement.head = tokens.slice(statement.firstToken, statement.tokenEnd)
        continue
      }
      const holes = statement.blocks
        .map((block): [number, number] => this.braces.get(block) ?? [block.start, block.end])
        .sort((x, y) => x[0] - y[0])
      let at = statement.firstToken
      for (const [from, to] of holes) {
        const stop = this.tokenAt.firstFrom(from)
        while (at < stop) statement.head.push(tokens[at++] as Token)
        at = Math.max(at, this.tokenAt.firstFrom(to))
      }
      while (at < statement.tokenEnd) statement.head.push(tokens[at++] as Token)
    }
  }
}
