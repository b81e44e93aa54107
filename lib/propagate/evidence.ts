import type { Comparison } from './compare.js'
import type { Gap, Neighbourhood } from './siblings.js'
import type { Statement, SyntaxTree } from './syntax.js'

/** What speaks for and against one gap. Each between 0 and 1, or a small count; the model weighs them. */
export interface Evidence {
  readonly [feature: string]: number
}

/** The text between two neighbours that belongs to neither: comments, and whether lines are left blank. */
interface Between {
  readonly comments: readonly string[]
  readonly isBlank: boolean
}

/** Collects evidence for all gaps of a neighbourhood. */
export function collectEvidence(
  newer: SyntaxTree,
  older: SyntaxTree,
  comparison: Comparison,
  unit: Statement,
  place: Neighbourhood,
): { gap: Gap; evidence: Evidence }[] {
  const { block, low, high, before, after } = place
  const siblings = block.statements
  const between = siblings.slice(low, high)
  const { similarity, pairing } = comparison
  const own = unit.block.statements
  const leading = textBetween(newer, own[unit.position - 1]?.end ?? unit.block.start, unit.start)
  const trailing = textBetween(newer, unit.end, own[unit.position + 1]?.start ?? unit.block.end)
  const most = (statement: Statement, others: readonly Statement[]) =>
    others.reduce((best, other) => Math.max(best, similarity.statements(other, statement)), 0)
  const isFree = (statement: Statement) => pairing.origin(statement) === undefined
  const near = (list: readonly Statement[]) => list.slice(0, maxCompared)
  const likeBefore = between.map((one) => (isFree(one) ? most(one, near([...before].reverse())) : 0))
  const likeAfter = between.map((one) => (isFree(one) ? most(one, near(after)) : 0))
  const likeUnit = between.map((one) => similarity.heads(unit, one))
  const isFirst = place.isImage && unit.position === 0
  const isLast = place.isImage && unit.position === own.length - 1
  const width = high - low
  const total = before.length + after.length
  const expected = total === 0 ? 0.5 : before.length / total
  // Running sums and counts: each gap of a wide neighbourhood looks at all statements of it otherwise.
  const sumBefore = runningSums(likeBefore)
  const sumAfter = runningSums(likeAfter)
  const firstUse = between.findIndex((one) => usesOwn(unit, one))
  const lastDefinition = between.findLastIndex((one) => definesFor(one, unit))
  const disorder = countOutOfOrder(comparison, unit, between)
  const result: { gap: Gap; evidence: Evidence }[] = []
  for (let position = low; position <= high; position++) {
    const above = siblings[position - 1]
    const below = siblings[position]
    const left = position - low
    const right = high - position
    const gapText = textBetween(older, above?.end ?? block.start, below?.start ?? block.end)
    const isBesidePrevious = left === 0 && place.previous !== undefined
    const isBesideNext = right === 0 && place.next !== undefined
    result.push({
      gap: { block, position },
      evidence: {
        besidePrevious: Number(isBesidePrevious && before.length === 0),
        besideNext: Number(isBesideNext && after.length === 0),
        besidePreviousOnly: Number(isBesidePrevious && before.length === 0 && after.length > 0),
        besideNextOnly: Number(isBesideNext && after.length === 0 && before.length > 0),
        besideFlor: Number(
          (isBesidePrevious && before.length === 0 && isFlor(place.previous)) ||
            (isBesideNext && after.length === 0 && isFlor(place.next)),
        ),
        atStart: Number(isFirst && position === 0),
        atEnd: Number(isLast && position === siblings.length),
        notAtStart: Number(isFirst && position > 0),
        notAtEnd: Number(isLast && position < siblings.length),
        noneLeft: Number(left === 0 && before.length > 0),
        noneRight: Number(right === 0 && after.length > 0),
        share: width === 0 ? 0 : Math.abs(left / width - expected),
        likeBefore: sumBefore.upTo(left) - sumBefore.from(left),
        likeAfter: sumAfter.from(left) - sumAfter.upTo(left),
        likeAbove: left > 0 ? (likeUnit[left - 1] ?? 0) : 0,
        likeBelow: right > 0 ? (likeUnit[left] ?? 0) : 0,
        leadingComment: Number(leading.comments.some((text) => gapText.comments.includes(text))),
        trailingComment: Number(trailing.comments.some((text) => gapText.comments.includes(text))),
        blankMissing: Number((leading.isBlank || trailing.isBlank) && !gapText.isBlank),
        blankExtra: Number(!leading.isBlank && !trailing.isBlank && gapText.isBlank),
        linkAbove: above ? similarity.heads(unit, above) : 0,
        linkBelow: below ? similarity.heads(unit, below) : 0,
        nameAbove: above ? similarity.affinity(unit, above) : 0,
        nameBelow: below ? similarity.affinity(unit, below) : 0,
        nameBroken: above && below ? similarity.affinity(above, below) : 0,
        sameRoleBoth: Number(above?.role === unit.role && below?.role === unit.role),
        sameRoleAbove: Number(above !== undefined && above.role === unit.role),
        sameRoleBelow: Number(below !== undefined && below.role === unit.role),
        outOfOrder: disorder[left] ?? 0,
        usesAbove: Number(firstUse !== -1 && firstUse < left),
        usesBelow: Number(right > 0 && usesOwn(unit, below)),
        definedBelow: Number(lastDefinition >= left),
        definedAbove: Number(left > 0 && definesFor(above, unit)),
        elsewhere: 0,
      },
    })
  }
  return result
}

