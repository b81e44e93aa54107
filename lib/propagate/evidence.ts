import type { Comparison } from './pairing.js'
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
  const leading = between(
    newer,
    unit.block.statements[unit.position - 1]?.end ?? unit.block.start,
    unit.start,
  )
  const trailing = between(newer, unit.end, unit.block.statements[unit.position + 1]?.start ?? unit.block.end)
  const { similarity } = comparison
  const alike = (a: Statement | undefined, b: Statement | undefined) =>
    a && b ? similarity.statements(a, b) : 0
  const isStart = !place.previous
  const isEnd = !place.next
  const width = high - low
  const total = before.length + after.length
  const expected = total === 0 ? 0.5 : before.length / total
  const runs = siblings.slice(low, high).map((statement) => similarity.heads(unit, statement))
  const result: { gap: Gap; evidence: Evidence }[] = []
  for (let position = low; position <= high; position++) {
    const a = siblings[position - 1]
    const c = siblings[position]
    const left = position - low
    const right = high - position
    const gapText = between(older, a?.end ?? block.start, c?.start ?? block.end)
    const share = width === 0 ? 0.5 : left / width
    const newerBefore = before.at(-1)
    const newerAfter = after[0]
    result.push({
      gap: { block, position },
      evidence: {
        besidePrevious: left === 0 && before.length === 0 && !isStart ? 1 : 0,
        besideNext: right === 0 && after.length === 0 && !isEnd ? 1 : 0,
        atStart: isStart && left === 0 && before.length === 0 ? 1 : 0,
        atEnd: isEnd && right === 0 && after.length === 0 ? 1 : 0,
        leftWithout: left > 0 && before.length === 0 ? 1 : 0,
        rightWithout: right > 0 && after.length === 0 ? 1 : 0,
        noneLeft: left === 0 && before.length > 0 ? 1 : 0,
        noneRight: right === 0 && after.length > 0 ? 1 : 0,
        share: Math.abs(share - expected),
        likePrevious: left > 0 ? alike(newerBefore, a) : 0,
        likeNext: right > 0 ? alike(newerAfter, c) : 0,
        likeAbove: a && left > 0 ? (runs[left - 1] ?? 0) : 0,
        likeBelow: c && right > 0 ? (runs[left] ?? 0) : 0,
        leadingComment: leading.comments.some((text) => gapText.comments.includes(text)) ? 1 : 0,
        trailingComment: trailing.comments.some((text) => gapText.comments.includes(text)) ? 1 : 0,
        blankBefore: leading.isBlank === gapText.isBlank || trailing.isBlank === gapText.isBlank ? 1 : 0,
        sameRoleAbove: a && a.role === unit.role ? 1 : 0,
        sameRoleBelow: c && c.role === unit.role ? 1 : 0,
        outOfOrder: outOfOrder(comparison, unit, siblings, low, position, high),
        usesAbove: usesOwn(unit, a, left) ? 1 : 0,
        readsBelow: right > 0 && definesFor(c, unit) ? 1 : 0,
      },
    })
  }
  return result
}

/** How many statements that moved past the unit's neighbours would be on its other side. */
function outOfOrder(
  comparison: Comparison,
  unit: Statement,
  siblings: readonly Statement[],
  low: number,
  position: number,
  high: number,
): number {
  let count = 0
  for (let i = low; i < high; i++) {
    const sibling = siblings[i] as Statement
    const origin = comparison.pairing.origin(sibling) ?? sameLog(unit, sibling)
    if (origin?.block === unit.block && origin.position < unit.position !== i < position) count++
  }
  return count
}

/** The unit's sibling that logs what an unpaired old statement logs: one of several statements it was made into. */
function sameLog(unit: Statement, older: Statement): Statement | undefined {
  if (older.logNames.length === 0) return undefined
  return unit.block.statements.find(
    (statement) => statement !== unit && statement.logNames.some((name) => older.logNames.includes(name)),
  )
}

/** Whether an old statement above the gap uses a name that the unit declares. */
function usesOwn(unit: Statement, above: Statement | undefined, left: number): boolean {
  if (!above || left === 0 || unit.declares.length === 0) return false
  const names = new Set(unit.declares.map(({ name }) => name))
  return above.head.some((token) => token.role === 'name' && !token.isDeclaration && names.has(token.text))
}

/** Whether an old statement below the gap declares or assigns a name that the unit reads. */
function definesFor(below: Statement | undefined, unit: Statement): boolean {
  if (!below) return false
  const names = new Set(
    unit.head.filter((token) => token.role === 'name' && !token.isDeclaration).map(({ text }) => text),
  )
  return below.head.some((token) => (token.isDeclaration || token.isWrite) && names.has(token.text))
}

function between(tree: SyntaxTree, from: number, to: number): Between {
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
