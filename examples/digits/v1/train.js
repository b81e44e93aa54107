// Learns to read handwritten digits.
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import * as flor from 'git-flor'
import { batches, loadDigits } from './digits.js'

await tf.setBackend('wasm')

const epochs = flor.arg('epochs', 6)
const lr = flor.arg('lr', 0.001)
flor.seed(flor.arg('seed', 7))

const data = loadDigits(3000, 500)
const model = sequential()
model.add(layers.dense({ units: 32, activation: 'relu', inputShape: [784] }))
model.add(layers.dense({ units: 10 }))
const optimizer = tf.train.adam(lr)

flor.checkpointing({ model, optimizer })
for (const epoch of flor.loop('epoch', Array(epochs).keys())) {
  for (const batch of flor.loop('step', batches(data.train, 50))) {
    const loss = optimizer.minimize(
      () => tf.losses.softmaxCrossEntropy(batch.labels, model.apply(batch.images, { training: true })),
      true,
    )
    flor.log('loss', loss.dataSync()[0])
    loss.dispose()
  }
  const correct = tf.tidy(() => {
    const guesses = tf.argMax(model.predict(data.test.images), 1)
    return tf.mean(tf.equal(guesses, tf.argMax(data.test.labels, 1))).dataSync()[0]
  })
  flor.log('val_acc', correct)
  console.log(`epoch ${epoch}: ${(100 * correct).toFixed(1)} % of the test digits read`)
}
