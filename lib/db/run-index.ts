import type { Oid, RunOid } from '../model/oid.js'
import type { ExternalColumn, RecordSegment, StoredColumn } from '../segment/segment.js'
import { count } from '../segment/shape.js'
import { decodeDocument, encodeDocument } from '../segment/value-codec.js'
import { decodeEntry } from './entry-codec.js'
import type { Fact } from './facts.js'
import type { FoundRun, FoundSegment } from './fold.js'
import { freshRuns } from './fresh-runs.js'
import { gathered } from './gathered.js'
import {
  columnKey,
  entryKey,
  type NameKind,
  nameKey,
  parseNameKey,
  runKey,
  segmentKey,
  startingWith,
  TIPS_KEY,
  TOTALS_KEY,
  timeKey,
} from './keys.js'
import {
  type Database,
  emptyDatabase,
  invalidate,
  isDamage,
  openDamaged,
  openDatabase,
  reopenDatabase,
} from './open-level.js'
import { decodeRunRecord, decodeTotals, type RunRecord, type Totals } from './records.js'
import type { MetricEntry, Origin, RunEntry } from './run-entry.js'
import { RunFacts, readFacts } from './run-facts.js'

/** The values of one name in contexts of one shape, and where they came from. */
export interface IndexedColumn {
  readonly column: StoredColumn | ExternalColumn
  readonly origin: Origin
}

/** A name that was logged, or read as an argument, or that a loop has, and in how many runs. */
export interface IndexedName {
  readonly name: string
  readonly kind: NameKind
  readonly runs: number
}

/** Which runs {@link RunIndex.runs} reads. */
export interface RunRange {
  readonly limit?: number
  readonly newestFirst?: boolean
  /** Started at or after, started before: milliseconds since 1970. */
  readonly sinceMs?: number
  readonly untilMs?: number
}

export interface OpenOptions {
  /** How long another process is waited for; ten minutes where absent. */
  readonly waitMs?: number
  /** Called once, when another process has been waited for noticeably long. */
  readonly onWait?: () => void
}

/** Longer than any index takes to be made. */
const DEFAULT_WAIT_MS = 600_000

/** A run, and a name of which it may have columns. */
type ColumnQuestion = readonly [entry: RunEntry, name: string]

/** Entries read at once: a few, then more. Each reading costs turns of the event loop, and most callers want few or all. */
const FIRST_PAGE = 32
const PAGE = 256

/**
 * All runs of all shards in a LevelDB database: derived from the notes, and rebuilt from them whenever it is lost. One
 * process at a time has it open; {@link release} lets others. Every other method throws an Error, after which the
 * next opening starts from nothing, when the database turns out to be damaged.
 */
export class RunIndex {
  #folding: Promise<void> = Promise.resolve()
  #database: Promise<Database>
  #isOpen = true
  #generation: string | undefined

  private constructor(
    database: Database,
    /** Where the database lies. */
    readonly folder: string,
    /** Whether an index was found here that could not be used: it is empty now, and everything is to be folded in again. */
    readonly wasReset: boolean,
    private readonly options: OpenOptions,
  ) {
    this.#database = Promise.resolve(database)
  }

  /**
   * Opens the index in `folder`, making it where there is none; beside it, where a newer git-flor's lies there.
   * @throws FlorError INDEX_LOCKED when another process keeps it open for longer than `waitMs`
   */
  static async open(folder: string, options: OpenOptions = {}): Promise<RunIndex> {
    const opened = await openDatabase(folder, { waitMs: DEFAULT_WAIT_MS, ...options })
    return new RunIndex(opened.database, opened.folder, opened.wasReset, options)
  }

  /** Which commit of each notes ref was folded in last. */
  async tips(): Promise<ReadonlyMap<string, Oid>> {
    const tips = await this.#get(TIPS_KEY, (data) => decodeDocument(data) as Record<string, Oid>)
    return new Map(Object.entries(tips ?? {}))
  }

