import type { FlorRepository } from './flor-repository.js'
import { pendingSpools } from './pending-spools.js'
import { sealPending } from './seal.js'

/** The Git hooks that we take part in. */
export type HookName = 'post-commit' | 'post-rewrite' | 'post-merge' | 'post-checkout' | 'pre-push'

/**
 * Does what is due in a hook, quickly: commits and rewrites seal what is pending; merges and checkouts take fetched
 * shards into the index; a push takes the shards and their LFS objects along, where `flor.autopush` allows it.
 * @throws FlorError whatever failed; the caller must not fail the user's command for it
 */
export async function runHook(
  repository: FlorRepository,
  name: HookName,
  args: readonly string[],
): Promise<void> {
  switch (name) {
    case 'post-commit':
    case 'post-rewrite':
      // What was rewritten as what, the hook itself remembers; see rewritten-commits.ts.
      if ((await pendingSpools(repository)).length > 0) await sealPending(repository)
      return
    case 'post-merge':
    case 'post-checkout':
      await repository.index()
      return
    case 'pre-push':
      return pushAlong(repository, args[0])
  }
}

async function pushAlong(repository: FlorRepository, remote: string | undefined): Promise<void> {
  if (remote === undefined || !repository.config.autopush) return
  await sealPending(repository)
  const { pushShards } = await import('../git/sharing.js')
  await pushShards(repository.location, remote, { onProgress: (what) => repository.step({ what }) })
  repository.step(undefined)
}
