import { type ParserOptions, type ParserPlugin, parse as parseBabel } from '@babel/parser'
import type { File } from '@babel/types'
import { FlorError } from '../../../model/errors.js'
import { findLineStarts, lineAt, type SourceFile } from '../../syntax.js'

const common: ParserPlugin[] = [
  'decoratorAutoAccessors',
  'explicitResourceManagement',
  'importAttributes',
  ['decorators', { decoratorsBeforeExport: true, allowCallParenthesized: true }],
]
const legacyDecorators: ParserPlugin[] = [
  'decorators-legacy',
  'explicitResourceManagement',
  'importAttributes',
]

/** Parser settings to try in order: the first that accepts the text wins. */
function dialects(path: string): ParserPlugin[][] {
  if (/\.tsx$/i.test(path))
    return [
      ['typescript', 'jsx', ...common],
      ['typescript', 'jsx', ...legacyDecorators],
    ]
  if (/\.[mc]?ts$/i.test(path))
    return [
      ['typescript', ...common],
      ['typescript', ...legacyDecorators],
    ]
  return [
    ['jsx', ...common],
    ['jsx', ...legacyDecorators],
    ['jsx', ['flow', { all: false }], ...legacyDecorators],
  ]
}

/**
 * Babel's tree of a file, with its tokens. Files without imports are read as scripts, in which top-level
 * `await` is let through all the same.
 * @throws FlorError SOURCE_SYNTAX with the first dialect's complaint: `path`, `line` and `column`, both from 1.
 */
export function parseFile(source: SourceFile): File {
  const nul = source.text.indexOf('\0')
  if (nul !== -1) throw syntaxError(source, 'a NUL byte: this is not a text file', nul)
  let failure: unknown
  for (const plugins of dialects(source.path)) {
    const options: ParserOptions = {
      sourceType: 'unambiguous',
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowNewTargetOutsideFunction: true,
      allowSuperOutsideMethod: true,
      allowUndeclaredExports: true,
      attachComment: false,
      tokens: true,
      plugins,
    }
    try {
      return parseBabel(source.text, options)
    } catch (error) {
      failure ??= error
    }
  }
  if (!(failure instanceof SyntaxError)) throw failure
  const offset = 'pos' in failure && typeof failure.pos === 'number' ? failure.pos : 0
  throw syntaxError(source, failure.message.replace(/ \(\d+:\d+\)$/, ''), offset, failure)
}

function syntaxError(source: SourceFile, message: string, offset: number, cause?: unknown): FlorError {
  const starts = findLineStarts(source.text)
  const line = lineAt(starts, offset)
  const column = offset - (starts[line - 1] ?? 0) + 1
  return new FlorError(`${source.path}:${line}:${column}: ${message}`, {
    code: 'SOURCE_SYNTAX',
    data: { path: source.path, line, column },
    cause,
  })
}
