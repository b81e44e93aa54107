import { sanitizeLine } from '../render/sanitize.js'
import { displayWidth, truncate, truncateStart } from '../render/width.js'

const INDENT = '    '

/**
 * A text of the user's, `facts.text`, with a caret under the place `facts.offset` in it; nothing where an error has no such facts. Shows
 * the line of the place alone, and of a line too long for the terminal what stands around the place.
 */
export function caretLines(facts: Readonly<Record<string, unknown>>, columns: number): string[] {
  const { text, offset } = facts
  if (typeof text !== 'string' || typeof offset !== 'number') return []
  const begin = text.lastIndexOf('\n', offset - 1) + 1
  const end = text.indexOf('\n', offset)
  const shown = (from: number, to?: number): string =>
    // Everything is as wide as it looks after sanitising, tabs included.
    sanitizeLine(text.slice(from, to).replaceAll('\t', ' '))
  const [before, after] = [shown(begin, offset), shown(offset, end === -1 ? undefined : end)]
  const room = Math.max(16, columns - INDENT.length)
  const isWhole = displayWidth(before) + displayWidth(after) + 1 <= room
  const left = isWhole
    ? before
    : truncateStart(before, Math.max(8, room - Math.min(displayWidth(after) + 1, room >> 1)))
  const right = isWhole ? after : truncate(after, room - displayWidth(left) - 1)
  return [`${INDENT}${left}${right}`, `${INDENT}${' '.repeat(displayWidth(left))}^`]
}
