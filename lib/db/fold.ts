import type { RunOid } from '../model/oid.js'
import type { Segment } from '../segment/segment.js'
import { number } from '../segment/shape.js'
import { decodeDocument, encodeDocument } from '../segment/value-codec.js'
import { entryOf } from './entry.js'
import { decodeEntry, encodeEntry } from './entry-codec.js'
import { columnKey, entryKey, nameKey, runKey, segmentKey, TOTALS_KEY, timeKey } from './keys.js'
import type { Database } from './open-level.js'
import { decodeRunRecord, type RunRecord, type Totals } from './records.js'
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

export type Write =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

/** What a fold writes, and the entries among it by their runs' numbers. */
export interface Folded {
  readonly writes: Write[]
  readonly entries: ReadonlyMap<number, RunEntry>
}

/** What was found of one run. */
export interface FoundRun {
  readonly run: RunOid
  /** Its segments, read when its turn comes: those of a thousand runs at once are a load for the garbage collection. */
  segments(): readonly FoundSegment[]
}

/** Segments by their runs, in the order in which these come. */
export function groupByRun(found: readonly FoundSegment[]): FoundRun[] {
  const byRun = new Map<RunOid, FoundSegment[]>()
  for (const one of found) {
    const known = byRun.get(one.segment.run)
    if (known === undefined) byRun.set(one.segment.run, [one])
    else known.push(one)
  }
  return Array.from(byRun, ([run, segments]) => ({ run, segments: () => segments }))
}

/** What must be written so that the index holds these segments too; no run comes twice. Reads only what is known of the runs. */
export async function foldRuns(
  database: Database,
  totals: Totals,
  found: readonly FoundRun[],
): Promise<Folded> {
  const records = await database.getMany(found.map(({ run }) => runKey(run)))
  const fold = new Fold(database, totals)
  for (const [i, { run, segments }] of found.entries()) {
    const read = segments()
    // A run of which nothing can be read gets no number.
    if (read.length === 0) continue
    const data = records[i]
    const record = data === undefined ? undefined : decodeRunRecord(data)
    await fold.run(run, record, read)
  }
  return await fold.finish()
}

type Put = (key: string, value: Uint8Array) => unknown

/** A segment that is known, decoded where it has just been found. */
interface KnownSegment extends StoredSegment {
  readonly segment?: Segment
}

/** Writes of new runs that are handed to the database while the next runs are read: of some hundred runs, since small batches take more time. */
const EARLY_WRITES = 4096

class Fold {
  readonly #writes: Write[] = []
  /**
   * What lies under the numbers of new runs. Nothing is found there before the run's record is written, with all the rest: should the process die in
   * between, the next fold gives the numbers to other runs.
   */
  #early: Write[] = []
  #writing: Promise<void> = Promise.resolve()
  readonly #entries = new Map<number, RunEntry>()
  /** By key, how many runs more have the name than before. */
  readonly #names = new Map<string, number>()
  #next: number
  #listed: number

  constructor(
    private readonly database: Database,
    private readonly totals: Totals,
  ) {
    this.#next = totals.next
    this.#listed = totals.listed
  }

  async run(run: RunOid, record: RunRecord | undefined, found: readonly FoundSegment[]): Promise<void> {
    const nr = record?.nr ?? this.#next++
    const put = record === undefined ? this.#putEarly : this.#put
    const known = record === undefined ? new Map<string, KnownSegment>() : await this.#known(record)
    let hasChanged = false
    for (const one of found) hasChanged = this.#addSegment(nr, known, one, put) || hasChanged
    if (!hasChanged) return
    const all = [...known.values()]
    const entry = entryOf(
      all.map(({ segment, document }) => segment ?? readSegmentDocument(document)),
      all.flatMap(({ writers }) => writers),
    )
    const startedMs = entry?.header.startedMs
    await this.#replaceEntry(run, nr, record, entry, put)
    const next: RunRecord = {
      nr,
      ...(startedMs !== undefined && { startedMs }),
      segments: [...known.keys()].sort(),
    }
    this.#put(runKey(run), encodeDocument(next))
    if (this.#early.length >= EARLY_WRITES) await this.#writeEarly()
  }

  /** Returns when the ones before are written: no more than two are held. */
  async #writeEarly(): Promise<void> {
    await this.#writing
    this.#writing = this.database.batch(this.#early)
    // Who awaits it hears of its failure; until then it is not unheard.
    this.#writing.catch(() => {})
    this.#early = []
  }

