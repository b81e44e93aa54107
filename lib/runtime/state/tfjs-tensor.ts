import type { TypedArray } from '../../model/value.js'
import {
  type Capturing,
  type Restoring,
  type SafetensorsType,
  type StateAdapter,
  StateError,
  type StateNode,
  type TensorContent,
  type TensorRef,
} from './adapter.js'
import { isTfTensor, isTfVariable, type TfTensor, tfEngine } from './tfjs.js'

const TYPES: Readonly<Record<string, SafetensorsType | undefined>> = {
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
}

/**
 * TensorFlow.js variables. Their `dataId` is replaced by every assignment, so it serves as the change token.
 * They are read and assigned synchronously: training loops are.
 */
export const tfVariableAdapter: StateAdapter = {
  kind: 'tfjs-variable',
  matches: isTfVariable,
  capture(value, capturing) {
    const variable = value as TfTensor & { trainable: boolean }
    return { tensor: [...captureTensor(variable, capturing)], trainable: variable.trainable }
  },
  restore: assignInPlace,
  fits: hasShapeOf,
  create: (node, restoring) =>
    withTensor(node, restoring, (tensor) => tfEngine().makeVariable(tensor, node.trainable === true)),
}

/** Other tensors: constants such as an optimizer's learning rate, which some of its methods replace. */
export const tfTensorAdapter: StateAdapter = {
  kind: 'tfjs-tensor',
  matches: (value) => isTfTensor(value) && !isTfVariable(value),
  capture: (value, capturing) => ({ tensor: [...captureTensor(value as TfTensor, capturing)] }),
  restore: assignInPlace,
  fits: hasShapeOf,
  create(node, restoring) {
    const engine = tfEngine()
    const { values, shape, dtype } = contentOf(restoring.tensor(node.tensor))
    return engine.keep(engine.makeTensor(values, shape, dtype))
  },
}

function captureTensor(tensor: TfTensor, capturing: Capturing): TensorRef {
  if (tensor.isDisposed) throw new StateError(capturing.path, 'the tensor has been disposed of')
  const dtype = TYPES[tensor.dtype]
  if (dtype === undefined)
    throw new StateError(capturing.path, `tensors of ${tensor.dtype} cannot be checkpointed`)
  const size = tensor.shape.reduce((product, n) => product * n, 1)
  return capturing.tensor({
    dtype,
    shape: tensor.shape,
    sizeBytes: size * (dtype === 'BOOL' ? 1 : 4),
    token: tensor.dataId,
    read: () => tensor.dataSync(),
  })
}

function hasShapeOf(target: object, node: StateNode, restoring: Restoring): boolean {
  const tensor = target as TfTensor
  const { dtype, shape } = restoring.tensor(node.tensor)
  return (
    !tensor.isDisposed &&
    TYPES[tensor.dtype] === dtype &&
    tensor.shape.length === shape.length &&
    tensor.shape.every((n, i) => n === shape[i])
  )
}

function assignInPlace(target: object, node: StateNode, restoring: Restoring): void {
  if (!hasShapeOf(target, node, restoring)) {
    const recorded = restoring.tensor(node.tensor)
    const live = target as TfTensor
    throw new StateError(
      restoring.path,
      `recorded as ${recorded.dtype} [${recorded.shape}], but is ${live.dtype} [${live.shape}] now`,
    )
  }
  withTensor(node, restoring, (tensor) => {
    if (isTfVariable(target)) {
      target.assign(tensor)
      return
    }
    // What Variable.assign does, for tensors that nobody meant to be assigned to.
    const engine = tfEngine()
    const constant = target as TfTensor
    engine.disposeTensor(constant)
    constant.dataId = tensor.dataId
    engine.incRef(constant, null)
  })
}

function withTensor<R>(node: StateNode, restoring: Restoring, use: (tensor: TfTensor) => R): R {
  const { values, shape, dtype } = contentOf(restoring.tensor(node.tensor))
  const tensor = tfEngine().makeTensor(values, shape, dtype)
  try {
    return use(tensor)
  } finally {
    tensor.dispose()
  }
}

function contentOf(content: TensorContent): { values: TypedArray; shape: readonly number[]; dtype: string } {
  const { bytes, shape } = content
  if (content.dtype === 'BOOL') return { values: bytes.slice(), shape, dtype: 'bool' }
  const { buffer } = bytes.slice()
  return content.dtype === 'I32'
    ? { values: new Int32Array(buffer), shape, dtype: 'int32' }
    : { values: new Float32Array(buffer), shape, dtype: 'float32' }
}
