import { count, field, fields, list, maybe, number, text } from '../segment/shape.js'
import { decodeDocument } from '../segment/value-codec.js'

/** What `r/<run>` holds. */
export interface RunRecord {
  readonly nr: number
  /** Absent while the run is not listed. */
  readonly startedMs?: number
  readonly segments: readonly string[]
}

/** What `totals` holds. */
export interface Totals {
  /** A random name that each making of the index has: numbers of runs mean nothing in another. */
  readonly generation: string
  /** The number that the next new run gets: one more than the greatest there is. */
  readonly next: number
  readonly listed: number
}

/** @throws RangeError if the index is damaged */
export function decodeRunRecord(data: Uint8Array): RunRecord {
  const map = fields(decodeDocument(data), 'run')
  return {
    nr: field(map, 'nr', count),
    ...maybe(map, 'startedMs', number),
    segments: field(map, 'segments', list(text)),
  }
}

/** @throws RangeError if the index is damaged */
export function decodeTotals(data: Uint8Array): Totals {
  const map = fields(decodeDocument(data), 'totals')
  return {
    generation: field(map, 'generation', text),
    next: field(map, 'next', count),
    listed: field(map, 'listed', count),
  }
}
