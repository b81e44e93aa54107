import { gitSync, splitItems } from '../../git/process.js'
import { snapshotSync } from '../../git/snapshot.js'
import { FlorError } from '../../model/errors.js'
import type { Oid } from '../../model/oid.js'
import { findLogStatements, findStatements } from '../../propagate/find-statements.js'
import { languageOf } from '../../propagate/language.js'
import type { SourceFile, StatementRef } from '../../propagate/propagate.js'
import { nearestNames } from '../../query/suggest.js'
import type { FlorRepository } from '../flor-repository.js'

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
}

/**
 * Looks the log statements of `names` up in the working tree. Writes objects, touches nothing of the user's.
 * @throws FlorError BARE_REPOSITORY; STATEMENT_NOT_FOUND (data: name, candidates) when a name is logged nowhere;
 *   SOURCE_SYNTAX when a file that mentions a name does not parse
 */
export function findWanted(repository: FlorRepository, names: readonly string[]): WantedStatements {
  const { topLevel } = repository.location
  if (topLevel === undefined) {
    throw new FlorError('a bare repository has no working tree to take log statements from', {
      code: 'BARE_REPOSITORY',
      data: { path: repository.location.commonDir },
    })
  }
  const { tree } = snapshotSync(repository.location, repository.config)
  const files: WantedFile[] = []
  const found = new Set<string>()
  for (const path of filesThatMention(repository, tree, names)) {
    if (languageOf(path) === undefined) continue
    const source = { path, text: readFile(repository, tree, path) }
    const statements = names.flatMap((name) => findStatements(source, { name }))
    for (const statement of statements) for (const name of statement.logNames) found.add(name)
    if (statements.length > 0) files.push({ source, statements: inOrder(statements) })
  }
  for (const name of names) {
    if (!found.has(name)) throw notFound(repository, tree, name)
  }
  return { names, tree, files }
}

/** One statement may log two wanted names. */
function inOrder(statements: readonly StatementRef[]): StatementRef[] {
  const byStart = new Map(statements.map((statement) => [statement.start, statement]))
  return [...byStart.values()].sort((a, b) => a.start - b.start)
}

function filesThatMention(repository: FlorRepository, tree: Oid, words: readonly string[]): string[] {
  const patterns = words.flatMap((word) => ['-e', word])
  const answer = gitSync(['grep', '-l', '-z', '-I', '-F', '--full-name', ...patterns, tree], {
    cwd: repository.location.topLevel as string,
    expectExit: [0, 1],
  })
  return splitItems(answer.stdout).map((item) => item.slice(tree.length + 1))
}

function readFile(repository: FlorRepository, tree: Oid, path: string): string {
  const answer = gitSync(['cat-file', 'blob', `${tree}:${path}`], {
    cwd: repository.location.topLevel as string,
  })
  return answer.stdout.toString('utf8')
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
