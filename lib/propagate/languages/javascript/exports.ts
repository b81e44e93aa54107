import type * as t from '@babel/types'
import type { ModuleExports } from '../../language.js'
import type { Binding, ImportedName, SyntaxTree } from '../../syntax.js'
import { keyName, memberName } from './node-forms.js'
import { parseFile } from './parse.js'

const known = new WeakMap<SyntaxTree, ModuleExports>()

/**
 * What a file gives to others, by `export` and by assignments to `exports` and `module.exports`. Those of CommonJS that
 * are computed (`Object.assign(exports, …)`, in a function) are not seen: `isComplete` is false then.
 */
export function exportsOf(tree: SyntaxTree): ModuleExports {
  const before = known.get(tree)
  if (before !== undefined) return before
  const reader = new ExportReader(tree)
  for (const node of parseFile(tree.source).program.body) reader.read(node)
  const { names, starred, isComplete } = reader
  const isOpen = tree.modules === 'dynamic' && tree.tokens.filter(isExportsName).length > reader.understood
  const found = { names, starred, isComplete: isComplete && !isOpen }
  known.set(tree, found)
  return found
}

function isExportsName({ role, text, binding }: SyntaxTree['tokens'][number]): boolean {
  return role === 'name' && binding === undefined && (text === 'module' || text === 'exports')
}

class ExportReader {
  readonly names = new Map<string, Binding | ImportedName | undefined>()
  readonly starred: string[] = []
  isComplete = true
  /** Uses of `module` and `exports` that were read. */
  understood = 0

  constructor(private readonly tree: SyntaxTree) {}

  read(node: t.Statement): void {
    switch (node.type) {
      case 'ExportNamedDeclaration':
        this.readNamed(node)
        return
      case 'ExportDefaultDeclaration': {
        const { declaration } = node
        const id = 'id' in declaration ? declaration.id : declaration
        this.names.set('default', id?.type === 'Identifier' ? this.local(id.name) : undefined)
        return
      }
      case 'ExportAllDeclaration':
        this.starred.push(node.source.value)
        return
      case 'ExpressionStatement':
        if (node.expression.type === 'AssignmentExpression') this.readAssignment(node.expression)
        return
      default:
    }
  }

  private local(name: string): Binding | undefined {
    return this.tree.resolve(name, this.tree.program)
  }

  private readNamed({ declaration, specifiers, source }: t.ExportNamedDeclaration): void {
    for (const specifier of specifiers) {
      const exported = keyName(specifier.exported)
      if (specifier.type === 'ExportSpecifier' && source)
        this.names.set(exported, { module: source.value, imported: keyName(specifier.local) })
      else if (specifier.type === 'ExportSpecifier')
        this.names.set(exported, this.local(keyName(specifier.local)))
      else this.names.set(exported, source ? { module: source.value, imported: '*' } : undefined)
    }
    if (!declaration) return
    if (declaration.type === 'VariableDeclaration') {
      for (const { id } of declaration.declarations) {
        if (id.type === 'Identifier') this.names.set(id.name, this.local(id.name))
        else this.isComplete = false
      }
      return
    }
    if ('id' in declaration && declaration.id?.type === 'Identifier')
      this.names.set(declaration.id.name, this.local(declaration.id.name))
  }

  private readAssignment({ left, right, operator }: t.AssignmentExpression): void {
    if (operator !== '=' || left.type !== 'MemberExpression' || left.computed) return
    if (isModuleExports(left)) {
      this.understood++
      this.readWhole(right)
    } else if (isModuleExports(left.object) || isName(left.object, 'exports')) {
      this.understood++
      this.names.set(memberName(left), right.type === 'Identifier' ? this.local(right.name) : undefined)
    }
  }

  /** `module.exports = …` */
  private readWhole(value: t.Expression): void {
    if (value.type === 'Identifier') this.names.set('default', this.local(value.name))
    if (value.type !== 'ObjectExpression') {
      this.isComplete = false
      return
    }
    for (const property of value.properties) {
      if (property.type === 'SpreadElement' || property.computed) this.isComplete = false
      else if (property.type === 'ObjectProperty' && property.value.type === 'Identifier')
        this.names.set(keyName(property.key), this.local(property.value.name))
      else this.names.set(keyName(property.key), undefined)
    }
  }
}

function isModuleExports(node: t.Node): boolean {
  return node.type === 'MemberExpression' && isName(node.object, 'module') && memberName(node) === 'exports'
}

function isName(node: t.Node, name: string): boolean {
  return node.type === 'Identifier' && node.name === name
}
