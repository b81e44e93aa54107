import type { FoundRun, FoundSegment } from '../db/fold.js'
import type { RunIndex } from '../db/run-index.js'
import { readAll } from '../git/cat-file.js'
import { readFlorConfigSync } from '../git/config.js'
import type { GitObject } from '../git/object-store.js'
import type { Shard } from '../git/shards.js'
import type { Oid, RunOid } from '../model/oid.js'
import type { Segment } from '../segment/segment.js'
import { decodeSegments } from '../segment/segment-codec.js'
import type { FlorRepository } from './flor-repository.js'

/**
 * Notes folded at once: as many runs as share a block of facts (lib/db/fact-block.ts), so that an index that is built writes each block once. 2,000
 * notes at once took longer and twice the memory.
 */
const BATCH = 1024

/** Notes that one git reads: starting one costs a large process some ten milliseconds. */
const READ_AT_ONCE = 2 * BATCH

/** The notes of one shard that are to be read. */
export interface ShardChange {
  readonly shard: Shard
  readonly ref: string
  readonly tip: Oid
  /** The commits that notes belong to, and the notes' blobs. */
  readonly notes: readonly (readonly [run: Oid, blob: Oid])[]
}

/** Local shards first: what a remote has of this clone's own is known then. */
export async function foldShards(
  repository: FlorRepository,
  index: RunIndex,
  changes: readonly ShardChange[],
): Promise<void> {
  const isShared = changes.some(({ shard }) => shard.remote !== undefined)
  const own = isShared ? readFlorConfigSync(repository.location).writer : undefined
  const total = changes.reduce((sum, { notes }) => sum + notes.length, 0)
  let done = 0
  for (const change of changes) {
    await foldShard(repository, index, change, own, (notes) => {
      done += notes
      repository.step({ what: 'indexing runs', done, total })
    })
  }
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
  onNotes: (count: number) => void,
): Promise<void> {
  const { shard, ref, tip, notes } = change
  const isNamesake = shard.remote !== undefined && shard.writer === own
  const writer = isNamesake ? `${shard.writer}@${shard.remote}` : shard.writer
  let start = 0
  for await (const batch of readBatches(repository, notes)) {
    const runs: FoundRun[] = []
    for (const { run, note } of batch) {
      const known = isNamesake ? await index.segmentIds(run) : []
      const segments = (): FoundSegment[] =>
        readNote(repository, ref, run, note)
          .filter(({ id }) => !known.includes(id))
          .map((segment) => ({ segment, writer }))
      runs.push({ run: run as string as RunOid, segments })
    }
    start += batch.length
    // The tip is remembered with the last batch only: a crash in between folds the others once more, which changes nothing.
    await index.foldRuns({ tips: start === notes.length ? new Map([[ref, tip]]) : new Map(), runs })
    onNotes(batch.length)
  }
  if (notes.length === 0) await index.fold({ tips: new Map([[ref, tip]]), segments: [] })
}

interface ReadNote {
  readonly run: Oid
  /** Absent where its object is missing, or no blob. */
  readonly note: Uint8Array | undefined
}

/** The contents of notes, a batch at a time; git reads the next ones while these are folded. */
async function* readBatches(
  repository: FlorRepository,
  notes: ShardChange['notes'],
): AsyncGenerator<readonly ReadNote[]> {
  const read = (start: number): Promise<(GitObject | undefined)[]> => {
    const blobs = notes.slice(start, start + READ_AT_ONCE).map(([, blob]) => blob)
    const objects = readAll(repository.location, blobs)
    // Who awaits it hears of its failure; until then it is not unheard.
    objects.catch(() => {})
    return objects
  }
  let next = notes.length === 0 ? undefined : read(0)
  for (let start = 0; next !== undefined; start += READ_AT_ONCE) {
    const objects = await next
    next = start + READ_AT_ONCE < notes.length ? read(start + READ_AT_ONCE) : undefined
    for (let at = start; at < Math.min(start + READ_AT_ONCE, notes.length); at += BATCH) {
      yield notes.slice(at, Math.min(at + BATCH, start + READ_AT_ONCE)).map(([run], i): ReadNote => {
        const object = objects[at - start + i]
        return { run, note: object?.type === 'blob' ? object.data : undefined }
      })
    }
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
