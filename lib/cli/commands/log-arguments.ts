import type { RunIndex } from '../../db/run-index.js'
import { FlorError } from '../../model/errors.js'
import type { Oid, RunOid } from '../../model/oid.js'
import { type NameUse, parseColumn } from '../../query/predicate.js'
import { isAttribute } from '../../query/run-attributes.js'
import { nearestNames } from '../../query/suggest.js'
import type { RunChoice } from '../../repository/choose-runs.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { isRange, resolveCommits } from '../../repository/revision-range.js'
import { hinted } from '../errors/hinted.js'

/** What the arguments of `git flor log` that are no options ask for. */
export interface LogArguments {
  /** Columns of a table; the list of runs where there are none. */
  readonly uses: readonly NameUse[]
  readonly range?: NonNullable<RunChoice['range']>
}

/**
 * Tells names and revisions apart, as git tells revisions and paths apart: before `--` everything is a revision, behind it everything is a
 * name. Without `--`, a range is a revision, and so is a word that git resolves to a commit, unless it is known as a name. A run's own
 * oid, or the beginning of it, means that run alone. A word in the syntax of revisions that is neither (`HEAD~99`) is told as a
 * revision. Asks git once, and only where there are words.
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
  const isAsked = commits.size > 0 || undecided.some(looksLikeRevision)
  const known = isAsked ? await namesOf(index) : new Set<string>()
  const uses: NameUse[] = []
  const revisions: string[] = []
  const runs = new Set<string>()
  for (const word of undecided) {
    const commit = commits.get(word)
    const isRevision =
      beforeDashes !== undefined || (commit !== undefined ? !isName(word, known) : isRange(word))
    if (!isRevision && commit === undefined && isNoName(word, known)) throw unknownRevision(word)
    if (!isRevision) uses.push(readColumn(word))
    else if (commit !== undefined && (await isRun(index, commit))) runs.add(commit)
    else if (commit === undefined && !isRange(word)) throw unknownRevision(word)
    else revisions.push(word)
  }
  for (const word of named) uses.push(readColumn(word))
  const isChosen = revisions.length > 0 || runs.size > 0
  return { uses, ...(isChosen && { range: { revisions, runs } }) }
}

/** @throws FlorError PREDICATE_SYNTAX */
function readColumn(word: string): NameUse {
  try {
    return parseColumn(word)
  } catch (error) {
    throw hinted(
      error,
      'PREDICATE_SYNTAX',
      "git flor log lr 'max(loss)' 'mean(acc) by epoch'    has three columns",
    )
  }
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

/** Characters that only the syntax of revisions gives a meaning to: `HEAD~2`, `v1.0^`, `main@{1}`, `main:train.js`. */
const looksLikeRevision = (word: string): boolean => /^[^"\s(]+(?:[~^:]|@\{)[^"\s(]*$|^@|^:\//.test(word)

/** Meant as a revision, since no run has logged anything like it. */
function isNoName(word: string, known: ReadonlySet<string>): boolean {
  return looksLikeRevision(word) && !known.has(word) && nearestNames(word, [...known]).length === 0
}

function unknownRevision(word: string): FlorError {
  const hint = `git flor log -- ${word}    takes it as a name; revisions look like main, HEAD~2, v1.0..main or an oid`
  return new FlorError(`git knows no commit '${word}'`, {
    code: 'REVISION_NOT_FOUND',
    data: { revisions: word, hint },
  })
}
