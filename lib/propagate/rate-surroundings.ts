import type { Comparison } from './compare.js'
import { enclosingBlocks, type Statement } from './syntax.js'

/** How many statements on each side of a statement count, and of those that it lies in. */
const reach = { own: 8, outer: 3 } as const
/** What a level further out counts of the one inside it: code moves between files by whole functions. */
const perLevel = 0.25

/** Whether an old statement, so like its counterpart, counts as what stands around a statement. */
export type IsThere = (image: Statement, likeness: number) => boolean

/**
 * Which part of a statement's surroundings an old file holds, between 0 and 1: on each level from its own block outwards,
 * its neighbours (near ones count most) and the head of the block, each as far as its counterpart is like it. 1 when the
 * file has the statement itself.
 */
export function rateSurroundings(
  comparison: Comparison,
  statement: Statement,
  apart: ReadonlySet<Statement>,
  isThere: IsThere = () => true,
): number {
  const own = comparison.pairing.image(statement)
  const isSame = own?.logNames.join('\n') === statement.logNames.join('\n')
  if (own && isSame && isThere(own, 1)) return 1
  let level = statement
  let share = 1
  let all = 0
  let found = 0
  for (const block of enclosingBlocks(statement.block)) {
    const part = rateLevel(comparison, level, apart, isThere, share === 1 ? reach.own : reach.outer)
    if (part !== undefined) {
      all += share
      found += share * part
    }
    if (!block.owner) break
    level = block.owner
    share *= perLevel
  }
  return all === 0 ? 0 : found / all
}

/** The part of the neighbours of `level`, and of what its block belongs to; undefined when there are none. */
function rateLevel(
  { pairing, similarity }: Comparison,
  level: Statement,
  apart: ReadonlySet<Statement>,
  isThere: IsThere,
  most: number,
): number | undefined {
  const { statements, owner } = level.block
  const around = statements.flatMap((one): [Statement, number][] => {
    const distance = Math.abs(one.position - level.position)
    return distance === 0 || distance > most || apart.has(one) ? [] : [[one, distance]]
  })
  if (owner) around.push([owner, 1])
  let all = 0
  let found = 0
  for (const [one, distance] of around) {
    const weight = similarity.weight(one) / distance
    all += weight
    const image = pairing.image(one)
    const likeness = image === undefined ? 0 : similarity.statements(one, image)
    if (image !== undefined && isThere(image, likeness)) found += weight * likeness
  }
  return all === 0 ? undefined : found / all
}

/** Lines of the old version at which the nearest of a statement's surroundings stand, nearest first. */
export function surroundingLines({ pairing }: Comparison, statement: Statement): number[] {
  let level = statement
  for (const block of enclosingBlocks(statement.block)) {
    const near = block.statements
      .filter((one) => one !== level && pairing.image(one))
      .sort((x, y) => Math.abs(x.position - level.position) - Math.abs(y.position - level.position))
    const lines = near.flatMap((one) => pairing.image(one)?.line ?? [])
    if (lines.length > 0) return lines.slice(0, 2)
    if (!block.owner) break
    level = block.owner
  }
  return []
}
