import type { RunEntry } from '../db/run-entry.js'
import { inRepository } from '../git/location.js'
import { git, splitItems } from '../git/process.js'
import { mayBeRevision } from '../git/ref-files.js'
import { FlorError, isFlorError } from '../model/errors.js'
import { asOid, type Oid } from '../model/oid.js'
import { filterInBatches } from './filter-runs.js'
import type { FlorRepository } from './flor-repository.js'
import { formerCommits } from './rewritten-commits.js'

/** Whether a word can only be a range of revisions: `main..feature`, `HEAD~3..`, `^main`, `v1.0^!`. */
export function isRange(word: string): boolean {
  return word.includes('..') || word.startsWith('^') || /\^[!@]$/.test(word)
}

/**
 * The commits that words name, by word; a word that names none is absent. One spawn of git, where a word may name any, and one a word
 * where git gives up over one of them (`HEAD@{99}` of a shorter log).
 */
export async function resolveCommits(
  repository: FlorRepository,
  words: readonly string[],
): Promise<ReadonlyMap<string, Oid>> {
  const asked = words.filter(
    (word) => word !== '' && !/[\0\n]/.test(word) && mayBeRevision(repository.location, word),
  )
  if (asked.length === 0) return new Map()
  const found = new Map<string, Oid>()
  const { stdout, exitCode } = await git(['cat-file', '--batch-check=%(objectname)'], {
    ...inRepository(repository.location),
    input: asked.map((word) => `${word}^{commit}\n`).join(''),
    expectExit: asked.some((word) => word.includes('@{')) ? [0, 128] : [0],
  })
  if (exitCode !== 0) {
    if (asked.length === 1) return found
    for (const word of asked)
      for (const [one, commit] of await resolveCommits(repository, [word])) found.set(one, commit)
    return found
  }
  splitItems(stdout, '\n').forEach((line, i) => {
    const word = asked[i]
    // What is missing or ambiguous is said behind the word itself.
    if (word !== undefined && /^[0-9a-f]{40,64}$/.test(line)) found.set(word, asOid(line))
  })
  return found
}

/**
 * The runs of a range of revisions, in their order: those whose base lies in it, whose run commit lies in it, or that ran exactly the code
 * of a commit in it, whenever that was committed: trees are compared. A base that was amended or rebased counts as what it has become, see {@link formerCommits}.
 * @throws FlorError REVISION_NOT_FOUND (data: revisions)
 */
export async function* runsInRange(
  repository: FlorRepository,
  revisions: readonly string[],
  runs: AsyncIterable<RunEntry>,
): AsyncGenerator<RunEntry> {
  const { commits, trees } = await readRange(repository, revisions)
  if (commits.size === 0) return
  const isNamed = ({ run, header }: RunEntry): boolean =>
    commits.has(run) || (header.base !== undefined && commits.has(header.base))
  yield* filterInBatches(runs, async (batch) => {
    const others = batch.filter((entry) => !isNamed(entry))
    const ran = await treesOf(
      repository,
      others.map(({ run }) => run),
    )
    return (entry) => isNamed(entry) || trees.has(ran.get(entry.run) ?? '')
  })
}

async function readRange(
  repository: FlorRepository,
  revisions: readonly string[],
): Promise<{ readonly commits: ReadonlySet<string>; readonly trees: ReadonlySet<string> }> {
  const commits = new Set<string>()
  const trees = new Set<string>()
  const args = ['rev-list', '--format=%H %T', '--end-of-options', ...revisions, '--']
  try {
    const { stdout } = await git(args, inRepository(repository.location))
    for (const line of splitItems(stdout, '\n')) {
      if (line.startsWith('commit ')) continue
      const [commit, tree] = line.split(' ') as [string, string]
      commits.add(commit)
      trees.add(tree)
    }
    const former = [...formerCommits(repository.location, commits)]
    for (const commit of former) commits.add(commit)
    for (const tree of (await treesOf(repository, former)).values()) trees.add(tree)
  } catch (error) {
    if (!isFlorError(error, 'GIT_FAILED') || error.data.exitCode !== 128) throw error
    const text = revisions.join(' ')
    throw new FlorError(`git knows no revision '${text}'`, {
      code: 'REVISION_NOT_FOUND',
      data: { revisions: text },
      cause: error,
    })
  }
  return { commits, trees }
}

/** Trees of commits, by commit; something else for those that are lost. One spawn of git. */
async function treesOf(
  repository: FlorRepository,
  commits: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (commits.length === 0) return new Map()
  const { stdout } = await git(['cat-file', '--batch-check=%(objectname)'], {
    ...inRepository(repository.location),
    input: commits.map((commit) => `${commit}^{tree}\n`).join(''),
  })
  const lines = splitItems(stdout, '\n')
  return new Map(commits.map((commit, i) => [commit, lines[i] ?? '']))
}
