import type { TypedArray } from '../../model/value.js'

/** A TensorFlow.js tensor, as far as we use it. */
export interface TfTensor {
  dataId: object
  readonly shape: readonly number[]
  readonly dtype: string
  readonly isDisposed: boolean
  dataSync(): TypedArray
  data(): Promise<TypedArray>
  dispose(): void
}

export interface TfVariable extends TfTensor {
  readonly name: string
  readonly trainable: boolean
  assign(value: TfTensor): void
}

/** The engine that every copy of TensorFlow.js in a process shares, as `globalThis._tfengine`. */
export interface TfEngine {
  makeTensor(values: TypedArray, shape: readonly number[], dtype: string): TfTensor
  makeVariable(initial: TfTensor, trainable: boolean): TfVariable
  keep(tensor: TfTensor): TfTensor
  disposeTensor(tensor: TfTensor): void
  incRef(tensor: TfTensor, backend: null): void
  tidy<R>(body: () => R): R
  runKernel(
    kernel: string,
    inputs: Readonly<Record<string, TfTensor>>,
    attributes: Readonly<Record<string, unknown>>,
  ): TfTensor
}

export function isTfTensor(value: object): value is TfTensor {
  const it = value as Partial<TfTensor>
  return (
    typeof it.dataSync === 'function' &&
    typeof it.dataId === 'object' &&
    Array.isArray(it.shape) &&
    typeof it.dtype === 'string'
  )
}

export function isTfVariable(value: object): value is TfVariable {
  return isTfTensor(value) && typeof (value as Partial<TfVariable>).assign === 'function'
}

/** @throws Error when TensorFlow.js was not loaded, or hides its engine */
export function tfEngine(): TfEngine {
  const engine = (globalThis as { _tfengine?: TfEngine })._tfengine
  if (typeof engine?.makeTensor !== 'function') throw new Error('TensorFlow.js is not loaded in this process')
  return engine
}
