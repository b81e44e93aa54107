import { type LogValue, Tensor } from '../../model/value.js'
import { toJson } from './json.js'

/** One record of RFC 4180, CRLF left to the caller: fields with a comma, a quote or a line break are quoted. */
export function csvRecord(fields: readonly string[]): string {
  return fields.map(quoteField).join(',')
}

/**
 * A value as a CSV field: numbers as they read back exactly (`NaN`, `inf`, `-inf` as pandas and R know them), absent values and null
 * empty, dates as ISO 8601, and what has no CSV form as JSON.
 */
export function csvField(value: LogValue | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return Object.is(value, -0) ? '-0.0' : String(value)
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
  }
  if (typeof value === 'string') return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString()
  if (value instanceof Tensor || typeof value === 'object') return toJson(value)
  return String(value)
}

function quoteField(field: string): string {
  return /[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
