/**
 * A script that trains by `fit` or `fitDataset`: `body` has `model`s of `build()`, the tensors `points` and `targets`, and `norm(weights)`. The model has
 * dropout and Adam.
 */
export function fitScript(body: string): string {
  return `import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import * as flor from 'git-flor'
import { fit, fitDataset } from 'git-flor/tfjs'

await tf.setBackend('cpu')
flor.seed(flor.arg('seed', 5))
const points = tf.randomNormal([24, 3])
const targets = tf.sum(points, 1, true)
function build() {
  const made = layers.sequential({
    layers: [
      layers.layers.dense({ inputShape: [3], units: 4, activation: 'tanh' }),
      layers.layers.dropout({ rate: 0.25 }),
      layers.layers.dense({ units: 1 }),
    ],
  })
  made.compile({ optimizer: tf.train.adam(0.05), loss: 'meanSquaredError' })
  return made
}
const norm = (weights) => tf.tidy(() => {
  let sum = 0
  for (const w of weights) sum += tf.sum(tf.square(w)).dataSync()[0]
  return Math.sqrt(sum)
})
${body}
`
}
