/** Values: what `flor.log` and `flor.arg` can hold, in memory. On disk: docs/formats.md, "Values". */

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** A logged tensor: row-major `data` of `shape`; `dtype` is the framework's own word (`float32`, `bool`, …). */
export class Tensor {
  constructor(
    readonly dtype: string,
    readonly shape: readonly number[],
    readonly data: TypedArray,
  ) {}
}

/**
 * A value as it is stored and read back: -0, NaN, infinities, big integers, dates, typed arrays and tensors
 * survive. `undefined` is stored as null.
 */
export type LogValue =
  | number
  | string
  | boolean
  | null
  | bigint
  | Date
  | TypedArray
  | Tensor
  | readonly LogValue[]
  | { readonly [key: string]: LogValue }
