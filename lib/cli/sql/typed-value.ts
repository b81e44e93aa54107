import { type LogValue, Tensor } from '../../model/value.js'
import { toJson } from '../formats/json.js'

/** A stored value in the three columns that relations have for it. */
export interface TypedValue {
  readonly type: string
  readonly value: number | null
  readonly text: string | null
}

/** Numbers stand in `value`, everything else exactly in `text`: big integers as digits, dates as ISO 8601, arrays as JSON. */
export function typedValue(value: LogValue): TypedValue {
  switch (typeof value) {
    case 'number':
      return { type: 'number', value, text: null }
    case 'string':
      return { type: 'string', value: null, text: value }
    case 'boolean':
      return { type: 'boolean', value: null, text: String(value) }
    case 'bigint':
      return { type: 'integer', value: null, text: String(value) }
  }
  if (value === null) return { type: 'null', value: null, text: null }
  if (value instanceof Date) {
    const text = Number.isNaN(value.getTime()) ? null : value.toISOString()
    return { type: 'date', value: null, text }
  }
  const type =
    value instanceof Tensor
      ? 'tensor'
      : ArrayBuffer.isView(value) || Array.isArray(value)
        ? 'array'
        : 'object'
  return { type, value: null, text: toJson(value) }
}
