import type { DuckDBValue } from '@duckdb/node-api'
import type { LogValue } from '../../model/value.js'
import type { DuckDb } from './find-duckdb.js'

/** Decimal digits that every number has room for. */
const SAFE_DIGITS = 15

/**
 * A value of a result as our formats print it. Whole numbers and decimals are numbers where a number holds them exactly, and else big
 * integers or the text of their digits; lists are arrays, structs and maps objects; dates, times, intervals, UUIDs and blobs are text as DuckDB
 * writes them.
 */
export function resultValue(value: DuckDBValue, duckdb: DuckDb): LogValue {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
      return value
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    case 'undefined':
      return null
  }
  if (value === null) return null
  if (value instanceof duckdb.DuckDBDecimalValue) {
    const text = String(value)
    return text.replace(/\D/g, '').length <= SAFE_DIGITS ? Number(text) : text
  }
  if (value instanceof duckdb.DuckDBListValue || value instanceof duckdb.DuckDBArrayValue) {
    return value.items.map((item) => resultValue(item, duckdb))
  }
  if (value instanceof duckdb.DuckDBStructValue) return mapped(Object.entries(value.entries), duckdb)
  if (value instanceof duckdb.DuckDBMapValue) {
    return mapped(
      value.entries.map(({ key, value: own }) => [String(key), own]),
      duckdb,
    )
  }
  if (value instanceof duckdb.DuckDBUnionValue) return resultValue(value.value, duckdb)
  return String(value)
}

/** An object whose keys may be anything, `__proto__` included. */
function mapped(
  entries: readonly (readonly [string, DuckDBValue])[],
  duckdb: DuckDb,
): { readonly [key: string]: LogValue } {
  const members = entries.map(([key, value]) => [key, resultValue(value, duckdb)] as const)
  return Object.assign(Object.create(null), Object.fromEntries(members))
}
