import type { SafetensorsType, TensorContent } from '../state/adapter.js'

/**
 * The safetensors format (https://huggingface.co/docs/safetensors), which every framework reads:
 *
 *     u64le header length | header: JSON {name: {dtype, shape, data_offsets: [begin, end]}} | data
 *
 * The header is padded with spaces to a multiple of 8, so that the data are aligned. Offsets count from the
 * start of the data, in the order of the header, without gaps.
 */
export interface TensorEntry {
  readonly name: string
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
  readonly sizeBytes: number
}

const ITEM_BYTES: Readonly<Record<string, number | undefined>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  U16: 2,
  I16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
}

/** What stands before the data of `entries`, which follow one another in their order. */
export function formatSafetensorsHead(entries: readonly TensorEntry[]): Buffer {
  const header: Record<string, object> = Object.create(null) as Record<string, object>
  let at = 0
  for (const { name, dtype, shape, sizeBytes } of entries) {
    header[name] = { dtype, shape, data_offsets: [at, at + sizeBytes] }
    at += sizeBytes
  }
  const json = Buffer.from(JSON.stringify(header))
  const padded = Math.ceil(json.length / 8) * 8
  const head = Buffer.alloc(8 + padded, 0x20)
  head.writeBigUInt64LE(BigInt(padded), 0)
  json.copy(head, 8)
  return head
}

/**
 * Reads a whole file. The contents are views of `bytes`.
 * @throws RangeError where the file is not well-formed: no size in it is believed
 */
export function parseSafetensors(bytes: Uint8Array): Map<string, TensorContent> {
  if (bytes.length < 8) throw new RangeError('a safetensors file has at least 8 bytes')
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  if (length > bytes.length - 8) throw new RangeError('the header is longer than the file')
  const header = parseHeader(bytes.subarray(8, 8 + length))
  // Not a Buffer, whose slice() is no copy and whose buffer may be a pool.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + 8 + length, bytes.length - 8 - length)
  const tensors = new Map<string, TensorContent>()
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') tensors.set(name, contentOf(name, value, data))
  }
  return tensors
}

function parseHeader(bytes: Uint8Array): object {
  let header: unknown
  try {
    header = JSON.parse(Buffer.from(bytes).toString())
  } catch (error) {
    throw new RangeError('the header is not JSON', { cause: error })
  }
  if (typeof header !== 'object' || header === null) throw new RangeError('the header is not an object')
  return header
}

function contentOf(name: string, value: unknown, data: Uint8Array): TensorContent {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>
  const itemBytes = ITEM_BYTES[String(dtype)]
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0)
  const isRange = Array.isArray(offsets) && offsets.length === 2 && offsets.every(Number.isSafeInteger)
  if (itemBytes === undefined || !isShape || !isRange) throw new RangeError(`tensor ${name}: not understood`)
  const [begin, end] = offsets as [number, number]
  const sizeBytes = (shape as number[]).reduce((product, n) => product * n, itemBytes)
  if (begin < 0 || end > data.length || end - begin !== sizeBytes) {
    throw new RangeError(`tensor ${name}: bytes ${begin} to ${end} are not ${sizeBytes} bytes of the file`)
  }
  return { dtype: dtype as SafetensorsType, shape: shape as number[], bytes: data.subarray(begin, end) }
}

/** The file that holds a root's tensors. */
export function safetensorsFile(root: string): string {
  const escaped = encodeURIComponent(root).replace(
    /^\.|[!'()*~]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${escaped}.safetensors`
}

/** The root whose tensors a file holds. */
export function rootOfFile(file: string): string {
  return decodeURIComponent(file.replace(/\.safetensors$/, ''))
}
