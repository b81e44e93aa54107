import type { TypedArray } from '../model/value.js'

/**
 * Typed arrays as bytes: one byte for the element type, then the elements, little-endian on every machine.
 * The codes are part of the format and never change their meaning:
 *
 *     0 int8   1 uint8   2 uint8 clamped   3 int16    4 uint16    5 int32
 *     6 uint32 7 float32 8 float64         9 int64   10 uint64
 */
const TYPES = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Tells whether `value` is a typed array whose element type has a code. */
export function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && TYPES.some((type) => value instanceof type)
}

/** The array's type code and elements. @throws TypeError for an element type without a code */
export function encodeTypedArray(array: TypedArray): Uint8Array {
  const code = TYPES.findIndex((type) => array instanceof type)
  if (code === -1) throw new TypeError(`no code for a ${(array as object).constructor.name}`)
  const bytes = new Uint8Array(1 + array.byteLength)
  bytes[0] = code
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), 1)
  if (!isLittleEndian) reverseElements(bytes.subarray(1), array.BYTES_PER_ELEMENT)
  return bytes
}

/** Reads what {@link encodeTypedArray} wrote, into memory of its own. @throws RangeError on anything else */
export function decodeTypedArray(bytes: Uint8Array): TypedArray {
  const type = TYPES[bytes[0] ?? -1]
  if (type === undefined) throw new RangeError(`unknown element type ${bytes[0]}`)
  const size = bytes.length - 1
  if (size % type.BYTES_PER_ELEMENT !== 0) throw new RangeError(`${size} bytes of ${type.name}`)
  const copy = Uint8Array.prototype.slice.call(bytes, 1)
  if (!isLittleEndian) reverseElements(copy, type.BYTES_PER_ELEMENT)
  // A Buffer's slice may lie anywhere in a pool; Uint8Array's own owns its memory from offset 0.
  return new type(new Uint8Array(copy).buffer)
}

function reverseElements(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse()
}
