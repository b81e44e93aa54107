import type { RunEntry } from '../db/run-entry.js'
import { type AlignedRows, rowsAlong } from './aligned-rows.js'
import { holds } from './evaluate.js'
import { type Expression, formatUse, type NameUse, splitConjuncts, usesIn } from './expression.js'
import type { KindWatch } from './kind-watch.js'
import { KnownNames } from './known-names.js'
import { type LaidOut, layOutBlock, layOutRow, TableLayout } from './pivot-layout.js'
import type { PivotBlock, PivotRow, PivotStream, PivotTable } from './pivot-table.js'
import type { SortKey } from './predicate.js'
import { RowReach } from './row-reach.js'
import { isAttribute } from './run-attributes.js'
import type { FoundRow } from './run-rows.js'
import { type LoadColumns, RunValues } from './run-values.js'
import { type Keyed, sortKeyed } from './sort-rows.js'

/** A table that is asked for. */
export interface TableRequest {
  /** Logged names, arguments, run attributes, and aggregates of them; loops of the rows are shown without being named. */
  readonly uses: readonly NameUse[]
  /** All columns of one name of one run, values included. */
  readonly load: LoadColumns
  readonly where?: Expression
  readonly sort?: readonly SortKey[]
  /** How many rows at most. */
  readonly limit?: number
  /** Told of values that `where` cannot compare; without it the first is an error. */
  readonly kinds?: KindWatch
  /** What runs know that are not among those looked at; nothing where absent. */
  readonly known?: KnownNames
  /** Told of what is to be said about the table. */
  readonly warn?: (sentence: string) => void
}

export interface PivotRequest extends Omit<TableRequest, 'uses'> {
  readonly names: readonly string[]
  /** The runs, in the order in which their rows are to stand. */
  readonly entries: Iterable<RunEntry> | AsyncIterable<RunEntry>
}

export interface StreamRequest extends TableRequest {
  /** Starts reading the runs, in the order in which their rows are to stand; called twice for large tables, for the same runs. */
  readonly entries: () => Iterable<RunEntry> | AsyncIterable<RunEntry>
  /** How many rows are kept rather than made a second time, and how many values rather than read a second time. */
  readonly keptRows?: number
  readonly keptValues?: number
}

/** Rows up to which a table is kept while its columns are found out: some 30 MB. */
const KEPT_ROWS = 100_000

/** A whole table in memory; see {@link streamPivot}. @throws FlorError as that does */
export async function pivot({ names, entries, ...request }: PivotRequest): Promise<PivotTable> {
  const uses = names.map((name) => ({ name }))
  const keptRows = Number.POSITIVE_INFINITY
  const { columns, batches } = await streamPivot({ ...request, uses, entries: () => entries, keptRows })
  const rows: PivotRow[] = []
  for await (const batch of batches) for (const row of batch) rows.push(row)
  return { columns, rows }
}

/**
 * One table of what all runs logged under some names: rows as run-rows.ts says, values as cell-groups.ts says. A run has rows if it logged, or
 * had as an argument, one of the names, or if only run attributes are asked for. An aggregate has one value a run, or with `by` one for each
 * iteration of that loop, and is joined to rows like any coarser value. In `where` and `sort`, a name that is asked for stands for what the
 * row shows; any other for what was logged under it in the row's context or the nearest one around or inside it; else the row's iteration of a
 * loop (its label, where it has one); else an argument; else a run attribute. Aggregates go over all values of the run, with `by` over
 * those of the iteration around the row.
 *
 * Stops reading runs when `limit` rows are found, unless they are sorted. Memory: a table of more than `keptRows` rows is made twice,
 * first to see which columns it has, and never held; sorted ones are held, with a limit no more than some multiple of it.
 * @throws FlorError NAME_NOT_FOUND (data: name, candidates) for a name that stands for nothing in any of the runs; UNSUPPORTED for an aggregate
 *   that none of them, or a loop that none of the rows, can have (row-reach.ts); PREDICATE_TYPE
 */
