import type { ColumnSummary, ContextTable } from '../model/column.js'
import type { Label } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import { decodeRuns, encodeRuns } from './integer-runs.js'
import { countNumbers, decodeFloat32, decodeNumbers, encodeNumbers } from './number-codec.js'
import {
  bytes,
  type Check,
  count,
  type Fields,
  field,
  fields,
  list,
  maybe,
  number,
  optional,
  text,
} from './shape.js'

/**
 * Columns as parts of a msgpack document.
 *
 * A context table is a map; lists have one entry a loop, outermost first:
 *
 *     loops     names
 *     count     rows
 *     indices   bytes: integer-runs.ts
 *     passes    absent when all are 0; else bytes as for indices, or nil for a loop whose passes are 0
 *     labels    absent when there are none; else nil, or {"words": the distinct labels, "rows": bytes}: for each row the
 *               position of its label in `words`, counted from 1, and 0 for none
 *
 * The values of a column are bytes when all are numbers (number-codec.ts), and a list of values otherwise.
 *
 * An example: `loss` logged as 0.5 and 1.5 in `epoch=0` and `epoch=1`:
 *
 *     {"loops": ["epoch"], "count": 2, "indices": [00 01 02 01]}   and   01 00 00 00 00 00 c0 3f 3f
 *
 * Within version 1, readers ignore properties that they do not know.
 */
export interface TableDocument {
  readonly loops: readonly string[]
  readonly count: number
  readonly indices: readonly Uint8Array[]
  readonly passes?: readonly (Uint8Array | null)[]
  readonly labels?: readonly (LabelsDocument | null)[]
}

interface LabelsDocument {
  readonly words: readonly Label[]
  readonly rows: Uint8Array
}

export type ValuesDocument = Uint8Array | readonly LogValue[]

/** Rows times loops: what a few bytes of runs may ask a reader to allocate, for a column of its own. */
const MAX_CELLS = 2 ** 27

export function encodeTable(table: ContextTable): TableDocument {
  const passes = table.passes.map((column) =>
    column?.some((pass) => pass !== 0) ? encodeRuns(column) : null,
  )
  const labels = table.labels.map((column) => (column === undefined ? null : encodeLabels(column)))
  return {
    loops: table.loops,
    count: table.count,
    indices: table.indices.map(encodeRuns),
    ...(passes.some((part) => part !== null) && { passes }),
    ...(labels.some((part) => part !== null) && { labels }),
  }
}

/** Reads a table that must have `rows` rows, and at most `maxCells` rows times loops. @throws RangeError on anything else */
export function decodeTable(document: unknown, rows: number, maxCells = MAX_CELLS): ContextTable {
  const map = fields(document, 'contexts')
  const loops = field(map, 'loops', list(text))
  if (field(map, 'count', count) !== rows) throw new RangeError(`${map.count} contexts for ${rows} values`)
  if (rows * loops.length > maxCells) throw new RangeError(`${rows} rows in ${loops.length} loops`)
  const perLoop =
    <T>(check: Check<T>): Check<readonly T[]> =>
    (value, what) => {
      const parts = list(check)(value, what)
      if (parts.length !== loops.length)
        throw new RangeError(`${parts.length} ${what} for ${loops.length} loops`)
      return parts
    }
  const runs: Check<Int32Array> = (value, what) => decodeRuns(bytes(value, what), rows)
  const { passes } = maybe(map, 'passes', perLoop(orAbsent(runs)))
  const { labels } = maybe(map, 'labels', perLoop(orAbsent((value) => decodeLabels(value, rows))))
  return {
    loops,
    count: rows,
    indices: field(map, 'indices', perLoop(runs)),
    passes: passes ?? loops.map(() => undefined),
    labels: labels ?? loops.map(() => undefined),
  }
}

export function encodeValues(values: Float64Array | readonly LogValue[]): ValuesDocument {
  return values instanceof Float64Array ? encodeNumbers(values) : values
}

/** Reads a column's values. @throws RangeError unless they are bytes of numbers or a list */
export function decodeValues(document: unknown): Float64Array | readonly LogValue[] {
  if (document instanceof Uint8Array) return decodeNumbers(document)
  const values = list((value) => value as LogValue)(document, 'values')
  // Float64Array if and only if all are numbers: other writers may list them.
  return values.length > 0 && values.every((value) => typeof value === 'number')
    ? Float64Array.from(values as readonly number[])
    : values
}