  /**
   * Adds segments and remembers tips, as far as anything here tells all or nothing. Segments that are known already change nothing; the result does not depend on
   * the order of folds.
   */
  async fold(what: { tips: ReadonlyMap<string, Oid>; segments: readonly FoundSegment[] }): Promise<void> {
    const { groupByRun } = await import('./fold.js')
    await this.foldRuns({ tips: what.tips, runs: groupByRun(what.segments) })
  }

  /** As {@link fold}, of runs that each come once, whose segments are read one run after another. */
  async foldRuns(what: { tips: ReadonlyMap<string, Oid>; runs: readonly FoundRun[] }): Promise<void> {
    const fold = this.#folding.then(() => this.#checked((database) => this.#fold(database, what)))
    this.#folding = fold.catch(() => {})
    await fold
  }

  async #fold(
    database: Database,
    { tips, runs }: { tips: ReadonlyMap<string, Oid>; runs: readonly FoundRun[] },
  ): Promise<void> {
    // Most commands fold nothing, and many read no values: what decodes segments is loaded where it is needed.
    const [{ foldRuns }, { foldFacts }] = await Promise.all([import('./fold.js'), import('./fold-facts.js')])
    const { writes, entries } = await foldRuns(database, await this.#totals(), runs)
    if (tips.size > 0) {
      const all = Object.fromEntries([...(await this.tips()), ...tips])
      writes.push({ type: 'put', key: TIPS_KEY, value: encodeDocument(all) })
    }
    writes.push(...(await foldFacts(database, entries)))
    await database.batch(writes)
  }

  /**
   * Forgets all runs, so that everything is to be folded in again. Other processes have to wait for it as for anything else: they find the index as it was, or
   * what is there when this one is closed.
   */
  async empty(): Promise<void> {
    await this.#folding
    const database = await this.#opened()
    this.#generation = undefined
    try {
      await emptyDatabase(database)
    } catch (error) {
      if (!isDamage(error)) throw error
      // What cannot be read cannot be taken out, either.
      await database.close()
      this.#database = openDamaged(this.folder, { waitMs: DEFAULT_WAIT_MS, ...this.options })
      await this.#database
    }
  }

  /** The runs in the order of their start, read as they are asked for. The index may be released between two of them. */
  async *runs(range: RunRange = {}): AsyncGenerator<RunEntry> {
    const { newestFirst = false } = range
    let { gte, lt } = timeRange(range)
    let left = range.limit ?? Number.POSITIVE_INFINITY
    for (let size = FIRST_PAGE; left > 0; size = PAGE) {
      const limit = Math.min(size, left)
      const page = await this.#checked(async (database) => {
        const found = await database.iterator({ gte, lt, reverse: newestFirst, limit }).all()
        const numbers = found.map(([, data]) => count(decodeDocument(data), 'number'))
        return { keys: found.map(([key]) => key), entries: await readEntries(database, numbers) }
      })
      yield* page.entries
      const last = page.keys.at(-1)
      if (last === undefined || page.keys.length < limit) return
      left -= page.keys.length
      if (newestFirst) lt = last
      // No key lies between a key and itself with a NUL behind it.
      else gte = `${last}\0`
    }
  }

  /** How many runs are listed. */
  async count(): Promise<number> {
    return (await this.#totals()).listed
  }

  /** One run; undefined if it is not listed. */
  async entry(run: RunOid): Promise<RunEntry | undefined> {
    const record = await this.#record(run)
    return record?.startedMs === undefined ? undefined : await this.#get(entryKey(record.nr), decodeEntry)
  }

  /** The listed runs whose oid begins with `hex`, in the order of their oids; no more than `limit`. */
  async findByPrefix(hex: string, limit = -1): Promise<RunOid[]> {
    if (!/^[0-9a-f]+$/.test(hex)) return []
    return await this.#checked(async (database) => {
      const found: RunOid[] = []
      for await (const [key, data] of database.iterator(startingWith(runKey(hex)))) {
        if (found.length === limit) break
        const { startedMs } = decodeRunRecord(data)
        if (startedMs !== undefined) found.push(key.slice(runKey('').length) as RunOid)
      }
      return found
    })
  }

  /** All names that were logged or read as arguments, by name. A name that is both comes twice. Reads a key for each, whatever the number of runs. */
  async names(): Promise<IndexedName[]> {
    return await this.#checked(async (database) => {
      const names = (await database.iterator(startingWith('n/')).all())
        .map(([key, data]) => ({ ...parseNameKey(key), runs: count(decodeDocument(data), 'runs') }))
        .filter(({ kind }) => kind !== 'loop')
      return names.sort((a, b) => compare(a.name, b.name))
    })
  }

  /** In how many runs something of this kind has the name. */
  async runsWith(kind: NameKind, name: string): Promise<number> {
    return (await this.#get(nameKey(kind, name), (data) => count(decodeDocument(data), 'runs'))) ?? 0
  }

  /** Facts of all listed runs, for looking through them without reading their entries; see {@link entriesAt}. */
  async facts(facts: readonly Fact[]): Promise<RunFacts> {
    return await this.#checked(async (database) => {
      const { next } = await this.#totals()
      const numbers = await freshRuns(database)
      const [columns, entries] = [
        await readFacts(database, next, facts),
        await readEntries(database, numbers),
      ]
      return new RunFacts(next, columns, new Map(numbers.map((nr, i) => [nr, entries[i] as RunEntry])))
    })
  }

  /** The entries of runs by their numbers in {@link RunFacts}, in the order asked for. */
  async entriesAt(numbers: readonly number[]): Promise<RunEntry[]> {
    return await this.#checked((database) => readEntries(database, numbers))
  }

  /** As {@link names}, with loops in which something was logged, in the order of their keys and without counts. */
  async distinctNames(): Promise<Omit<IndexedName, 'runs'>[]> {
    return await this.#checked(async (database) => {
      const keys = await database.keys(startingWith('n/')).all()
      return keys.map(parseNameKey)
    })
  }

  /** The columns of one name, in the order of the entry's metrics. What is asked for in one turn is read at once. */
  readonly columns: (entry: RunEntry, name: string) => Promise<IndexedColumn[]> = gathered(
    (wanted: readonly ColumnQuestion[]) => this.#readColumns(wanted),
  )

  async #readColumns(wanted: readonly ColumnQuestion[]): Promise<IndexedColumn[][]> {
    const { decodeStoredColumn } = await import('./stored-segment.js')
    return await this.#checked(async (database) => {
      const records = await database.getMany(wanted.map(([entry]) => runKey(entry.run)))
      const found = wanted.map(([entry, name], i) => {
        const record = records[i]
        const nr = record && decodeRunRecord(record).nr
        const positions = nr === undefined ? [] : [...positioned(entry.metrics)]
        return positions
          .filter(({ metric }) => metric.name === name)
          .map(({ metric, position }) => ({
            metric,
            key: columnKey(nr as number, metric.origin.segment, position),
          }))
      })
      const stored = await database.getMany(found.flat().map(({ key }) => key))
      let next = 0
      return found.map((columns) =>
        columns.flatMap(({ metric }): IndexedColumn[] => {
          const data = stored[next++]
          if (data === undefined) return []
          const column = decodeStoredColumn(data)
          const { name, loops, summary, origin } = metric
          return [{ origin, column: 'file' in column ? { name, loops, summary, file: column.file } : column }]
        }),
      )
    })
  }

  /** Ids of all segments of a run, sorted; empty for an unknown run. */
  async segmentIds(run: RunOid): Promise<readonly string[]> {
    return (await this.#record(run))?.segments ?? []
  }

  /** What the run recorded of itself, but for its columns, which {@link columns} reads; undefined if it is not listed. */
  async recordSegment(run: RunOid): Promise<Omit<RecordSegment, 'columns'> | undefined> {
    const record = await this.#record(run)
    if (record?.startedMs === undefined) return undefined
    const entry = await this.#get(entryKey(record.nr), decodeEntry)
    if (entry === undefined) return undefined
    const { decodeStored, readSegmentDocument } = await import('./stored-segment.js')
    const segment = await this.#get(segmentKey(record.nr, entry.header.id), (data) =>
      readSegmentDocument(decodeStored(data).document),
    )
    if (segment?.kind !== 'record') return undefined
    const { columns, ...rest } = segment
    return rest
  }

  /** Lets other processes have the index until it is next used: for as long as a reader of ours, a pager say, takes its time. */
  async release(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.#folding
    const database = await this.#database.catch(() => undefined)
    await database?.close()
  }

  /** Waits for a fold that is under way and lets other processes open the index. */
  async close(): Promise<void> {
    await this.release()
  }

  /** The database, opened again after {@link release}. @throws Error where it is not the same index any more */
  async #opened(): Promise<Database> {
    if (!this.#isOpen) {
      this.#isOpen = true
      this.#database = reopenDatabase(this.folder, { waitMs: DEFAULT_WAIT_MS, ...this.options }).then(
        (database) => this.#sameAsBefore(database),
      )
    }
    return await this.#database
  }

  async #sameAsBefore(database: Database): Promise<Database> {
    const data = await database.get(TOTALS_KEY)
    if (this.#generation === undefined || (data && decodeTotals(data).generation === this.#generation))
      return database
    await database.close()
    throw new Error('the index was made anew meanwhile; give the command again')
  }

  async #totals(): Promise<Totals> {
    const totals = await this.#get(TOTALS_KEY, decodeTotals)
    if (totals === undefined) throw new RangeError('the index has lost its totals')
    this.#generation = totals.generation
    return totals
  }

  #record(run: RunOid): Promise<RunRecord | undefined> {
    return this.#get(runKey(run), decodeRunRecord)
  }

  #get<T>(key: string, decode: (data: Uint8Array) => T): Promise<T | undefined> {
    return this.#checked(async (database) => {
      const data = await database.get(key)
      return data === undefined ? undefined : decode(data)
    })
  }

  async #checked<T>(read: (database: Database) => Promise<T>): Promise<T> {
    const database = await this.#opened()
    try {
      return await read(database)
    } catch (error) {
      if (!isDamage(error) && !(error instanceof RangeError)) throw error
      await invalidate(database)
      throw new Error('the index is damaged; the next command rebuilds it', { cause: error })
    }
  }
}

async function readEntries(database: Database, numbers: readonly number[]): Promise<RunEntry[]> {
  const found = await database.getMany(numbers.map(entryKey))
  return found.map((data, i) => {
    if (data === undefined) throw new RangeError(`run number ${numbers[i]} has no entry`)
    return decodeEntry(data)
  })
}

function timeRange({ sinceMs, untilMs }: RunRange): { readonly gte: string; readonly lt: string } {
  const all = startingWith('t/')
  // Times stand in keys as whole milliseconds: what started within one did not start before it.
  return {
    gte: sinceMs === undefined ? all.gte : timeKey(Math.ceil(sinceMs), ''),
    lt: untilMs === undefined ? all.lt : timeKey(Math.ceil(untilMs), ''),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Each metric with its number among the columns of its segment. */
function* positioned(metrics: readonly MetricEntry[]): Generator<{ metric: MetricEntry; position: number }> {
  const counts = new Map<string, number>()
  for (const metric of metrics) {
    const position = counts.get(metric.origin.segment) ?? 0
    counts.set(metric.origin.segment, position + 1)
    yield { metric, position }
  }
}