export async function streamPivot(request: StreamRequest): Promise<PivotStream> {
  const uses = [...new Map(request.uses.map((use) => [formatUse(use), use])).values()]
  const search = new Search(uses, request)
  const known = request.known ?? new KnownNames()
  const layout = new TableLayout()
  const kept = new KeptRows(request)
  let count = 0
  let isComplete = true
  for await (const run of search.inTurn()) {
    const { entry } = run
    known.add(entry)
    const found = search.rowsOf(run)
    if ('aligned' in found) {
      // All rows along one table have the same loops.
      layout.add({ table: found.aligned.table, row: 0, ordinal: undefined, cells: [] })
      const block = { ...found, count: Math.min(found.aligned.table.count, kept.limit - count) }
      kept.addBlock(block)
      count += block.count
    } else {
      for (const keyed of found.rows) {
        layout.add(keyed.item.row)
        kept.add(keyed)
        if (++count >= kept.limit && kept.isLimited) break
      }
    }
    if (kept.isLimited && count >= kept.limit) {
      isComplete = false
      break
    }
  }
  const problems = [
    ...known.problems([...uses, ...usesOf(request)], request.where),
    ...search.reach.problems(known),
  ]
  for (const problem of problems) {
    // Where reading ended with the limit, runs that were not read may have what these have not.
    if (isComplete) throw problem
    request.warn?.(problem.message)
  }
  if (isComplete) request.kinds?.settle()
  for (const sentence of search.reach.notices()) request.warn?.(sentence)
  if (kept.isSorted) {
    const rows = kept.sorted()
    const sortedLayout = new TableLayout()
    for (const { row } of rows) sortedLayout.add(row)
    return laidOut(sortedLayout.columns(uses, known), inTurn([rows]))
  }
  const columns = layout.columns(uses, known)
  return laidOut(columns, kept.isWhole ? inTurn(kept.pieces()) : search.again(kept.limit))
}

/** What `where` and `sort` speak of. */
function usesOf({ where, sort }: TableRequest): NameUse[] {
  return [...(where === undefined ? [] : usesIn(where)), ...(sort ?? [])]
}

const NO_KEYS: readonly undefined[] = []
/** Rows handed on at once. */
const BATCH = 2048

/** Values of columns that are kept from the first reading of a table to the second: some 50 MB. */
const KEPT_VALUES = 2_000_000

/** Runs, and values of them, that are read ahead of those that are wanted. */
const RUNS_AHEAD = 64
const VALUES_AHEAD = 100_000

/** The first rows of one run, as their columns. */
interface FoundBlock {
  readonly entry: RunEntry
  readonly aligned: AlignedRows
  readonly count: number
}

type Piece = readonly FoundRow[] | FoundBlock

/** A run's values; `aligned` where its rows are all rows along one table, else what is to be asked of each row. */
interface Loaded {
  readonly run: RunValues
  readonly aligned: AlignedRows | undefined
  readonly ofRow: Expression | undefined
}

interface LoadedRun {
  readonly entry: RunEntry
  /** Undefined for a run without rows. */
  readonly loaded: Loaded | undefined
}

class Search {
  readonly reach: RowReach
  readonly #shown: readonly string[]
  /** Names whose values are read. */
  readonly #read: ReadonlySet<string>
  /** The first runs that have rows: what is likely to be asked for again. Values in their columns take a tenth of the room that rows take. */
  readonly #kept: LoadedRun[] = []
  #keptValues = 0
  readonly #mostValues: number
  #isRead = false

  constructor(
    private readonly uses: readonly NameUse[],
    private readonly request: StreamRequest,
  ) {
    this.#shown = uses.map(formatUse)
    this.#read = new Set([...uses, ...usesOf(request)].map(({ name }) => name))
    this.#mostValues = request.keptValues ?? KEPT_VALUES
    this.reach = new RowReach(usesOf(request), uses)
  }

