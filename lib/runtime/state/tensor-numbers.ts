import type { TypedArray } from '../../model/value.js'
import type { SafetensorsType, TensorContent } from './adapter.js'

type Constructor = new (buffer: ArrayBuffer) => TypedArray

const ARRAYS: Readonly<Record<SafetensorsType, Constructor>> = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I8: Int8Array,
  U16: Uint16Array,
  I16: Int16Array,
  U32: Uint32Array,
  I32: Int32Array,
  U64: BigUint64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  F64: Float64Array,
}

/** A tensor's content as numbers of its type; a copy, since bytes of a file need not be aligned. */
export function numbersOf({ dtype, bytes }: TensorContent): TypedArray {
  return new ARRAYS[dtype](bytes.slice().buffer as ArrayBuffer)
}
