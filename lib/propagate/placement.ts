import type { Comparison } from './compare.js'
import { collectEvidence, type Evidence, gapsInQuestion } from './evidence.js'
import type { PlacementExplanation } from './explain.js'
import { loopChain, sameLoops } from './loops.js'
import { rateGaps } from './model.js'
import { functionBlock, isDefinedAt, resolveNames } from './resolve.js'
import { Declined } from './result.js'
import { findNeighbourhood, type Gap, type Neighbourhood, positionIn } from './siblings.js'
import type { Binding, Block, Statement, SyntaxTree } from './syntax.js'
import { lineAt } from './syntax.js'

/** A place in the old version, and how sure it is. */
export interface Placement {
  readonly gap: Gap
  readonly confidence: number
  readonly neighbourhood: Neighbourhood
  readonly explanation: PlacementExplanation
}

/** Both versions, and how they correspond. */
export interface Versions {
  readonly newer: SyntaxTree
  readonly older: SyntaxTree
  readonly comparison: Comparison
  /** New statements that are to be propagated: no evidence for each other. */
  readonly apart: ReadonlySet<Statement>
}

/** Below this probability a place is refused as ambiguous. A wrong place costs ten refusals. */
const sureEnough = 0.8

/**
 * Finds where `unit` goes. `brought` are bindings that other statements bring along.
 * @throws Declined
 */
export function place(versions: Versions, unit: Statement, brought: ReadonlySet<Binding>): Placement {
  const { newer, older, comparison, apart } = versions
  const neighbourhood = findNeighbourhood(comparison, unit, apart)
  if (!neighbourhood)
    throw new Declined(
      'no-block',
      `the code around line ${unit.line} has no counterpart`,
      nearLines(versions, unit),
    )
  const { block } = neighbourhood
  if (unit.waits && !mayWait(older, block))
    throw new Declined('waits', `line ${unit.line} waits, and the code around its place cannot`, [
      lineOfGap(older, { block, position: neighbourhood.low }),
    ])
  const open = possibleGaps(versions, unit, neighbourhood, brought)
  if (open.length === 0) throw explainImpossible(versions, unit, neighbourhood, brought)
  const alternatives = collectEvidence({ ...versions, unit, place: neighbourhood }, open)
  const odds = rateGaps(alternatives, (gap) => priorOf(versions, unit, neighbourhood, gap))
  const ranked = alternatives.gaps
    .map((one, i) => ({ ...one, odds: odds[i] as number }))
    .sort((x, y) => y.odds - x.odds)
  const [first] = ranked as [(typeof ranked)[number]]
  const equal = equivalentGaps(unit, first, ranked)
  const confidence = equal.reduce((sum, { odds: share }) => sum + share, 0)
  // The uppermost of equal places, so that a comment more or less does not change it.
  const best = equal.reduce((high, one) => (one.gap.position < high.gap.position ? one : high))
  const candidates = ranked.slice(0, 4).map(({ gap }) => lineOfGap(older, gap))
  if (confidence < sureEnough) {
    const places = candidates.length > 1 ? `lines ${candidates.join(', ')}` : `line ${candidates[0]}`
    throw new Declined(
      'ambiguous',
      `line ${unit.line} may belong before ${places}, and nothing decides`,
      candidates,
    )
  }
  const from = loopChain(newer, unit.block)
  const to = loopChain(older, block)
  if (!sameLoops(from, to))
    throw new Declined(
      'loop-differs',
      `line ${unit.line} is logged in ${formatLoops(from.names)}, its place in ${formatLoops(to.names)}`,
      candidates,
    )
  return {
    gap: best.gap,
    confidence,
    neighbourhood,
    explanation: {
      newerLine: unit.line,
      text: firstLine(newer, unit),
      olderLine: lineOfGap(older, best.gap),
      confidence,
      evidence: describe(versions, neighbourhood, best.gap, best.evidence),
    },
  }
}

