import type { DuckDBValue } from '@duckdb/node-api'
import type { Origin, RunEntry } from '../../db/run-entry.js'
import { type ContextTable, contextAt } from '../../model/column.js'
import { formatContext, type Label } from '../../model/context.js'
import type { LogValue } from '../../model/value.js'
import { groupCells, isOrderKnown, type LoadedColumn, shapeKey } from '../../query/cell-groups.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { loadColumns } from '../../repository/load-columns.js'
import type { SqlDatabase, TableAppender } from './database.js'
import { quoteName, quoteText, RELATIONS } from './relations.js'
import { typedValue } from './typed-value.js'

/**
 * `logs` is a view of three kinds of tables in a schema of their own, because a million values set one by one take seconds, and copied as they lie in memory a tenth of that:
 *
 *     log_columns (c, run, name, backfill, fidelity)          one row a name of a run and where its values came from
 *     log_shape_<n> (c, row, i0, i1, …, value)                numbers in contexts of one shape, iterations as whole numbers
 *     log_other (c, row, context, loops, iterations, type, value, text)   everything else; innermost loop first
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
  'loops VARCHAR[]',
  'iterations VARCHAR[]',
  'type VARCHAR',
  'value DOUBLE',
  'text VARCHAR',
]
/** Rows of other values that are handed on at once. */
const BATCH = 2048

/** Rows with the column that they belong to. */
interface Gathered {
  readonly table: ContextTable
  readonly row: number
  readonly value: LogValue
  readonly origin: Origin
}

/** Numbers of one shape that wait to be appended together. */
interface Shape {
  readonly loops: readonly string[]
  readonly appender: TableAppender
  parts: Part[]
  count: number
}

interface Part {
  readonly c: number
  readonly rows: Int32Array
  readonly iterations: readonly Int32Array[]
  readonly values: Float64Array
}

class LogLoader {
  readonly #shapes = new Map<string, Shape>()
  readonly #columns: DuckDBValue[][] = []
  #others: DuckDBValue[][] = []
  /** Loops in the order in which they are met, and whether an iteration of them is called by a text. */
  readonly #loops = new Map<string, { hasText: boolean }>()

  private constructor(
    private readonly database: SqlDatabase,
    private readonly otherAppender: TableAppender,
  ) {}

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
        const iterations = values instanceof Float64Array ? wholeIterations(contexts) : undefined
        if (iterations !== undefined) {
          await this.#addNumbers(contexts.loops, {
            c,
            rows,
            iterations,
            values: values as Float64Array,
          })
        } else {
          for (let i = 0; i < contexts.count; i++) {
            this.#addOther(c, rows[i] as number, {
              table: contexts,
              row: i,
              value: values[i] as LogValue,
              origin,
            })
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
          this.#addOther(c, row++, { table, row: at, value, origin })
        }
      }
    }
  }

  #column(entry: RunEntry, name: string, origin: Origin): number {
    const [backfill, fidelity] =
      origin.kind === 'backfilled' ? [origin.segment, origin.fidelity.status] : [null, null]
    return this.#columns.push([this.#columns.length, entry.run, name, backfill, fidelity]) - 1
  }

  async #addNumbers(loops: readonly string[], part: Part): Promise<void> {
    for (const loop of loops) if (!this.#loops.has(loop)) this.#loops.set(loop, { hasText: false })
    const key = shapeKey(loops)
    let shape = this.#shapes.get(key)
    if (shape === undefined) {
      const table = shapeTable(this.#shapes.size)
      const iterations = loops.map((_, i) => `i${i} INTEGER`)
      await this.database.execute(
        `CREATE TABLE ${SCHEMA}.${table} (${['c INTEGER', 'row INTEGER', ...iterations, 'value DOUBLE'].join(', ')})`,
      )
      shape = { loops, appender: await this.database.appender(table, SCHEMA), parts: [], count: 0 }
      this.#shapes.set(key, shape)
    }
    shape.parts.push(part)
    shape.count += part.values.length
    if (shape.count >= BATCH) appendParts(shape)
  }

  #addOther(c: number, row: number, { table, row: at, value }: Gathered): void {
    const context = contextAt(table, at)
    const innermostFirst = context.toReversed()
    for (const { loop, label } of context) {
      const known = this.#loops.get(loop) ?? { hasText: false }
      this.#loops.set(loop, known)
      if (typeof label === 'string') known.hasText = true
    }
    const list = (items: readonly (Label | string)[]): DuckDBValue =>
      this.database.duckdb.listValue(items.map(String))
    const typed = typedValue(value)
    this.#others.push([
      c,
      row,
      formatContext(context),
      list(innermostFirst.map(({ loop }) => loop)),
      list(innermostFirst.map(({ label, index }) => label ?? index)),
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
    for (const shape of this.#shapes.values()) {
      appendParts(shape)
      shape.appender.close()
    }
    const appender = await this.database.appender('log_columns', SCHEMA)
    appender.append(COLUMNS.map((_, i) => this.#columns.map((row) => row[i] as DuckDBValue)))
    appender.close()
    await this.database.execute(this.#view())
  }

  #view(): string {
    const titles = loopTitles([...this.#loops.keys()])
    const loops = [...this.#loops].map(([loop, { hasText }]) => ({
      loop,
      type: hasText ? 'VARCHAR' : 'BIGINT',
    }))
    const shapes = [...this.#shapes.values()].map((shape, n) => {
      const own = loops.map(({ loop, type }) => {
        const at = shape.loops.lastIndexOf(loop)
        return `CAST(${at === -1 ? 'NULL' : `d.i${at}`} AS ${type}) AS ${quoteName(titles.get(loop) as string)}`
      })
      const context = shape.loops
        .map((loop, i) => `${quoteText(`${i === 0 ? '' : '/'}${loopText(loop)}=`)} || d.i${i}`)
        .join(' || ')
      const columns = [
        ...['c.run', 'c.name', 'd.row', `${context === '' ? "''" : context} AS context`, ...own],
        ...[`'number' AS type`, 'd.value', 'CAST(NULL AS VARCHAR) AS text', 'c.backfill', 'c.fidelity'],
      ]
      return `SELECT ${columns.join(', ')} FROM ${SCHEMA}.${shapeTable(n)} d JOIN ${SCHEMA}.log_columns c USING (c)`
    })
    const own = loops.map(({ loop, type }) => {
      const iteration = `d.iterations[list_position(d.loops, ${quoteText(loop)})]`
      return `CAST(${iteration} AS ${type}) AS ${quoteName(titles.get(loop) as string)}`
    })
    const columns = [
      ...['c.run', 'c.name', 'd.row', 'd.context', ...own],
      ...['d.type', 'd.value', 'd.text', 'c.backfill', 'c.fidelity'],
    ]
    const others = `SELECT ${columns.join(', ')} FROM ${SCHEMA}.log_other d JOIN ${SCHEMA}.log_columns c USING (c)`
    return `CREATE VIEW logs AS ${[...shapes, others].join(' UNION ALL ')}`
  }
}

