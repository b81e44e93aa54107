import { parseExpression } from '@babel/parser'
import type { ExpressionReading } from '../../language.js'
import { dialects } from './parse.js'

/**
 * Reads a text as one expression, in the dialect of the file it is to stand in. Whether it may wait there (`await`) is left to
 * the file. Of several dialects the complaint of the one that got furthest counts.
 */
export function readExpression(path: string, text: string): ExpressionReading {
  let furthest: { readonly offset: number; readonly message: string } | undefined
  for (const plugins of dialects(path)) {
    try {
      const node = parseExpression(text, {
        sourceType: 'module',
        plugins,
        allowAwaitOutsideFunction: true,
        allowNewTargetOutsideFunction: true,
        allowSuperOutsideMethod: true,
        attachComment: false,
      })
      const isList = node.type === 'SequenceExpression' && node.extra?.parenthesized !== true
      return isList ? { status: 'several', end: node.expressions[0]?.end ?? text.length } : { status: 'one' }
    } catch (error) {
      // Babel calls itself for every level of brackets.
      if (error instanceof RangeError)
        return { status: 'invalid', offset: 0, message: 'it is nested too deeply' }
      if (!(error instanceof SyntaxError)) throw error
      const offset = 'pos' in error && typeof error.pos === 'number' ? error.pos : 0
      if (furthest !== undefined && furthest.offset >= offset) continue
      furthest = { offset, message: error.message.replace(/ \(\d+:\d+\)$/, '') }
    }
  }
  const { offset, message } = furthest ?? { offset: 0, message: 'no expression' }
  return { status: 'invalid', offset: Math.min(offset, text.length), message }
}
