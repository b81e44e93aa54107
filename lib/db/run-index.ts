import type { Oid, RunOid } from '../model/oid.js'
import type { ExternalColumn, RecordSegment, StoredColumn } from '../segment/segment.js'
import { decodeDocument, encodeDocument } from '../segment/value-codec.js'
import { decodeEntry } from './entry-codec.js'
import { decodeRunRecord, type FoundSegment, foldWrites, type RunRecord } from './fold.js'
import {
  columnKey,
  entryKey,
  type NameKind,
  parseNameKey,
  runKey,
  segmentKey,
  startingWith,
  TIPS_KEY,
} from './keys.js'
import { type Database, invalidate, isDamage, openDatabase } from './open-level.js'
import type { MetricEntry, Origin, RunEntry } from './run-entry.js'
import { decodeStored, decodeStoredColumn, readSegmentDocument } from './stored-segment.js'

/** The values of one name in contexts of one shape, and where they came from. */
export interface IndexedColumn {
  readonly column: StoredColumn | ExternalColumn
  readonly origin: Origin
}

/** A name that was logged, or read as an argument, and in how many runs. */
export interface IndexedName {
  readonly name: string
  readonly kind: NameKind
  readonly runs: number
}

const DEFAULT_WAIT_MS = 10_000

/**
 * All runs of all shards in a LevelDB database: derived from the notes, and rebuilt from them whenever it is lost. One
 * process at a time has it open. Every method but `open` and `close` throws an Error, after which the next opening starts from nothing,
 * when the database turns out to be damaged.
 */
export class RunIndex {
  #folding: Promise<void> = Promise.resolve()

  private constructor(
    private readonly database: Database,
    /** Whether an index was found here that could not be used: it is empty now, and everything is to be folded in again. */
    readonly wasReset: boolean,
  ) {}

  /**
   * Opens the index in `folder`, making it where there is none.
   * @throws FlorError INDEX_LOCKED when another process keeps it open for longer than `waitMs` (10 s)
   */
  static async open(folder: string, options: { readonly waitMs?: number } = {}): Promise<RunIndex> {
    const { database, wasReset } = await openDatabase(folder, options.waitMs ?? DEFAULT_WAIT_MS)
    return new RunIndex(database, wasReset)
  }

  /** Which commit of each notes ref was folded in last. */
  async tips(): Promise<ReadonlyMap<string, Oid>> {
    const tips = await this.#get(TIPS_KEY, (data) => decodeDocument(data) as Record<string, Oid>)
    return new Map(Object.entries(tips ?? {}))
  }

  /**
   * Adds segments and remembers tips, all or nothing. Segments that are known already change nothing; the result does not depend on
   * the order of folds.
   */
  async fold(what: { tips: ReadonlyMap<string, Oid>; segments: readonly FoundSegment[] }): Promise<void> {
    const fold = this.#folding.then(() => this.#checked(() => this.#fold(what)))
    this.#folding = fold.catch(() => {})
    await fold
  }

