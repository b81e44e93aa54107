import type { Expectation } from './trap.js'

/** State that TensorFlow.js keeps, or that its training changes, outside of what is checkpointed. */
export interface TensorTrap {
  readonly setup?: string
  /** In place of `model, optimizer`. */
  readonly checkpointed?: string
  /** The layers of the model, in place of one dense layer. */
  readonly layers?: string
  readonly first?: string
  readonly inside?: string
  readonly after?: string
  readonly wanted: string
  readonly expect: Expectation
  readonly names?: string
}

/** A small regression by TensorFlow.js, four epochs of two steps. */
export function tensorScript(trap: TensorTrap, isWanted: boolean): string {
  const { setup = '', checkpointed = 'model, optimizer', first = '', inside = '', after = '' } = trap
  const { layers: made = 'tl.layers.dense({ units: 1, inputShape: [2] })' } = trap
  const text = `import * as tf from '@tensorflow/tfjs-core'
import * as tl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import * as flor from 'git-flor'
await tf.setBackend('cpu')
flor.seed(flor.arg('seed', 5))
const xs = tf.randomNormal([8, 2])
const ys = tf.sum(xs, 1, true)
const model = tl.sequential({ layers: [${made}] })
const optimizer = tf.train.momentum(0.05, 0.9)
const valueOf = (tensor) => tensor.dataSync()[0]
const normOf = (weights) => tf.tidy(() => weights.reduce((sum, it) => sum + valueOf(tf.sum(tf.square(it))), 0))
function step() {
  for (const end = performance.now() + 3; performance.now() < end; );
  return valueOf(optimizer.minimize(() => tf.losses.meanSquaredError(ys, model.apply(xs, { training: true })), true))
}
${setup}
flor.checkpointing({ ${checkpointed} })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  ${first}
  for (const i of flor.loop('step', [0, 1])) {
    const loss = step()
    ${inside}
    flor.log('loss', loss)
  }
  ${after}
  ${isWanted ? `flor.log('wanted', ${trap.wanted})` : ''}
  flor.log('norm', normOf(model.getWeights()))
}
`
  return text.replace(/^\s*\n/gm, '')
}

export const tensorTraps: Readonly<Record<string, TensorTrap>> = {
  'weights that are checkpointed': { wanted: 'normOf(model.getWeights())', expect: 'skip' },
  'an optimizer left out of checkpointing': {
    checkpointed: 'model',
    wanted: 'normOf(model.getWeights())',
    // Its moments are lost, but where no step is executed, nothing asks for them.
    expect: 'skip',
  },
  'a variable that training changes, outside of checkpointing': {
    setup: 'const scale = tf.variable(tf.scalar(1))\nconst other = tf.train.sgd(0.1)',
    inside: 'other.minimize(() => tf.mean(tf.square(tf.mul(scale, xs))), false, [scale])',
    wanted: 'valueOf(scale)',
    expect: 'full',
    names: 'scale',
  },
  'a variable made in the first epoch': {
    setup: 'let ema',
    after:
      'if (ema === undefined) ema = tf.variable(tf.scalar(loss0())); else ema.assign(tf.mul(ema, 0.5))\n  function loss0() { return 1 }',
    wanted: 'valueOf(ema)',
    expect: 'full',
    names: 'ema',
  },
  'averaged weights': {
    setup: 'let average = model.getWeights().map((it) => it.clone())',
    after: 'average = average.map((it, k) => tf.add(tf.mul(it, 0.9), tf.mul(model.getWeights()[k], 0.1)))',
    wanted: 'normOf(average)',
    expect: 'full',
    names: 'average',
  },
  'the best weights, put back': {
    setup: 'let best = model.getWeights().map((it) => it.clone())',
    after:
      'if (epoch === 1) best = model.getWeights().map((it) => it.clone())\n  if (epoch === 3) model.setWeights(best)',
    wanted: 'normOf(model.getWeights())',
    expect: 'full',
    names: 'best',
  },
  'a schedule by a counter of steps': {
    setup: 'let steps = 0',
    inside: 'optimizer.learningRate = 0.05 / ++steps',
    wanted: 'optimizer.learningRate + steps',
    expect: 'full',
    names: 'steps',
  },
  'a schedule by the epoch': {
    first: 'optimizer.learningRate = 0.05 / (epoch + 1)',
    wanted: 'optimizer.learningRate + normOf(model.getWeights())',
    expect: 'skip',
  },
  'how many tensors there are': { wanted: 'tf.memory().numTensors', expect: 'full' },
  'the number of a tensor': {
    after: 'const made = tf.scalar(epoch)',
    wanted: 'made.id',
    expect: 'full',
  },
  'random tensors': {
    after: 'const noise = tf.randomNormal([2])',
    wanted: 'valueOf(noise)',
    expect: 'skip',
  },
  'an average that a layer keeps': {
    layers: 'tl.layers.batchNormalization({ inputShape: [2] }), tl.layers.dense({ units: 1 })',
    wanted: 'normOf(model.getWeights())',
    expect: 'skip',
  },
  'a layer that remembers its last batch': {
    layers:
      'tl.layers.reshape({ targetShape: [2, 1], batchInputShape: [8, 2] }), tl.layers.simpleRNN({ units: 2, stateful: true, recurrentInitializer: "glorotNormal" }), tl.layers.dense({ units: 1 })',
    // A statement that asked the layer itself would change what it remembers: fidelity would say so.
    after: 'const seen = valueOf(tf.sum(model.predict(xs)))',
    wanted: 'seen',
    expect: 'full',
  },
  'a property hung on the model': {
    after: 'model.rounds = (model.rounds ?? 0) + 1',
    wanted: 'model.rounds',
    expect: 'full',
    names: 'rounds',
  },
  'names that are given in turn': {
    after: 'const layer = tl.layers.dense({ units: 1 })',
    wanted: 'layer.name',
    expect: 'full',
  },
}
