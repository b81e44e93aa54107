import type { Statement, SyntaxTree } from './syntax.js'
import { lineAt } from './syntax.js'

/** Start of the line that holds an offset. */
export function lineStart(tree: SyntaxTree, offset: number): number {
  return tree.lineStarts[lineAt(tree.lineStarts, offset) - 1] ?? 0
}

/** Offset of the line end (before its mark) of the line that holds an offset. */
export function lineEnd(tree: SyntaxTree, offset: number): number {
  const { text } = tree.source
  let end = offset
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++
  return end
}

/** The line end used at an offset, or the nearest one before; `\n` in a file of one line. */
export function lineMark(tree: SyntaxTree, offset: number): string {
  const { text } = tree.source
  const after = lineEnd(tree, offset)
  if (text[after] === '\r') return text[after + 1] === '\n' ? '\r\n' : '\r'
  if (text[after] === '\n') return '\n'
  const start = lineStart(tree, offset)
  if (text.slice(start - 2, start) === '\r\n') return '\r\n'
  return text[start - 1] === '\r' ? '\r' : '\n'
}

/** White space before the first token of a line, up to an offset; undefined when something else stands there. */
export function indentBefore(tree: SyntaxTree, offset: number): string | undefined {
  const before = tree.source.text.slice(lineStart(tree, offset), offset).replace(/^\ufeff/, '')
  return /^\s*$/.test(before) ? before : undefined
}

/** White space at the start of the line that holds an offset. */
export function indentOfLine(tree: SyntaxTree, offset: number): string {
  const start = lineStart(tree, offset)
  return /^[ \t]*/.exec(tree.source.text.slice(start, start + 400).replace(/^\ufeff/, ''))?.[0] ?? ''
}

const unitsOfTrees = new WeakMap<SyntaxTree, string>()

/** One step of indentation, as most blocks of the file have it; two spaces where none tells. */
export function indentUnit(tree: SyntaxTree): string {
  let unit = unitsOfTrees.get(tree)
  if (unit !== undefined) return unit
  const counts = new Map<string, number>()
  for (const block of tree.blocks) {
    const [first] = block.statements
    if (!first || !block.owner) continue
    const inner = indentBefore(tree, first.start)
    const outer = indentOfLine(tree, block.owner.start)
    if (inner === undefined || !inner.startsWith(outer) || inner === outer) continue
    const step = inner.slice(outer.length)
    counts.set(step, (counts.get(step) ?? 0) + 1)
  }
  unit = [...counts].sort((x, y) => y[1] - x[1])[0]?.[0] ?? '  '
  unitsOfTrees.set(tree, unit)
  return unit
}

/**
 * The text of a new statement as it stands in the old file at `indent`: translated names, the old file's line
 * ends and steps of indentation. Lines that start inside a token (a template) are kept as they are.
 */
export function layOut(
  newer: SyntaxTree,
  older: SyntaxTree,
  statement: Statement,
  replacements: ReadonlyMap<number, { end: number; text: string }>,
  indent: string,
  mark: string,
): string {
  const { text } = newer.source
  const end = ownEnd(newer, statement)
  const endLine = lineAt(newer.lineStarts, end - 1)
  const own = indentOfLine(newer, statement.start)
  const fromUnit = indentUnit(newer)
  const toUnit = indentUnit(older)
  const inToken = new Set<number>()
  for (let i = statement.firstToken; i < statement.tokenEnd; i++) {
    const token = newer.tokens[i]
    if (!token || !/[\r\n]/.test(token.text)) continue
    for (
      let line = lineAt(newer.lineStarts, token.start) + 1;
      line <= lineAt(newer.lineStarts, token.end);
      line++
    )
      inToken.add(line)
  }
  const lines: string[] = []
  for (let line = statement.line; line <= endLine; line++) {
    const from = line === statement.line ? statement.start : (newer.lineStarts[line - 1] ?? 0)
    const to = Math.min(end, lineEnd(newer, from))
    const content = replaceIn(text, from, to, replacements)
    if (line === statement.line || inToken.has(line)) lines.push(content)
    else lines.push(content.trim() === '' ? '' : indent + changeIndent(content, own, fromUnit, toUnit))
  }
  return lines.join(mark)
}

/**
 * The end of a statement without a terminator that stands on a later line: `;[a, b] = c`, where lines end without
 * one, terminates the statement above.
 */
export function ownEnd(tree: SyntaxTree, statement: Statement): number {
  const last = tree.tokens[statement.tokenEnd - 1]
  const before = tree.tokens[statement.tokenEnd - 2]
  if (
    !last ||
    !before ||
    last.text.length > 1 ||
    last.role !== 'mark' ||
    statement.tokenEnd - 2 < statement.firstToken
  )
    return statement.end
  const isApart = /[\r\n]/.test(tree.source.text.slice(before.end, last.start))
  return isApart && last.text === ';' ? before.end : statement.end
}

function replaceIn(
  text: string,
  from: number,
  to: number,
  replacements: ReadonlyMap<number, { end: number; text: string }>,
): string {
  if (replacements.size === 0) return text.slice(from, to)
  let result = ''
  let at = from
  for (const [start, replacement] of replacements) {
    if (start < from || start >= to) continue
    result += text.slice(at, start) + replacement.text
    at = replacement.end
  }
  return result + text.slice(at, to)
}

function changeIndent(line: string, own: string, fromUnit: string, toUnit: string): string {
  const space = /^[ \t]*/.exec(line)?.[0] ?? ''
  const rest = line.slice(space.length)
  let relative = space.startsWith(own) ? space.slice(own.length) : ''
  if (fromUnit === toUnit) return relative + rest
  let converted = ''
  while (relative.startsWith(fromUnit)) {
    converted += toUnit
    relative = relative.slice(fromUnit.length)
  }
  return converted + relative + rest
}
