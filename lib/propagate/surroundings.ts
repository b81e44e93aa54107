import type { SyntaxTree } from './syntax.js'

/** The text between two neighbours that belongs to neither: comments, and whether lines are left blank. */
export interface Surroundings {
  /** With white space made single blanks. */
  readonly comments: readonly string[]
  readonly isBlank: boolean
}

/** Reads the text between offsets `from` (the end of a statement) and `to` (the start of the next one). */
export function surroundings(tree: SyntaxTree, from: number, to: number): Surroundings {
  const { text } = tree.source
  const comments: string[] = []
  for (let i = firstCommentFrom(tree, from); i < tree.comments.length; i++) {
    const comment = tree.comments[i]
    if (!comment || comment.end > to) break
    // A comment behind a statement on its line belongs to that statement.
    if (text.slice(from, comment.start).includes('\n') || from === 0)
      comments.push(comment.text.replace(/\s+/g, ' '))
  }
  return { comments, isBlank: /\n[ \t\r]*\n/.test(text.slice(from, to)) }
}

function firstCommentFrom({ comments }: SyntaxTree, offset: number): number {
  let low = 0
  let high = comments.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((comments[middle]?.start ?? 0) < offset) low = middle + 1
    else high = middle
  }
  return low
}