/** A gap, and those from which only log statements part it: beside them, a log statement gives the same values. */
function equivalentGaps<T extends { gap: Gap }>(unit: Statement, best: T, all: readonly T[]): T[] {
  if (unit.logNames.length === 0) return [best]
  const isLogOnly = (statement: Statement | undefined) =>
    statement !== undefined &&
    statement.logNames.length > 0 &&
    statement.blocks.length === 0 &&
    !statement.head.some(({ isWrite, isDeclaration }) => isWrite || isDeclaration)
  const { statements } = best.gap.block
  let [low, high] = [best.gap.position, best.gap.position]
  while (isLogOnly(statements[low - 1])) low--
  while (isLogOnly(statements[high])) high++
  return all.filter(({ gap }) => gap.position >= low && gap.position <= high)
}

/** Whether code in a block can wait for something (`await`). */
export function mayWait(older: SyntaxTree, block: Block): boolean {
  return block.isAsync && !(older.modules === 'dynamic' && functionBlock(block) === older.program)
}

/** The gaps in which a statement could stand at all: reachable, behind what it reads, on its side of the flor loops. */
export function possibleGaps(
  versions: Versions,
  unit: Statement,
  place: Neighbourhood,
  brought: ReadonlySet<Binding>,
): Gap[] {
  const { newer, older, comparison } = versions
  const { block } = place
  const { reads } = resolveNames(newer, older, comparison, unit, block, brought)
  const { lowest, highest } = florLimits(versions, unit, block)
  return gapsInQuestion(place).filter((gap) => {
    if (gap.position < lowest || gap.position > highest) return false
    if (block.statements[gap.position - 1]?.role === 'jump') return false
    const offset = offsetOf(gap)
    return unit.role === 'function' || reads.every((binding) => isDefinedAt(binding, block, offset))
  })
}

/** A flor log or loop right beside the place pairs it beyond doubt. */
const besideFlor = 1.5
/** A log statement that the old version lacks cannot have stood elsewhere in it; where its neighbours changed places, that says nothing. */
const movedLog = -1.5

/** What the histories that the model learned from cannot teach, since they neither log in hindsight nor call flor. */
function priorOf(versions: Versions, unit: Statement, place: Neighbourhood, gap: Gap | undefined): number {
  const isWithin = gap !== undefined && gap.position >= place.low && gap.position <= place.high
  const moved = unit.logNames.length > 0 && !place.isCrossed && !isWithin ? movedLog : 0
  return gap !== undefined && isBesideFlor(versions, unit, gap) ? moved + besideFlor : moved
}

/** Whether the flor log or loop that stands beside the unit stands beside the gap, too. */
function isBesideFlor({ comparison, apart }: Versions, unit: Statement, gap: Gap): boolean {
  const siblings = unit.block.statements
  const isFlor = (statement: Statement) =>
    statement.logNames.length > 0 || statement.blocks.some(({ loop }) => loop !== undefined)
  const near = (step: -1 | 1) => {
    let position = unit.position + step
    while (siblings[position] && apart.has(siblings[position] as Statement)) position += step
    return siblings[position]
  }
  const isBeside = (statement: Statement | undefined, older: Statement | undefined) =>
    statement !== undefined &&
    older !== undefined &&
    isFlor(statement) &&
    comparison.pairing.image(statement) === older
  const { statements } = gap.block
  return isBeside(near(-1), statements[gap.position - 1]) || isBeside(near(1), statements[gap.position])
}

/** Positions in `block` between which no flor loop or log is on the other side of the statement than in the new version. */
function florLimits(
  { comparison, apart }: Versions,
  unit: Statement,
  block: Block,
): { lowest: number; highest: number } {
  let lowest = 0
  let highest = block.statements.length
  for (const sibling of unit.block.statements) {
    const isLoop = sibling.blocks.some(({ loop }) => loop !== undefined)
    if (sibling === unit || apart.has(sibling)) continue
    if (!isLoop && sibling.logNames.length === 0) continue
    const image = isLoop
      ? comparison.pairing.image(sibling)
      : block.statements.find(({ logNames }) => logNames.some((name) => sibling.logNames.includes(name)))
    const position = image && positionIn(block, image)
    if (position === undefined) continue
    if (sibling.position < unit.position) lowest = Math.max(lowest, position + 1)
    else highest = Math.min(highest, position)
  }
  return { lowest, highest }
}

