import { crc32 } from 'node:zlib'
import { encodeSummary } from './column-codec.js'
import { type ExternalColumn, isExternal, type Segment, type StoredColumn } from './segment.js'
import {
  decodeSegmentDocument,
  type EncodedColumn,
  encodeColumn,
  encodeExternal,
  encodeHead,
  encodeReference,
} from './segment-document.js'
import { count, field, fields } from './shape.js'
import { decodeDocument, encodeDocument } from './value-codec.js'

/**
 * A note: segments one behind the other, in any order, the same one perhaps twice. Each is
 *
 *     89 46 4c 4f 52    "\x89FLOR"
 *     u32le             size of the document in bytes
 *     u32le             CRC-32 (zlib's) of the document
 *     …                 the document: one msgpack map, segment-document.ts
 *     ff                the end
 *
 * so the empty map would be `89 46 4c 4f 52 | 01 00 00 00 | ad 6c ba 3f | 80 | ff`. Git's note merging joins notes with newlines and drops
 * newlines at their end: no segment begins or ends with one, and readers pass over white space between segments. Anything else between
 * them, and a segment that does not match its checksum, is reported and passed over, up to the next magic.
 *
 * Compatibility: `v` in the document is 1. A reader that finds a greater one leaves the segment alone and says so.
 */
const MAGIC = Uint8Array.of(0x89, 0x46, 0x4c, 0x4f, 0x52)
const END = 0xff
const HEAD_SIZE = MAGIC.length + 8
const FRAME_SIZE = HEAD_SIZE + 1

/** What a note is kept under. */
export const NOTE_BUDGET_BYTES = 1024 * 1024

export interface EncodedSegment {
  /** To be appended to the run's note. */
  readonly note: Uint8Array
  /** Columns that did not fit, for the run's `columns` folder. */
  readonly external: readonly { readonly file: string; readonly data: Uint8Array }[]
}

/**
 * The bytes of a segment. The smallest columns stay in the note while that is not larger than `noteBudgetBytes`; header, timeline and
 * summaries stay in any case. Columns that are external already stay so.
 */
export function encodeSegment(
  segment: Segment,
  options: { readonly noteBudgetBytes?: number } = {},
): EncodedSegment {
  const budget = options.noteBudgetBytes ?? NOTE_BUDGET_BYTES
  const encoded = segment.columns.map((column) => (isExternal(column) ? column : encodeColumn(column)))
  const head = encodeHead(segment)
  const references = encoded.map((part, i) => (isEncoded(part) ? referenceTo(part, segment.id, i) : part))
  const bare = frame({ ...head, tables: [], columns: references.map((column) => encodeReference(column)) })
  const inline = chooseInline(encoded, budget - bare.length)
  if (inline.size === 0) return { note: bare, external: externals(encoded, references, inline) }

  const tables = new TableList()
  const columns = encoded.map((part, i) =>
    isEncoded(part) && inline.has(part)
      ? {
          name: part.column.name,
          summary: encodeSummary(part.column.summary),
          table: tables.add(part),
          values: part.values,
          ...(part.order && { order: part.order }),
        }
      : encodeReference(references[i] as ExternalColumn),
  )
  const note = frame({ ...head, tables: tables.documents, columns })
  return { note, external: externals(encoded, references, inline) }
}

type Part = EncodedColumn | ExternalColumn

const isEncoded = (part: Part): part is EncodedColumn => 'table' in part

function referenceTo({ column }: EncodedColumn, id: string, position: number): ExternalColumn {
  const file = `${id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 80) || '_'}-${position}`
  return { name: column.name, loops: column.contexts.loops, summary: column.summary, file }
}

function externals(parts: readonly Part[], references: readonly ExternalColumn[], inline: ReadonlySet<Part>) {
  return parts.flatMap((part, i) =>
    isEncoded(part) && !inline.has(part)
      ? [{ file: (references[i] as ExternalColumn).file, data: encodeExternal(part) }]
      : [],
  )
}

function chooseInline(parts: readonly Part[], budget: number): ReadonlySet<Part> {
  const tables = new TableList()
  const sized = parts.filter(isEncoded).map((part) => ({ part, size: valuesSize(part) }))
  const chosen = new Set<Part>()
  let rest = budget
  for (const { part, size } of sized.sort((a, b) => a.size - b.size)) {
    const cost = size + tables.costOf(part) + 16
    if (cost > rest) continue
    tables.add(part)
    chosen.add(part)
    rest -= cost
  }
  return chosen
}