const shapeTable = (n: number): string => `log_shape_${n}`

/** A loop's name as contexts show it. */
const loopText = (loop: string): string => formatContext([{ loop, pass: 0, index: 0 }]).replace(/=0$/, '')

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

/** Iterations as people call them, where all are numbers and none is a second pass; undefined else. */
function wholeIterations(table: ContextTable): Int32Array[] | undefined {
  const found: Int32Array[] = []
  for (let i = 0; i < table.loops.length; i++) {
    const [indices, labels] = [table.indices[i] as Int32Array, table.labels[i]]
    if (table.passes[i]?.some((pass) => pass !== 0)) return undefined
    if (labels === undefined) {
      found.push(indices)
      continue
    }
    const whole = new Int32Array(table.count)
    for (let row = 0; row < table.count; row++) {
      const label = labels[row] ?? (indices[row] as number)
      if (typeof label !== 'number' || (label | 0) !== label || Object.is(label, -0)) return undefined
      whole[row] = label
    }
    found.push(whole)
  }
  return found
}

function appendParts(shape: Shape): void {
  const { parts, count, loops, appender } = shape
  const [c, row, values] = [new Int32Array(count), new Int32Array(count), new Float64Array(count)]
  const iterations = loops.map(() => new Int32Array(count))
  let at = 0
  for (const part of parts) {
    const end = at + part.values.length
    c.fill(part.c, at, end)
    row.set(part.rows, at)
    values.set(part.values, at)
    for (const [i, own] of part.iterations.entries()) iterations[i]?.set(own, at)
    at = end
  }
  if (count > 0) appender.append([c, row, ...iterations, values])
  shape.parts = []
  shape.count = 0
}

/** Titles of the loops' columns: their names, or `loop_<name>` where `logs` has a column of that name already. SQL does not tell `A` from `a`. */
function loopTitles(loops: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(RELATIONS.find(({ name }) => name === 'logs')?.columns.map(({ name }) => name))
  const titles = new Map<string, string>()
  for (const loop of loops) {
    let title = loop === '' ? 'loop_' : loop
    while (taken.has(title.toLowerCase())) title = `loop_${title}`
    taken.add(title.toLowerCase())
    titles.set(loop, title)
  }
  return titles
}
