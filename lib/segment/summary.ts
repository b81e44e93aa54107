import type { Column, ColumnSummary } from '../model/column.js'
import { type LogValue, Tensor } from '../model/value.js'
import { Mean } from './mean.js'
import { encodeValue } from './value-codec.js'

const SAMPLE_SIZE = 64
/** Summaries stay in the note whatever a column holds: a larger first or last value is described instead. */
const LARGEST_VALUE_BYTES = 1024

/** What is known of a column without reading it. `values` holds one value a row, at least one; `order` is the column's. */
export function summarize(values: Column['values'], order?: Int32Array): ColumnSummary {
  const first = brief(values[0] ?? null)
  const last = brief(values[values.length - 1] ?? null)
  const [firstAt, lastAt] = [order?.[0], order?.at(-1)]
  return {
    count: values.length,
    first,
    last,
    ...(firstAt !== undefined && lastAt !== undefined && { firstAt, lastAt }),
    ...summarizeNumbers(values),
  }
}

type NumberSummary = Omit<ColumnSummary, 'count' | 'first' | 'last' | 'firstAt' | 'lastAt'>

function summarizeNumbers(values: Float64Array | readonly LogValue[]): NumberSummary {
  const rows = values instanceof Float64Array ? undefined : numberRows(values)
  const count = rows?.length ?? values.length
  if (count === 0) return {}
  const numberAt = (i: number): number | bigint => values[rows?.[i] ?? i] as number | bigint
  let min: number | bigint = Number.POSITIVE_INFINITY
  let max: number | bigint = Number.NEGATIVE_INFINITY
  let minAt = -1
  let maxAt = -1
  let nanCount = 0
  const mean = new Mean()
  for (let i = 0; i < count; i++) {
    const n = numberAt(i)
    if (Number.isNaN(n)) {
      nanCount++
      continue
    }
    // Numbers and big integers compare exactly.
    if (minAt === -1 || n < min) {
      min = n
      minAt = i
    }
    if (maxAt === -1 || n > max) {
      max = n
      maxAt = i
    }
    mean.add(n)
  }
  return {
    ...(minAt === -1 ? {} : { min, minRow: rows?.[minAt] ?? minAt, max, maxRow: rows?.[maxAt] ?? maxAt }),
    ...(mean.value === undefined ? {} : { mean: mean.value }),
    nanCount,
    sample: sampleOf(count, numberAt),
  }
}

/** Of numbers, and of big integers. */
function numberRows(values: readonly LogValue[]): number[] {
  const rows: number[] = []
  for (let row = 0; row < values.length; row++)
    if (typeof values[row] === 'number' || typeof values[row] === 'bigint') rows.push(row)
  return rows
}

function sampleOf(count: number, numberAt: (i: number) => number | bigint): Float64Array {
  const size = Math.min(count, SAMPLE_SIZE)
  const step = size > 1 ? (count - 1) / (size - 1) : 0
  return Float64Array.from({ length: size }, (_, i) => Number(numberAt(Math.round(i * step))))
}

/** Descriptions that {@link brief} gives, and the last character of the texts that it cuts. */
const DESCRIPTION = /^\[(?:list of \d+|map of \d+|\w+ of \d+|.* tensor [\d×]*)\]$/

/** Whether the first or the last value of a summary may stand for a larger one, which then only the column has. A value that looks so by itself costs a reading. */
export function mayBeBrief(value: LogValue | undefined): boolean {
  return (
    typeof value === 'string' && (value.endsWith('…') || (value.endsWith(']') && DESCRIPTION.test(value)))
  )
}

/** The value itself where it is small; else text that says what it is. */
function brief(value: LogValue): LogValue {
  // By code points, and without the last: it may be half of one.
  if (typeof value === 'string')
    return value.length <= 256 ? value : `${Array.from(value.slice(0, 256)).slice(0, -1).join('')}…`
  if (value === null || typeof value !== 'object' || value instanceof Date) return value
  if (value instanceof Tensor)
    return value.data.byteLength <= LARGEST_VALUE_BYTES
      ? value
      : `[${value.dtype} tensor ${value.shape.join('×')}]`
  if (ArrayBuffer.isView(value))
    return value.byteLength <= LARGEST_VALUE_BYTES ? value : `[${value.constructor.name} of ${value.length}]`
  const size = encodeValue(value).length
  if (size <= LARGEST_VALUE_BYTES) return value
  return Array.isArray(value) ? `[list of ${value.length}]` : `[map of ${Object.keys(value).length}]`
}
