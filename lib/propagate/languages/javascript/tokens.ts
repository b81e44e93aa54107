import type { File } from '@babel/types'
import type { Comment, Token, TokenRole } from '../../syntax.js'

/** Babel's tokens as it hands them out: types it calls `any`, comments among the tokens. */
interface BabelToken {
  readonly type: string | { readonly label: string; readonly keyword?: string }
  readonly start: number
  readonly end: number
}

const literals = new Set(['num', 'bigint', 'string', 'regexp', 'template', 'jsxText', 'decimal'])

/**
 * Splits Babel's token list into tokens and comments. Names start as `field`: the walk finds those that scopes
 * resolve. Equal tokens share one string, whose hash is then computed once.
 */
export function readTokens(file: File, text: string): { tokens: Token[]; comments: Comment[] } {
  const tokens: Token[] = []
  const comments: Comment[] = []
  const words = new Map<string, string>()
  for (const { type, start, end } of (file.tokens ?? []) as BabelToken[]) {
    if (typeof type === 'string') comments.push({ start, end, text: text.slice(start, end) })
    else if (start < end && type.label !== '#!...') {
      let word = text.slice(start, end)
      // The engine itself shares strings of one character.
      if (end - start > 1) {
        const known = words.get(word)
        if (known === undefined) words.set(word, word)
        else word = known
      }
      tokens.push({ text: word, start, end, role: roleOf(type) })
    }
  }
  return { tokens, comments }
}

/** Where tokens lie, by offset. */
export class TokenIndex {
  /** For each offset of the text, the number of the first token that starts there or later. */
  private readonly following: Int32Array

  constructor(
    private readonly tokens: readonly Token[],
    length: number,
  ) {
    this.following = new Int32Array(length + 1).fill(tokens.length)
    for (let i = tokens.length - 1, offset = length; i >= 0; i--) {
      const start = tokens[i]?.start ?? 0
      const before = i === 0 ? -1 : (tokens[i - 1]?.start ?? 0)
      for (offset = Math.min(offset, start); offset > before; offset--) this.following[offset] = i
    }
  }

  /** The token that starts at an offset. */
  get(offset: number): Token | undefined {
    const token = this.tokens[this.following[offset] ?? -1]
    return token?.start === offset ? token : undefined
  }

  /** The number of the first token that starts at an offset or later; of none, the number of tokens. */
  firstFrom(offset: number): number {
    return this.following[Math.max(0, offset)] ?? this.tokens.length
  }
}

const roles = new WeakMap<object, TokenRole>()

function roleOf(type: { readonly label: string; readonly keyword?: string }): TokenRole {
  let role = roles.get(type)
  if (role === undefined) {
    role = readRole(type)
    roles.set(type, role)
  }
  return role
}

function readRole(type: { readonly label: string; readonly keyword?: string }): TokenRole {
  if (type.label === 'name' || type.label === 'jsxName' || type.label === '#name') return 'field'
  if (literals.has(type.label)) return 'literal'
  return type.keyword ? 'word' : 'mark'
}
