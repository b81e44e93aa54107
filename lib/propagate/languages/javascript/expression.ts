import { parseExpression } from '@babel/parser'
import type { ExpressionReading } from '../../language.js'
import { dialects } from './parse.js'

/**
 * Reads a text as one expression, in the dialect of the file it is to stand in. Whether it may wait there (`await`) is left to
 * the file. Of several dialects the first one's complaint counts.
 */
export function readExpression(path: string, text: string): ExpressionReading {
  let failure: unknown
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
      failure ??= error
    }
  }
  if (!(failure instanceof SyntaxError)) throw failure
  const offset = 'pos' in failure && typeof failure.pos === 'number' ? failure.pos : 0
  return {
    status: 'invalid',
    offset: Math.min(offset, text.length),
    message: failure.message.replace(/ \(\d+:\d+\)$/, ''),
  }
}
