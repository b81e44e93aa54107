import type * as t from '@babel/types'
import type { Statement } from '../../syntax.js'
import { requiredModule } from './flor-calls.js'

/** Decorators before `export class` start the statement although Babel's node does not say so. */
export function startOf(node: t.Node | undefined): number {
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

/** A word for the form of a statement: equal for loops of all forms, and for a declaration with and without `export`. */
export function kindOf(node: t.Node): string {
  if (node.type === 'LabeledStatement') return kindOf(node.body)
  if (/^(For|While|DoWhile)/.test(node.type)) return 'Loop'
  if (node.type === 'ExportNamedDeclaration' && node.declaration) return kindOf(node.declaration)
  if (node.type === 'ExportDefaultDeclaration' && node.declaration.type.endsWith('Declaration'))
    return kindOf(node.declaration)
  if (node.type === 'ClassPrivateMethod') return 'ClassMethod'
  return node.type
}

/** What a statement is for, in the core's words. */
export function roleOf(node: t.Node): Statement['role'] {
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
export function memberName(node: t.Node): string {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression')
    return keyName(node.property)
  return ''
}

/** The text of a property key, with `#` for private names; '' for computed ones. */
export function keyName(node: t.Node): string {
  if (node.type === 'Identifier' || node.type === 'JSXIdentifier') return node.name
  if (node.type === 'StringLiteral') return node.value
  if (node.type === 'NumericLiteral') return String(node.value)
  if (node.type === 'PrivateName') return `#${node.id.name}`
  return ''
}
