import { firstLine, lineOfGap, offsetOf, type Placement, place, type Versions } from './placement.js'
import { isDefinedAt, isOwn, resolveNames, tokensOf } from './resolve.js'
import { Declined } from './result.js'
import { findNeighbourhood, type Gap, positionIn } from './siblings.js'
import type { Block, Statement } from './syntax.js'
import type { Slice, Unit } from './units.js'

/**
 * Places what a wanted statement needs: where its own neighbours say, when that is before every use; else
 * directly before its first use, where that cannot change its value.
 * @throws Declined
 */
export function placeHelper(versions: Versions, unit: Unit, slice: Slice): Placement {
  const users = slice.units.filter((other) => other.placement && readsFrom(versions, other, unit))
  try {
    const own = place(versions, unit.statement, slice.brought)
    if (users.every((user) => isBefore(own.gap, user, unit.statement))) return own
  } catch (error) {
    if (!(error instanceof Declined)) throw error
  }
  return placeBeforeUse(versions, unit, users.length > 0 ? users : [unit.neededBy as Unit], slice)
}

function readsFrom(versions: Versions, user: Unit, source: Unit): boolean {
  return tokensOf(versions.newer, user.statement).some(
    ({ binding }) => binding !== undefined && isOwn(source.statement, binding),
  )
}

function isBefore(gap: Gap, user: Unit, statement: Statement): boolean {
  const other = user.placement?.gap
  if (!other || statement.role === 'function') return true
  const position = ancestorPosition(gap.block, other)
  if (position === undefined) return false
  return (
    gap.position < position ||
    (gap.position === position && (other.block !== gap.block || statement.index < user.statement.index))
  )
}

/** The position in `block` of the statement that holds `gap`, or the gap's own when it lies in `block`. */
function ancestorPosition(block: Block, gap: Gap): number | undefined {
  if (gap.block === block) return gap.position
  return gap.block.owner && positionIn(block, gap.block.owner)
}

function placeBeforeUse(versions: Versions, unit: Unit, users: readonly Unit[], slice: Slice): Placement {
  const { newer, older, comparison, apart } = versions
  const { statement } = unit
  const unclear = (why: string, lines: readonly number[] = []) =>
    new Declined('ambiguous', `line ${statement.line}, which the statement needs, ${why}`, lines)
  const gaps = users.flatMap((user) => user.placement?.gap ?? [])
  const [firstGap] = gaps
  if (!firstGap) throw unclear('has no place')
  const block = targetBlock(versions, unit, firstGap)
  if (!block) throw unclear('has no place before its use', [lineOfGap(older, firstGap)])
  const positions = gaps.flatMap((gap) => ancestorPosition(block, gap) ?? [])
  if (positions.length < gaps.length)
    throw unclear(
      'has no place before all uses',
      gaps.map((gap) => lineOfGap(older, gap)),
    )
  const gap: Gap = { block, position: Math.min(...positions) }
  const { reads } = resolveNames(newer, older, comparison, statement, block, slice.brought)
  const isAdjacent = users.every((user) => isAdjacentTo(versions, statement, user.statement))
  const isFixed = reads.every((binding) => binding.writers.size === 0)
  if (statement.role !== 'function' && !isAdjacent && !isFixed)
    throw unclear('reads what may change before its use', [lineOfGap(older, gap)])
  const offset = offsetOf(gap)
  const late = reads.find((binding) => !isDefinedAt(binding, block, offset))
  if (late && statement.role !== 'function') throw unclear(`reads \`${late.name}\`, which is defined later`)
  const neighbourhood = findNeighbourhood(comparison, statement, apart) ?? {
    block,
    low: gap.position,
    high: gap.position,
    before: [],
    after: [],
    isCrossed: false,
    isImage: false,
  }
  return {
    gap,
    confidence: 1,
    neighbourhood,
    explanation: {
      newerLine: statement.line,
      text: firstLine(newer, statement),
      olderLine: lineOfGap(older, gap),
      confidence: 1,
      evidence: ['needed by a statement below, directly before its first use'],
    },
  }
}

/** The image of the helper's block, when the use lies in it; else the block of the use, when both shared one. */
function targetBlock(versions: Versions, unit: Unit, use: Gap): Block | undefined {
  const { comparison } = versions
  const image = comparison.pairing.blockImage(unit.statement.block)
  if (image && ancestorPosition(image, use) !== undefined) return image
  return unit.neededBy?.statement.block === unit.statement.block ? use.block : undefined
}

/** Whether only unpaired statements stand between two statements of one block. */
function isAdjacentTo(versions: Versions, first: Statement, second: Statement): boolean {
  if (first.block !== second.block || first.position > second.position) return false
  return first.block.statements
    .slice(first.position + 1, second.position)
    .every((statement) => !versions.comparison.pairing.image(statement))
}
