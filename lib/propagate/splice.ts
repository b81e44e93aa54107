import type { LanguageAdapter } from './language.js'
import { indentBefore, indentOfLine, indentUnit, lineEnd, lineMark, lineStart, ownEnd } from './layout.js'
import type { Gap } from './siblings.js'
import type { SyntaxTree } from './syntax.js'

/** One text put into the old file. */
export interface Edit {
  readonly offset: number
  readonly text: string
  /** Where the inserted statements start and end within `text`. */
  readonly ranges: readonly (readonly [start: number, end: number])[]
}

/** How inserted statements stand to their surroundings. */
export interface Layout {
  /** `above`: on the line behind the statement above the gap. `below`: on the line before the one below it. */
  readonly side: 'above' | 'below'
  /** Comments in the gap that stay above the statement, by their text without white space. */
  readonly headings: readonly string[]
  /** Whether an empty line is set above the first statement, below the last, and above each but the first. */
  readonly blankAbove: boolean
  readonly blankBelow: boolean
  readonly blankBetween: readonly boolean[]
  /** Terminate every statement, and what stands before: line ends alone would join them. */
  readonly terminate: 'none' | 'behind' | 'around'
}

/**
 * Edits that put statements into a gap. `format` gives a statement's text for an indentation and a line end;
 * no byte of the old text is removed.
 */
export function spliceInto(
  older: SyntaxTree,
  language: LanguageAdapter,
  gap: Gap,
  formats: readonly ((indent: string, mark: string) => string)[],
  layout: Layout,
): Edit[] {
  const { block } = gap
  const { text } = older.source
  const above = block.statements[gap.position - 1]
  const below = block.statements[gap.position]
  if (block.isBare) return spliceIntoBare(older, language, gap, formats)
  const from = above ? ownEnd(older, above) : block.start
  const to = below?.start ?? block.end
  const mark = lineMark(older, above ? from : Math.max(0, to - 1))
  const indent = indentOfGap(older, gap)
  const close = layout.terminate === 'none' ? '' : language.terminator
  const open = layout.terminate === 'around' ? language.terminator : ''
  const texts = formats.map((format) => {
    const formatted = format(indent, mark)
    return open + (formatted.endsWith(language.terminator) ? formatted : formatted + close)
  })
  const spacing = {
    above: layout.blankAbove ? mark : '',
    below: layout.blankBelow ? mark : '',
    between: layout.blankBetween,
  }

  const lineBehind =
    from === 0 || (from === 1 && text.charCodeAt(0) === 0xfeff) ? undefined : endOfOwnLine(older, from, to)
  const ownLine = below && indentBefore(older, to) !== undefined ? lineStart(older, to) : undefined
  const heading = findHeading(older, from, to, layout.headings)
  if (heading !== undefined) return [insertLines(heading, texts, indent, mark, 'behind', spacing)]
  if (layout.side === 'below' && ownLine !== undefined && ownLine >= from)
    return [insertLines(aboveComments(older, from, ownLine), texts, indent, mark, 'before', spacing)]
  if (lineBehind !== undefined)
    return [
      insertLines(lineBehind, texts, indent, mark, 'behind', above ? spacing : { ...spacing, above: '' }),
    ]
  if (ownLine !== undefined && ownLine >= from)
    return [insertLines(aboveComments(older, from, ownLine), texts, indent, mark, 'before', spacing)]
  if (!block.owner && !below) {
    const lead = text.length > 0 && !/[\n\r]$/.test(text) && from > 0 ? mark : ''
    return [join(text.length, texts, lead, mark, mark)]
  }
  return [spliceInLine(older, language, gap, texts)]
}

/** The end of the line of `from`, when only white space and comments follow on it and it ends before `to`. */
function endOfOwnLine(older: SyntaxTree, from: number, to: number): number | undefined {
  const end = lineEnd(older, from)
  if (end > to || end >= older.source.text.length) return undefined
  const comments = older.comments.filter(
    ({ start, end: commentEnd }) => start < end && commentEnd > end && start >= from,
  )
  return comments.length > 0 ? undefined : end
}

function indentOfGap(older: SyntaxTree, gap: Gap): string {
  const { block } = gap
  const near = [block.statements[gap.position - 1], block.statements[gap.position], ...block.statements]
  for (const statement of near) {
    const indent = statement && indentBefore(older, statement.start)
    if (indent !== undefined) return indent
  }
  return block.owner ? indentOfLine(older, block.owner.start) + indentUnit(older) : ''
}

