import type { DuckDBValue } from '@duckdb/node-api'
import type { ContextTable } from '../../model/column.js'
import { formatContext, type Label } from '../../model/context.js'
import { shapeKey } from '../../query/cell-groups.js'
import type { SqlDatabase, TableAppender } from './database.js'
import type { LoopColumn, LoopColumns } from './loop-columns.js'
import { quoteName, quoteText } from './relations.js'

/**
 * Numbers of `logs`, as they lie in memory: a table for contexts of one shape,
 *
 *     log_shape_<n> (c, row, i0, l0, p0, i1, …, value)
 *
 * with the index of each loop, and where any row has such its label and its pass. Labels are numbers as they are where all of a loop's are
 * whole, else positions in
 *
 *     log_labels (l, text, shown)
 *
 * where they are text, and as contexts show them. Both lie in the schema that is given.
 */
export class NumberShapes {
  readonly #shapes = new Map<string, Shape>()
  readonly #words = new Map<Label, number>()

  constructor(
    private readonly database: SqlDatabase,
    private readonly schema: string,
    private readonly loops: LoopColumns,
  ) {}

  /** Adds the numbers of one column: a row of each for all of them. `c` says whose they are. */
  async add(c: number, contexts: ContextTable, rows: Int32Array, values: Float64Array): Promise<void> {
    const parts = contexts.loops.map((loop, i) => this.#partOf(loop, contexts, i))
    const form = parts.map(({ labels, passes }) => `${labels?.kind ?? ''}${passes === undefined ? '' : '#'}`)
    const key = `${shapeKey(contexts.loops)}${form.join('\0')}`
    let shape = this.#shapes.get(key)
    if (shape === undefined) {
      const places = contexts.loops.map((loop, i): Place => {
        const { labels, passes } = parts[i] as LoopPart
        return { loop, labels: labels?.kind, hasPasses: passes !== undefined }
      })
      shape = await this.#create(`log_shape_${this.#shapes.size}`, places)
      this.#shapes.set(key, shape)
    }
    const integers = parts.flatMap(({ indices, labels, passes }) => [
      indices,
      ...(labels === undefined ? [] : [labels.numbers]),
      ...(passes === undefined ? [] : [passes]),
    ])
    shape.parts.push({ integers: [new Int32Array(values.length).fill(c), rows, ...integers], values })
    shape.count += values.length
    if (shape.count >= BATCH) append(shape)
  }

  async #create(table: string, places: readonly Place[]): Promise<Shape> {
    const integers = places.flatMap(({ labels, hasPasses }, i) => [
      `i${i}`,
      ...(labels === undefined ? [] : [`l${i}`]),
      ...(hasPasses ? [`p${i}`] : []),
    ])
    const columns = [...['c', 'row', ...integers].map((name) => `${name} INTEGER`), 'value DOUBLE']
    await this.database.execute(`CREATE TABLE ${this.schema}.${table} (${columns.join(', ')})`)
    return { table, places, appender: await this.database.appender(table, this.schema), parts: [], count: 0 }
  }