/** A column's order as a property of the document that holds its values; nothing where it has none. */
export function encodeOrder(order: Int32Array | undefined): { readonly order?: Uint8Array } {
  return order === undefined ? {} : { order: encodeRuns(order) }
}

/** What {@link encodeOrder} wrote, for a column of `rows` values. @throws RangeError on anything else */
export function decodeOrder(map: Fields, rows: number): { readonly order?: Int32Array } {
  const { order } = maybe(map, 'order', bytes)
  return order === undefined ? {} : { order: decodeRuns(order, rows) }
}

/** What samples were read from. */
const sampleSources = new WeakMap<ColumnSummary, Uint8Array>()

/** The sample as bytes of number-codec.ts: where the summary was read from such, the same. */
export function encodeSample(summary: ColumnSummary): Uint8Array | undefined {
  return sampleSources.get(summary) ?? (summary.sample && encodeNumbers(summary.sample))
}

/** The sample as float32s, where it was read from such; undefined otherwise, and where there is none. */
export function sampleAsFloat32(summary: ColumnSummary): Float32Array | undefined {
  const source = sampleSources.get(summary)
  return source && decodeFloat32(source)
}

/** The summary with a sample that {@link encodeSample} wrote, whose numbers are read when they are asked for. @throws RangeError */
export function withSample(summary: ColumnSummary, bytes: Uint8Array): ColumnSummary {
  // Found to be readable now, not when somebody looks.
  countNumbers(bytes)
  let sample: Float64Array | undefined
  const whole: ColumnSummary = {
    ...summary,
    get sample() {
      sample ??= decodeNumbers(bytes)
      return sample
    },
  }
  sampleSources.set(whole, bytes)
  return whole
}

export function encodeSummary(summary: ColumnSummary): object {
  const sample = encodeSample(summary)
  return sample === undefined ? summary : { ...withoutSample(summary), sample }
}

/** Extremes of big integers are such. */
const numeric: Check<number | bigint> = (value, what) =>
  typeof value === 'bigint' ? value : number(value, what)

/** What a summary may lack, in the order in which it is written. The sample is apart: it is read when it is asked for. */
const OPTIONAL = [
  ['firstAt', count],
  ['lastAt', count],
  ['min', numeric],
  ['minRow', count],
  ['max', numeric],
  ['maxRow', count],
  ['mean', number],
  ['nanCount', count],
] as const satisfies readonly (readonly [Exclude<keyof ColumnSummary, 'sample'>, Check<unknown>])[]

/** All but the sample, which is not read for that. */
export function withoutSample(summary: ColumnSummary): ColumnSummary {
  const { count, first, last } = summary
  const rest: Record<string, unknown> = { count, first, last }
  for (const [key] of OPTIONAL) if (summary[key] !== undefined) rest[key] = summary[key]
  return rest as unknown as ColumnSummary
}

export const decodeSummary: Check<ColumnSummary> = (value, what) => {
  const map = fields(value, what)
  const read: Record<string, unknown> = {
    count: field(map, 'count', count),
    first: map.first ?? null,
    last: map.last ?? null,
  }
  for (const [key, check] of OPTIONAL) {
    const property = optional<unknown>(map, key, check)
    if (property !== undefined) read[key] = property
  }
  const summary = read as unknown as ColumnSummary
  const sample = optional(map, 'sample', bytes)
  return sample === undefined ? summary : withSample(summary, sample)
}

/** A label, in any document. */
export const label: Check<Label> = (value, what) => (typeof value === 'string' ? value : number(value, what))

function encodeLabels(column: readonly (Label | undefined)[]): LabelsDocument | null {
  const positions = new Map<Label, number>()
  const rows = Int32Array.from({ length: column.length }, (_, row) => {
    const word = column[row]
    if (word === undefined) return 0
    if (!positions.has(word)) positions.set(word, positions.size + 1)
    return positions.get(word) as number
  })
  return positions.size === 0 ? null : { words: [...positions.keys()], rows: encodeRuns(rows) }
}

function decodeLabels(document: unknown, rows: number): (Label | undefined)[] {
  const map = fields(document, 'labels')
  const words = field(map, 'words', list(label))
  const positions = decodeRuns(field(map, 'rows', bytes), rows)
  return Array.from(positions, (position) => {
    if (position > words.length) throw new RangeError(`label ${position} of ${words.length}`)
    return position === 0 ? undefined : words[position - 1]
  })
}

const orAbsent =
  <T>(check: Check<T>): Check<T | undefined> =>
  (value, what) =>
    value === null || value === undefined ? undefined : check(value, what)
