import { type ParserOptions, type ParserPlugin, parse as parseBabel } from '@babel/parser'
import type { File } from '@babel/types'
import { FlorError } from '../../../model/errors.js'
import { findLineStarts, lineAt, type SourceFile } from '../../syntax.js'

const common: ParserPlugin[] = [
  'decoratorAutoAccessors',
  'explicitResourceManagement',
  // Old versions may write `assert`, which Node understood until 22.
  'deprecatedImportAssert',
  ['decorators', { decoratorsBeforeExport: true, allowCallParenthesized: true }],
]
const legacyDecorators: ParserPlugin[] = [
  'decorators-legacy',
  'decoratorAutoAccessors',
  'explicitResourceManagement',
  'deprecatedImportAssert',
]

/** Parser settings to try in order: the first that accepts the text wins. */
export function dialects(path: string): ParserPlugin[][] {
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
 * @throws FlorError SOURCE_SYNTAX with the complaint of the dialect that got furthest: `path`, `line` and
 *   `column`, both from 1.
 */
export function parseFile(source: SourceFile): File {
  const nul = source.text.indexOf('\0')
  if (nul !== -1) throw syntaxError(source, 'a NUL byte: this is not a text file', nul)
  let furthest: SyntaxError | undefined
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
      if (!(error instanceof SyntaxError)) throw error
      if (!furthest || offsetOf(error) > offsetOf(furthest)) furthest = error
    }
  }
  throw complaint(source, furthest as SyntaxError)
}

/** Where Babel gave up. */
function offsetOf(error: SyntaxError): number {
  return 'pos' in error && typeof error.pos === 'number' ? error.pos : 0
}

/** Babel's complaint for people who know the file and not the parser's settings. */
function complaint(source: SourceFile, error: SyntaxError): FlorError {
  const offset = offsetOf(error)
  const lineStart = source.text.lastIndexOf('\n', offset - 1) + 1
  if (/^(<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|$)/.test(source.text.slice(lineStart, lineStart + 8)))
    return syntaxError(source, 'a conflict marker of an unfinished merge', lineStart)
  const plugins = 'missingPlugin' in error ? error.missingPlugin : undefined
  const message = Array.isArray(plugins)
    ? `syntax that is not standard and not supported: ${plugins.join(', ')}`
    : error.message.replace(/ \(\d+:\d+\)$/, '')
  return syntaxError(source, message, offset)
}

/**
 * Runs `read`, and tells code that is nested deeper than the call stack reaches from a defect: Babel and the walk over
 * its tree call themselves for every level, and give up at several hundred brackets.
 * @throws FlorError SOURCE_SYNTAX at the innermost bracket; without a place for chains (`a + a + …`, `else if`)
 */
export function guardDepth<T>(source: SourceFile, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RangeError) || !/call stack/.test(error.message)) throw error
    throw syntaxError(source, 'code that is nested too deeply to be read', deepestOffset(source.text))
  }
}

/** Fewer open brackets than this do not exhaust the stack. */
const deep = 200

/** The bracket with the most others open around it, strings and comments taken for code; undefined where few are open. */
function deepestOffset(text: string): number | undefined {
  let depth = 0
  let deepest = deep
  let offset: number | undefined
  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string
    if ('([{'.includes(character) && ++depth > deepest) {
      deepest = depth
      offset = i
    } else if (')]}'.includes(character) && depth > 0) depth--
  }
  return offset
}

function syntaxError(source: SourceFile, message: string, offset: number | undefined): FlorError {
  if (offset === undefined)
    return new FlorError(`${source.path}: ${message}`, { code: 'SOURCE_SYNTAX', data: { path: source.path } })
  const starts = findLineStarts(source.text)
  const line = lineAt(starts, offset)
  const column = offset - (starts[line - 1] ?? 0) + 1
  return new FlorError(`${source.path}:${line}:${column}: ${message}`, {
    code: 'SOURCE_SYNTAX',
    data: { path: source.path, line, column },
  })
}
