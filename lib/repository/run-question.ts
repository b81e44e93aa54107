import { keyTime } from '../db/keys.js'
import type { RunEntry } from '../db/run-entry.js'
import type { LogValue } from '../model/value.js'
import { bestOf } from '../query/best-of.js'
import { type Expression, holds, type KindWatch, type SortKey } from '../query/predicate.js'
import { runLookup } from '../query/run-lookup.js'
import { compareKeys } from '../query/sort-rows.js'

/** What is asked of a run before any predicate. */
export interface RunOutline {
  readonly startedMs: number
  readonly script: string | undefined
  readonly status: string
}

/** Which runs are wanted, and which of them come first; the newest ones where there are no keys to sort by. */
export interface RunQuestion {
  readonly limit: number
  readonly fits?: (run: RunOutline) => boolean
  readonly where?: Expression
  readonly sort?: readonly SortKey[]
  /** Told of values that `where` cannot compare; without it the first is an error. */
  readonly kinds?: KindWatch
}

export function outlineOf({ header, end }: RunEntry): RunOutline {
  return { startedMs: header.startedMs, script: header.script, status: end.status }
}

/** Whether a run is wanted. @throws FlorError PREDICATE_TYPE, UNSUPPORTED */
export function isWanted(entry: RunEntry, { fits, where, kinds }: RunQuestion): boolean {
  if (fits !== undefined && !fits(outlineOf(entry))) return false
  return where === undefined || holds(where, runLookup(entry), kinds)
}

/** What a run is sorted by. @throws FlorError UNSUPPORTED */
export function sortKeysOf(entry: RunEntry, sort: readonly SortKey[]): (LogValue | undefined)[] {
  const lookup = runLookup(entry)
  return sort.map(({ name, aggregate }) => lookup(name, aggregate))
}

/** Answers a question by the entries of all runs that can be meant. @throws FlorError PREDICATE_TYPE, UNSUPPORTED */
export function selectAmong(entries: readonly RunEntry[], question: RunQuestion): RunEntry[] {
  const { sort, limit } = question
  const wanted = entries.toSorted(newestFirst).filter((entry) => isWanted(entry, question))
  question.kinds?.settle()
  if (sort === undefined) return wanted.slice(0, limit)
  const keyed = wanted.map((entry) => ({ entry, keys: sortKeysOf(entry, sort) }))
  return bestOf(keyed, limit, (a, b) => compareKeys(a.keys, b.keys, sort)).map(({ entry }) => entry)
}

/** The order of `t/<start>/<run>` in the index, backwards. */
function newestFirst(a: RunEntry, b: RunEntry): number {
  const order = keyTime(b.header.startedMs) - keyTime(a.header.startedMs)
  return order !== 0 ? order : a.run < b.run ? 1 : -1
}
