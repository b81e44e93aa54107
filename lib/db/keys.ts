import type { RunOid } from '../model/oid.js'

/**
 * The keys of the index; their values are msgpack documents, but for entries, which are JSON (entry-codec.ts). A run's oid has no `/` and no NUL in it.
 *
 *     format                     {version}: its absence means that this is not, or no longer, an index
 *     tips                       {ref: oid}: what was folded in
 *     r/<run>                    {startedMs?, segments: ids}: startedMs only when the run is listed
 *     t/<start>/<run>            the RunEntry; <start> is 14 hexadecimal digits of milliseconds
 *     s/<run>/<segment>          {writers, segment: bytes}: the segment without its columns' values
 *     v/<run>/<nr>/<segment>     the segment's column number <nr>, counted from 0
 *     n/v/<name>NUL<run>         empty: the run has values of this name
 *     n/a/<name>NUL<run>         empty: the run has an argument of this name
 */
export const FORMAT_KEY = 'format'
export const TIPS_KEY = 'tips'

export const runKey = (run: string): string => `r/${run}`

export const segmentKey = (run: RunOid, id: string): string => `s/${run}/${id}`

export const columnKey = (run: RunOid, id: string, position: number): string => `v/${run}/${position}/${id}`

export const entryKey = (run: RunOid, startedMs: number): string => `t/${sortable(startedMs)}/${run}`

export type NameKind = 'value' | 'argument'

export const nameKey = (kind: NameKind, name: string, run: RunOid): string =>
  `n/${kind === 'value' ? 'v' : 'a'}/${name}\0${run}`

/** Reads what {@link nameKey} wrote. */
export function parseNameKey(key: string): { readonly kind: NameKind; readonly name: string } {
  return { kind: key[2] === 'v' ? 'value' : 'argument', name: key.slice(4, key.lastIndexOf('\0')) }
}

/** The range of all keys that begin with `prefix`, which ends in an ASCII character. */
export function startingWith(prefix: string): { readonly gte: string; readonly lt: string } {
  const last = prefix.length - 1
  return { gte: prefix, lt: prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1) }
}

/** Times as text of one length, so that text order is time order; times that cannot be are put at the ends. */
function sortable(startedMs: number): string {
  const ms = Math.min(Math.max(Math.trunc(startedMs) || 0, 0), Number.MAX_SAFE_INTEGER)
  return ms.toString(16).padStart(14, '0')
}
