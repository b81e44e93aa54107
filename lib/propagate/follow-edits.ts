import type { Insertion, TextEdit } from './result.js'
import { findLineStarts, lineAt } from './syntax.js'

/** Insertions into a text, as they lie after `edits` were made to that text, which became `edited`. */
export function followEdits(
  insertions: readonly Insertion[],
  text: string,
  edits: readonly TextEdit[],
  edited: string,
): Insertion[] {
  const before = findLineStarts(text)
  const after = findLineStarts(edited)
  return insertions.map((insertion) => {
    const start = text.indexOf(insertion.text, before[insertion.line - 1])
    let moved = start
    for (const edit of edits) if (edit.offset <= start) moved += edit.text.length
    return { ...insertion, line: lineAt(after, moved) }
  })
}
