import type * as t from '@babel/types'
import { childrenOf, isFunctionNode } from './syntax.js'

/** A way out of a piece of code; labels have a colon before their name. */
type Jump = 'return' | 'throw' | 'break' | 'continue' | `:${string}`

const known = new WeakMap<t.Node, ReadonlySet<Jump>>()

/**
 * The jumps that leave a node: `break` of a loop inside of it leaves only that loop, `return` of a function inside of it only that
 * function. A labelled `continue` of a loop is told under its label, like a `break`.
 */
export function jumpsOf(node: t.Node): ReadonlySet<Jump> {
  let jumps = known.get(node)
  if (jumps === undefined) {
    jumps = findJumps(node)
    known.set(node, jumps)
  }
  return jumps
}

function findJumps(node: t.Node): ReadonlySet<Jump> {
  const jumps = new Set<Jump>(
    childrenOf(node).flatMap((child) => (isFunctionNode(child) ? [] : [...jumpsOf(child)])),
  )
  switch (node.type) {
    case 'ReturnStatement':
      return jumps.add('return')
    case 'ThrowStatement':
      return jumps.add('throw')
    case 'BreakStatement':
      return jumps.add(node.label ? `:${node.label.name}` : 'break')
    case 'ContinueStatement':
      return jumps.add(node.label ? `:${node.label.name}` : 'continue')
    case 'LabeledStatement':
      jumps.delete(`:${node.label.name}`)
      return jumps
    case 'SwitchStatement':
      jumps.delete('break')
      return jumps
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      jumps.delete('break')
      jumps.delete('continue')
      return jumps
    default:
      return jumps
  }
}

/**
 * Whether execution may leave a node otherwise than at its end. `throws`: whether exceptions count, which they do where something may catch them;
 * `label`: the node's own, whose jumps lead no further than out of it.
 */
export function isLeft(
  node: t.Node,
  { throws, label }: { throws: boolean; label?: string | undefined },
): boolean {
  return [...jumpsOf(node)].some((it) => (it === 'throw' ? throws : it !== `:${label}`))
}