  async finish(): Promise<Folded> {
    const changed = [...this.#names].filter(([, change]) => change !== 0)
    const before = await this.database.getMany(changed.map(([key]) => key))
    changed.forEach(([key, change], i) => {
      const data = before[i]
      const runs = change + (data === undefined ? 0 : number(decodeDocument(data), 'runs'))
      if (runs > 0) this.#put(key, encodeDocument(runs))
      else this.#delete(key)
    })
    const { generation } = this.totals
    if (this.#writes.length > 0)
      this.#put(TOTALS_KEY, encodeDocument({ generation, next: this.#next, listed: this.#listed }))
    await this.#writing
    this.#writes.push(...this.#early)
    return { writes: this.#writes, entries: this.#entries }
  }

  async #known({ nr, segments }: RunRecord): Promise<Map<string, KnownSegment>> {
    const known = new Map<string, KnownSegment>()
    const stored = await this.database.getMany(segments.map((id) => segmentKey(nr, id)))
    stored.forEach((data, i) => {
      if (data !== undefined) known.set(segments[i] as string, decodeStored(data))
    })
    return known
  }

  /** Whether it was not there already. */
  #addSegment(
    nr: number,
    known: Map<string, KnownSegment>,
    { segment, writer }: FoundSegment,
    put: Put,
  ): boolean {
    const { id } = segment
    const document = segmentDocument(segment)
    const before = known.get(id)
    const order = before === undefined ? -1 : Buffer.compare(document, before.document)
    if (before?.writers.includes(writer) && order >= 0) return false
    const after: KnownSegment = {
      writers: [...new Set([...(before?.writers ?? []), writer])].sort(),
      ...(before !== undefined && order >= 0 ? { document: before.document } : { document, segment }),
    }
    known.set(id, after)
    put(segmentKey(nr, id), encodeStored(after))
    if (order >= 0) return true
    if (before !== undefined)
      readSegmentDocument(before.document).columns.forEach((_, position) => {
        this.#delete(columnKey(nr, id, position))
      })
    segment.columns.forEach((column, position) => {
      put(columnKey(nr, id, position), encodeStoredColumn(column))
    })
    return true
  }

  async #replaceEntry(
    run: RunOid,
    nr: number,
    record: RunRecord | undefined,
    entry: RunEntry | undefined,
    put: Put,
  ): Promise<void> {
    if (record?.startedMs !== undefined) {
      const data = await this.database.get(entryKey(nr))
      if (data !== undefined) this.#countNames(decodeEntry(data), -1)
      this.#listed--
      this.#delete(timeKey(record.startedMs, run))
    }
    if (entry === undefined) return
    this.#countNames(entry, 1)
    this.#listed++
    this.#entries.set(nr, entry)
    this.#put(timeKey(entry.header.startedMs, run), encodeDocument(nr))
    put(entryKey(nr), encodeEntry(entry))
  }

  #countNames(entry: RunEntry, change: number): void {
    const keys = new Set<string>()
    for (const { name } of entry.args) keys.add(nameKey('argument', name))
    for (const { name, loops } of entry.metrics) {
      keys.add(nameKey('value', name))
      for (const loop of loops) keys.add(nameKey('loop', loop))
    }
    for (const key of keys) this.#names.set(key, (this.#names.get(key) ?? 0) + change)
  }

  readonly #put: Put = (key, value) => this.#writes.push({ type: 'put', key, value })
  readonly #putEarly: Put = (key, value) => this.#early.push({ type: 'put', key, value })

  #delete(key: string): void {
    this.#writes.push({ type: 'del', key })
  }
}
