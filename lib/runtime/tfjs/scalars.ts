import { type TfTensor, tfEngine } from '../state/tfjs.js'

/** A number as TensorFlow.js hands it to callbacks of its own classes. */
export function scalarOf(value: number): TfTensor {
  const engine = tfEngine()
  return engine.keep(engine.makeTensor(Float32Array.of(value), [], 'float32'))
}

/** Rows `begin` to `end` (exclusive) of a permutation, for {@link gatherRows}. */
export function rowsOf(order: Int32Array, begin: number, end: number): TfTensor {
  return tfEngine().makeTensor(order.slice(begin, end), [end - begin], 'int32')
}

/** The named rows of a tensor, by the kernel that `fit` uses for it. */
export function gatherRows(tensor: TfTensor, rows: TfTensor): TfTensor {
  return tfEngine().runKernel('GatherV2', { x: tensor, indices: rows }, { axis: 0, batchDims: 0 })
}
