import { Decoder, Encoder, ExtData, ExtensionCodec } from '@msgpack/msgpack'
import { type LogValue, Tensor } from '../model/value.js'
import { MAX_DEPTH, scanMsgpack } from './msgpack-scan.js'
import { decodeTypedArray, encodeTypedArray, isTypedArray } from './typed-array-codec.js'

/**
 * Values as msgpack. Numbers, strings, booleans, nil, arrays and maps with text keys are plain msgpack; raw bytes (bin) are an array of
 * uint8. An integer that msgpack writes as one is a number; big integers have a type of their own. Extension types, which
 * never change their meaning:
 *
 *     -1  a date: msgpack's own timestamp, read to the millisecond
 *      1  an integer of any size: two's complement, little-endian, as short as possible (0 is no bytes)
 *      2  the invalid date: no content
 *      3  a typed array other than uint8: typed-array-codec.ts
 *      4  a tensor: msgpack [dtype, shape, data], data being bin or type 3
 *      5  a map with the key `__proto__`, which decoders refuse: msgpack [key, value, key, value, …]
 *
 * So `{"lr": -0.0, "n": 300n}` is
 *
 *     82 a2 6c 72 cb 80 00 00 00 00 00 00 00 a1 6e d5 01 2c 01
 *
 * A reader keeps going over types that it does not know: they come back as their text `<extension 17>`.
 */
const INTEGER = 1
const INVALID_DATE = 2
const TYPED_ARRAY = 3
const TENSOR = 4
const PAIRS = 5

const codec = new ExtensionCodec()
codec.register({
  type: -1,
  encode: (value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? encodeDate(value) : null),
  decode: decodeDate,
})
codec.register({
  type: INTEGER,
  encode: (value) => (typeof value === 'bigint' ? encodeInteger(value) : null),
  decode: decodeInteger,
})
codec.register({
  type: INVALID_DATE,
  encode: (value) => (value instanceof Date ? new Uint8Array(0) : null),
  decode: () => new Date(Number.NaN),
})
codec.register({
  type: TYPED_ARRAY,
  // bin says the same as code 1 in fewer bytes, and is what other languages call bytes
  encode: (value) => (isTypedArray(value) && !(value instanceof Uint8Array) ? encodeTypedArray(value) : null),
  decode: decodeTypedArray,
})
codec.register({
  type: TENSOR,
  encode: (value) =>
    value instanceof Tensor ? encodeDocument([value.dtype, value.shape, value.data]) : null,
  decode: (data) => nested(() => decodeTensor(data)),
})
codec.register({
  type: PAIRS,
  encode: (value) => (hasProtoKey(value) ? encodeDocument(Object.entries(value).flat()) : null),
  decode: (data) => nested(() => decodePairs(data)),
})

const options = { extensionCodec: codec, maxDepth: MAX_DEPTH, ignoreUndefined: true }
const encoder = new Encoder(options)
/** msgpack has no integer -0: a value that holds one is written with floats only. */
const floatEncoder = new Encoder({ ...options, forceIntegerToFloat: true })
const decoder = new Decoder({
  extensionCodec: {
    tryToEncode: (value, context) => codec.tryToEncode(value, context),
    decode: (data, type, context) => {
      const value = codec.decode(data, type, context)
      return value instanceof ExtData ? `<extension ${type}>` : value
    },
  },
})

/** One value as msgpack. Keep to what {@link toLogValue} returns: other objects are written by their properties. */
export function encodeValue(value: LogValue): Uint8Array {
  return encodeDocument(value)
}

/**
 * Reads one value. Byte arrays in it may share memory with `bytes`.
 * @throws RangeError if `bytes` is not exactly one well-formed msgpack object
 */
export function decodeValue(bytes: Uint8Array): LogValue {
  return decodeDocument(bytes) as LogValue
}

/** A map or array that holds values: headers, checkpoints, plans. Undefined properties are left out. */
export function encodeDocument(document: unknown): Uint8Array {
  return holdsNegativeZero(document) ? floatEncoder.encode(document) : encoder.encode(document)
}

