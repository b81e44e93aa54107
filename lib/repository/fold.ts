import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FoundSegment } from '../db/fold.js'
import { RunIndex } from '../db/run-index.js'
import { readFlorConfigSync } from '../git/config.js'
import { changedNotes, readNoteList } from '../git/notes.js'
import { listShards, type Shard, shardNotesRef } from '../git/shards.js'
import { isFlorError } from '../model/errors.js'
import type { Oid } from '../model/oid.js'
import type { Segment } from '../segment/segment.js'
import { decodeSegments } from '../segment/segment-codec.js'
import type { FlorRepository } from './flor-repository.js'
import { inheritHistory } from './inherit.js'
import { mirrorSummaries } from './mirror-summaries.js'
import { sealPending } from './seal.js'

/** Notes read and folded at once: bounds memory when an index is built from nothing. */
const BATCH = 2_000

/**
 * Opens the index and brings it up to date: pending spools are sealed, a fresh clone fetches its history, then the notes that changed
 * since each shard was last folded are read. In a repository that cannot be written, the index is made in a temporary folder.
 * @throws FlorError INDEX_LOCKED
 */
export async function openCurrentIndex(repository: FlorRepository): Promise<RunIndex> {
  await sealPending(repository)
  let shards = await listShards(repository.location)
  if (shards.length === 0 && (await inheritHistory(repository)))
    shards = await listShards(repository.location)
  const index = await openIndex(repository)
  try {
    const changes = await findChanges(repository, index, shards)
    if (changes !== undefined) {
      await foldShards(repository, index, changes)
      await mirrorSummaries(repository, shards, changedShards(changes))
      return index
    }
  } catch (error) {
    await index.close()
    throw error
  }
  // Something that was folded in is gone from the refs: the index is made anew without it.
  await index.close()
  await removeIndex(repository)
  const rebuilt = await openIndex(repository)
  const changes = (await findChanges(repository, rebuilt, shards)) ?? []
  await foldShards(repository, rebuilt, changes)
  await mirrorSummaries(repository, shards, changedShards(changes))
  return rebuilt
}

const changedShards = (changes: readonly ShardChange[]): Shard[] => changes.map(({ shard }) => shard)

/** Deletes the index; the next command that needs it makes it anew from the notes. */
export async function removeIndex(repository: FlorRepository): Promise<void> {
  await rm(indexFolder(repository), { recursive: true, force: true })
}

function indexFolder(repository: FlorRepository): string {
  return join(repository.florDir, 'index')
}

async function openIndex(repository: FlorRepository): Promise<RunIndex> {
  try {
    return await openReporting(repository, indexFolder(repository))
  } catch (error) {
    if (!isReadOnly(error)) throw error
    const folder = await mkdtemp(join(tmpdir(), 'git-flor-index-'))
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    return await openReporting(repository, folder)
  }
}

async function openReporting(repository: FlorRepository, folder: string): Promise<RunIndex> {
  const index = await RunIndex.open(folder)
  if (index.wasReset) {
    repository.notify({
      kind: 'index-rebuilt',
      message: 'the index was damaged or of another version; it is rebuilt',
    })
  }
  return index
}

function isReadOnly(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return true
    if (/read-only file system|permission denied/i.test(at.message)) return true
  }
  return false
}

/** The notes of one shard that are to be read. */
interface ShardChange {
  readonly shard: Shard
  readonly ref: string
  readonly tip: Oid
  /** The commits that notes belong to, and the notes' blobs. */
  readonly notes: readonly (readonly [run: Oid, blob: Oid])[]
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

/** Local shards first: what a remote has of this clone's own is known then. */
async function foldShards(
  repository: FlorRepository,
  index: RunIndex,
  changes: readonly ShardChange[],
): Promise<void> {
  const isShared = changes.some(({ shard }) => shard.remote !== undefined)
  const own = isShared ? readFlorConfigSync(repository.location).writer : undefined
  for (const change of changes) await foldShard(repository, index, change, own)
  repository.step(undefined)
}

/**
 * Folds one shard in. Whoever may push to a remote may put a shard of this clone's name there: what only such a shard holds is listed
 * under `<writer>@<remote>`, whom nobody trusts yet.
 */
async function foldShard(
  repository: FlorRepository,
  index: RunIndex,
  change: ShardChange,
  own: string | undefined,
): Promise<void> {
  const { shard, ref, tip, notes } = change
  const isNamesake = shard.remote !== undefined && shard.writer === own
  const writer = isNamesake ? `${shard.writer}@${shard.remote}` : shard.writer
  const store = await repository.objects()
  for (let start = 0; start === 0 || start < notes.length; start += BATCH) {
    if (notes.length > 0) repository.step({ what: 'indexing runs', done: start, total: notes.length })
    const batch = notes.slice(start, start + BATCH)
    const blobs = await store.readBlobs(batch.map(([, blob]) => blob))
    const segments: FoundSegment[] = []
    for (const [i, [run]] of batch.entries()) {
      const known = isNamesake ? await index.segmentIds(run) : []
      for (const segment of readNote(repository, ref, run, blobs[i]))
        if (!known.includes(segment.id)) segments.push({ segment, writer })
    }
    // The tip is remembered with the last batch only: a crash in between folds the others once more, which changes nothing.
    const isLast = start + BATCH >= notes.length
    await index.fold({ tips: isLast ? new Map([[ref, tip]]) : new Map(), segments })
  }
}

/** The segments of one note that can be read and are of the run that it annotates; what is wrong with the rest is told. */
function readNote(
  repository: FlorRepository,
  ref: string,
  run: Oid,
  note: Uint8Array | undefined,
): Segment[] {
  const tell = (what: string): void =>
    repository.notify({
      kind: 'quarantined',
      message: `in the note of ${run.slice(0, 7)} in ${ref}, ${what}`,
    })
  if (note === undefined) {
    tell('nothing can be read: its object is missing')
    return []
  }
  const { segments, quarantined } = decodeSegments(note)
  for (const part of quarantined) tell(`${part.sizeBytes} bytes cannot be read: ${part.reason}`)
  return segments.filter((segment) => {
    if (segment.run !== run) tell(`a segment claims to be of run ${segment.run.slice(0, 7)}`)
    return segment.run === run
  })
}
