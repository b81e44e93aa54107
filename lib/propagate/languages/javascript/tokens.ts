import type { File } from '@babel/types'
import type { Comment, Token, TokenRole } from '../../syntax.js'

/** Babel's tokens as it hands them out: types it calls `any`, comments among the tokens. */
interface BabelToken {
  readonly type: string | { readonly label: string; readonly keyword?: string }
  readonly start: number
  readonly end: number
}

const literals = new Set(['num', 'bigint', 'string', 'regexp', 'template', 'jsxText', 'decimal'])

/** Splits Babel's token list into tokens and comments. Names start as `field`: the walk finds those that scopes resolve. */
export function readTokens(file: File, text: string): { tokens: Token[]; comments: Comment[] } {
  const tokens: Token[] = []
  const comments: Comment[] = []
  for (const { type, start, end } of (file.tokens ?? []) as BabelToken[]) {
    const slice = text.slice(start, end)
    if (typeof type === 'string') comments.push({ start, end, text: slice })
    else if (start < end && type.label !== '#!...')
      tokens.push({ text: slice, start, end, role: roleOf(type) })
  }
  return { tokens, comments }
}

function roleOf(type: { readonly label: string; readonly keyword?: string }): TokenRole {
  if (type.label === 'name' || type.label === 'jsxName' || type.label === '#name') return 'field'
  if (literals.has(type.label)) return 'literal'
  return type.keyword ? 'word' : 'mark'
}
