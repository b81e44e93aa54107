import type { Block, Statement, SyntaxTree } from './syntax.js'

/** The flor loops that execute a block, outermost first. */
export interface LoopChain {
  readonly names: readonly string[]
  /** False when callers are unknown: there may be more loops around. */
  readonly isComplete: boolean
}

/** The innermost statement that holds an offset. */
export function statementAt(tree: SyntaxTree, offset: number): Statement | undefined {
  let low = 0
  let high = tree.statements.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tree.statements[middle]?.start ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  let statement = tree.statements[low - 1]
  while (statement && statement.end <= offset) statement = statement.block.owner
  return statement
}

/**
 * Loops around a block, through the functions it lies in: a function that is used in one place belongs to the
 * loops of that place. Where uses disagree, the chain stops there.
 */
export function loopChain(
  tree: SyntaxTree,
  block: Block,
  visited: ReadonlySet<Block> = new Set(),
): LoopChain {
  const names: string[] = []
  let current: Block | undefined = block
  while (current) {
    if (current.loop !== undefined) names.unshift(current.loop)
    if (current.kind === 'function') {
      const outer = visited.has(current)
        ? undefined
        : callerChain(tree, current, new Set([...visited, current]))
      if (!outer) return { names, isComplete: false }
      return { names: [...outer.names, ...names], isComplete: outer.isComplete }
    }
    current = current.owner?.block
  }
  return { names, isComplete: true }
}

function callerChain(tree: SyntaxTree, block: Block, visited: ReadonlySet<Block>): LoopChain | undefined {
  const uses = (block.names?.references ?? []).filter((token) => !token.isDeclaration)
  const chains: LoopChain[] = []
  for (const use of uses.slice(0, 20)) {
    const statement = statementAt(tree, use.start)
    if (statement && !/^export/i.test(statement.head[0]?.text ?? ''))
      chains.push(loopChain(tree, blockAt(statement, use.start), visited))
  }
  const [first, ...rest] = chains
  if (!first) return undefined
  const agree = rest.every(({ names }) => names.join('\n') === first.names.join('\n'))
  return agree ? first : undefined
}

function blockAt(statement: Statement, offset: number): Block {
  return statement.blocks.find((block) => offset >= block.start && offset < block.end) ?? statement.block
}

/** Whether two places can be in the same loops: equal, or equal as far as the shorter is known. */
export function sameLoops(a: LoopChain, b: LoopChain): boolean {
  if (a.isComplete && b.isComplete) return a.names.join('\n') === b.names.join('\n')
  const length = Math.min(a.names.length, b.names.length)
  if (a.isComplete && b.names.length > a.names.length) return false
  if (b.isComplete && a.names.length > b.names.length) return false
  return (
    a.names.slice(a.names.length - length).join('\n') === b.names.slice(b.names.length - length).join('\n')
  )
}