function valuesSize({ values, order }: EncodedColumn): number {
  const size = values instanceof Uint8Array ? values.length : encodeDocument(values).length
  return size + (order?.length ?? 0)
}

/** Context tables, each once whatever columns share it. */
class TableList {
  readonly documents: object[] = []
  readonly #positions = new Map<string, number>()
  /** Columns of one shape often share one object: what it looks like encoded, computed once. */
  static readonly #keys = new WeakMap<object, string>()

  add(part: EncodedColumn): number {
    const key = TableList.#key(part)
    const known = this.#positions.get(key)
    if (known !== undefined) return known
    this.#positions.set(key, this.documents.length)
    return this.documents.push(part.table) - 1
  }

  costOf(part: EncodedColumn): number {
    const key = TableList.#key(part)
    return this.#positions.has(key) ? 0 : key.length
  }

  static #key({ table }: EncodedColumn): string {
    const known = TableList.#keys.get(table)
    if (known !== undefined) return known
    const bytes = encodeDocument(table)
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    TableList.#keys.set(table, key)
    return key
  }
}

function frame(document: object): Uint8Array {
  const payload = encodeDocument(document)
  const bytes = new Uint8Array(payload.length + FRAME_SIZE)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(MAGIC.length, payload.length, true)
  view.setUint32(MAGIC.length + 4, crc32(payload), true)
  bytes.set(payload, HEAD_SIZE)
  bytes[bytes.length - 1] = END
  return bytes
}

/** A part of a note that could not be read. */
export interface Quarantined {
  readonly code: 'SEGMENT_CORRUPT' | 'SEGMENT_TOO_NEW'
  readonly offset: number
  readonly sizeBytes: number
  readonly reason: string
}

export interface DecodedNote {
  readonly segments: readonly Segment[]
  readonly quarantined: readonly Quarantined[]
}

/** Reads what can be read of a note, which anybody may have written. Never throws. */
export function decodeSegments(note: Uint8Array): DecodedNote {
  const segments: Segment[] = []
  const quarantined: Quarantined[] = []
  const bytes = Buffer.from(note.buffer, note.byteOffset, note.length)
  for (let at = 0; at < bytes.length; ) {
    const found = bytes.indexOf(MAGIC, at)
    const start = found === -1 ? bytes.length : found
    if (!isBlank(bytes, at, start)) quarantined.push(corrupt(at, start - at, 'these bytes are not a segment'))
    if (start === bytes.length) break
    const size = frameSize(bytes, start)
    if (size === undefined) {
      const next = bytes.indexOf(MAGIC, start + 1)
      const end = next === -1 ? bytes.length : next
      quarantined.push(corrupt(start, end - start, 'the segment is cut short or damaged'))
      at = end
      continue
    }
    const payload = note.subarray(start + HEAD_SIZE, start + size - 1)
    const result = decodePayload(payload)
    if ('id' in result) segments.push(result)
    else quarantined.push({ ...result, offset: start, sizeBytes: size })
    at = start + size
  }
  return { segments, quarantined }
}

const corrupt = (offset: number, sizeBytes: number, reason: string): Quarantined => ({
  code: 'SEGMENT_CORRUPT',
  offset,
  sizeBytes,
  reason,
})

/** The size of the whole segment at `start`; undefined unless it is all there and matches its checksum. */
function frameSize(bytes: Buffer, start: number): number | undefined {
  if (start + FRAME_SIZE > bytes.length) return undefined
  const end = start + HEAD_SIZE + bytes.readUInt32LE(start + MAGIC.length)
  if (end >= bytes.length || bytes[end] !== END) return undefined
  const isWhole =
    crc32(bytes.subarray(start + HEAD_SIZE, end)) === bytes.readUInt32LE(start + MAGIC.length + 4)
  return isWhole ? end + 1 - start : undefined
}

function decodePayload(payload: Uint8Array): Segment | Pick<Quarantined, 'code' | 'reason'> {
  try {
    const map = fields(decodeDocument(payload), 'segment')
    const version = field(map, 'v', count)
    if (version > 1)
      return { code: 'SEGMENT_TOO_NEW', reason: `segment version ${version}; this git-flor reads version 1` }
    if (version !== 1) return { code: 'SEGMENT_CORRUPT', reason: `segment version ${version}` }
    return decodeSegmentDocument(map, payload)
  } catch (error) {
    return { code: 'SEGMENT_CORRUPT', reason: (error as Error).message }
  }
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    if (byte !== 0x0a && byte !== 0x0d && byte !== 0x20 && byte !== 0x09) return false
  }
  return true
}

export { decodeExternal } from './segment-document.js'
export type { ExternalColumn, StoredColumn }
