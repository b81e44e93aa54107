import type { Edit } from './splice.js'

/** A text after edits. */
export interface Applied {
  readonly text: string
  /** For each edit, in the order of the offsets: where its statements stand in the text, first token to end. */
  readonly ranges: readonly (readonly (readonly [start: number, end: number])[])[]
  /** Where an offset of the old text lies now: behind what was inserted before it. */
  readonly shift: (offset: number) => number
}

/** Inserts `edits`, sorted by their offsets, into a text. */
export function applyEdits(old: string, edits: readonly Edit[]): Applied {
  let text = ''
  let at = 0
  const ranges: (readonly [number, number])[][] = []
  for (const edit of edits) {
    text += old.slice(at, edit.offset)
    at = edit.offset
    const base = text.length
    ranges.push(
      edit.ranges.map(([start, end]) => {
        const lead = /^[;\s]*/.exec(edit.text.slice(start, end))?.[0].length ?? 0
        return [base + start + lead, base + end] as const
      }),
    )
    text += edit.text
  }
  text += old.slice(at)
  const shift = (offset: number): number => {
    let moved = offset
    for (const edit of edits) {
      if (edit.offset > offset) break
      moved += edit.text.length
    }
    return moved
  }
  return { text, ranges, shift }
}