/**
 * Reads what {@link encodeDocument} wrote; what it holds is for the caller to check.
 * @throws RangeError if `bytes` is not exactly one well-formed msgpack object
 */
export function decodeDocument(bytes: Uint8Array): unknown {
  if (scanMsgpack(bytes) !== bytes.length) throw new RangeError('bytes follow the msgpack object')
  try {
    // A Buffer would hand out Buffers for byte arrays.
    const own =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    return decoder.decode(own)
  } catch (error) {
    throw error instanceof RangeError ? error : new RangeError((error as Error).message, { cause: error })
  }
}

function holdsNegativeZero(value: unknown): boolean {
  if (typeof value === 'number') return Object.is(value, -0)
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return false
  if (Array.isArray(value)) {
    for (const part of value) if (holdsNegativeZero(part)) return true
    return false
  }
  for (const key in value) if (holdsNegativeZero((value as Record<string, unknown>)[key])) return true
  return false
}

function hasProtoKey(value: unknown): value is object {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, '__proto__')
}

function encodeDate(date: Date): Uint8Array {
  const seconds = Math.floor(date.getTime() / 1000)
  const bytes = new Uint8Array(12)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, (date.getTime() - seconds * 1000) * 1e6)
  view.setBigInt64(4, BigInt(seconds))
  return bytes
}

function decodeDate(data: Uint8Array): Date {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (data.length === 4) return new Date(view.getUint32(0) * 1000)
  if (data.length === 8) {
    const both = view.getBigUint64(0)
    return new Date(Number(both & 0x3ffffffffn) * 1000 + Math.floor(Number(both >> 34n) / 1e6))
  }
  if (data.length !== 12) throw new RangeError(`a timestamp of ${data.length} bytes`)
  return new Date(Number(view.getBigInt64(4)) * 1000 + Math.floor(view.getUint32(0) / 1e6))
}

function encodeInteger(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0)
  // Hexadecimal text is the one conversion that is linear in the size.
  const magnitude = (value < 0n ? -value - 1n : value).toString(16)
  const hex = magnitude.length % 2 === 0 ? magnitude : '0' + magnitude
  const bytes = Uint8Array.from(Buffer.from(hex, 'hex')).reverse()
  const full = (bytes[bytes.length - 1] as number) >= 0x80
  const result = full ? new Uint8Array(bytes.length + 1) : bytes
  if (full) result.set(bytes)
  return value < 0n ? result.map((byte) => byte ^ 0xff) : result
}

function decodeInteger(data: Uint8Array): bigint {
  if (data.length === 0) return 0n
  const isNegative = (data[data.length - 1] as number) >= 0x80
  const bytes = Uint8Array.from(data, (byte) => (isNegative ? byte ^ 0xff : byte)).reverse()
  const magnitude = BigInt('0x' + Buffer.from(bytes).toString('hex'))
  return isNegative ? -magnitude - 1n : magnitude
}

function decodeTensor(data: Uint8Array): Tensor {
  const parts = decodeDocument(data)
  if (!Array.isArray(parts)) throw new RangeError('a tensor is an array')
  const [dtype, shape, content] = parts as unknown[]
  if (typeof dtype !== 'string' || !isTypedArray(content))
    throw new RangeError('a tensor is [dtype, shape, data]')
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new RangeError('a tensor has whole numbers for its shape')
  return new Tensor(dtype, shape, content)
}

function decodePairs(data: Uint8Array): unknown {
  const flat = decodeDocument(data)
  if (!Array.isArray(flat) || flat.length % 2 !== 0) throw new RangeError('pairs come in twos')
  const pairs: [string, unknown][] = []
  for (let i = 0; i < flat.length; i += 2) pairs.push([String(flat[i]), flat[i + 1]])
  return Object.fromEntries(pairs) // defines properties: a `__proto__` stays an ordinary key
}

let depth = 0

/** Extensions hold msgpack that the scan of the whole did not see: their nesting is bounded here. */
function nested<T>(decode: () => T): T {
  if (depth >= 8) throw new RangeError('extensions nested too deep')
  depth++
  try {
    return decode()
  } finally {
    depth--
  }
}
