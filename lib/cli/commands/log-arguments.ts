import type { RunIndex } from '../../db/run-index.js'
import { FlorError } from '../../model/errors.js'
import type { Oid, RunOid } from '../../model/oid.js'
import { type NameUse, parseColumn } from '../../query/predicate.js'
import { isAttribute } from '../../query/run-attributes.js'
import type { RunChoice } from '../../repository/choose-runs.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { isRange, resolveCommits } from '../../repository/revision-range.js'

/** What the arguments of `git flor log` that are no options ask for. */
export interface LogArguments {
  /** Columns of a table; the list of runs where there are none. */
  readonly uses: readonly NameUse[]
  readonly range?: NonNullable<RunChoice['range']>
}

/**
 * Tells names and revisions apart, as git tells revisions and paths apart: before `--` everything is a revision, behind it everything is a
 * name. Without `--`, a range is a revision, and so is a word that git resolves to a commit, unless it is known as a name. A run's own
 * oid, or the beginning of it, means that run alone. Asks git once, and only where there are words.
 * @throws FlorError USAGE for a word that is both; REVISION_NOT_FOUND; PREDICATE_SYNTAX
 */
export async function readLogArguments(
  repository: FlorRepository,
  index: RunIndex,
  words: readonly string[],
  beforeDashes?: number,
): Promise<LogArguments> {
  if (words.length === 0) return { uses: [] }
  const named = beforeDashes === undefined ? [] : words.slice(beforeDashes)
  const undecided = beforeDashes === undefined ? words : words.slice(0, beforeDashes)
  const commits = await resolveCommits(repository, undecided)
  const known = commits.size === 0 ? new Set<string>() : await namesOf(index)
  const uses: NameUse[] = []
  const revisions: string[] = []
  const runs = new Set<string>()
  for (const word of undecided) {
    const commit = commits.get(word)
    const isRevision =
      beforeDashes !== undefined || (commit !== undefined ? !isName(word, known) : isRange(word))
    if (!isRevision) uses.push(parseColumn(word))
    else if (commit !== undefined && (await isRun(index, commit))) runs.add(commit)
    else if (commit === undefined && !isRange(word)) throw unknownRevision(word)
    else revisions.push(word)
  }
  for (const word of named) uses.push(parseColumn(word))
  const isChosen = revisions.length > 0 || runs.size > 0
  return { uses, ...(isChosen && { range: { revisions, runs } }) }
}

async function namesOf(index: RunIndex): Promise<ReadonlySet<string>> {
  return new Set((await index.names()).map(({ name }) => name))
}

const isRun = async (index: RunIndex, commit: Oid): Promise<boolean> =>
  (await index.entry(commit as string as RunOid)) !== undefined

/** @throws FlorError USAGE for a word that is a revision just as well: only beginnings of oids, which nobody chose, give way. */
function isName(word: string, known: ReadonlySet<string>): boolean {
  if (!known.has(word) && !isAttribute(word)) return false
  if (/^[0-9a-f]{4,64}$/.test(word)) return true
  const hint = `git flor log -- ${word}    is the name; git flor log ${word} --    the revision`
  throw new FlorError(`'${word}' is both a name and a revision: '--' tells them apart`, {
    code: 'USAGE',
    data: { value: word, command: 'log', hint },
  })
}

function unknownRevision(word: string): FlorError {
  const hint = `git flor log -- ${word}    takes it as a name; git rev-parse ${word}    tells what git makes of it`
  return new FlorError(`git knows no revision '${word}'`, {
    code: 'REVISION_NOT_FOUND',
    data: { revisions: word, hint },
  })
}
