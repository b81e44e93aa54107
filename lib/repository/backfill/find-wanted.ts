import { FlorError } from '../../model/errors.js'
import type { Oid } from '../../model/oid.js'
import { findLogStatements, findStatements } from '../../propagate/find-statements.js'
import { languageOf } from '../../propagate/language.js'
import type { SourceFile, StatementRef } from '../../propagate/propagate.js'
import { nearestNames } from '../../query/suggest.js'
import type { FlorRepository } from '../flor-repository.js'
import { filesThatMention, readFile, snapshotTree } from './snapshot-files.js'

/** The statements of the working tree that log a wanted name, in one file. */
export interface WantedFile {
  readonly source: SourceFile
  readonly statements: readonly StatementRef[]
}

/** What the user wants carried into the past: the working tree as it is, and the statements in it. */
export interface WantedStatements {
  readonly names: readonly string[]
  /** The working tree as a tree object: uncommitted and new files included. */
  readonly tree: Oid
  readonly files: readonly WantedFile[]
  /** Statements among them that stand in `tree` alone; see makeWanted. */
  readonly made?: readonly MadeStatement[]
}

/** A statement that was made of an expression, and its place in the user's own file. */
export interface MadeStatement {
  readonly name: string
  readonly text: string
  readonly path: string
  /** The line that it would be put before. */
  readonly line: number
  /** `end`: at the end of the body of `loop`, or of a block. */
  readonly side: 'before' | 'end'
  readonly loop?: string
}

/**
 * Looks the log statements of `names` up in the working tree. Writes objects, touches nothing of the user's.
 * @throws FlorError BARE_REPOSITORY; STATEMENT_NOT_FOUND (data: name, candidates) when a name is logged nowhere;
 *   SOURCE_SYNTAX when a file that mentions a name does not parse
 */
export function findWanted(repository: FlorRepository, names: readonly string[]): WantedStatements {
  const tree = snapshotTree(repository)
  const files = findLogging(repository, tree, names)
  const found = new Set(files.flatMap(({ statements }) => statements.flatMap(({ logNames }) => logNames)))
  for (const name of names) {
    if (!found.has(name)) throw notFound(repository, tree, name)
  }
  return { names, tree, files }
}

/** The statements of a tree that log one of `names`. @throws FlorError SOURCE_SYNTAX when a file that mentions a name does not parse */
export function findLogging(repository: FlorRepository, tree: Oid, names: readonly string[]): WantedFile[] {
  return filesThatMention(repository, tree, names).flatMap((path) => {
    if (languageOf(path) === undefined) return []
    const source = { path, text: readFile(repository, tree, path) }
    const statements = names.flatMap((name) => findStatements(source, { name }))
    return statements.length === 0 ? [] : [{ source, statements: inOrder(statements) }]
  })
}

/** One statement may log two wanted names. */
function inOrder(statements: readonly StatementRef[]): StatementRef[] {
  const byStart = new Map(statements.map((statement) => [statement.start, statement]))
  return [...byStart.values()].sort((a, b) => a.start - b.start)
}

function notFound(repository: FlorRepository, tree: Oid, name: string): FlorError {
  const logged = new Set<string>()
  for (const path of filesThatMention(repository, tree, ['log'])) {
    if (languageOf(path) === undefined) continue
    try {
      const statements = findLogStatements({ path, text: readFile(repository, tree, path) })
      for (const statement of statements) for (const it of statement.logNames) logged.add(it)
    } catch {
      // A file that does not parse has no statements to suggest.
    }
  }
  return new FlorError(`no statement of the working tree logs ${JSON.stringify(name)}`, {
    code: 'STATEMENT_NOT_FOUND',
    data: { name, candidates: nearestNames(name, [...logged]) },
  })
}
