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

/** The same numbers in half the memory, where the writer found that float32 holds them; undefined otherwise. @throws RangeError as {@link decodeNumbers} */
export function decodeFloat32(bytes: Uint8Array): Float32Array | undefined {
  return bytes[0] === FLOAT32 ? new Float32Array(memoryOf(4, bytes.subarray(1))) : undefined
}

/**
 * How many numbers {@link decodeNumbers} reads, found without reading those that are not whole.
 * @throws RangeError where that does
 */
export function countNumbers(bytes: Uint8Array): number {
  if (bytes[0] === FLOAT32) return planesCount(4, bytes.length - 1)
  if (bytes[0] === FLOAT64) return planesCount(8, bytes.length - 1)
  return decodeNumbers(bytes).length
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

/** Where the byte of a rank stands in a number in memory, which is not the same on all machines. */
const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

function encodePlanes(encoding: number, width: 4 | 8, values: Float64Array): Uint8Array {
  const numbers = width === 4 ? new Float32Array(values) : values
  const memory = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
  const bytes = new Uint8Array(1 + memory.length)
  bytes[0] = encoding
  for (let rank = 0, to = 1; rank < width; rank++) {
    for (let at = isLittleEndian ? rank : width - 1 - rank; at < memory.length; at += width)
      bytes[to++] = memory[at] as number
  }
  return bytes
}

function decodePlanes(width: 4 | 8, bytes: Uint8Array): Float64Array {
  const memory = memoryOf(width, bytes)
  return width === 4 ? new Float64Array(new Float32Array(memory)) : new Float64Array(memory)
}

/** The numbers as they lie in the memory of this machine. */
function memoryOf(width: 4 | 8, bytes: Uint8Array): ArrayBuffer {
  const memory = new Uint8Array(width * planesCount(width, bytes.length))
  for (let rank = 0, from = 0; rank < width; rank++) {
    for (let at = isLittleEndian ? rank : width - 1 - rank; at < memory.length; at += width)
      memory[at] = bytes[from++] as number
  }
  return memory.buffer
}

function planesCount(width: 4 | 8, sizeBytes: number): number {
  if (sizeBytes % width !== 0) throw new RangeError(`${sizeBytes} bytes for numbers of ${width}`)
  return sizeBytes / width
}
