import type { LogValue } from '../model/value.js'
import { toLogValue } from '../segment/to-log-value.js'
import { encodeValue } from '../segment/value-codec.js'
import { session } from './session.js'

/**
 * Records `value` under `name` in the loop iterations that are open, and returns it.
 *
 * Numbers (NaN, infinities and -0 included), strings, booleans, null, dates, big integers, typed arrays,
 * tensors, and plain arrays and objects of these are kept as they are; anything else as its text, with one
 * warning a name. The value is copied at once: changing the object later does not change the record. A `name` that is not
 * a text of at least one character records nothing, with one warning: logging never ends a training.
 */
export function log<T>(name: string, value: T): T {
  const { spool, loops } = session()
  if (spool === undefined) return value
  if (typeof name !== 'string' || name === '') {
    const given = name === '' ? "''" : describe(name)
    session().warn(
      `flor.log(${given}, …): the name must be a text of at least one character; nothing is recorded`,
    )
    return value
  }
  if (loops.isConcurrent) loops.surface()
  if (typeof value === 'number') spool.recordNumber(name, value)
  else spool.record(name, encodeLogged(name, value))
  return value
}

function encodeLogged(name: string, input: unknown): Uint8Array {
  const { value, lossless } = toLogValue(input)
  if (!lossless) {
    session().warn(
      `flor.log('${name}', …): ${describe(input)} cannot be stored as it is: what it holds, or its text, is recorded instead`,
    )
  }
  return encodeValue(value satisfies LogValue)
}

function describe(input: unknown): string {
  if (input instanceof Promise) return 'a promise (await it first)'
  if (input === undefined || input === null) return String(input)
  if (typeof input !== 'object') return `a ${typeof input}`
  return `an object (${input.constructor?.name ?? 'Object'})`
}
