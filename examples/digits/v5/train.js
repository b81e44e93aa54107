// Learns to read handwritten digits.
import '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'
import { layers, sequential } from '@tensorflow/tfjs-layers'
import * as flor from 'git-flor'
import { batches, loadDigits } from './digits.js'

function build(dropout) {
  const network = sequential()
  network.add(layers.dense({ units: 64, activation: 'relu', inputShape: [784] }))
  network.add(layers.dropout({ rate: dropout }))
  network.add(layers.dense({ units: 32, activation: 'relu' }))
  network.add(layers.dense({ units: 10 }))
  return network
}

function accuracy(network, digits) {
  return tf.tidy(() => {
    const guesses = tf.argMax(network.predict(digits.images), 1)
    return tf.mean(tf.equal(guesses, tf.argMax(digits.labels, 1))).dataSync()[0]
  })
}

function train(network, optimizer, data, { epochs, batchSize }) {
  for (const epoch of flor.loop('epoch', Array(epochs).keys())) {
    flor.log('start_acc', accuracy(network, data.test))
    for (const batch of flor.loop('step', batches(data.train, batchSize))) {
      const loss = optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(batch.labels, network.apply(batch.images, { training: true })),
        true,
      )
      flor.log('loss', loss.dataSync()[0])
      loss.dispose()
    }
    flor.log('train_acc', accuracy(network, data.train))
    const correct = flor.log('val_acc', accuracy(network, data.test))
    console.log(`epoch ${epoch}: ${(100 * correct).toFixed(1)} % of the test digits read`)
  }
}

await tf.setBackend('wasm')

const epochs = flor.arg('epochs', 6)
const lr = flor.arg('lr', 0.001)
const batchSize = flor.arg('batch', 50)
flor.seed(flor.arg('seed', 7))

const data = loadDigits(3000, 500)
const network = build(flor.arg('dropout', 0.2))
const optimizer = tf.train.adam(lr)

flor.checkpointing({ network, optimizer })
train(network, optimizer, data, { epochs, batchSize })
