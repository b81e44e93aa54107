import type { RunOid } from '../model/oid.js'

/**
 * The keys of the index; their values are msgpack documents, but for entries, which are JSON (entry-codec.ts). A run's oid has no `/` and no NUL in
 * it. `<nr>` is a number that each run gets when it is first seen, counted from 0: everything large lies in that order, so that what is
 * folded in later is written behind what is there, and nothing is moved. Numbers in keys have 8 hexadecimal digits.
 *
 *     format                     {version}: its absence means that this is not, or no longer, an index
 *     tips                       {ref: oid}: what was folded in
 *     totals                     {generation, next, listed}: which making of the index this is, the next run's number, runs that are listed
 *     r/<run>                    {nr, startedMs?, segments: ids}: startedMs only when the run is listed
 *     t/<start>/<run>            nr, of a listed run; <start> is 14 hexadecimal digits of milliseconds
 *     e/<nr>                     the RunEntry
 *     s/<nr>/<segment>           {writers, segment: bytes}: the segment without its columns' values
 *     v/<nr>/<column>/<segment>  the segment's column number <column>, counted from 0
 *     n/<kind>/<name>            how many runs have values (kind v), an argument (a), or a loop (l) of this name
 *     f/<block>/<fact>           one fact of the runs <block> x 1024 and following: fact-block.ts
 *     u/<nr>                     empty: the run's facts are not in their block yet; its entry tells them
 */
export const FORMAT_KEY = 'format'
export const TIPS_KEY = 'tips'
export const TOTALS_KEY = 'totals'

export const runKey = (run: string): string => `r/${run}`

export const segmentKey = (nr: number, id: string): string => `s/${fixed(nr)}/${id}`

export const columnKey = (nr: number, id: string, position: number): string =>
  `v/${fixed(nr)}/${position}/${id}`

export const timeKey = (startedMs: number, run: RunOid | ''): string => `t/${sortable(startedMs)}/${run}`

export const entryKey = (nr: number): string => `e/${fixed(nr)}`

export const freshKey = (nr: number): string => `u/${fixed(nr)}`

/** The number in what {@link freshKey} made. */
export const parseFreshKey = (key: string): number => Number.parseInt(key.slice(2), 16)

export const factKey = (block: number, fact: string): string => `f/${fixed(block)}/${fact}`

/** The fact in what {@link factKey} made. */
export const parseFactKey = (key: string): string => key.slice('f/00000000/'.length)

export type NameKind = 'value' | 'argument' | 'loop'

const KIND_LETTERS = { value: 'v', argument: 'a', loop: 'l' } as const satisfies Record<NameKind, string>

export const nameKey = (kind: NameKind, name: string): string => `n/${KIND_LETTERS[kind]}/${name}`

/** Reads what {@link nameKey} wrote. */
export function parseNameKey(key: string): { readonly kind: NameKind; readonly name: string } {
  return { kind: key[2] === 'v' ? 'value' : key[2] === 'a' ? 'argument' : 'loop', name: key.slice(4) }
}

/** The range of all keys that begin with `prefix`, which ends in an ASCII character. */
export function startingWith(prefix: string): { readonly gte: string; readonly lt: string } {
  const last = prefix.length - 1
  return { gte: prefix, lt: prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1) }
}

const fixed = (nr: number): string => nr.toString(16).padStart(8, '0')

/** Times as text of one length, so that text order is time order. */
function sortable(startedMs: number): string {
  return keyTime(startedMs).toString(16).padStart(14, '0')
}

/** The whole milliseconds that stand for a time in keys; times that cannot be are put at the ends. */
export function keyTime(startedMs: number): number {
  return Math.min(Math.max(Math.trunc(startedMs) || 0, 0), Number.MAX_SAFE_INTEGER)
}
