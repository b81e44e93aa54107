import { inRepository } from '../git/location.js'
import { git, splitItems } from '../git/process.js'
import type { FlorRepository } from './flor-repository.js'

/** How far back commits are named. Bounds the cost: `git name-rev` walks all of history. */
const FURTHEST = 1000

/**
 * Names for the commits that lead to HEAD along first parents: `main`, `main~1`, …; `HEAD~1` where HEAD is detached. One spawn of
 * git, 2 ms. Empty before the first commit.
 */
export async function nameRecentCommits(repository: FlorRepository): Promise<ReadonlyMap<string, string>> {
  const { head, branch } = repository.location
  if (head === undefined) return new Map()
  const args = ['rev-list', '--first-parent', `--max-count=${FURTHEST}`, head, '--']
  const answer = await git(args, { ...inRepository(repository.location), expectExit: [0, 128] })
  const tip = branch?.replace(/^refs\/heads\//, '') ?? 'HEAD'
  return new Map(
    splitItems(answer.stdout, '\n').map((oid, back) => [oid, back === 0 ? tip : `${tip}~${back}`] as const),
  )
}
