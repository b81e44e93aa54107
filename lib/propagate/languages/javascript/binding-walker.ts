import type * as t from '@babel/types'
import type { Binding, Token } from '../../syntax.js'
import { requiredModule } from './flor-calls.js'
import { keyName } from './node-forms.js'
import { Scope } from './scopes.js'
import { TreeState, type Writable } from './tree-state.js'

/** The second part of the walk: names that are declared, assigned and read, in patterns and imports. */
export abstract class BindingWalker extends TreeState {
  protected refer(node: t.Node): Token | undefined {
    const token = this.tokenAt.get(node.start ?? -1)
    if (!token) return undefined
    if (this.inType) token.isType = true
    this.table.refer(this.scope, token, this.statement)
    return token
  }

  protected declare(
    node: t.Identifier,
    form: Binding['kind'] | 'var',
    scope = this.scope,
  ): Binding | undefined {
    const token = this.tokenAt.get(node.start ?? -1)
    if (!token || token.text !== node.name) return undefined
    const binding = this.table.declare(scope, token, form, this.statement)
    if (form !== 'parameter') this.addDeclared(binding)
    return binding
  }

  private addDeclared(binding: Binding): void {
    // In place: one statement may declare thousands of names.
    const declares = this.statement?.declares as Binding[] | undefined
    declares?.push(binding)
  }

  protected declarePattern(node: t.Node | null, form: Binding['kind'] | 'var', scope = this.scope): void {
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
  protected visitTarget(node: t.Node): void {
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
        this.markChanged(node)
        this.visit(node)
    }
  }

  /** A member that is assigned or deleted changes what the name at its root stands for. */
  protected markChanged(node: t.Node): void {
    let root = node
    while (root.type === 'MemberExpression' || root.type === 'TSNonNullExpression')
      root = root.type === 'MemberExpression' ? root.object : root.expression
    const token = root.type === 'Identifier' ? this.tokenAt.get(root.start ?? -1) : undefined
    if (token && root !== node) token.isChanged = true
  }

  protected markShorthand(node: t.ObjectProperty): void {
    const token = node.shorthand ? this.tokenAt.get(node.start ?? -1) : undefined
    if (token) token.shorthand = true
  }

  protected visitVariables(node: t.VariableDeclaration): void {
    const form = node.kind === 'var' ? 'var' : node.kind === 'let' ? 'variable' : 'constant'
    for (const { id, init } of node.declarations) {
      const module = requiredModule(init?.type === 'MemberExpression' ? init.object : init)
      this.declarePattern(id, form)
      if (module !== undefined) this.markImported(id, module, init)
      if (id.type === 'Identifier') {
        const binding = this.tokenAt.get(id.start ?? -1)?.binding
        this.nameFunction(init, id.name, 'function', binding)
      }
      this.visit(init)
    }
  }

  protected markImported(id: t.Node, module: string, init: t.Node | null | undefined): void {
    const member = init?.type === 'MemberExpression' ? keyName(init.property) : undefined
    const mark = (node: t.Node, imported: string): void => {
      const binding = this.tokenAt.get(node.start ?? -1)?.binding as Writable<Binding> | undefined
      if (binding) binding.imported = { module, imported }
    }
    if (id.type === 'Identifier') mark(id, member ?? '*')
    if (id.type !== 'ObjectPattern' || member !== undefined) return
    for (const property of id.properties)
      if (property.type === 'ObjectProperty' && property.value.type === 'Identifier')
        mark(property.value, keyName(property.key))
  }

  protected visitImport(node: t.ImportDeclaration): void {
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
      this.addDeclared(binding)
    }
  }

  protected visitTypeDeclaration(
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
}
