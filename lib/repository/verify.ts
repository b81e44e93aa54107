import type { RunEntry } from '../db/run-entry.js'
import { ensureObjects } from '../git/lfs.js'
import { readNoteList } from '../git/notes.js'
import { listShards, shardNotesRef } from '../git/shards.js'
import { isFlorError } from '../model/errors.js'
import type { Oid, RunOid } from '../model/oid.js'
import type { Checkpoint } from '../model/run.js'
import { isExternal, type Segment } from '../segment/segment.js'
import { decodeSegments } from '../segment/segment-codec.js'
import type { FlorRepository } from './flor-repository.js'
import { loadColumns } from './load-columns.js'

/** Something that is not as it should be. */
export interface Finding {
  /**
   * - `note`: bytes of a note cannot be read, or its blob is gone;
   * - `foreign`: a segment lies in the note of another commit than the one it names;
   * - `commit`: a run commit or patched commit is missing;
   * - `column`: values that lie outside the note are missing or damaged;
   * - `checkpoint`: a checkpoint's file is neither here nor on a remote, or is damaged;
   * - `index`: the index does not list what the notes hold.
   */
  readonly kind: 'note' | 'foreign' | 'commit' | 'column' | 'checkpoint' | 'index'
  readonly message: string
  readonly run?: RunOid
}

/** What {@link verify} looked at. */
export interface Verification {
  readonly runs: number
  readonly segments: number
  readonly checkpoints: number
  readonly findings: readonly Finding[]
}

/**
 * Reads everything back: each shard's notes, the commits they belong to, columns outside of notes, checkpoints (by content; those that are
 * not on this machine only with `fetch`), and whether the index lists it all. Changes nothing, but that missing checkpoints are fetched if asked to.
 */
export async function verify(
  repository: FlorRepository,
  options: { readonly fetch?: boolean } = {},
): Promise<Verification> {
  const findings: Finding[] = []
  const segments = new Map<string, Segment>()
  for (const shard of await listShards(repository.location)) {
    if (shard.notes === undefined) continue
    repository.step({ what: `reading notes of ${shard.writer}` })
    await readShard(repository, shardNotesRef(shard), shard.notes, segments, findings)
  }
  const index = await repository.index()
  const runs = new Set([...segments.values()].map((segment) => segment.run))
  let checkpoints = 0
  let done = 0
  for (const run of runs) {
    repository.step({ what: 'checking runs', done: done++, total: runs.size })
    const own = [...segments.values()].filter((segment) => segment.run === run)
    await findMissingCommits(repository, own, findings)
    const entry = await index.entry(run)
    const record = own.find((segment) => segment.kind === 'record')
    if (record === undefined) continue
    if (entry === undefined) {
      findings.push({ kind: 'index', run, message: `run ${run.slice(0, 7)} is not in the index` })
      continue
    }
    await checkColumns(repository, entry, own, findings)
    checkpoints += record.checkpoints.length
    await checkCheckpoints(repository, run, record.checkpoints, options.fetch === true, findings)
  }
  repository.step(undefined)
  return { runs: runs.size, segments: segments.size, checkpoints, findings }
}

async function readShard(
  repository: FlorRepository,
  ref: string,
  tip: Oid,
  segments: Map<string, Segment>,
  findings: Finding[],
): Promise<void> {
  const notes = [...(await readNoteList(repository.location, tip))]
  const blobs = await (await repository.objects()).readBlobs(notes.map(([, blob]) => blob))
  notes.forEach(([annotated], i) => {
    const blob = blobs[i]
    const run = annotated as RunOid
    if (blob === undefined) {
      findings.push({ kind: 'note', run, message: `the note of ${run.slice(0, 7)} in ${ref} is missing` })
      return
    }
    const decoded = decodeSegments(blob)
    for (const part of decoded.quarantined) {
      const where = `${part.sizeBytes} bytes at ${part.offset} of the note of ${run.slice(0, 7)} in ${ref}`
      findings.push({ kind: 'note', run, message: `${where} cannot be read: ${part.reason}` })
    }
    for (const segment of decoded.segments) {
      segments.set(segment.id, segment)
      if (segment.run === annotated) continue
      findings.push({
        kind: 'foreign',
        run,
        message: `the note of ${run.slice(0, 7)} in ${ref} holds a segment of ${segment.run.slice(0, 7)}`,
      })
    }
  })
}

async function findMissingCommits(
  repository: FlorRepository,
  segments: readonly Segment[],
  findings: Finding[],
): Promise<void> {
  const store = await repository.objects()
  const commits = new Set(
    segments.flatMap((segment) =>
      segment.kind === 'backfill' ? [segment.run, segment.backfill.patched] : [segment.run],
    ),
  )
  for (const commit of commits) {
    if (await store.has(commit)) continue
    const [{ run }] = segments as [Segment]
    findings.push({
      kind: 'commit',
      run,
      message: `commit ${commit.slice(0, 7)} of run ${run.slice(0, 7)} is missing`,
    })
  }
}

async function checkColumns(
  repository: FlorRepository,
  entry: RunEntry,
  segments: readonly Segment[],
  findings: Finding[],
): Promise<void> {
  const outside = new Set(
    segments.flatMap((segment) => segment.columns.filter(isExternal).map((column) => column.name)),
  )
  for (const name of outside) {
    try {
      await loadColumns(repository, entry, name)
    } catch (error) {
      if (!isFlorError(error)) throw error
      findings.push({ kind: 'column', run: entry.run, message: error.message })
    }
  }
}

async function checkCheckpoints(
  repository: FlorRepository,
  run: RunOid,
  checkpoints: readonly Checkpoint[],
  mayFetch: boolean,
  findings: Finding[],
): Promise<void> {
  const files = checkpoints.flatMap((checkpoint) => checkpoint.files)
  if (files.length === 0) return
  try {
    await ensureObjects(
      repository.location,
      await repository.objects(),
      files,
      mayFetch ? {} : { remotes: [] },
    )
  } catch (error) {
    if (!isFlorError(error)) throw error
    const count = (error.data['objects'] as readonly string[] | undefined)?.length ?? files.length
    findings.push({
      kind: 'checkpoint',
      run,
      message: `${count} of ${new Set(files.map((file) => file.sha256)).size} checkpoint files of run ${run.slice(0, 7)} are not here`,
    })
  }
}