/** The end of the line of the last comment of `headings` between two offsets. */
function findHeading(
  older: SyntaxTree,
  from: number,
  to: number,
  headings: readonly string[],
): number | undefined {
  if (headings.length === 0) return undefined
  let found: number | undefined
  for (const comment of older.comments) {
    if (comment.start < from || comment.end > to) continue
    if (headings.includes(comment.text.replace(/\s+/g, ' '))) found = comment.end
  }
  if (found === undefined) return undefined
  const end = lineEnd(older, found)
  return end < to ? end : undefined
}

/** Goes up from the line of a statement over the comments that stand directly on it. */
function aboveComments(older: SyntaxTree, from: number, line: number): number {
  let start = line
  for (let i = older.comments.length - 1; i >= 0; i--) {
    const comment = older.comments[i]
    if (!comment || comment.end > start) continue
    if (comment.start < from) break
    const gap = older.source.text.slice(comment.end, start)
    if (!/^[ \t]*(\r\n|\n|\r)$/.test(gap) || indentBefore(older, comment.start) === undefined) break
    start = lineStart(older, comment.start)
  }
  return start
}

interface Spacing {
  readonly above: string
  readonly below: string
  readonly between: readonly boolean[]
}

function insertLines(
  offset: number,
  texts: readonly string[],
  indent: string,
  mark: string,
  where: 'behind' | 'before',
  spacing: Spacing,
): Edit {
  const lead = where === 'behind' ? mark + spacing.above + indent : indent
  const tail = where === 'behind' ? '' : mark + spacing.below
  const between = texts.map((_text, i) => (spacing.between[i] ? mark : '') + mark + indent)
  return join(offset, texts, lead, between, tail)
}

/** One edit of several texts; `between` stands before each text but the first. */
function join(
  offset: number,
  texts: readonly string[],
  lead: string,
  between: string | readonly string[],
  tail: string,
): Edit {
  let text = lead
  const ranges: [number, number][] = []
  for (const [i, one] of texts.entries()) {
    if (i > 0) text += typeof between === 'string' ? between : (between[i] ?? '')
    ranges.push([text.length, text.length + one.length])
    text += one
  }
  return { offset, text: text + tail, ranges }
}

function terminated(language: LanguageAdapter, text: string): string {
  return text.endsWith(language.terminator) || text.endsWith(language.braces[1])
    ? text
    : text + language.terminator
}

function spliceInLine(
  older: SyntaxTree,
  language: LanguageAdapter,
  gap: Gap,
  texts: readonly string[],
): Edit {
  const { block } = gap
  const above = block.statements[gap.position - 1]
  const below = block.statements[gap.position]
  const closed = texts.map((text) => terminated(language, text))
  if (!above && below) return join(below.start, closed, '', ' ', ' ')
  if (!above) {
    const padding = /^\s/.test(older.source.text.slice(block.start)) || block.start === block.end ? ' ' : ''
    return join(block.start, closed, ' ', ' ', padding)
  }
  const last = older.tokens[above.tokenEnd - 1]?.text ?? ''
  const lead = last === language.terminator || last === language.braces[1] ? ' ' : `${language.terminator} `
  return join(above.end, closed, lead, ' ', '')
}

function spliceIntoBare(
  older: SyntaxTree,
  language: LanguageAdapter,
  gap: Gap,
  formats: readonly ((indent: string, mark: string) => string)[],
): Edit[] {
  const { block } = gap
  const [only] = block.statements
  const [open, close] = language.braces
  const indent = indentOfLine(older, block.start)
  const texts = formats.map((format) => terminated(language, format(indent, lineMark(older, block.start))))
  const last = only ? (older.tokens[only.tokenEnd - 1]?.text ?? '') : ''
  const end = last === language.terminator || last === close ? '' : language.terminator
  if (gap.position === 0)
    return [
      join(block.start, texts, `${open} `, ' ', ' '),
      { offset: block.end, text: `${end} ${close}`, ranges: [] },
    ]
  return [
    { offset: block.start, text: `${open} `, ranges: [] },
    join(block.end, texts, `${end} `, ' ', ` ${close}`),
  ]
}