function explainImpossible(
  versions: Versions,
  unit: Statement,
  place: Neighbourhood,
  brought: ReadonlySet<Binding>,
): Declined {
  const { newer, older, comparison } = versions
  const end: Gap = { block: place.block, position: place.high }
  const lines = [lineOfGap(older, { block: place.block, position: place.low }), lineOfGap(older, end)]
  const { reads } = resolveNames(newer, older, comparison, unit, place.block, brought)
  const late = reads.find((binding) => !isDefinedAt(binding, place.block, offsetOf(end)))
  if (late)
    return new Declined(
      'unresolved-name',
      `\`${late.name}\` is defined only at line ${lineAt(older.lineStarts, late.start)}, behind the place of line ${unit.line}`,
      [lineAt(older.lineStarts, late.start), ...lines],
    )
  return new Declined('ambiguous', `the statements around line ${unit.line} stand in another order`, lines)
}

/** Offset in the old text up to which code runs before a statement in `gap`. */
export function offsetOf(gap: Gap): number {
  const above = gap.block.statements[gap.position - 1]
  const below = gap.block.statements[gap.position]
  return below?.start ?? above?.end ?? gap.block.start
}

/** The line of the old version before which a statement in `gap` goes. */
export function lineOfGap(older: SyntaxTree, gap: Gap): number {
  const below = gap.block.statements[gap.position]
  return below ? below.line : lineAt(older.lineStarts, Math.min(gap.block.end, older.source.text.length))
}

/** Lines of the old version near which the code around an unplaced statement went. */
export function nearLines(versions: Versions, unit: Statement): number[] {
  const { pairing } = versions.comparison
  let block: Block | undefined = unit.block
  while (block) {
    const lines = block.statements.flatMap((statement) => pairing.image(statement)?.line ?? [])
    if (lines.length > 0) {
      const position = block.statements.findIndex(({ start, end }) => start <= unit.start && unit.end <= end)
      const near = block.statements
        .map((statement) => ({ statement, distance: Math.abs(statement.position - position) }))
        .sort((x, y) => x.distance - y.distance)
        .flatMap(({ statement }) => pairing.image(statement)?.line ?? [])
      return near.slice(0, 3)
    }
    block = block.owner?.block
  }
  return []
}

function describe(versions: Versions, place: Neighbourhood, gap: Gap, evidence: Evidence): string[] {
  const { pairing } = versions.comparison
  const sentences: string[] = []
  const name = (statement: Statement) => `line ${statement.line}`
  if (place.previous) {
    const image = pairing.image(place.previous)
    if (image) sentences.push(`behind ${name(image)}, the counterpart of ${name(place.previous)}`)
  }
  if (place.next) {
    const image = pairing.image(place.next)
    if (image) sentences.push(`before ${name(image)}, the counterpart of ${name(place.next)}`)
  }
  if (!place.previous && !place.next)
    sentences.push('its block has a counterpart, none of its neighbours has')
  if (evidence.leadComment) sentences.push('the comment above it is there')
  if (evidence.trailComment) sentences.push('the comment below it is there')
  if ((evidence.likeBefore ?? 0) > 0.3)
    sentences.push('what stands above it there is like what stands above it')
  if ((evidence.likeAfter ?? 0) > 0.3)
    sentences.push('what stands below it there is like what stands below it')
  if (evidence.defined === 0) sentences.push('the statement above defines what it reads')
  if (evidence.used === 0) sentences.push('the statement below reads what it defines')
  if (place.high > place.low)
    sentences.push(
      `${place.high - place.low + 1} places lie between; ${gap.position - place.low} passed over`,
    )
  return sentences
}

function formatLoops(names: readonly string[]): string {
  return names.length === 0 ? 'no flor loop' : names.join('/')
}

/** The first line of a statement's text, cut to 60 characters. */
export function firstLine(tree: SyntaxTree, statement: Statement): string {
  const [line = ''] = tree.source.text.slice(statement.start, statement.end).split(/\r?\n|\r/)
  return line.length > 60 ? `${line.slice(0, 59)}…` : line
}
