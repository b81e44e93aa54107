import type { DuckDBValue } from '@duckdb/node-api'
import type { Origin, RunEntry } from '../../db/run-entry.js'
import { type ContextTable, contextAt } from '../../model/column.js'
import { contextKey, formatContext } from '../../model/context.js'
import type { LogValue } from '../../model/value.js'
import { groupCells, isOrderKnown, type LoadedColumn, shapeKey } from '../../query/cell-groups.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { loadColumns } from '../../repository/load-columns.js'
import type { SqlDatabase, TableAppender } from './database.js'
import { LoopColumns } from './loop-columns.js'
import { NumberShapes } from './number-shapes.js'
import { quoteName, quoteText } from './relations.js'
import { typedValue } from './typed-value.js'

/**
 * `logs` is a view of three kinds of tables in a schema of their own, because a million values set one by one take seconds, and copied as they lie in memory a tenth of that:
 *
 *     log_columns (c, run, name, backfill, fidelity)          one row a name of a run and where its values came from
 *     log_shape_<n>                                           numbers in contexts of one shape (number-shapes.ts)
 *     log_other (c, row, context, context_key, indices, loops, iterations, passes, type, value, text)
 *                                                             everything else; the three of them innermost loop first
 *
 * Which values stand where several replays produced one is decided as for tables (lib/query/preference.ts).
 */
export async function loadLogs(
  database: SqlDatabase,
  repository: FlorRepository,
  entries: readonly RunEntry[],
  onRun: (count: number) => void,
): Promise<void> {
  const loader = await LogLoader.create(database)
  for (const [i, entry] of entries.entries()) {
    const names = [...new Set(entry.metrics.map((metric) => metric.name))]
    const loaded = await Promise.all(
      names.map(async (name) => ({ name, columns: await loadColumns(repository, entry, name) })),
    )
    for (const { name, columns } of loaded) await loader.add(entry, name, columns)
    onRun(i + 1)
  }
  await loader.finish()
}

/** Out of sight of `SHOW TABLES`. */
const SCHEMA = 'recorded'
const COLUMNS = ['c INTEGER', 'run VARCHAR', 'name VARCHAR', 'backfill VARCHAR', 'fidelity VARCHAR']
const OTHER = [
  'c INTEGER',
  'row INTEGER',
  'context VARCHAR',
  'context_key VARCHAR',
  'indices INTEGER[]',
  'loops VARCHAR[]',
  'iterations VARCHAR[]',
  'passes INTEGER[]',
  'type VARCHAR',
  'value DOUBLE',
  'text VARCHAR',
]
/** Rows of other values that are handed on at once. */
const BATCH = 2048

/** A value, and the row of a table that its context stands in. */
interface Placed {
  readonly table: ContextTable
  readonly row: number
  readonly value: LogValue
}

class LogLoader {
  readonly #columns: DuckDBValue[][] = []
  #others: DuckDBValue[][] = []
  readonly #loops = new LoopColumns()
  readonly #numbers: NumberShapes

  private constructor(
    private readonly database: SqlDatabase,
    private readonly otherAppender: TableAppender,
  ) {
    this.#numbers = new NumberShapes(database, SCHEMA, this.#loops)
  }

  static async create(database: SqlDatabase): Promise<LogLoader> {
    await database.execute(`CREATE SCHEMA ${SCHEMA}`)
    await database.execute(`CREATE TABLE ${SCHEMA}.log_columns (${COLUMNS.join(', ')})`)
    await database.execute(`CREATE TABLE ${SCHEMA}.log_other (${OTHER.join(', ')})`)
    return new LogLoader(database, await database.appender('log_other', SCHEMA))
  }

