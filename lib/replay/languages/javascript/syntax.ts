import type * as t from '@babel/types'

/** The nodes directly below a node, in the order of the source. */
export function childrenOf(node: t.Node): t.Node[] {
  const found: t.Node[] = []
  for (const [key, value] of Object.entries(node)) {
    if (key === 'loc' || key.endsWith('Comments') || key === 'extra') continue
    if (Array.isArray(value)) found.push(...value.filter(isNode))
    else if (isNode(value)) found.push(value)
  }
  return found
}

export function isNode(value: unknown): value is t.Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

export function isFunctionNode(node: t.Node): node is t.Function {
  return /^(Function(Declaration|Expression)|ArrowFunctionExpression|ObjectMethod|Class(Private)?Method)$/.test(
    node.type,
  )
}

/** Tells whether a node can stand in a list of statements. */
export function isStatementNode(node: t.Node): node is t.Statement {
  return /(Statement|Declaration)$/.test(node.type)
}

/** The literal text of a property's or argument's node. */
export function literalName(node: t.Node | null | undefined, computed = false): string | undefined {
  if (node == null) return undefined
  if (node.type === 'Identifier' && !computed) return node.name
  if (node.type === 'PrivateName') return `#${node.id.name}`
  if (node.type === 'StringLiteral') return node.value
  if (computed && node.type === 'NumericLiteral' && Number.isInteger(node.value)) return String(node.value)
  if (node.type === 'TemplateLiteral' && node.expressions.length === 0)
    return node.quasis[0]?.value.cooked ?? undefined
  if (
    computed &&
    node.type === 'MemberExpression' &&
    node.object.type === 'Identifier' &&
    node.object.name === 'Symbol' &&
    node.property.type === 'Identifier'
  ) {
    return `@@${node.property.name}`
  }
  return undefined
}
