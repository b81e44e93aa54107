import { SequenceInterner } from './sequences.js'
import type { BlockKind, Statement, SyntaxTree } from './syntax.js'

/** Gives equal strings equal numbers, over both trees. */
export class Interner {
  private readonly ids = new Map<string, number>()
  /** Of heads, and of whole statements. */
  readonly heads = new SequenceInterner()
  readonly contents = new SequenceInterner()

  id(text: string): number {
    let id = this.ids.get(text)
    if (id === undefined) {
      id = this.ids.size
      this.ids.set(text, id)
    }
    return id
  }

  /** How many different strings there were so far. */
  get size(): number {
    return this.ids.size
  }
}

/** Numbers that are equal for statements that read the same, by statement index. */
export interface Keys {
  /** Of the tokens outside the statement's blocks. */
  readonly head: Int32Array
  /** Of the whole statement, the arrangement of its blocks included. */
  readonly content: Int32Array
  /** Numbers of the heads' tokens: those of statement `i` lie from `wordStarts[i]` up to `wordStarts[i + 1]`. */
  readonly words: Int32Array
  readonly wordStarts: Int32Array
}

const kinds: readonly BlockKind[] = [
  'program',
  'function',
  'callback',
  'loop',
  'branch',
  'guarded',
  'handler',
  'case',
  'members',
  'plain',
]

/** Reads a tree's keys; those of two trees can be compared when one interner made both. */
export function computeKeys(tree: SyntaxTree, interner: Interner): Keys {
  const { statements } = tree
  const count = statements.length
  const wordStarts = new Int32Array(count + 1)
  for (let i = 0; i < count; i++)
    wordStarts[i + 1] = (wordStarts[i] as number) + (statements[i] as Statement).head.length
  const words = new Int32Array(wordStarts[count] as number)
  let at = 0
  for (const { head } of statements) for (const { text } of head) words[at++] = interner.id(text)
  const head = new Int32Array(count)
  const content = new Int32Array(count)
  const whole: number[] = []
  for (let i = count - 1; i >= 0; i--) {
    head[i] = interner.heads.id(words, wordStarts[i] as number, wordStarts[i + 1] as number)
    whole.length = 0
    whole.push(head[i] as number)
    for (const block of (statements[i] as Statement).blocks) {
      // Negative numbers stand between the blocks: keys of statements are not negative.
      whole.push(-1 - kinds.indexOf(block.kind))
      for (const child of block.statements) whole.push(content[child.index] as number)
    }
    content[i] = interner.contents.id(whole, 0, whole.length)
  }
  return { head, content, words, wordStarts }
}
