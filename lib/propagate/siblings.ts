import type { Comparison } from './compare.js'
import type { Block, Statement } from './syntax.js'
import { enclosingBlocks, isInside } from './syntax.js'

/** Where a statement may stand: in `block`, before the statement now at `position` (or at the end). */
export interface Gap {
  readonly block: Block
  readonly position: number
}

/** A statement's neighbours in the new version, and the part of the old version that they leave for it. */
export interface Neighbourhood {
  readonly block: Block
  /** Gaps from `low` to `high` (both included) lie between the images of the nearest paired neighbours. */
  readonly low: number
  readonly high: number
  readonly previous?: Statement
  readonly next?: Statement
  /** Unpaired statements of the new version between the paired neighbours and the statement. */
  readonly before: readonly Statement[]
  readonly after: readonly Statement[]
  /** Whether the images of the neighbours stand in the other order, or in different blocks. */
  readonly isCrossed: boolean
  /** Whether the block is the image of the statement's block, or where its paired neighbours went. */
  readonly isImage: boolean
}

/** The position, in `block`, of the statement that is or holds `statement`; undefined when it is elsewhere. */
export function positionIn(block: Block, statement: Statement): number | undefined {
  let current: Statement | undefined = statement
  while (current && current.block !== block) current = current.block.owner
  return current?.position
}

/**
 * Reads the neighbourhood of `unit`, passing over `apart` (other wanted statements). Undefined when neither
 * its block nor a neighbour has an image.
 */
export function findNeighbourhood(
  comparison: Comparison,
  unit: Statement,
  apart: ReadonlySet<Statement>,
): Neighbourhood | undefined {
  const { pairing } = comparison
  const siblings = unit.block.statements
  const isPaired = (statement: Statement) => pairing.image(statement) !== undefined && !apart.has(statement)
  let left = unit.position - 1
  while (left >= 0 && !isPaired(siblings[left] as Statement)) left--
  let right = unit.position + 1
  while (right < siblings.length && !isPaired(siblings[right] as Statement)) right++
  const previous = siblings[left]
  const next = siblings[right]
  const notApart = (statement: Statement) => !apart.has(statement)
  const before = siblings.slice(left + 1, unit.position).filter(notApart)
  const after = siblings.slice(unit.position + 1, right).filter(notApart)
  const chosen = chooseBlock(comparison, unit, previous, next)
  if (!chosen) return undefined
  const { block } = chosen
  const a = previous && positionIn(block, pairing.image(previous) as Statement)
  const b = next && positionIn(block, pairing.image(next) as Statement)
  let low = a === undefined ? 0 : a + 1
  let high = b === undefined ? block.statements.length : b
  let isCrossed = chosen.isSplit
  if (low > high) {
    isCrossed = true
    ;[low, high] = [Math.min(high, low), Math.max(high, low)]
  }
  const isImage = pairing.blockImage(unit.block) === block
  // In a block that was cut out of another one, the first and the last statement adjoin what they stood by.
  const isEdge = !isImage && !isCrossed
  if (isEdge && right === siblings.length && after.length === 0 && before.length === 0 && a !== undefined)
    high = low
  if (isEdge && left < 0 && after.length === 0 && before.length === 0 && b !== undefined) low = high
  return {
    block,
    low,
    high,
    before,
    after,
    isCrossed,
    isImage,
    ...(previous && a !== undefined ? { previous } : {}),
    ...(next && b !== undefined ? { next } : {}),
  }
}

function chooseBlock(
  comparison: Comparison,
  unit: Statement,
  previous: Statement | undefined,
  next: Statement | undefined,
): { block: Block; isSplit: boolean } | undefined {
  const { pairing } = comparison
  const image = pairing.blockImage(unit.block)
  const a = previous && pairing.image(previous)?.block
  const b = next && pairing.image(next)?.block
  if (a && b) {
    if (a === b) return { block: a, isSplit: false }
    if (image) {
      // One neighbour stands deeper, in a wrapper that only the old version has.
      if (isInside(a, image) && isInside(b, image)) return { block: image, isSplit: false }
      if (a === image || b === image) return { block: image, isSplit: true }
    }
    const common = commonBlock(a, b)
    if (common && (common === a || common === b)) return { block: common, isSplit: false }
    return image ? { block: image, isSplit: true } : undefined
  }
  const only = a ?? b
  if (only && image && only !== image && isInside(only, image) && only.kind !== 'function') {
    // All of the code moved into a wrapper: go along when no code stayed outside.
    const stayed = image.statements.some((statement) => pairing.origin(statement)?.block === unit.block)
    return { block: stayed ? image : only, isSplit: false }
  }
  if (only && image && only !== image) return { block: image, isSplit: true }
  const block = only ?? image
  return block && { block, isSplit: false }
}

function commonBlock(a: Block, b: Block): Block | undefined {
  const around = new Set(enclosingBlocks(a))
  for (const block of enclosingBlocks(b)) if (around.has(block)) return block
  return undefined
}
