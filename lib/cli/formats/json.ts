import { type LogValue, Tensor, type TypedArray } from '../../model/value.js'
import { sanitizeJson } from '../render/sanitize.js'

/** Version of everything that `--json` prints; docs/json.md says what changes it. */
export const JSON_VERSION = 1

/** What {@link toJson} takes: stored values, and plain structures around them. Absent members are left out. */
export type Jsonable = LogValue | undefined | readonly Jsonable[] | { readonly [key: string]: Jsonable }

/**
 * JSON text of a value. What JSON lacks is written as docs/json.md says: NaN and infinities as `"NaN"`, `"Infinity"`, `"-Infinity"`;
 * -0 as `-0.0`; big integers as decimal strings, dates as ISO 8601 strings, typed arrays as arrays, tensors as
 * `{"dtype", "shape", "data"}`. Holds no character that a terminal would act upon.
 */
export function toJson(value: Jsonable): string {
  return sanitizeJson(encode(value))
}

function encode(value: Jsonable): string {
  switch (typeof value) {
    case 'number':
      return encodeNumber(value)
    case 'bigint':
      return `"${value}"`
    case 'string':
      return JSON.stringify(value)
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'null'
  }
  if (value === null) return 'null'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'null' : `"${value.toISOString()}"`
  if (value instanceof Tensor) {
    return encode({ dtype: value.dtype, shape: value.shape, data: value.data })
  }
  if (ArrayBuffer.isView(value)) return encodeTyped(value as TypedArray)
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`
  const members = Object.entries(value as { readonly [key: string]: Jsonable })
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${JSON.stringify(key)}:${encode(member)}`)
  return `{${members.join(',')}}`
}

function encodeNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0.0' : String(value)
  return `"${value}"`
}

function encodeTyped(values: TypedArray): string {
  return `[${Array.from<number | bigint, string>(values, encode).join(',')}]`
}