const maxCompared = 12

/** Whether a statement is a flor log or loop: its name pairs it beyond doubt. */
function isFlor(statement: Statement | undefined): boolean {
  return (
    statement !== undefined &&
    (statement.logNames.length > 0 || statement.blocks.some(({ loop }) => loop !== undefined))
  )
}

/** What speaks for the right place being none of the `gapCount` gaps that are possible. */
export function evidenceElsewhere(
  comparison: Comparison,
  unit: Statement,
  place: Neighbourhood,
  gapCount: number,
): Evidence {
  const width = gapCount - 1
  const { pairing, similarity } = comparison
  const doubt = (statement: Statement | undefined) => {
    const image = statement && pairing.image(statement)
    return image ? 1 - similarity.heads(statement, image) : 0
  }
  return {
    elsewhere: 1,
    elsewhereCrossed: Number(place.isCrossed),
    elsewhereOther: Number(!place.isImage && pairing.blockImage(unit.block) !== undefined),
    elsewhereNewBlock: Number(pairing.blockImage(unit.block) === undefined),
    elsewhereNewBlockBoth: Number(
      pairing.blockImage(unit.block) === undefined &&
        place.previous !== undefined &&
        place.next !== undefined,
    ),
    elsewhereNoPrevious: Number(place.previous === undefined && unit.position > 0),
    elsewhereNoNext: Number(place.next === undefined && unit.position < unit.block.statements.length - 1),
    elsewhereAlone: Number(place.previous === undefined && place.next === undefined),
    elsewhereBefore: Math.log1p(place.before.length),
    elsewhereAfter: Math.log1p(place.after.length),
    elsewhereWidth: Math.log1p(width),
    elsewherePreviousDoubt: doubt(place.previous),
    elsewhereNextDoubt: doubt(place.next),
    elsewhereBothDoubt: Math.min(doubt(place.previous), doubt(place.next)),
    elsewhereBoth: Number(place.before.length > 0 && place.after.length > 0),
    elsewhereTight: Number(width === 0),
    elsewhereProgram: Number(place.block.kind === 'program'),
    elsewhereImport: Number(unit.role === 'import'),
  }
}

/** Sums of the first values, and of those from one on. */
function runningSums(values: readonly number[]): {
  upTo: (end: number) => number
  from: (start: number) => number
} {
  const sums = new Float64Array(values.length + 1)
  for (const [i, value] of values.entries()) sums[i + 1] = (sums[i] as number) + value
  const total = sums[values.length] as number
  return {
    upTo: (end) => sums[end] as number,
    from: (start) => total - (sums[start] as number),
  }
}

/** For each gap between `between`: how many statements that moved past the unit's neighbours would be on its other side. */
function countOutOfOrder(comparison: Comparison, unit: Statement, between: readonly Statement[]): Int32Array {
  const counts = new Int32Array(between.length + 1)
  // In the first gap all of them stand behind the unit; each next gap has one more before it.
  const changes = between.map((sibling): number => {
    const origin = comparison.pairing.origin(sibling) ?? sameLog(unit, sibling)
    if (origin?.block !== unit.block) return 0
    const isBefore = origin.position < unit.position
    if (isBefore) counts[0] = (counts[0] as number) + 1
    return isBefore ? -1 : 1
  })
  for (const [i, change] of changes.entries()) counts[i + 1] = (counts[i] as number) + change
  return counts
}

/** The unit's sibling that logs what an unpaired old statement logs: one of several statements it was made into. */
function sameLog(unit: Statement, older: Statement): Statement | undefined {
  if (older.logNames.length === 0) return undefined
  return unit.block.statements.find(
    (statement) => statement !== unit && statement.logNames.some((name) => older.logNames.includes(name)),
  )
}

/** Whether an old statement uses a name that the unit declares. */
function usesOwn(unit: Statement, other: Statement | undefined): boolean {
  if (!other || unit.declares.length === 0) return false
  const names = new Set(unit.declares.map(({ name }) => name))
  return other.head.some((token) => token.role === 'name' && !token.isDeclaration && names.has(token.text))
}

/** Whether an old statement declares or assigns a name that the unit reads. */
function definesFor(other: Statement | undefined, unit: Statement): boolean {
  if (!other) return false
  const names = new Set(
    unit.head.filter((token) => token.role === 'name' && !token.isDeclaration).map(({ text }) => text),
  )
  return other.head.some((token) => (token.isDeclaration || token.isWrite) && names.has(token.text))
}

function textBetween(tree: SyntaxTree, from: number, to: number): Between {
  const { text } = tree.source
  const comments: string[] = []
  let low = 0
  let high = tree.comments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((tree.comments[middle]?.start ?? 0) < from) low = middle + 1
    else high = middle
  }
  for (let i = low; i < tree.comments.length; i++) {
    const comment = tree.comments[i]
    if (!comment || comment.end > to) break
    // A comment behind a statement on its line belongs to that statement.
    if (text.slice(from, comment.start).includes('\n') || from === 0)
      comments.push(comment.text.replace(/\s+/g, ' '))
  }
  const isBlank = /\n[ \t\r]*\n/.test(text.slice(from, to))
  return { comments, isBlank }
}
