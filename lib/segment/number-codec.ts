import { VarintReader, VarintWriter } from './varint.js'

/**
 * A column of numbers as bytes. The first byte names one of three encodings; which one is used is the writer's choice, and reading gives
 * back every number to the bit:
 *
 *     0  whole numbers of 32 bits, none of them -0: differences between neighbours (the first one's to 0) as signed varints
 *     1  numbers that float32 holds exactly: the first (lowest) byte of every float32, then every second byte, third, fourth
 *     2  any numbers: the eight bytes of every float64 in the same way
 *
 * Bytes of one rank lie together because Git's zlib finds the likeness of the high ones there, and nowhere else.
 * `[1, 2, 4]` is `00 02 02 04`; `[0.5, 1.5]` is `01 | 00 00 | 00 00 | 00 c0 | 3f 3f`.
 */
const INTEGERS = 0
const FLOAT32 = 1
const FLOAT64 = 2

export function encodeNumbers(values: Float64Array): Uint8Array {
  if (values.every(isInt32)) return encodeIntegers(values)
  return values.every(isFloat32) ? encodePlanes(FLOAT32, 4, values) : encodePlanes(FLOAT64, 8, values)
}

/** Reads what {@link encodeNumbers} wrote; never more numbers than bytes. @throws RangeError on anything else */
export function decodeNumbers(bytes: Uint8Array): Float64Array {
  switch (bytes[0]) {
    case INTEGERS:
      return decodeIntegers(bytes.subarray(1))
    case FLOAT32:
      return decodePlanes(4, bytes.subarray(1))
    case FLOAT64:
      return decodePlanes(8, bytes.subarray(1))
    default:
      throw new RangeError(`unknown encoding of numbers: ${bytes[0]}`)
  }
}

const isInt32 = (n: number): boolean => (n | 0) === n && (n !== 0 || 1 / n > 0)
const isFloat32 = (n: number): boolean => Math.fround(n) === n || Number.isNaN(n)

function encodeIntegers(values: Float64Array): Uint8Array {
  const writer = new VarintWriter()
  writer.unsigned(INTEGERS)
  let previous = 0
  for (const value of values) {
    writer.signed(value - previous)
    previous = value
  }
  return writer.finish()
}

function decodeIntegers(bytes: Uint8Array): Float64Array {
  const values = new Float64Array(bytes.length)
  const reader = new VarintReader(bytes)
  let count = 0
  let value = 0
  while (!reader.atEnd) {
    value += reader.signed()
    values[count++] = value
  }
  return values.slice(0, count)
}

function encodePlanes(encoding: number, width: 4 | 8, values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(1 + width * values.length)
  bytes[0] = encoding
  const one = new DataView(new ArrayBuffer(width))
  const parts = new Uint8Array(one.buffer)
  for (let row = 0; row < values.length; row++) {
    if (width === 4) one.setFloat32(0, values[row] as number, true)
    else one.setFloat64(0, values[row] as number, true)
    for (let rank = 0; rank < width; rank++) bytes[1 + rank * values.length + row] = parts[rank] as number
  }
  return bytes
}

function decodePlanes(width: 4 | 8, bytes: Uint8Array): Float64Array {
  if (bytes.length % width !== 0) throw new RangeError(`${bytes.length} bytes for numbers of ${width}`)
  const values = new Float64Array(bytes.length / width)
  const one = new DataView(new ArrayBuffer(width))
  const parts = new Uint8Array(one.buffer)
  for (let row = 0; row < values.length; row++) {
    for (let rank = 0; rank < width; rank++) parts[rank] = bytes[rank * values.length + row] as number
    values[row] = width === 4 ? one.getFloat32(0, true) : one.getFloat64(0, true)
  }
  return values
}
