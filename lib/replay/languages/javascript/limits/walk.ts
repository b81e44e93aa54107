import type * as t from '@babel/types'
import { childrenOf } from '../syntax.js'

/** A node with the nodes around it, innermost first. */
export interface Placed {
  readonly node: t.Node
  readonly around: readonly t.Node[]
}

/** Every node below `root`, itself included, in the order of the source; nothing below a node for which `isEntered` says no. */
export function* walk(
  root: t.Node,
  isEntered: (placed: Placed) => boolean = () => true,
  around: readonly t.Node[] = [],
): Generator<Placed> {
  const placed = { node: root, around }
  yield placed
  if (!isEntered(placed)) return
  const inside = [root, ...around]
  for (const child of childrenOf(root)) yield* walk(child, isEntered, inside)
}

/** The name of a member access without computation: `b` of `a.b`. */
export function memberName(node: t.Node): string | undefined {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return undefined
  if (!node.computed && node.property.type === 'Identifier') return node.property.name
  return node.property.type === 'StringLiteral' ? node.property.value : undefined
}

export function isCall(
  node: t.Node | undefined,
): node is t.CallExpression | t.OptionalCallExpression | t.NewExpression {
  return (
    node?.type === 'CallExpression' ||
    node?.type === 'OptionalCallExpression' ||
    node?.type === 'NewExpression'
  )
}

/** The variable at the beginning of `a.b[c].d`. */
export function rootOf(node: t.Node): t.Identifier | undefined {
  if (node.type === 'Identifier') return node
  if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression') return rootOf(node.object)
  return undefined
}

/** What an assignment, `++` or `--` writes to; undefined for any other node. */
export function targetOf(node: t.Node): t.Node | undefined {
  if (node.type === 'AssignmentExpression') return node.left
  return node.type === 'UpdateExpression' ? node.argument : undefined
}