  async add(entry: RunEntry, name: string, columns: readonly LoadedColumn[]): Promise<void> {
    const shapes = new Set(columns.map(({ column }) => shapeKey(column.contexts.loops)))
    const rowsOf = rowCounter(columns)
    if (shapes.size === columns.length) {
      for (const { column, origin } of columns) {
        const c = this.#column(entry, name, origin)
        const { contexts, values } = column
        const rows = rowsOf(column)
        if (values instanceof Float64Array) await this.#numbers.add(c, contexts, rows, values)
        else {
          for (let i = 0; i < contexts.count; i++) {
            this.#addOther(c, rows[i] as number, { table: contexts, row: i, value: values[i] as LogValue })
          }
        }
      }
      return
    }
    const numbers = new Map<string, number>()
    let row = 0
    for (const { groups } of groupCells(entry, columns).values()) {
      for (const { cells, table, row: at } of groups.values()) {
        for (const { value, origin } of cells) {
          if (origin === undefined) continue
          const c = numbers.get(origin.segment) ?? this.#column(entry, name, origin)
          numbers.set(origin.segment, c)
          this.#addOther(c, row++, { table, row: at, value })
        }
      }
    }
  }

  #column(entry: RunEntry, name: string, origin: Origin): number {
    const [backfill, fidelity] =
      origin.kind === 'backfilled' ? [origin.segment, origin.fidelity.status] : [null, null]
    return this.#columns.push([this.#columns.length, entry.run, name, backfill, fidelity]) - 1
  }

  #addOther(c: number, row: number, { table, row: at, value }: Placed): void {
    const context = contextAt(table, at)
    for (const { loop, pass, label } of context) this.#loops.note(loop, { label, hasPasses: pass !== 0 })
    const innermostFirst = context.toReversed()
    const list = (items: readonly DuckDBValue[]): DuckDBValue => this.database.duckdb.listValue(items)
    const typed = typedValue(value)
    this.#others.push([
      c,
      row,
      formatContext(context),
      contextKey(context),
      list(context.map(({ index }) => index)),
      list(innermostFirst.map(({ loop }) => loop)),
      list(innermostFirst.map(({ label, index }) => String(label ?? index))),
      list(innermostFirst.map(({ pass }) => pass)),
      typed.type,
      typed.value,
      typed.text,
    ])
    if (this.#others.length >= BATCH) this.#flushOthers()
  }

  #flushOthers(): void {
    this.otherAppender.append(OTHER.map((_, i) => this.#others.map((row) => row[i] as DuckDBValue)))
    this.#others = []
  }

  /** Appends what waits, and makes the view. */
  async finish(): Promise<void> {
    this.#flushOthers()
    this.otherAppender.close()
    await this.#numbers.finish()
    const appender = await this.database.appender('log_columns', SCHEMA)
    appender.append(COLUMNS.map((_, i) => this.#columns.map((row) => row[i] as DuckDBValue)))
    appender.close()
    await this.database.execute(this.#view())
  }

  #view(): string {
    const loops = this.#loops.columns()
    const own = loops.flatMap(({ loop, type, title, passTitle }) => {
      const at = `[list_position(d.loops, ${quoteText(loop)})]`
      return [
        ...(passTitle === undefined ? [] : [`d.passes${at} AS ${quoteName(passTitle)}`]),
        `CAST(d.iterations${at} AS ${type}) AS ${quoteName(title)}`,
      ]
    })
    const columns = [
      ...['c.run', 'c.name', 'd.row', 'd.context', 'd.context_key', 'd.indices', ...own],
      ...['d.type', 'd.value', 'd.text', 'c.backfill', 'c.fidelity'],
    ]
    const others = `SELECT ${columns.join(', ')} FROM ${SCHEMA}.log_other d JOIN ${SCHEMA}.log_columns c USING (c)`
    return `CREATE VIEW logs AS ${[...this.#numbers.selects(loops), others].join(' UNION ALL ')}`
  }
}

/** The rows of one column after the other: in the order of logging where the run kept it, else counted on from one column to the next. */
function rowCounter(columns: readonly LoadedColumn[]): (column: LoadedColumn['column']) => Int32Array {
  const isOrdered = isOrderKnown(
    columns.map(({ column, origin }) => ({ value: null, origin, ...(column.order && { order: 0 }) })),
  )
  let counted = 0
  return ({ contexts: { count }, order }) => {
    const first = counted
    counted += count
    return isOrdered && order !== undefined ? order : Int32Array.from({ length: count }, (_, i) => first + i)
  }
}
