import { type ExternalColumn, isExternal, type Segment, type StoredColumn } from '../segment/segment.js'
import {
  decodeExternal,
  decodeSegmentDocument,
  encodeColumn,
  encodeExternal,
  encodeReference,
  encodeWithReferences,
} from '../segment/segment-document.js'
import { bytes, field, fields, list, text } from '../segment/shape.js'
import { decodeDocument, encodeDocument } from '../segment/value-codec.js'

/** Segments and columns as the index keeps them: columns apart, so that listing runs reads no values. */
export interface StoredSegment {
  /** Writers in whose shards it was found, sorted. */
  readonly writers: readonly string[]
  /** The document of the segment, its columns all references. Of two segments of one id the lesser bytes win: any order of folding ends alike. */
  readonly document: Uint8Array
}

/** The `file` of a column whose values lie in the index. */
const IN_INDEX = '_'

export function segmentDocument(segment: Segment): Uint8Array {
  const columns = segment.columns.map((column) =>
    encodeReference(
      isExternal(column)
        ? column
        : { name: column.name, loops: column.contexts.loops, summary: column.summary, file: IN_INDEX },
    ),
  )
  return encodeWithReferences(segment, columns)
}

/** The segment, every column without its values. @throws RangeError if the index is damaged */
export function readSegmentDocument(document: Uint8Array): Segment {
  return decodeSegmentDocument(fields(decodeDocument(document), 'segment'))
}

export function encodeStored({ writers, document }: StoredSegment): Uint8Array {
  return encodeDocument({ writers, segment: document })
}

/** @throws RangeError if the index is damaged */
export function decodeStored(data: Uint8Array): StoredSegment {
  const map = fields(decodeDocument(data), 'stored segment')
  return { writers: field(map, 'writers', list(text)), document: field(map, 'segment', bytes) }
}

export function encodeStoredColumn(column: StoredColumn | ExternalColumn): Uint8Array {
  return isExternal(column) ? encodeDocument({ file: column.file }) : encodeExternal(encodeColumn(column))
}

/** The column, or the name of the file that holds it. @throws RangeError if the index is damaged */
export function decodeStoredColumn(data: Uint8Array): StoredColumn | { readonly file: string } {
  const map = fields(decodeDocument(data), 'column')
  return map.file === undefined ? decodeExternal(data) : { file: field(map, 'file', text) }
}
