import { types } from 'node:util'
import type { TypedArray } from '../../model/value.js'
import type { SafetensorsType, StateAdapter, StateNode, TensorContent } from './adapter.js'
import { namedKeys, refuse, refuseSymbols } from './properties.js'

type Constructor = new (buffer: ArrayBuffer) => TypedArray

const KINDS: Readonly<Record<string, { dtype: SafetensorsType; make: Constructor } | undefined>> = {
  Int8Array: { dtype: 'I8', make: Int8Array },
  Uint8Array: { dtype: 'U8', make: Uint8Array },
  Uint8ClampedArray: { dtype: 'U8', make: Uint8ClampedArray },
  Int16Array: { dtype: 'I16', make: Int16Array },
  Uint16Array: { dtype: 'U16', make: Uint16Array },
  Int32Array: { dtype: 'I32', make: Int32Array },
  Uint32Array: { dtype: 'U32', make: Uint32Array },
  Float32Array: { dtype: 'F32', make: Float32Array },
  Float64Array: { dtype: 'F64', make: Float64Array },
  BigInt64Array: { dtype: 'I64', make: BigInt64Array },
  BigUint64Array: { dtype: 'U64', make: BigUint64Array },
}

/**
 * Typed arrays (Buffers are Uint8Arrays), as tensors of one dimension. They have no change token: they are
 * copied every time.
 */
export const typedArrayAdapter: StateAdapter = {
  kind: 'typed-array',
  matches: (value) => types.isTypedArray(value) && KINDS[kindOf(value as TypedArray)] !== undefined,
  capture(value, capturing) {
    const array = value as TypedArray
    const type = kindOf(array)
    refuseSymbols(array, capturing.path)
    const [name] = namedKeys(array as ArrayLike<unknown> & object)
    if (name !== undefined) refuse(`${capturing.path}.${name}`, `properties of a ${type} itself`)
    const ref = capturing.tensor({
      dtype: KINDS[type]?.dtype as SafetensorsType,
      shape: [array.length],
      sizeBytes: array.byteLength,
      token: undefined,
      read: () => array,
    })
    return { type, tensor: [...ref], ...(Buffer.isBuffer(array) ? { buffer: true } : {}) }
  },
  fits(target, node, restoring) {
    const array = target as TypedArray
    return kindOf(array) === node.type && array.byteLength === restoring.tensor(node.tensor).bytes.length
  },
  restore(target, node, restoring) {
    const array = target as TypedArray
    const { bytes } = restoring.tensor(node.tensor)
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(bytes)
  },
  create: (node, restoring) => make(node, restoring.tensor(node.tensor)),
}

/** Instances of classes of the project's own have another name, and are nobody's. */
function kindOf(array: TypedArray): string {
  return Buffer.isBuffer(array) ? 'Uint8Array' : array.constructor.name
}

function make(node: StateNode, content: TensorContent): TypedArray {
  const known = KINDS[String(node.type)]
  if (known === undefined) throw new RangeError(`no such typed array: ${String(node.type)}`)
  return node.buffer === true ? Buffer.from(content.bytes) : new known.make(content.bytes.slice().buffer)
}
