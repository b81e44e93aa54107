import { inRepository } from '../git/location.js'
import { git } from '../git/process.js'
import { updateRefs } from '../git/refs.js'
import { type Shard, shardSummariesRef } from '../git/shards.js'
import { isFlorError } from '../model/errors.js'
import type { Oid } from '../model/oid.js'
import type { FlorRepository } from './flor-repository.js'

/**
 * Copies fetched summary notes to `refs/notes/flor-summary/<writer>`, where `git log --notes='flor-summary/*'` finds them: `git log` looks nowhere
 * else, and each writer's once, from however many remotes they came. Only ever forwards, never this clone's own, and not with
 * `flor.summaryNotes` off. `all`: every shard; `changed`: those that were fetched anew. A repository that cannot be
 * written goes without.
 */
export async function mirrorSummaries(
  repository: FlorRepository,
  all: readonly Shard[],
  changed: readonly Shard[],
): Promise<void> {
  const fetched = changed.filter(({ remote, summaries }) => remote !== undefined && summaries !== undefined)
  if (fetched.length === 0) return
  const { writer: own, summaryNotes } = repository.config
  if (!summaryNotes) return
  for (const { writer, summaries } of fetched) {
    if (writer === own) continue
    const local = all.find((shard) => shard.remote === undefined && shard.writer === writer)?.summaries
    if (local === summaries || !(await isForward(repository, local, summaries as Oid))) continue
    try {
      // False when another command was faster: it copied the same.
      await updateRefs(repository.location, [
        { ref: shardSummariesRef({ writer }), oid: summaries as Oid, old: local ?? null },
      ])
    } catch (error) {
      if (!isFlorError(error, 'GIT_FAILED')) throw error
    }
  }
}

async function isForward(repository: FlorRepository, from: Oid | undefined, to: Oid): Promise<boolean> {
  if (from === undefined) return true
  const args = ['merge-base', '--is-ancestor', from, to]
  const answer = await git(args, { ...inRepository(repository.location), expectExit: [0, 1, 128] })
  return answer.exitCode === 0
}
