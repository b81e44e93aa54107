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
  /** How many rows are kept rather than made a second time. */
  readonly keptRows?: number
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
  for await (const entry of request.entries()) {
    known.add(entry)
    const found = await search.rowsOf(entry)
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

/** The first rows of one run, as their columns. */
interface FoundBlock {
  readonly entry: RunEntry
  readonly aligned: AlignedRows
  readonly count: number
}

type Piece = readonly FoundRow[] | FoundBlock

/** A run's values and what is to be asked of each row; `none` for a run without rows. */
type Loaded = { readonly run: RunValues; readonly ofRow: Expression | undefined } | 'none'

class Search {
  readonly reach: RowReach
  readonly #shown: readonly string[]
  readonly #loaded = new Map<string, Loaded>()
  #loadedValues = 0

  constructor(
    private readonly uses: readonly NameUse[],
    private readonly request: StreamRequest,
  ) {
    this.#shown = uses.map(formatUse)
    this.reach = new RowReach(usesOf(request), uses)
  }

  /** The rows of one run that fit, made as they are read; or, where these are all rows along one table, their columns. */
  async rowsOf(
    entry: RunEntry,
  ): Promise<{ readonly rows: Iterable<Keyed<FoundRow>> } | Omit<FoundBlock, 'count'>> {
    const found = this.#loaded.get(entry.run) ?? (await this.#load(entry))
    if (found === 'none') return { rows: [] }
    const { run, ofRow } = found
    const isPlain = ofRow === undefined && this.request.sort === undefined
    const aligned = isPlain ? run.aligned(this.uses) : undefined
    return aligned === undefined ? { rows: this.#fitting(entry, found) } : { entry, aligned }
  }

  async #load(entry: RunEntry): Promise<Loaded> {
    const { uses, request } = this
    if (!uses.some((use) => isNamedBy(entry, use.name)) && !uses.every(isOfEveryRun)) return 'none'
    const run = new RunValues(entry, request.load)
    const { ofRun, ofRow } =
      request.where === undefined ? {} : splitConjuncts(request.where, (use) => run.isKnownWithoutValues(use))
    const isWanted = ofRun === undefined || holds(ofRun, run.lookup(), request.kinds)
    if (isWanted) await run.load([...uses, ...usesOf(request)])
    const loaded = isWanted ? { run, ofRow } : 'none'
    // Values in their columns take a tenth of the room that rows take: what is likely to be asked for again is kept like that.
    if (this.#loadedValues < KEPT_VALUES) {
      this.#loaded.set(entry.run, loaded)
      this.#loadedValues += 1 + (isWanted ? run.loadedValues : 0)
    }
    return loaded
  }

  /** All rows that fit once more, `limit` at most. */
  async *again(limit: number): AsyncGenerator<Piece> {
    let count = 0
    for await (const entry of this.request.entries()) {
      const found = await this.rowsOf(entry)
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

  *#fitting(entry: RunEntry, { run, ofRow }: Exclude<Loaded, 'none'>): Generator<Keyed<FoundRow>> {
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
