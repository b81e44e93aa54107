import type { LogValue } from '../model/value.js'
import type { SortKey } from './predicate.js'

/** Something to be sorted, and its values of the keys. */
export interface Keyed<T> {
  readonly item: T
  readonly keys: readonly (LogValue | undefined)[]
}

/** Sorts by the keys, the first one first; equals stay in their order. NaN comes behind all numbers and what is missing last, downwards too. */
export function sortKeyed<T>(keyed: readonly Keyed<T>[], sort: readonly SortKey[]): T[] {
  return keyed.toSorted((a, b) => compareKeys(a.keys, b.keys, sort)).map(({ item }) => item)
}

/** Less than 0 where `a` comes first; 0 where the keys do not tell. */
export function compareKeys(
  a: readonly (LogValue | undefined)[],
  b: readonly (LogValue | undefined)[],
  sort: readonly SortKey[],
): number {
  for (let i = 0; i < sort.length; i++) {
    const order = compareValues(a[i], b[i], sort[i]?.descending === true)
    if (order !== 0) return order
  }
  return 0
}

/** Kinds in the order in which they stand whatever the direction; values of one kind are compared. */
const LAST = 5

function kindOf(value: LogValue | undefined): number {
  if (value === undefined || value === null) return LAST
  if (typeof value === 'bigint') return 0
  if (typeof value === 'number') return Number.isNaN(value) ? 4 : 0
  if (value instanceof Date) return 1
  if (typeof value === 'boolean') return 2
  return 3
}

function compareValues(a: LogValue | undefined, b: LogValue | undefined, descending: boolean): number {
  const kind = kindOf(a)
  if (kind !== kindOf(b)) return kind - kindOf(b)
  if (kind >= 4) return 0
  const [x, y] = kind === 3 ? [String(a), String(b)] : [a as number, b as number]
  const order = x < y ? -1 : x > y ? 1 : 0
  return descending ? -order : order
}
