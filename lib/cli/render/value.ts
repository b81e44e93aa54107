import { type LogValue, Tensor } from '../../model/value.js'
import { formatExactNumber, formatNumber } from './number.js'
import { sanitizeLine } from './sanitize.js'

/** How numbers are shown: `exact` for identities (arguments), a count of significant digits for measurements. */
export type NumberStyle = 'exact' | number

/** The longest text of a value that is shown; the rest is cut off before anything else looks at it. */
const LONGEST = 400

/** A stored value in one line for people, free of control characters; long ones are cut with `…`. */
export function formatValue(value: LogValue | undefined, numbers: NumberStyle = 4): string {
  if (value === undefined) return ''
  if (typeof value === 'number') {
    return numbers === 'exact' ? formatExactNumber(value) : formatNumber(value, numbers)
  }
  if (typeof value === 'string') return sanitizeLine(cut(value))
  if (typeof value === 'bigint' || typeof value === 'boolean' || value === null) return cut(String(value))
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString()
  if (value instanceof Tensor) return `${sanitizeLine(value.dtype)}[${value.shape.join('×')}]`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}[${value.length}]`
  if (Array.isArray(value)) return cut(listed(value, numbers))
  return cut(mapped(value as { readonly [key: string]: LogValue }, numbers))
}

function listed(values: readonly LogValue[], numbers: NumberStyle): string {
  const shown = values.slice(0, 20).map((it) => formatValue(it, numbers))
  return `[${shown.join(', ')}${values.length > 20 ? ', …' : ''}]`
}

function mapped(map: { readonly [key: string]: LogValue }, numbers: NumberStyle): string {
  const entries = Object.entries(map)
  const shown = entries.slice(0, 20).map(([key, it]) => `${formatName(key)}: ${formatValue(it, numbers)}`)
  return `{${shown.join(', ')}${entries.length > 20 ? ', …' : ''}}`
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/** The longest name that is shown. */
const LONGEST_NAME = 100

/** A name of the user's in one line, free of control characters; a very long one is cut with `…`. */
export function formatName(name: string): string {
  return sanitizeLine(name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name)
}

/** `name=value` as one would type it again: quoted where a shell would split it. */
export function formatAssignment(name: string, value: LogValue): string {
  const shown = formatValue(value, 'exact')
  const quoted =
    typeof value === 'string' && !/^[\w./:@%+,-]+$/.test(shown) ? `"${shown.replaceAll('"', '\\"')}"` : shown
  return `${formatName(name)}=${quoted}`
}