  async #fold({
    tips,
    segments,
  }: {
    tips: ReadonlyMap<string, Oid>
    segments: readonly FoundSegment[]
  }): Promise<void> {
    const writes = await foldWrites(this.database, segments)
    if (tips.size > 0) {
      const all = Object.fromEntries([...(await this.tips()), ...tips])
      writes.push({ type: 'put', key: TIPS_KEY, value: encodeDocument(all) })
    }
    await this.database.batch(writes)
  }

  /** The runs in the order of their start, read as they are asked for. */
  async *runs(
    options: { readonly limit?: number; readonly newestFirst?: boolean } = {},
  ): AsyncGenerator<RunEntry> {
    const iterator = this.database.values({
      ...startingWith('t/'),
      reverse: options.newestFirst ?? false,
      limit: options.limit ?? -1,
    })
    try {
      // A few, then more at once: each reading costs a turn of the event loop, and most callers want few or all.
      for (let size = 4; ; size = 128) {
        const batch = await iterator.nextv(size)
        if (batch.length === 0) break
        for (const data of batch) yield await this.#checked(() => decodeEntry(data))
      }
    } finally {
      await iterator.close()
    }
  }

  /** How many runs are listed. */
  async count(): Promise<number> {
    let count = 0
    for await (const _ of this.database.keys(startingWith('t/'))) count++
    return count
  }

  /** One run; undefined if it is not listed. */
  async entry(run: RunOid): Promise<RunEntry | undefined> {
    const { startedMs } = (await this.#record(run)) ?? {}
    return startedMs === undefined ? undefined : await this.#get(entryKey(run, startedMs), decodeEntry)
  }

  /** The listed runs whose oid begins with `hex`, in the order of their oids. */
  async findByPrefix(hex: string): Promise<RunOid[]> {
    if (!/^[0-9a-f]+$/.test(hex)) return []
    const found: RunOid[] = []
    for await (const [key, data] of this.database.iterator(startingWith(runKey(hex)))) {
      const { startedMs } = await this.#checked(() => decodeRunRecord(data))
      if (startedMs !== undefined) found.push(key.slice(runKey('').length) as RunOid)
    }
    return found
  }

  /** All names that were logged or read as arguments, by name. A name that is both comes twice. */
  async names(): Promise<IndexedName[]> {
    const counts = new Map<string, { name: string; kind: NameKind; runs: number }>()
    for await (const key of this.database.keys(startingWith('n/'))) {
      const { kind, name } = parseNameKey(key)
      const known = counts.get(`${kind} ${name}`)
      if (known === undefined) counts.set(`${kind} ${name}`, { name, kind, runs: 1 })
      else known.runs++
    }
    return [...counts.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }

  /** As {@link names}, in the order of their keys and without counts: a step for each name, however many runs have it. */
  async distinctNames(): Promise<Omit<IndexedName, 'runs'>[]> {
    const found: Omit<IndexedName, 'runs'>[] = []
    const iterator = this.database.keys(startingWith('n/'))
    try {
      for (let key = await iterator.next(); key !== undefined; key = await iterator.next()) {
        const { kind, name } = parseNameKey(key)
        found.push({ name, kind })
        // Behind NUL and whatever run follows it.
        iterator.seek(`${key.slice(0, key.lastIndexOf('\0'))}\u0001`)
      }
    } finally {
      await iterator.close()
    }
    return found
  }

  /** The columns of one name, in the order of the entry's metrics. Give the entry where you have it: it need not be read again. */
  async columns(run: RunOid | RunEntry, name: string): Promise<IndexedColumn[]> {
    const entry = typeof run === 'string' ? await this.entry(run) : run
    if (entry === undefined) return []
    const columns: IndexedColumn[] = []
    for (const { metric, position } of positioned(entry.metrics)) {
      if (metric.name !== name) continue
      const key = columnKey(entry.run, metric.origin.segment, position)
      const stored = await this.#get(key, decodeStoredColumn)
      if (stored === undefined) continue
      const { loops, summary, origin } = metric
      columns.push({
        origin,
        column: 'file' in stored ? { name, loops, summary, file: stored.file } : stored,
      })
    }
    return columns
  }

  /** Ids of all segments of a run, sorted; empty for an unknown run. */
  async segmentIds(run: RunOid): Promise<readonly string[]> {
    return (await this.#record(run))?.segments ?? []
  }

  /** What the run recorded of itself, but for its columns, which {@link columns} reads; undefined if it is not listed. */
  async recordSegment(run: RunOid): Promise<Omit<RecordSegment, 'columns'> | undefined> {
    const entry = await this.entry(run)
    if (entry === undefined) return undefined
    const stored = await this.#get(segmentKey(run, entry.header.id), decodeStored)
    const segment = stored && (await this.#checked(() => readSegmentDocument(stored.document)))
    if (segment?.kind !== 'record') return undefined
    const { columns, ...rest } = segment
    return rest
  }

  /** Waits for a fold that is under way and lets other processes open the index. */
  async close(): Promise<void> {
    await this.#folding
    await this.database.close()
  }

  #record(run: RunOid): Promise<RunRecord | undefined> {
    return this.#get(runKey(run), decodeRunRecord)
  }

  async #get<T>(key: string, decode: (data: Uint8Array) => T): Promise<T | undefined> {
    return await this.#checked(async () => {
      const data = await this.database.get(key)
      return data === undefined ? undefined : decode(data)
    })
  }

  async #checked<T>(read: () => T | Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (!isDamage(error) && !(error instanceof RangeError)) throw error
      await invalidate(this.database)
      throw new Error('the index is damaged; the next command rebuilds it', { cause: error })
    }
  }
}

/** Each metric with its number among the columns of its segment. */
function* positioned(metrics: readonly MetricEntry[]): Generator<{ metric: MetricEntry; position: number }> {
  const counts = new Map<string, number>()
  for (const metric of metrics) {
    const position = counts.get(metric.origin.segment) ?? 0
    counts.set(metric.origin.segment, position + 1)
    yield { metric, position }
  }
}
