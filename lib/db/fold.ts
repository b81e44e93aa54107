import type { RunOid } from '../model/oid.js'
import type { Segment } from '../segment/segment.js'
import { decodeDocument, encodeDocument } from '../segment/value-codec.js'
import { entryOf } from './entry.js'
import { encodeEntry } from './entry-codec.js'
import { columnKey, entryKey, nameKey, runKey, segmentKey } from './keys.js'
import type { Database } from './open-level.js'
import type { RunEntry } from './run-entry.js'
import {
  decodeStored,
  encodeStored,
  encodeStoredColumn,
  readSegmentDocument,
  type StoredSegment,
  segmentDocument,
} from './stored-segment.js'

/** A segment, and the writer in whose shard it was found. */
export interface FoundSegment {
  readonly segment: Segment
  readonly writer: string
}

/** What `r/<run>` holds. */
export interface RunRecord {
  /** Absent while the run is not listed. */
  readonly startedMs?: number
  readonly segments: readonly string[]
}

export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

const EMPTY = new Uint8Array(0)

/** @throws RangeError if the index is damaged */
export const decodeRunRecord = (data: Uint8Array): RunRecord => decodeDocument(data) as RunRecord

/** What must be written so that the index holds these segments too. Reads only what is known of their runs. */
export async function foldWrites(database: Database, found: readonly FoundSegment[]): Promise<Write[]> {
  const byRun = new Map<RunOid, FoundSegment[]>()
  for (const one of found) {
    const known = byRun.get(one.segment.run)
    if (known === undefined) byRun.set(one.segment.run, [one])
    else known.push(one)
  }
  const runs = [...byRun.keys()]
  const records = await database.getMany(runs.map(runKey))
  const writes: Write[] = []
  for (const [i, run] of runs.entries()) {
    const data = records[i]
    const record = data === undefined ? undefined : decodeRunRecord(data)
    await foldRun(database, run, record, byRun.get(run) as FoundSegment[], writes)
  }
  return writes
}

async function foldRun(
  database: Database,
  run: RunOid,
  record: RunRecord | undefined,
  found: readonly FoundSegment[],
  writes: Write[],
): Promise<void> {
  const known = new Map<string, StoredSegment>()
  const ids = record?.segments ?? []
  const stored = await database.getMany(ids.map((id) => segmentKey(run, id)))
  stored.forEach((data, i) => {
    if (data !== undefined) known.set(ids[i] as string, decodeStored(data))
  })
  for (const one of found) addSegment(known, one, writes)

  const all = [...known.values()]
  const entry = entryOf(
    all.map(({ document }) => readSegmentDocument(document)),
    all.flatMap(({ writers }) => writers),
  )
  const startedMs = entry?.header.startedMs
  if (record?.startedMs !== undefined && record.startedMs !== startedMs)
    writes.push({ type: 'del', key: entryKey(run, record.startedMs) })
  const next: RunRecord = {
    ...(startedMs !== undefined && { startedMs }),
    segments: [...known.keys()].sort(),
  }
  writes.push({ type: 'put', key: runKey(run), value: encodeDocument(next) })
  if (entry !== undefined) putEntry(entry, writes)
}

function addSegment(
  known: Map<string, StoredSegment>,
  { segment, writer }: FoundSegment,
  writes: Write[],
): void {
  const { run, id } = segment
  const document = segmentDocument(segment)
  const before = known.get(id)
  const order = before === undefined ? -1 : Buffer.compare(document, before.document)
  if (before?.writers.includes(writer) && order >= 0) return
  const after: StoredSegment = {
    writers: [...new Set([...(before?.writers ?? []), writer])].sort(),
    document: before !== undefined && order >= 0 ? before.document : document,
  }
  known.set(id, after)
  writes.push({ type: 'put', key: segmentKey(run, id), value: encodeStored(after) })
  if (order >= 0) return
  if (before !== undefined) dropSegment(readSegmentDocument(before.document), writes)
  segment.columns.forEach((column, position) => {
    writes.push({ type: 'put', key: columnKey(run, id, position), value: encodeStoredColumn(column) })
  })
}

/** Takes back what only a replaced segment may have brought; the entry is written anew behind it. */
function dropSegment(segment: Segment, writes: Write[]): void {
  const { run, id, columns } = segment
  columns.forEach(({ name }, position) => {
    writes.push(
      { type: 'del', key: columnKey(run, id, position) },
      { type: 'del', key: nameKey('value', name, run) },
    )
  })
  const args = segment.kind === 'record' ? segment.args : []
  for (const { name } of args) writes.push({ type: 'del', key: nameKey('argument', name, run) })
}

function putEntry(entry: RunEntry, writes: Write[]): void {
  const { run } = entry
  writes.push({ type: 'put', key: entryKey(run, entry.header.startedMs), value: encodeEntry(entry) })
  for (const name of new Set(entry.metrics.map((metric) => metric.name)))
    writes.push({ type: 'put', key: nameKey('value', name, run), value: EMPTY })
  for (const { name } of entry.args)
    writes.push({ type: 'put', key: nameKey('argument', name, run), value: EMPTY })
}
