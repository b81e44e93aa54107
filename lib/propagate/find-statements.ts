import { parseCached } from './parse-cache.js'
import type { SourceFile, Statement, SyntaxTree } from './syntax.js'
import { lineAt } from './syntax.js'

/** A statement of a file, found by {@link findStatements}. Lines count from 1, offsets in UTF-16 code units. */
export interface StatementRef {
  readonly line: number
  readonly endLine: number
  readonly start: number
  readonly end: number
  readonly text: string
  /** Names of the flor logs in the statement itself, not in blocks inside it. */
  readonly logNames: readonly string[]
}

/**
 * The statements that log `name`, or the innermost statement on `line`; with both, those that log `name` on
 * that line. Empty when there is none. Where several statements start beside each other on the line, those of
 * them that log, and all of them when none does: one line of a minified file can hold a whole program.
 * @throws FlorError LANGUAGE_UNSUPPORTED, SOURCE_SYNTAX
 */
export function findStatements(source: SourceFile, query: { name?: string; line?: number }): StatementRef[] {
  const tree = parseCached(source)
  const { name, line } = query
  let found: readonly Statement[] = tree.statements
  if (name !== undefined) found = found.filter(({ logNames }) => logNames.includes(name))
  if (line !== undefined) found = found.filter((statement) => touchesLine(tree, statement, line))
  if (name === undefined) found = line === undefined ? [] : innermost(found, line)
  return found.map((statement) => toRef(tree, statement))
}

/** Every flor log of a file, in the order of the text. @throws FlorError LANGUAGE_UNSUPPORTED, SOURCE_SYNTAX */
export function findLogStatements(source: SourceFile): StatementRef[] {
  const tree = parseCached(source)
  return tree.statements
    .filter(({ logNames }) => logNames.length > 0)
    .map((statement) => toRef(tree, statement))
}

function toRef(tree: SyntaxTree, { line, endLine, start, end, logNames }: Statement): StatementRef {
  return { line, endLine, start, end, text: tree.source.text.slice(start, end), logNames }
}

/** Whether one of the statement's own tokens stands on the line. */
function touchesLine(tree: SyntaxTree, statement: Statement, line: number): boolean {
  if (line < statement.line || line > statement.endLine) return false
  return statement.head.some(
    (token) => lineAt(tree.lineStarts, token.start) <= line && line <= lineAt(tree.lineStarts, token.end - 1),
  )
}

/** Of the statements on one line: those that start there, not inside another of them; else the deepest. */
function innermost(found: readonly Statement[], line: number): readonly Statement[] {
  const starting = found.filter((statement) => statement.line === line)
  if (starting.length === 0) return found.slice(-1)
  const outer: Statement[] = []
  for (const statement of starting) if (statement.start >= (outer.at(-1)?.end ?? 0)) outer.push(statement)
  if (outer.length < 2) return outer
  const logging = starting.filter(({ logNames }) => logNames.length > 0)
  return logging.length > 0 ? logging : outer
}

/**
 * The line nearest to `line` on which {@link findStatements} finds something; the earlier one of two. Undefined in a
 * file without statements.
 * @throws FlorError LANGUAGE_UNSUPPORTED, SOURCE_SYNTAX
 */
export function findNearestLine(source: SourceFile, line: number): number | undefined {
  const tree = parseCached(source)
  let nearest: number | undefined
  for (const statement of tree.statements) {
    for (const { start } of statement.head) {
      const own = lineAt(tree.lineStarts, start)
      if (nearest === undefined || Math.abs(own - line) < Math.abs(nearest - line)) nearest = own
    }
  }
  return nearest
}
