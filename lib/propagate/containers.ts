import type { Pairing } from './pairing.js'
import type { Similarity } from './similarity.js'
import type { Block, Statement, SyntaxTree } from './syntax.js'

const accepted = 0.4
const acceptedWithName = 0.2

/** How much of the code in a new block was found in an old block, by the weight of its statements. */
export class BlockVotes {
  private readonly votes = new Map<Block, Map<Block, number>>()

  add(newer: Block, older: Block, weight: number): void {
    const targets = this.votes.get(newer) ?? new Map<Block, number>()
    this.votes.set(newer, targets)
    // An old wrapper may be gone from the new version: its surroundings get a share.
    let share = weight
    let block: Block | undefined = older
    for (let i = 0; i < 3 && block; i++) {
      targets.set(block, (targets.get(block) ?? 0) + share)
      share *= 0.6
      block = block.owner?.block
    }
  }

  get(newer: Block, older: Block): number {
    return this.votes.get(newer)?.get(older) ?? 0
  }

  of(newer: Block): ReadonlyMap<Block, number> {
    return this.votes.get(newer) ?? new Map()
  }
}

/**
 * Pairs statements that hold blocks, from the inside out, by how much of their content is paired; a wrapper
 * without a counterpart hands its votes on to what it stands in.
 */
export function pairContainers(
  newer: SyntaxTree,
  older: SyntaxTree,
  candidates: ReadonlyMap<Statement, Statement>,
  similarity: Similarity,
  pairing: Pairing,
): BlockVotes {
  const votes = new BlockVotes()
  const newerWeights = wholeWeights(newer, similarity)
  const olderWeights = wholeWeights(older, similarity)
  for (let i = newer.statements.length - 1; i >= 0; i--) {
    const statement = newer.statements[i] as Statement
    const candidate = candidates.get(statement)
    if (statement.blocks.length === 0) {
      if (candidate) votes.add(statement.block, candidate.block, similarity.weight(statement))
      continue
    }
    const scores = new Map<Statement, number>()
    for (const block of statement.blocks)
      for (const [other, weight] of votes.of(block))
        if (other.owner) scores.set(other.owner, (scores.get(other.owner) ?? 0) + weight)
    if (candidate) scores.set(candidate, scores.get(candidate) ?? 0)
    let best: Statement | undefined
    let bestScore = 0
    for (const [other, shared] of scores) {
      if (pairing.origin(other) || !similarity.canPair(statement, other)) continue
      const heads = similarity.heads(statement, other)
      const inner = Math.max(1, newerWeights(statement) + olderWeights(other))
      const score = 0.65 * Math.min(1, (2 * shared) / inner) + 0.35 * heads
      const named =
        isSameName(statement, other) || heads === 1 || similarity.shareRareLiteral(statement, other)
      if (score > bestScore && score >= (named ? acceptedWithName : accepted)) {
        best = other
        bestScore = score
      }
    }
    if (best && pairing.add(statement, best)) {
      votes.add(
        statement.block,
        best.block,
        similarity.weight(statement) + bestScore * newerWeights(statement),
      )
    } else {
      for (const block of statement.blocks)
        for (const [other, weight] of votes.of(block)) votes.add(statement.block, other, 0.6 * weight)
    }
  }
  return votes
}

function isSameName(newer: Statement, older: Statement): boolean {
  const loop = newer.blocks[0]?.loop
  if (loop !== undefined && loop === older.blocks[0]?.loop) return true
  const label = newer.blocks[0]?.label
  return label !== undefined && label !== '' && label === older.blocks[0]?.label && newer.role === older.role
}

/** The weight of everything inside a statement's blocks. */
function wholeWeights(tree: SyntaxTree, similarity: Similarity): (statement: Statement) => number {
  const sums = new Float64Array(tree.statements.length + 1)
  for (const [i, statement] of tree.statements.entries())
    sums[i + 1] = (sums[i] as number) + similarity.weight(statement)
  return (statement) => (sums[statement.lastIndex] as number) - (sums[statement.index + 1] as number)
}
