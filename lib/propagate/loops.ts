import { type Block, enclosingBlocks, isInside, type Statement, type SyntaxTree } from './syntax.js'

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

/** Chains of the functions of a tree, as far as they are known; `busy` while one is being found. */
const knownChains = new WeakMap<SyntaxTree, Map<Block, LoopChain | 'busy'>>()

/**
 * Loops around a block, through the functions it lies in: a function that is used in one place belongs to the
 * loops of that place. Where uses disagree, the chain stops there; uses in the function itself do not count.
 */
export function loopChain(tree: SyntaxTree, block: Block): LoopChain {
  const names: string[] = []
  for (const current of enclosingBlocks(block)) {
    if (current.loop !== undefined) names.unshift(current.loop)
    if (current.kind !== 'function') continue
    const outer = callerChain(tree, current)
    return { names: [...outer.names, ...names], isComplete: outer.isComplete }
  }
  return { names, isComplete: true }
}

const unknown: LoopChain = { names: [], isComplete: false }

function callerChain(tree: SyntaxTree, block: Block): LoopChain {
  const known = knownChains.get(tree) ?? new Map<Block, LoopChain | 'busy'>()
  knownChains.set(tree, known)
  const found = known.get(block)
  if (found !== undefined) return found === 'busy' ? unknown : found
  known.set(block, 'busy')
  const chains: LoopChain[] = []
  for (const use of block.names?.references ?? []) {
    const statement = use.isDeclaration ? undefined : statementAt(tree, use.start)
    // `export { f }`, `exports.f = f`, `module.exports = { f }`: who calls it is not known.
    if (!statement || /^(export|module$)/i.test(statement.head[0]?.text ?? '')) continue
    const place = blockAt(statement, use.start)
    if (!isInside(place, block)) chains.push(loopChain(tree, place))
  }
  const [first = unknown, ...rest] = chains
  const agree = rest.every(({ names }) => names.join('\n') === first.names.join('\n'))
  const chain = agree ? first : unknown
  known.set(block, chain)
  return chain
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
