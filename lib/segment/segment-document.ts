import type { ContextTable } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import {
  decodeOrder,
  decodeSummary,
  decodeTable,
  decodeValues,
  encodeOrder,
  encodeSummary,
  encodeTable,
  encodeValues,
  type TableDocument,
  type ValuesDocument,
} from './column-codec.js'
import { replaceMembers } from './msgpack-map.js'
import { countNumbers, decodeNumbers } from './number-codec.js'
import {
  anyValue,
  arg,
  backfillHeader,
  checkpoint,
  encodeLoopTiming,
  fileName,
  loopTiming,
  oid,
  runEnd,
  runHeader,
} from './run-document.js'
import type { ExternalColumn, Segment, StoredColumn } from './segment.js'
import { type Check, count, type Fields, field, fields, list, oneOf, text } from './shape.js'
import { decodeDocument, encodeDocument } from './value-codec.js'

/**
 * A segment as a msgpack map: the properties of segment.ts by their names, except that
 *
 *     tables     context tables (column-codec.ts), each used by any number of columns
 *     columns    {name, summary, table: position in `tables`, values}, or {name, summary, loops, file} for one that lies outside
 *     timeline   iterations as lists (run-document.ts)
 *
 * A column outside is a blob: a map {v: 1, name, summary, table: the table itself, values}. Both have `order`, bytes as of indices, where
 * the name was logged in contexts of several shapes.
 */

/** A column ready to be written, inside or outside. */
export interface EncodedColumn {
  readonly column: StoredColumn
  readonly table: TableDocument
  readonly values: ValuesDocument
  /** Bytes of the column's order; see column-codec.ts. */
  readonly order?: Uint8Array
}

/** What columns were read from: writing them again copies it. */
const sources = new WeakMap<StoredColumn, EncodedColumn>()

export function encodeColumn(column: StoredColumn): EncodedColumn {
  return (
    sources.get(column) ?? {
      column,
      table: encodeTable(column.contexts),
      values: encodeValues(column.values),
      ...encodeOrder(column.order),
    }
  )
}

/** The blob of a column that lies outside the note. */
export function encodeExternal({ column, table, values, order }: EncodedColumn): Uint8Array {
  const { name, summary } = column
  return encodeDocument({
    v: 1,
    name,
    summary: encodeSummary(summary),
    table,
    values,
    ...(order && { order }),
  })
}

/** Reads the blob of a column that lies outside the note. @throws RangeError on anything else */
export function decodeExternal(data: Uint8Array): StoredColumn {
  const map = fields(decodeDocument(data), 'column')
  if (field(map, 'v', count) !== 1) throw new RangeError(`a column of version ${map.v}`)
  const values = decodeValues(map.values)
  return {
    name: field(map, 'name', text),
    summary: field(map, 'summary', decodeSummary),
    contexts: decodeTable(map.table, values.length),
    values,
    ...decodeOrder(map, values.length),
  }
}

interface Source {
  readonly map: Fields
  /** The bytes of the map, where it was read from such. */
  readonly bytes: Uint8Array | undefined
}

/** What segments were read from. */
const documents = new WeakMap<Segment, Source>()

/** The document of everything but the columns: of a segment that was read, what was read. */
export function encodeHead(segment: Segment): Fields {
  const source = documents.get(segment)
  if (source !== undefined) return source.map
  return segment.kind === 'record'
    ? { ...segment, timeline: segment.timeline.map(encodeLoopTiming) }
    : { ...segment }
}

/** The document of a segment with these columns, which use no table, in the place of its own. */
export function encodeWithReferences(segment: Segment, columns: readonly object[]): Uint8Array {
  const bytes = documents.get(segment)?.bytes
  const parts = new Map([
    ['tables', encodeDocument([])],
    ['columns', encodeDocument(columns)],
  ])
  // Most of a document is its head: what was read is copied as it is.
  const copied = bytes && replaceMembers(bytes, parts)
  return copied ?? encodeDocument({ ...encodeHead(segment), tables: [], columns })
}

/** What stays in the note of a column that lies outside. */
export function encodeReference(column: ExternalColumn): object {
  const { name, loops, summary, file } = column
  return { name, loops, summary: encodeSummary(summary), file }
}

/** Reads a segment of version 1; `bytes` are those that the map was read from. @throws RangeError on anything else */
export function decodeSegmentDocument(map: Fields, bytes?: Uint8Array): Segment {
  const segment = checkedSegment(map)
  documents.set(segment, { map, bytes })
  return segment
}

function checkedSegment(map: Fields): Segment {
  const base = {
    v: 1 as const,
    id: field(map, 'id', text),
    run: field(map, 'run', oid),
    columns: decodeColumns(map),
  }
  if (field(map, 'kind', oneOf('record', 'backfill')) === 'backfill')
    return { ...base, kind: 'backfill', backfill: field(map, 'backfill', backfillHeader) }
  return {
    ...base,
    kind: 'record',
    header: field(map, 'header', runHeader),
    end: field(map, 'end', runEnd),
    args: field(map, 'args', list(arg)),
    seeds: field(map, 'seeds', list<LogValue>(anyValue)),
    timeline: field(map, 'timeline', list(loopTiming)),
    checkpoints: field(map, 'checkpoints', list(checkpoint)),
    warnings: field(map, 'warnings', list(text)),
  }
}

/** The column, its numbers read from bytes when they are asked for: an index that is built reads none. */
function columnOf(
  common: Omit<StoredColumn, 'values'>,
  values: Uint8Array | StoredColumn['values'],
): StoredColumn {
  if (!(values instanceof Uint8Array)) return { ...common, values }
  let numbers: Float64Array | undefined
  return {
    ...common,
    get values() {
      numbers ??= decodeNumbers(values)
      return numbers
    },
  }
}

/** Rows times loops of all context tables of one note: a note that keeps to its budget has far fewer. */
const MAX_NOTE_CELLS = 2 ** 24

function decodeColumns(map: Fields): readonly (StoredColumn | ExternalColumn)[] {
  const tables = field(
    map,
    'tables',
    list((table) => table),
  )
  const decoded = new Map<number, ContextTable>()
  let cells = 0
  const tableAt = (position: number, rows: number): ContextTable => {
    const known = decoded.get(position)
    if (known?.count === rows) return known
    const table = decodeTable(tables[position], rows, MAX_NOTE_CELLS - cells)
    cells += rows * table.loops.length
    decoded.set(position, table)
    return table
  }
  const column: Check<StoredColumn | ExternalColumn> = (value, what) => {
    const part = fields(value, what)
    const common = { name: field(part, 'name', text), summary: field(part, 'summary', decodeSummary) }
    if (part.file !== undefined)
      return { ...common, loops: field(part, 'loops', list(text)), file: field(part, 'file', fileName) }
    const position = field(part, 'table', count)
    const values = part.values instanceof Uint8Array ? part.values : decodeValues(part.values)
    const rows = values instanceof Uint8Array ? countNumbers(values) : values.length
    const order = decodeOrder(part, rows)
    const inside = columnOf({ ...common, contexts: tableAt(position, rows), ...order }, values)
    // The table has been found to be one; values that are a list may be another writer's numbers, which we would write as bytes.
    if (values instanceof Uint8Array)
      sources.set(inside, {
        column: inside,
        table: tables[position] as TableDocument,
        values,
        ...encodeOrder(order.order),
      })
    return inside
  }
  return field(map, 'columns', list(column))
}