  /** The runs in their order, each with its values. Where all are kept from the first time, a second one has those with rows alone. */
  async *inTurn(): AsyncGenerator<LoadedRun> {
    const isAgain = this.#isRead
    this.#isRead = true
    if (isAgain && this.#keptValues < this.#mostValues) {
      yield* this.#kept
      return
    }
    let next = 0
    for await (const group of this.#groups()) {
      // What is asked for at once is read at once.
      const all = group.map((entry) => {
        const isKept = isAgain && this.#kept[next]?.entry.run === entry.run
        return isKept ? this.#kept[next++]?.loaded : this.#load(entry)
      })
      for (const [i, loaded] of (await Promise.all(all)).entries()) {
        const run = { entry: group[i] as RunEntry, loaded }
        if (!isAgain) this.#keep(run)
        yield run
      }
    }
  }

  #keep(run: LoadedRun): void {
    if (run.loaded === undefined || this.#keptValues >= this.#mostValues) return
    this.#kept.push(run)
    this.#keptValues += 1 + run.loaded.run.loadedValues
  }

  /** Runs to be read at once: the more of them the more were wanted so far. */
  async *#groups(): AsyncGenerator<RunEntry[]> {
    let group: RunEntry[] = []
    let values = 0
    let most = 1
    for await (const entry of this.request.entries()) {
      group.push(entry)
      values += this.#countOf(entry)
      if (group.length < most && values < VALUES_AHEAD) continue
      yield group
      group = []
      values = 0
      most = Math.min(2 * most, RUNS_AHEAD)
    }
    if (group.length > 0) yield group
  }

  /** How many values of a run are read, at most. */
  #countOf(entry: RunEntry): number {
    let count = 0
    for (const { name, summary } of entry.metrics) if (this.#read.has(name)) count += summary.count
    return count
  }

  /** The rows of one run that fit, made as they are read; or, where these are all rows along one table, their columns. */
  rowsOf({
    entry,
    loaded,
  }: LoadedRun): { readonly rows: Iterable<Keyed<FoundRow>> } | Omit<FoundBlock, 'count'> {
    if (loaded === undefined) return { rows: [] }
    const { aligned } = loaded
    return aligned === undefined ? { rows: this.#fitting(entry, loaded) } : { entry, aligned }
  }

  async #load(entry: RunEntry): Promise<Loaded | undefined> {
    const { uses, request } = this
    if (!uses.some((use) => isNamedBy(entry, use.name)) && !uses.every(isOfEveryRun)) return undefined
    const run = new RunValues(entry, request.load)
    const { ofRun, ofRow } =
      request.where === undefined ? {} : splitConjuncts(request.where, (use) => run.isKnownWithoutValues(use))
    this.reach.addRun(entry)
    if (ofRun !== undefined && !holds(ofRun, run.lookup(), request.kinds)) return undefined
    if (ofRun !== undefined) this.reach.addDecided(usesIn(ofRun))
    await run.load([...uses, ...usesOf(request)])
    const isPlain = ofRow === undefined && request.sort === undefined
    return { run, aligned: isPlain ? run.aligned(uses) : undefined, ofRow }
  }

  /** All rows that fit once more, `limit` at most. */
  async *again(limit: number): AsyncGenerator<Piece> {
    let count = 0
    for await (const run of this.inTurn()) {
      const found = this.rowsOf(run)
      if ('aligned' in found) {
        const block = { ...found, count: Math.min(found.aligned.table.count, limit - count) }
        count += block.count
        yield block
      } else {
        let batch: FoundRow[] = []
        for (const { item } of found.rows) {
          batch.push(item)
          if (++count >= limit) break
          if (batch.length < BATCH) continue
          yield batch
          batch = []
        }
        yield batch
      }
      if (count >= limit) return
    }
  }

  *#fitting(entry: RunEntry, { run, ofRow }: Loaded): Generator<Keyed<FoundRow>> {
    const { sort } = this.request
    for (const row of run.rows(this.uses)) {
      if (ofRow === undefined && sort === undefined) {
        yield { item: { entry, row }, keys: NO_KEYS }
        continue
      }
      this.reach.add(entry, row.table)
      const lookup = run.lookup(row, this.#shown)
      if (ofRow !== undefined && !holds(ofRow, lookup, this.request.kinds)) continue
      const keys = sort?.map(({ name, aggregate, by }) => lookup(name, aggregate, by)) ?? NO_KEYS
      yield { item: { entry, row }, keys }
    }
  }
}

