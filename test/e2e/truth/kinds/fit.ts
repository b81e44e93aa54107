import type { Place } from '../places.js'
import { lookingFunctions, type Source, statementsAt, type TrainingKind } from './training-kind.js'

/**
 * How a training by fit gets its data. The items of its main loop are always the numbers of its epochs, so that a source here is that of the nested loop.
 * `fit` itself takes tensors and nothing else: what a generator gives, one that waits or not, goes through `fitDataset`.
 */
const calls: Readonly<Record<Source, string>> = {
  array: 'fit(model, points, classes, { epochs, batchSize: 8, verbose: 0, callbacks })',
  generator: 'fitDataset(model, { iterator: () => drawn() }, { epochs, verbose: 0, callbacks })',
  asynchronous: 'fitDataset(model, { iterator: async () => later() }, { epochs, verbose: 0, callbacks })',
}

const drawn = `function* drawn() {
  for (let i = 0; i < 3; i++) {
    const at = Math.floor(Math.random() * 16)
    yield { xs: tf.slice(points, [at, 0], [8, 4]), ys: tf.slice(classes, [at, 0], [8, 2]) }
  }
}
`
const later = `async function* later() {
  for (const item of drawn()) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield item
  }
}
`
const batches: Readonly<Record<Source, string>> = { array: '', generator: drawn, asynchronous: drawn + later }

/**
 * What each place is in a training by fit: its loops are TensorFlow.js's own, so that what stands in them stands in callbacks. There is a place behind
 * two nested loops, too, since a callback may have a loop of its own. Two places of the matrix cannot exist: one
 * between the batches and the validation, since fit calls nothing there, and `behind_two` behind two loops of fit itself, which has one.
 */
const values: Readonly<Record<Place, string>> = {
  before: 'norm()',
  first: '[norm(), epoch]',
  ahead: 'norm() * rate',
  inside: '[norm(), logs.loss, batch]',
  behind: '[norm(), logs.loss]',
  behind_two: 'norm() - logs.loss',
  end: '[norm(), history.history.loss, history.epoch]',
}

/** A classifier with dropout, trained by `fit` or `fitDataset` with Adam, whose rate a callback sets. */
function script(source: Source, isWanted: boolean): string {
  const at = (place: Place, by: string, indent = '    '): string =>
    statementsAt(place, { by, value: values[place], isWanted }, indent)
  return `import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import * as flor from 'git-flor'
import { ${source === 'array' ? 'fit' : 'fitDataset'} } from 'git-flor/tfjs'

await tf.setBackend('cpu')
const epochs = flor.arg('epochs', 6)
flor.seed(flor.arg('seed', 7))
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
const classes = tf.cast(tf.oneHot(tf.cast(tf.greater(tf.sum(points, 1), 0), 'int32'), 2), 'float32')
const norm = () => tf.tidy(() => model.getWeights().reduce((sum, it) => sum + tf.sum(tf.square(it)).dataSync()[0], 0))
${batches[source]}${lookingFunctions(isWanted)}
const callbacks = {
  onEpochBegin(epoch) {
${at('first', 'epoch')}
    const rate = flor.arg('lr', 0.05) / (1 + epoch)
    optimizer.learningRate = rate
${at('ahead', 'epoch')}
  },
  onBatchEnd(batch, logs) {
    // Long enough that leaving it out is worth a restore.
    for (const end = performance.now() + 4; performance.now() < end; );
${at('inside', 'batch')}
  },
  onEpochEnd(epoch, logs) {
${at('behind', 'epoch')}
    for (const k of flor.loop('eval', [0, 1])) flor.log('probe', norm() * Math.random() + k)
${at('behind_two', 'epoch')}
    flor.log('norm', norm())
  },
}
${at('before', '0', '')}
const history = await ${calls[source]}
${at('end', '0', '')}
flor.log('final', norm())
`
}

export const fit: TrainingKind = {
  title: 'TensorFlow.js by fit of git-flor/tfjs',
  sources: ['array', 'generator', 'asynchronous'],
  recorded: ['batch_loss', 'loss', 'probe', 'norm', 'final'],
  script,
}
