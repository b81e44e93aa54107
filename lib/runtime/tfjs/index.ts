/**
 * Training through `model.fit` and `model.fitDataset` of TensorFlow.js, recorded and replayed like a loop of one's own.
 *
 *     import { fit } from 'git-flor/tfjs'
 *
 *     const history = await fit(model, xs, ys, { epochs: 10, callbacks: { onEpochEnd(epoch, logs) { … } } })
 *
 * It loads no TensorFlow.js: it works with the one that made the model.
 */
import '../initialize.js'

export { type FitArgs, fit } from './fit.js'
export { type FitDataset, type FitDatasetArgs, fitDataset } from './fit-dataset.js'
