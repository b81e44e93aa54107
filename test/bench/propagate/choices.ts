import { compare } from '../../../lib/propagate/compare.js'
import { collectEvidence, type Evidence } from '../../../lib/propagate/evidence.js'
import { parseCached } from '../../../lib/propagate/parse-cache.js'
import { possibleGaps, type Versions } from '../../../lib/propagate/placement.js'
import { findNeighbourhood, type Gap } from '../../../lib/propagate/siblings.js'
import type { Case } from './cases.js'

/** The alternatives of one case, `elsewhere` last, and the number of the right one. */
export interface Choice {
  readonly one: Case
  readonly alternatives: readonly Evidence[]
  readonly right: number
}

/** What the model has to decide in a case; undefined where placement does not get as far as that. */
export function readChoice(one: Case): Choice | undefined {
  const newer = parseCached(one.newer)
  const older = parseCached(one.older)
  const unit = newer.statements.find(({ start, end }) => start === one.start && end === one.end)
  if (!unit) return undefined
  const apart = new Set([unit])
  const comparison = compare(newer, older, apart)
  const place = findNeighbourhood(comparison, unit, apart)
  if (!place) return undefined
  const versions: Versions = { newer, older, comparison, apart }
  const gaps = possibleGaps(versions, unit, place, new Set())
  if (gaps.length === 0) return undefined
  const found = gaps.findIndex((gap) => holds(gap, one.cut))
  const { gaps: rated, elsewhere } = collectEvidence({ ...versions, unit, place }, gaps)
  return {
    one,
    alternatives: [...rated.map(({ evidence }) => evidence), elsewhere],
    right: found === -1 ? gaps.length : found,
  }
}

/** Whether the cut lies between the statements of a gap, and in none of them. */
function holds({ block, position }: Gap, cut: number): boolean {
  const from = block.statements[position - 1]?.end ?? block.start
  const to = block.statements[position]?.start ?? block.end
  return from <= cut && cut <= to
}