  #partOf(loop: string, table: ContextTable, i: number): LoopPart {
    const indices = table.indices[i] as Int32Array
    const passes = table.passes[i]?.some((pass) => pass !== 0) ? table.passes[i] : undefined
    this.loops.note(loop, { hasPasses: passes !== undefined })
    const labels = table.labels[i]
    const own = labels?.some((label) => label !== undefined)
      ? this.#labelsOf(loop, labels, indices)
      : undefined
    return { indices, ...(own && { labels: own }), ...(passes && { passes }) }
  }

  #labelsOf(loop: string, labels: readonly (Label | undefined)[], indices: Int32Array): Labels {
    const called = (row: number): Label => labels[row] ?? (indices[row] as number)
    const numbers = new Int32Array(indices.length)
    for (let row = 0; row < numbers.length; row++) numbers[row] = called(row) as number
    if (numbers.every((number, row) => number === called(row))) return { kind: 'whole', numbers }
    for (let row = 0; row < numbers.length; row++) numbers[row] = this.#word(loop, called(row))
    return { kind: 'word', numbers }
  }

  #word(loop: string, label: Label): number {
    this.loops.note(loop, { label })
    const known = this.#words.get(label)
    if (known !== undefined) return known
    this.#words.set(label, this.#words.size)
    return this.#words.size - 1
  }

  /** Appends what waits. Nothing is to be added from then on. */
  async finish(): Promise<void> {
    for (const shape of this.#shapes.values()) {
      append(shape)
      shape.appender.close()
    }
    await this.database.execute(
      `CREATE TABLE ${this.schema}.log_labels (l INTEGER, text VARCHAR, shown VARCHAR)`,
    )
    const words = [...this.#words.keys()]
    const appender = await this.database.appender('log_labels', this.schema)
    appender.append([words.map((_, l) => l), words.map(String), words.map(shownLabel)] as DuckDBValue[][])
    appender.close()
  }

  /** A SELECT of each table, with the columns of `logs`; `c` is `log_columns` (load-logs.ts). */
  selects(columns: readonly LoopColumn[]): string[] {
    return [...this.#shapes.values()].map((shape) => this.#select(shape, columns))
  }

  #select({ table, places }: Shape, columns: readonly LoopColumn[]): string {
    const own = columns.flatMap(({ loop, type, title, passTitle }) => {
      const at = places.findLastIndex((place) => place.loop === loop)
      const [iteration, pass] =
        at === -1 ? ['NULL', 'NULL'] : [labelAt(places, at, 'text'), passAt(places, at)]
      return [
        ...(passTitle === undefined ? [] : [`CAST(${pass} AS INTEGER) AS ${quoteName(passTitle)}`]),
        `CAST(${iteration} AS ${type}) AS ${quoteName(title)}`,
      ]
    })
    const context = contextText(places, (i) => labelAt(places, i, 'shown'))
    const key = contextText(places, (i) => `d.i${i}`)
    const indices = `CAST([${places.map((_, i) => `d.i${i}`).join(', ')}] AS INTEGER[])`
    const selected = [
      ...[
        'c.run',
        'c.name',
        'd.row',
        `${context} AS context`,
        `${key} AS context_key`,
        `${indices} AS indices`,
      ],
      ...own,
      ...[`'number' AS type`, 'd.value', 'CAST(NULL AS VARCHAR) AS text', 'c.backfill', 'c.fidelity'],
    ]
    const words = places.flatMap(({ labels }, i) =>
      labels === 'word' ? [`JOIN ${this.schema}.log_labels w${i} ON w${i}.l = d.l${i}`] : [],
    )
    const from = [`${this.schema}.${table} d JOIN ${this.schema}.log_columns c USING (c)`, ...words]
    return `SELECT ${selected.join(', ')} FROM ${from.join(' ')}`
  }
}

/** Numbers that are appended together. */
const BATCH = 2048

/** How the iterations of one loop lie in a table. */
interface Place {
  readonly loop: string
  readonly labels: Labels['kind'] | undefined
  readonly hasPasses: boolean
}

interface Labels {
  readonly kind: 'whole' | 'word'
  readonly numbers: Int32Array
}

interface LoopPart {
  readonly indices: Int32Array
  readonly labels?: Labels
  readonly passes?: Int32Array
}

interface Shape {
  readonly table: string
  readonly places: readonly Place[]
  readonly appender: TableAppender
  /** What waits to be appended. */
  parts: { readonly integers: readonly Int32Array[]; readonly values: Float64Array }[]
  count: number
}

function append(shape: Shape): void {
  const { parts, count, appender } = shape
  if (count === 0) return
  const width = parts[0]?.integers.length ?? 0
  const integers = Array.from({ length: width }, () => new Int32Array(count))
  const values = new Float64Array(count)
  let at = 0
  for (const part of parts) {
    for (const [i, own] of part.integers.entries()) integers[i]?.set(own, at)
    values.set(part.values, at)
    at += part.values.length
  }
  appender.append([...integers, values])
  shape.parts = []
  shape.count = 0
}

const labelAt = (places: readonly Place[], i: number, as: 'text' | 'shown'): string => {
  const labels = places[i]?.labels
  return labels === undefined ? `d.i${i}` : labels === 'whole' ? `d.l${i}` : `w${i}.${as}`
}

const passAt = (places: readonly Place[], i: number): string => (places[i]?.hasPasses ? `d.p${i}` : '0')

/** As formatContext writes it. */
function contextText(places: readonly Place[], iteration: (i: number) => string): string {
  const parts = places.flatMap(({ loop, hasPasses }, i) => [
    quoteText(`${i === 0 ? '' : '/'}${shownLoop(loop)}${hasPasses ? '' : '='}`),
    ...(hasPasses ? [`CASE WHEN d.p${i} = 0 THEN '=' ELSE '#' || d.p${i} || '=' END`] : []),
    iteration(i),
  ])
  return parts.length === 0 ? "''" : parts.join(' || ')
}

const shownLoop = (loop: string): string => formatContext([{ loop, pass: 0, index: 0 }]).replace(/=0$/, '')

const shownLabel = (label: Label): string =>
  formatContext([{ loop: 'x', pass: 0, index: 0, label }]).slice('x='.length)
