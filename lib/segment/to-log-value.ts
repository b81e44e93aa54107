import { type LogValue, Tensor } from '../model/value.js'
import { isTypedArray } from './typed-array-codec.js'

/** Deeper parts of a value are stored as text; well under what the codec can write. */
const MAX_NESTING = 32

export interface Normalised {
  readonly value: LogValue
  /** False where something was stored as its text, or lost what it was: worth a warning. */
  readonly lossless: boolean
}

/**
 * Turns what a user logs into what can be stored. Maps with text keys become maps and other maps arrays of pairs,
 * sets become arrays, boxed values what is in the box, TensorFlow.js tensors (anything with `dataSync`, `shape`, `dtype`) tensors,
 * objects with `toJSON` what that returns, undefined null. Without loss, all of these. Other class instances are stored by their own
 * properties, and functions, symbols, errors, cycles and too deep nesting as text: with loss.
 * Never throws. Typed arrays are not copied: encode before the user changes them.
 */
export function toLogValue(input: unknown): Normalised {
  if (typeof input === 'number' || typeof input === 'boolean') return { value: input, lossless: true }
  const walk: Walk = { open: [], lossless: true }
  const value = normalise(input, walk)
  return { value, lossless: walk.lossless }
}

interface Walk {
  /** The objects that are being looked into. */
  readonly open: object[]
  lossless: boolean
}

function normalise(input: unknown, walk: Walk): LogValue {
  switch (typeof input) {
    case 'number':
    case 'boolean':
    case 'bigint':
      return input
    case 'string':
      return wellFormed(input, walk)
    case 'undefined':
      return null
    case 'object':
      return input === null ? null : normaliseObject(input, walk)
    default:
      return asText(input, walk)
  }
}

function normaliseObject(object: object, walk: Walk): LogValue {
  if (walk.open.includes(object)) return lossy('[circular]', walk)
  if (walk.open.length >= MAX_NESTING) return asText(object, walk)
  walk.open.push(object)
  try {
    return known(object, walk) ?? byProperties(object, walk)
  } catch {
    // A getter, a proxy, toJSON, or a disposed tensor threw.
    return asText(object, walk)
  } finally {
    walk.open.pop()
  }
}

/** The stored form of a type that has one of its own; undefined for any other object. */
function known(object: object, walk: Walk): LogValue | undefined {
  if (Array.isArray(object)) return Array.from(object, (item: unknown) => normalise(item, walk))
  if (ArrayBuffer.isView(object)) return ofView(object, walk)
  if (object instanceof Tensor || object instanceof Date) return object
  if (object instanceof ArrayBuffer || object instanceof SharedArrayBuffer) return new Uint8Array(object)
  if (object instanceof Map) return ofMap(object, walk)
  if (object instanceof Set) return Array.from(object, (item: unknown) => normalise(item, walk))
  if (
    object instanceof Number ||
    object instanceof String ||
    object instanceof Boolean ||
    object instanceof BigInt
  )
    return normalise(object.valueOf(), walk)
  if (object instanceof Error || object instanceof Promise || object instanceof RegExp)
    return asText(object, walk)
  if (isTensorLike(object)) return ofTensor(object, walk)
  if ('toJSON' in object && typeof object.toJSON === 'function') return normalise(object.toJSON(), walk)
  return undefined
}

function byProperties(object: object, walk: Walk): LogValue {
  const prototype: unknown = Object.getPrototypeOf(object)
  const isPlain =
    prototype === null ||
    prototype === Object.prototype ||
    Object.getPrototypeOf(prototype as object) === null
  const keys = Object.keys(object)
  if (!isPlain && keys.length === 0) return asText(object, walk)
  if (!isPlain) walk.lossless = false
  return Object.fromEntries(
    keys.map((key) => [wellFormed(key, walk), normalise((object as Record<string, unknown>)[key], walk)]),
  )
}

function ofView(view: ArrayBufferView, walk: Walk): LogValue {
  // Buffers are stored, and so shown to the user, as the plain arrays that they come back as.
  if (view instanceof DataView || view instanceof Uint8Array)
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  if (isTypedArray(view)) return view
  // Float16Array, and whatever comes later.
  return Symbol.iterator in view ? Float32Array.from(view as unknown as Iterable<number>) : asText(view, walk)
}

function ofMap(map: ReadonlyMap<unknown, unknown>, walk: Walk): LogValue {
  const entries = [...map]
  const isTextual = entries.every(([key]) => typeof key === 'string')
  return isTextual
    ? Object.fromEntries(
        entries.map(([key, value]) => [wellFormed(key as string, walk), normalise(value, walk)]),
      )
    : entries.map(([key, value]) => [normalise(key, walk), normalise(value, walk)])
}

interface TensorLike {
  readonly shape: readonly number[]
  readonly dtype: string
  dataSync(): unknown
}

function isTensorLike(object: object): object is TensorLike {
  return (
    'dataSync' in object &&
    typeof object.dataSync === 'function' &&
    'shape' in object &&
    Array.isArray(object.shape) &&
    'dtype' in object &&
    typeof object.dtype === 'string'
  )
}

function ofTensor(tensor: TensorLike, walk: Walk): LogValue {
  const data = tensor.dataSync()
  if (isTypedArray(data)) return new Tensor(tensor.dtype, [...tensor.shape], data)
  // A tensor of strings: nested arrays say the same.
  const flat = Array.from(data as Iterable<unknown>, (item) => normalise(item, walk))
  return tensor.shape.slice(1).reduceRight<LogValue[]>((items, size) => chunks(items, size), flat)
}

const chunks = (items: readonly LogValue[], size: number): LogValue[] =>
  Array.from({ length: size === 0 ? 0 : Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  )

/** Text that UTF-8 cannot hold (half a surrogate pair) is replaced where it breaks. */
function wellFormed(text: string, walk: Walk): string {
  if (!LONE_SURROGATE.test(text)) return text
  return lossy(Buffer.from(text, 'utf8').toString('utf8'), walk)
}

const LONE_SURROGATE = /\p{Surrogate}/u

function asText(input: unknown, walk: Walk): string {
  walk.lossless = false
  try {
    return wellFormed(String(input), walk)
  } catch {
    return Object.prototype.toString.call(input)
  }
}

function lossy(text: string, walk: Walk): string {
  walk.lossless = false
  return text
}
