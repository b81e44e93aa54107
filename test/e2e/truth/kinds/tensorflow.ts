import { loopScript, type TrainingKind } from './training-kind.js'

const imports = `import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
`

/** A classifier of layers, with dropout, trained by Adam. */
const setup = `
await tf.setBackend('cpu')
const model = layers.sequential({
  layers: [
    layers.layers.dense({ inputShape: [4], units: 5, activation: 'relu' }),
    layers.layers.dropout({ rate: 0.2 }),
    layers.layers.dense({ units: 2, activation: 'softmax' }),
  ],
})
const optimizer = tf.train.adam(0.02)
model.compile({ optimizer, loss: 'categoricalCrossentropy' })
const points = tf.randomNormal([24, 4])
const classes = tf.oneHot(tf.cast(tf.greater(tf.sum(points, 1), 0), 'int32'), 2)
const norm = () => tf.tidy(() => model.getWeights().reduce((sum, it) => sum + tf.sum(tf.square(it)).dataSync()[0], 0))
async function step(rate) {
  // Long enough that leaving it out is worth a restore.
  for (const end = performance.now() + 4; performance.now() < end; );
  optimizer.learningRate = rate
  const at = Math.floor(Math.random() * 2) * 12
  return model.trainOnBatch(tf.slice(points, [at, 0], [12, 4]), tf.slice(classes, [at, 0], [12, 2]))
}
`

export const tensorflow: TrainingKind = {
  title: 'TensorFlow.js layers with Adam and dropout',
  sources: ['array', 'generator', 'asynchronous'],
  recorded: ['loss', 'probe', 'norm', 'final'],
  script: (source, isWanted) =>
    loopScript(
      { imports, setup, checkpointed: 'model, optimizer', step: 'await step(rate)' },
      source,
      isWanted,
    ),
}
