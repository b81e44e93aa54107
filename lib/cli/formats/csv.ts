import { type LogValue, Tensor } from '../../model/value.js'
import { toJson } from './json.js'

/**
 * One record of RFC 4180, its end left to the caller: fields with a comma, a quote, a line break or outer blanks are quoted, and so are
 * empty texts, which are not the same as no value.
 */
export function csvRecord(fields: readonly (string | undefined)[]): string {
  return fields.map(quoteField).join(',')
}

/**
 * One line of tab-separated values, its end left to the caller: a tab, line feed, carriage return or backslash inside a field is
 * `\t`, `\n`, `\r`, `\\`, as PostgreSQL and DuckDB take it.
 */
export function tsvRecord(fields: readonly (string | undefined)[]): string {
  return fields.map(escapeField).join('\t')
}

/**
 * A value as a field: numbers as they read back exactly (`NaN`, `inf`, `-inf` as pandas and R know them), dates as ISO 8601, and what
 * has no form of its own as JSON. Undefined for absent values, null, and dates that are none.
 */
export function csvField(value: LogValue | undefined): string | undefined {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value === 0 && Object.is(value, -0) ? '-0.0' : String(value)
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
  }
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString()
  if (value instanceof Tensor || typeof value === 'object') return toJson(value)
  return String(value)
}

function quoteField(field: string | undefined): string {
  if (field === undefined) return ''
  return /[",\r\n]|^\s|\s$|^$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}

const ESCAPES: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\\': '\\\\' }

function escapeField(field = ''): string {
  return /[\t\n\r\\]/.test(field) ? field.replace(/[\t\n\r\\]/g, (c) => ESCAPES[c] as string) : field
}
