import type { LogValue } from '../../model/value.js'
import { type StateAdapter, StateError } from './adapter.js'
import type { TfVariable } from './tfjs.js'

interface TfModel {
  readonly layers: readonly unknown[]
  readonly weights: readonly { readonly name: string; readonly val: TfVariable }[]
  readonly optimizer?: object
  /** Set by callbacks of `fit`; a model that was not compiled throws when it is asked for it. */
  stopTraining?: boolean
  /** Of recurrent layers that go on from batch to batch. */
  readonly stateful?: boolean
}

/**
 * TensorFlow.js layers models: their weights in the model's order, trainable or not, and the optimizer that
 * they were compiled with. Restored by position, since the names count up over a process and differ where
 * earlier folds are passed over. `getWeights` and `setWeights` would copy each weight once more, and those
 * of optimizers are asynchronous and not exact (Adam computes its powers of beta anew).
 */
export const tfModelAdapter: StateAdapter = {
  kind: 'tfjs-model',
  matches(value) {
    const it = value as { layers?: unknown; getWeights?: unknown; predict?: unknown }
    return Array.isArray(it.layers) && typeof it.getWeights === 'function' && typeof it.predict === 'function'
  },
  capture(value, capturing) {
    const model = value as TfModel
    // What such layers remember between batches lies outside the model's weights.
    if (model.stateful === true)
      throw new StateError(capturing.path, 'a model with stateful layers cannot be checkpointed')
    const weights = model.weights.map((weight) => capturing.value(weight.name, weight.val))
    return {
      weights,
      optimizer: model.optimizer === undefined ? null : capturing.value('optimizer', model.optimizer),
      stopTraining: model.optimizer !== undefined && model.stopTraining === true,
    }
  },
  restore(target, node, restoring) {
    const model = target as TfModel
    const recorded = node.weights as readonly LogValue[]
    if (model.weights.length !== recorded.length) {
      throw new StateError(
        restoring.path,
        `recorded with ${recorded.length} weights, but the model has ${model.weights.length} now` +
          (model.weights.length === 0
            ? ': give its first layer an inputShape, so that it is built at once'
            : ''),
      )
    }
    model.weights.forEach((weight, i) => {
      restoring.value(weight.val, recorded[i] as LogValue, weight.name)
    })
    if (node.optimizer !== null) {
      restoring.value(model.optimizer, node.optimizer as LogValue, 'optimizer')
      if (typeof node.stopTraining === 'boolean') model.stopTraining = node.stopTraining
    }
  },
}
