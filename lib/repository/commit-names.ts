import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRepository } from '../git/location.js'
import { git, splitItems } from '../git/process.js'
import { isOid } from '../model/oid.js'
import type { FlorRepository } from './flor-repository.js'

/** How far back commits are named. Bounds the cost: `git name-rev` walks all of history. */
const FURTHEST = 1000

/**
 * Names for the commits that lead to HEAD along first parents: `main`, `main~1`, …; `HEAD~1` where HEAD is detached. One spawn of
 * git after each move of HEAD. Empty before the first commit.
 */
export async function nameRecentCommits(repository: FlorRepository): Promise<ReadonlyMap<string, string>> {
  const { head, branch } = repository.location
  if (head === undefined) return new Map()
  const tip = branch?.replace(/^refs\/heads\//, '') ?? 'HEAD'
  const commits = readKept(repository) ?? (await listCommits(repository, head))
  return new Map(commits.map((oid, back) => [oid, back === 0 ? tip : `${tip}~${back}`] as const))
}

async function listCommits(repository: FlorRepository, head: string): Promise<string[]> {
  const args = ['rev-list', '--first-parent', `--max-count=${FURTHEST}`, head, '--']
  const answer = await git(args, { ...inRepository(repository.location), expectExit: [0, 128] })
  const commits = splitItems(answer.stdout, '\n')
  if (answer.exitCode === 0 && isPlain(repository)) keep(repository, commits)
  return commits
}

/** `.git/flor/recent-commits`: oids, a line each, HEAD's first. Derived, and made anew when HEAD is another commit. */
const pathOf = ({ florDir }: FlorRepository): string => join(florDir, 'recent-commits')

function readKept(repository: FlorRepository): string[] | undefined {
  try {
    const kept = readFileSync(pathOf(repository), 'latin1').split('\n')
    if (kept[0] !== repository.location.head || !isPlain(repository)) return undefined
    return kept.every(isOid) ? kept : undefined
  } catch {
    return undefined
  }
}

/** Where nothing changes whose child a commit is. */
function isPlain({ location }: FlorRepository): boolean {
  return !['shallow', 'info/grafts', 'refs/replace'].some((it) => existsSync(join(location.commonDir, it)))
}

function keep(repository: FlorRepository, commits: readonly string[]): void {
  const path = pathOf(repository)
  try {
    const temporary = `${path}.${process.pid}`
    writeFileSync(temporary, commits.join('\n'))
    renameSync(temporary, path)
  } catch {
    // A repository that cannot be written, or has no runs: git is asked again next time.
  }
}
