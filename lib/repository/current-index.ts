import type { RunIndex } from '../db/run-index.js'
import { changedNotes, readNoteList } from '../git/notes.js'
import { listShards, type Shard, shardNotesRef } from '../git/shards.js'
import { isFlorError } from '../model/errors.js'
import type { Oid } from '../model/oid.js'
import type { FlorRepository } from './flor-repository.js'
import type { ShardChange } from './fold.js'
import { borrowIndex, isUnwritable, openIndex, openOwnIndex } from './open-index.js'
import { pendingSpools } from './pending-spools.js'

/**
 * Opens the index and brings it up to date: pending spools are sealed, a fresh clone fetches its history, then the notes that changed
 * since each shard was last folded are read. Where the index cannot be written, a temporary one takes its place.
 * @throws FlorError INDEX_LOCKED
 */
export async function openCurrentIndex(repository: FlorRepository): Promise<RunIndex> {
  await sealWhatIsPending(repository)
  // While git lists the refs, LevelDB is loaded and opened: each takes some milliseconds of every command.
  const [shards, index] = await bothOrNone(currentShards(repository), openIndex(repository))
  try {
    await bringUpToDate(repository, index, shards)
    return index
  } catch (error) {
    await index.close()
    if (!isUnwritable(error)) throw error
    // The disk became full while the index grew.
    const borrowed = await borrowIndex(repository)
    await bringUpToDate(repository, borrowed, shards)
    return borrowed
  }
}

/**
 * As {@link openCurrentIndex}, but everything is read from the notes, and nothing of what was there is believed. The lock is kept meanwhile, so
 * that whoever waits for it finds the index whole.
 * @throws FlorError INDEX_LOCKED, and Error of the system where the index cannot be written
 */
export async function openRebuiltIndex(repository: FlorRepository): Promise<RunIndex> {
  await sealWhatIsPending(repository)
  const index = await openOwnIndex(repository)
  try {
    await rebuild(repository, index, await currentShards(repository))
    return index
  } catch (error) {
    await index.close()
    throw error
  }
}

async function sealWhatIsPending(repository: FlorRepository): Promise<void> {
  if ((await pendingSpools(repository)).length === 0) return
  const { sealPending } = await import('./seal.js')
  await sealPending(repository)
}

async function currentShards(repository: FlorRepository): Promise<Shard[]> {
  const shards = await listShards(repository.location)
  if (shards.length > 0) return shards
  const { inheritHistory } = await import('./inherit.js')
  return (await inheritHistory(repository)) ? listShards(repository.location) : shards
}

/** An index that was opened for nothing is closed. */
async function bothOrNone(
  listing: Promise<Shard[]>,
  opening: Promise<RunIndex>,
): Promise<[Shard[], RunIndex]> {
  try {
    return await Promise.all([listing, opening])
  } catch (error) {
    await opening.then((index) => index.close()).catch(() => {})
    throw error
  }
}

async function bringUpToDate(
  repository: FlorRepository,
  index: RunIndex,
  shards: readonly Shard[],
): Promise<void> {
  const changes = await findChanges(repository, index, shards)
  if (changes !== undefined) return await foldChanges(repository, index, { shards, changes })
  // Another command may have folded in, while this one waited for it, what is newer than our list.
  const current = await listShards(repository.location)
  const newer = await findChanges(repository, index, current)
  if (newer !== undefined) await foldChanges(repository, index, { shards: current, changes: newer })
  // Something that was folded in is gone from the refs: the index is made anew without it.
  else await rebuild(repository, index, current)
}

async function rebuild(repository: FlorRepository, index: RunIndex, shards: readonly Shard[]): Promise<void> {
  await index.empty()
  const changes = (await findChanges(repository, index, shards)) ?? []
  await foldChanges(repository, index, { shards, changes })
}

/** What reads notes is loaded where there are some: most commands find nothing new. */
async function foldChanges(
  repository: FlorRepository,
  index: RunIndex,
  { shards, changes }: { readonly shards: readonly Shard[]; readonly changes: readonly ShardChange[] },
): Promise<void> {
  if (changes.length === 0) return
  const [{ foldShards }, { mirrorSummaries }] = await Promise.all([
    import('./fold.js'),
    import('./mirror-summaries.js'),
  ])
  await foldShards(repository, index, changes)
  await mirrorSummaries(
    repository,
    shards,
    changes.map(({ shard }) => shard),
  )
}

/** What is new since the last fold; undefined when something that was folded in is no longer there. */
async function findChanges(
  repository: FlorRepository,
  index: RunIndex,
  shards: readonly Shard[],
): Promise<ShardChange[] | undefined> {
  const folded = await index.tips()
  const changes: ShardChange[] = []
  const present = new Set<string>()
  for (const shard of shards) {
    if (shard.notes === undefined) continue
    const ref = shardNotesRef(shard)
    present.add(ref)
    const before = folded.get(ref)
    if (before === shard.notes) continue
    const notes: [Oid, Oid][] = []
    for (const [run, blob] of await notesSince(repository, before, shard.notes)) {
      if (blob === undefined) return undefined
      notes.push([run, blob])
    }
    changes.push({ shard, ref, tip: shard.notes, notes })
  }
  return [...folded.keys()].every((ref) => present.has(ref)) ? changes : undefined
}

async function notesSince(
  repository: FlorRepository,
  before: Oid | undefined,
  tip: Oid,
): Promise<ReadonlyMap<Oid, Oid | undefined>> {
  try {
    return await changedNotes(repository.location, before, tip)
  } catch (error) {
    // The commit that was folded last is gone, as after a forced fetch and `git gc`.
    if (before === undefined || !isFlorError(error, 'OBJECT_MISSING')) throw error
    return await readNoteList(repository.location, tip)
  }
}
