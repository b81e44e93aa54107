/**
 * Refs that keep patched commits while they are replayed: nothing else refers to one until its values are stored, and `git gc --prune=now` takes
 * what nothing refers to.
 *
 *     refs/flor/replaying/<pid>-<random>      a commit whose parents are all patched commits of one backfill; its message tells whose it is
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { fallbackIdentity } from '../git/identity.js'
import type { RepositoryLocation } from '../git/location.js'
import type { ObjectStore } from '../git/object-store.js'
import { listRefs, type RefUpdate, retrying, updateRefs } from '../git/refs.js'
import { gcEnds } from '../git/running-gc.js'
import { FlorError, isFlorError } from '../model/errors.js'
import type { Oid } from '../model/oid.js'
import { isProcess, type ProcessIdentity, thisProcess } from './process-identity.js'

const PREFIX = 'refs/flor/replaying'

/**
 * Keeps commits, with all that they hold, until what is returned is called. Three spawns, however many commits; none for none. Waits for
 * the end of a `git gc` that goes on.
 * @throws FlorError OBJECT_MISSING (data: oid) where one is gone already
 */
export async function holdCommits(
  location: RepositoryLocation,
  store: ObjectStore,
  commits: readonly Oid[],
): Promise<() => Promise<void>> {
  if (commits.length === 0) return async () => {}
  await releaseAbandoned(location, store)
  const signature = fallbackIdentity()
  const oid = await store.writeCommit({
    tree: await store.writeTree([]),
    parents: commits,
    author: signature,
    committer: signature,
    message: `git-flor: versions that are being replayed\n\n${JSON.stringify(thisProcess())}\n`,
  })
  const ref = `${PREFIX}/${process.pid}-${randomBytes(8).toString('hex')}`
  const change = async (to: Oid | null, old: Oid | null): Promise<void> => {
    await retrying(ref, async () => (await updateRefs(location, [{ ref, oid: to, old }])) || undefined)
  }
  const release = () => change(null, oid)
  await change(oid, null)
  await gcEnds(location)
  for (const commit of commits) {
    try {
      await store.readCommit(commit)
    } catch (error) {
      await release()
      throw isFlorError(error, 'OBJECT_MISSING') ? pruned(commit) : error
    }
  }
  return release
}

function pruned(oid: Oid): FlorError {
  return new FlorError(
    `the version ${oid} was pruned since this backfill was planned: the same command makes it again`,
    { code: 'OBJECT_MISSING', data: { oid } },
  )
}

/** Removes the refs of processes of this machine that are gone, and returns how many there were. */
export async function releaseAbandoned(location: RepositoryLocation, store: ObjectStore): Promise<number> {
  const abandoned: RefUpdate[] = []
  for (const { ref, oid } of await listRefs(location, [PREFIX])) {
    const owner = ownerOf((await store.readCommit(oid)).message)
    if (owner !== undefined && owner.host === hostname() && !isProcess(owner))
      abandoned.push({ ref, oid: null, old: oid })
  }
  await updateRefs(location, abandoned)
  return abandoned.length
}

function ownerOf(message: string): ProcessIdentity | undefined {
  try {
    const { host, pid, started } = JSON.parse(message.split('\n\n')[1] as string) as Partial<ProcessIdentity>
    return typeof host === 'string' && Number.isSafeInteger(pid) && typeof started === 'string'
      ? { host, pid: pid as number, started }
      : undefined
  } catch {
    return undefined
  }
}