/** The rows found so far, as far as they are needed again. */
class KeptRows {
  readonly limit: number
  readonly #sort: readonly SortKey[]
  readonly #most: number
  /** To be sorted. */
  #rows: Keyed<FoundRow>[] = []
  /** Of tables that are not. */
  #pieces: (FoundRow[] | FoundBlock)[] = []
  #count = 0
  isWhole = true

  constructor({ limit, sort, keptRows }: StreamRequest) {
    this.limit = limit ?? Number.POSITIVE_INFINITY
    this.#sort = sort ?? []
    this.#most = this.isSorted ? 2 * this.limit + 1000 : (keptRows ?? KEPT_ROWS)
  }

  get isSorted(): boolean {
    return this.#sort.length > 0
  }

  /** Whether the first `limit` rows are all that is wanted. */
  get isLimited(): boolean {
    return !this.isSorted && this.limit !== Number.POSITIVE_INFINITY
  }

  add(row: Keyed<FoundRow>): void {
    if (!this.isSorted) {
      this.#addPiece(row.item)
      return
    }
    this.#rows.push(row)
    if (this.#rows.length <= this.#most) return
    // Sorting is stable: what is dropped here would not come back.
    this.#rows = sortKeyed(this.#rows.map(asItem), this.#sort).slice(0, this.limit)
  }

  /** Only where nothing is sorted. */
  addBlock(block: FoundBlock): void {
    this.#addPiece(block)
  }

  #addPiece(piece: FoundRow | FoundBlock): void {
    if (!this.isWhole) return
    this.#count += 'aligned' in piece ? piece.count : 1
    if (this.#count > this.#most) {
      this.isWhole = false
      this.#pieces = []
      return
    }
    const last = this.#pieces.at(-1)
    if ('aligned' in piece) this.#pieces.push(piece)
    else if (Array.isArray(last)) last.push(piece)
    else this.#pieces.push([piece])
  }

  pieces(): Piece[] {
    return this.#pieces
  }

  sorted(): FoundRow[] {
    return sortKeyed(this.#rows, this.#sort).slice(0, this.limit)
  }
}

/** A row with its keys as the thing to be sorted, so that both are still there afterwards. */
const asItem = (row: Keyed<FoundRow>): Keyed<Keyed<FoundRow>> => ({ item: row, keys: row.keys })

async function* inTurn(pieces: Iterable<Piece>): AsyncGenerator<Piece> {
  yield* pieces
}

function laidOut(layout: LaidOut, found: AsyncIterable<Piece>): PivotStream {
  const lay = ({ entry, row }: FoundRow): PivotRow => layOutRow(layout, entry, row)
  const batches = async function* (): AsyncGenerator<readonly PivotRow[]> {
    for await (const piece of found) yield* inBatches('aligned' in piece ? rowsOfBlock(piece) : piece, lay)
  }
  const pieces = async function* (): AsyncGenerator<readonly PivotRow[] | PivotBlock> {
    for await (const piece of found) {
      if ('aligned' in piece) yield layOutBlock(layout, piece.entry, piece.aligned, piece.count)
      else yield* inBatches(piece, lay)
    }
  }
  return { columns: layout.columns, batches: batches(), pieces: pieces() }
}

function* rowsOfBlock({ entry, aligned, count }: FoundBlock): Generator<FoundRow> {
  for (const row of rowsAlong(aligned, count)) yield { entry, row }
}

function* inBatches(rows: Iterable<FoundRow>, lay: (row: FoundRow) => PivotRow): Generator<PivotRow[]> {
  let batch: PivotRow[] = []
  for (const row of rows) {
    batch.push(lay(row))
    if (batch.length < BATCH) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

const isOfEveryRun = ({ name, aggregate }: NameUse): boolean => aggregate === undefined && isAttribute(name)

function isNamedBy(entry: RunEntry, name: string): boolean {
  return entry.metrics.some((metric) => metric.name === name) || entry.args.some((arg) => arg.name === name)
}
