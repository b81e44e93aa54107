import type { Expectation } from './trap.js'

/** A script that calls `fit` several times. */
export interface FitsTrap {
  /** Behind `build()` and the data; a line that says no more than `WANTED` is where the statement stands. */
  readonly body: string
  readonly wanted: string
  readonly expect: Expectation
  /** What the reason of the level names. */
  readonly names?: string
  /** Whether it stands outside of main loops, so that no epochs are asked for. */
  readonly isOutside?: boolean
}

/** Networks with dropout and Adam, made by `build()`, and two tasks of 24 rows. */
export function fitsScript({ body, wanted }: FitsTrap, isWanted: boolean): string {
  const text = `import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import * as flor from 'git-flor'
import { fit, fitDataset } from 'git-flor/tfjs'

await tf.setBackend('cpu')
flor.seed(flor.arg('seed', 6))
const points = tf.randomNormal([24, 3])
const sums = tf.sum(points, 1, true)
const products = tf.prod(points, 1, true)
function build(rate = 0.02) {
  const made = layers.sequential({
    layers: [
      layers.layers.dense({ inputShape: [3], units: 4, activation: 'tanh' }),
      layers.layers.dropout({ rate: 0.2 }),
      layers.layers.dense({ units: 1 }),
    ],
  })
  made.compile({ optimizer: tf.train.adam(rate), loss: 'meanSquaredError' })
  return made
}
const norm = (model) => tf.tidy(() => model.getWeights().reduce((sum, it) => sum + tf.sum(tf.square(it)).dataSync()[0], 0))
const common = { epochs: 5, batchSize: 8, verbose: 0 }
// Long enough that leaving it out is worth a restore.
const onBatchEnd = () => {
  for (const end = performance.now() + 3; performance.now() < end; );
}
${body}
`
  return text.replace(/^( *)WANTED\n/m, isWanted ? `$1flor.log('wanted', ${wanted})\n` : '')
}

const looking = '{ onBatchEnd, onEpochEnd(epoch, logs) {\nWANTED\n} }'

export const fitsTraps: Readonly<Record<string, FitsTrap>> = {
  'the same model on another task, with another optimizer and a frozen layer': {
    body: `const model = build()
const first = await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
model.layers[0].trainable = false
model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' })
await fit(model, points, products, { ...common, callbacks: ${looking} })`,
    wanted: '[norm(model), logs.loss, epoch, first.history.loss]',
    expect: 'skip',
  },
  'the first of two fits of one model': {
    body: `const model = build()
await fit(model, points, sums, { ...common, callbacks: ${looking} })
model.layers[2].trainable = false
model.compile({ optimizer: tf.train.adam(0.001), loss: 'meanSquaredError' })
await fit(model, points, products, { ...common, callbacks: { onBatchEnd } })`,
    wanted: '[norm(model), logs.loss]',
    expect: 'skip',
  },
  'a batch of the second fit': {
    body: `const model = build()
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
await fit(model, points, products, { ...common, callbacks: { onBatchEnd(batch, logs) {
WANTED
onBatchEnd()
} } })`,
    wanted: '[norm(model), logs.loss]',
    expect: 'run',
  },
  'between two fits': {
    body: `const model = build()
const history = await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
WANTED
await fit(model, points, products, { ...common, callbacks: { onBatchEnd } })`,
    wanted: '[norm(model), history.history.loss]',
    expect: 'suffix',
    isOutside: true,
  },
  'early stopping of both fits': {
    body: `const model = build()
await fit(model, points, sums, { ...common, callbacks: [layers.callbacks.earlyStopping({ monitor: 'loss', patience: 1 }), { onBatchEnd }] })
await fit(model, points, products, { ...common, callbacks: [layers.callbacks.earlyStopping({ monitor: 'loss', patience: 3 }), ${looking}] })`,
    wanted: '[norm(model), logs.loss]',
    expect: 'skip',
  },
  'two models in turn, the second of which learns what the first gives': {
    body: `const teacher = build()
const student = build(0.01)
await fit(teacher, points, sums, { ...common, callbacks: { onBatchEnd } })
const lessons = teacher.predict(points)
await fit(student, points, lessons, { ...common, callbacks: ${looking} })`,
    wanted: '[norm(teacher), norm(student), logs.loss]',
    expect: 'skip',
  },
  'two models in turn, the first of which is changed while the second is trained': {
    body: `const teacher = build()
const student = build(0.01)
await fit(teacher, points, sums, { ...common, callbacks: { onBatchEnd } })
await fit(student, points, sums, { ...common, callbacks: { onBatchEnd, onEpochEnd(epoch, logs) {
  teacher.setWeights(teacher.getWeights().map((it, k) => tf.add(tf.mul(it, 0.5), tf.mul(student.getWeights()[k], 0.5))))
  WANTED
} } })`,
    wanted: '[norm(teacher), norm(student)]',
    expect: 'skip',
  },
  'two models in turn, the second of which is changed while the first is trained': {
    body: `const teacher = build()
const student = build(0.01)
await fit(teacher, points, sums, { ...common, callbacks: { onBatchEnd, onEpochEnd() {
  student.setWeights(student.getWeights().map((it) => tf.mul(it, 1.1)))
} } })
await fit(student, points, sums, { ...common, callbacks: ${looking} })`,
    wanted: 'norm(student)',
    expect: 'full',
    names: 'made',
  },
  'what a callback of the first fit counts, and the second reads': {
    body: `const model = build()
let seen = 0
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd() { onBatchEnd(); seen++ } } })
await fit(model, points, products, { ...common, callbacks: ${looking} })`,
    wanted: 'norm(model) * seen',
    expect: 'full',
    names: 'seen',
  },
  'a list that the first fit fills decides the rate of the second': {
    body: `const model = build()
const losses = []
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd, onEpochEnd(epoch, logs) { losses.push(logs.loss) } } })
model.compile({ optimizer: tf.train.adam(losses[0] / 100), loss: 'meanSquaredError' })
await fit(model, points, products, { ...common, callbacks: ${looking} })`,
    wanted: 'norm(model)',
    expect: 'full',
    names: 'losses',
  },
  'the History of the first fit decides the rate of the second': {
    body: `const model = build()
const before = await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
model.compile({ optimizer: tf.train.adam(before.history.loss[0] / 100), loss: 'meanSquaredError' })
await fit(model, points, products, { ...common, callbacks: ${looking} })`,
    wanted: '[norm(model), before.history.loss[4] - logs.loss]',
    expect: 'skip',
  },
  'the History of the first fit, which callbacks of the second change': {
    body: `const model = build()
const before = await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
await fit(model, points, products, { ...common, callbacks: { onBatchEnd, onEpochEnd(epoch, logs) {
  before.history.loss.push(logs.loss)
  WANTED
} } })`,
    wanted: 'before.history.loss.length',
    expect: 'full',
  },
  'the optimizer that the model had in the first fit, changed in the second': {
    body: `const model = layers.sequential({ layers: [layers.layers.dense({ inputShape: [3], units: 1 })] })
const early = tf.train.sgd(0.05)
model.compile({ optimizer: early, loss: 'meanSquaredError' })
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
model.compile({ optimizer: tf.train.sgd(0.01), loss: 'meanSquaredError' })
await fit(model, points, products, { ...common, callbacks: { onBatchEnd, onEpochEnd() {
  early.learningRate = early.learningRate * 0.5
  WANTED
} } })`,
    wanted: 'early.learningRate',
    expect: 'full',
    names: 'early',
  },
  'an earlier optimizer, where one function compiles the model for both fits': {
    body: `const model = layers.sequential({ layers: [layers.layers.dense({ inputShape: [3], units: 1 })] })
const prepare = (optimizer) => model.compile({ optimizer, loss: 'meanSquaredError' })
const early = tf.train.sgd(0.05)
prepare(early)
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
const late = tf.train.sgd(0.01)
prepare(late)
await fit(model, points, products, { ...common, callbacks: { onBatchEnd, onEpochEnd() {
  early.learningRate = early.learningRate * 0.5
  WANTED
} } })`,
    wanted: 'early.learningRate',
    expect: 'full',
  },
  'one of two optimizers, whichever the model was compiled with': {
    body: `const model = layers.sequential({ layers: [layers.layers.dense({ inputShape: [3], units: 1 })] })
const fast = tf.train.sgd(0.05)
const slow = tf.train.sgd(0.01)
model.compile({ optimizer: flor.arg('fast', false) ? fast : slow, loss: 'meanSquaredError' })
await fit(model, points, products, { ...common, callbacks: { onBatchEnd, onEpochEnd() {
  fast.learningRate = fast.learningRate * 0.5
  WANTED
} } })`,
    wanted: 'fast.learningRate',
    expect: 'full',
  },
  'checkpointed while the first fit is over': {
    body: `const model = build()
const state = { best: Infinity }
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
flor.checkpointing({ state })
await fit(model, points, products, { ...common, callbacks: { onBatchEnd, onEpochEnd(epoch, logs) {
  state.best = Math.min(state.best, logs.loss)
  WANTED
} } })`,
    wanted: '[state.best, norm(model)]',
    expect: 'skip',
  },
  'checkpointed too late for the first fit': {
    body: `const model = build()
const state = { best: Infinity }
const keep = (epoch, logs) => { state.best = Math.min(state.best, logs.loss) }
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd, onEpochEnd: keep } })
flor.checkpointing({ state })
await fit(model, points, products, { ...common, callbacks: ${looking} })`,
    wanted: 'state.best',
    expect: 'full',
    names: 'best',
  },
  'a first fit that may not be, of a model that the second changes': {
    body: `const teacher = build()
const student = build(0.01)
if (flor.arg('warm', false)) await fit(teacher, points, sums, common)
await fit(student, points, sums, { ...common, callbacks: { onBatchEnd, onEpochEnd() {
  teacher.setWeights(teacher.getWeights().map((it, k) => tf.add(it, tf.mul(student.getWeights()[k], 0.5))))
  WANTED
} } })`,
    wanted: 'norm(teacher)',
    expect: 'full',
    names: 'made',
  },
  'a model that shares its layers with the one that is trained': {
    body: `const model = build()
const part = layers.model({ inputs: model.inputs, outputs: model.layers[0].output })
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
await fit(model, points, products, { ...common, callbacks: ${looking} })`,
    wanted: '[norm(part), norm(model)]',
    // It would be right, but that the one holds nothing but parts of the other is not known.
    expect: 'full',
  },
  'a model for each fold, in a flor loop': {
    body: `for (const fold of flor.loop('fold', [0, 1, 2])) {
  const model = build(0.01 * (1 + fold))
  const start = 8 * fold
  const rows = [tf.slice(points, [start, 0], [8, 3]), tf.slice(sums, [start, 0], [8, 1])]
  await fit(model, rows[0], rows[1], { ...common, batchSize: 4, callbacks: ${looking} })
}`,
    wanted: '[norm(model), logs.loss, fold]',
    expect: 'skip',
  },
  'two fits in each fold': {
    body: `for (const fold of flor.loop('fold', [0, 1])) {
  const model = build(0.01 * (1 + fold))
  const before = await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
  model.layers[0].trainable = false
  model.compile({ optimizer: tf.train.adam(0.005), loss: 'meanSquaredError' })
  await fit(model, points, products, { ...common, callbacks: ${looking} })
}`,
    wanted: '[norm(model), logs.loss, before.history.loss, fold]',
    expect: 'skip',
  },
  'the best score of the folds so far': {
    body: `let best = Infinity
for (const fold of flor.loop('fold', [0, 1, 2])) {
  const model = build(0.01 * (1 + fold))
  const history = await fit(model, points, sums, { ...common, callbacks: ${looking} })
  best = Math.min(best, history.history.loss[4])
}`,
    wanted: 'logs.loss - best',
    expect: 'full',
    names: 'best',
  },
  'the best score of the folds, which nothing in a fold reads': {
    body: `let best = Infinity
for (const fold of flor.loop('fold', [0, 1, 2])) {
  const model = build(0.01 * (1 + fold))
  const history = await fit(model, points, sums, { ...common, callbacks: ${looking} })
  best = Math.min(best, history.history.loss[4])
}
flor.log('best', best)`,
    wanted: 'norm(model)',
    expect: 'skip',
  },
  'weights that go on from fold to fold': {
    body: `const model = build()
for (const fold of flor.loop('fold', [0, 1, 2]))
  await fit(model, points, sums, { ...common, callbacks: ${looking} })`,
    wanted: 'norm(model)',
    expect: 'full',
  },
  'a rate for each trial, in a plain loop': {
    body: `for (const rate of [0.01, 0.02, 0.05]) {
  const model = build(rate)
  await fit(model, points, sums, { ...common, callbacks: ${looking} })
}`,
    wanted: 'norm(model)',
    expect: 'full',
  },
  'a fit, then a loop of the script': {
    body: `const model = build()
await fit(model, points, sums, { ...common, callbacks: { onBatchEnd } })
const weights = new Float64Array(3)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4])) {
  for (const step of flor.loop('step', [0, 1, 2, 3])) {
    onBatchEnd()
    for (let k = 0; k < 3; k++) weights[k] += 0.1 * Math.random()
  }
  WANTED
}`,
    wanted: '[...weights, norm(model)]',
    expect: 'skip',
  },
  'a function that fits what it is given, called twice': {
    body: `async function train(model, targets) {
  return fit(model, points, targets, { ...common, callbacks: { onBatchEnd } })
}
const one = build()
const other = build(0.01)
const first = await train(one, sums)
const second = await train(other, products)
WANTED`,
    wanted: '[norm(one), norm(other), first.history.loss, second.history.loss]',
    expect: 'suffix',
    isOutside: true,
  },
  'a function that fits a model which it is called with twice': {
    body: `async function train(targets, callbacks) {
  return fit(model, points, targets, { ...common, callbacks })
}
const model = build()
await train(sums, { onBatchEnd })
await train(products, ${looking})`,
    wanted: '[norm(model), logs.loss]',
    expect: 'skip',
  },
  'a function that fits, called by another that is called twice': {
    body: `async function train(model) {
  return fit(model, points, sums, { ...common, callbacks: ${looking} })
}
const study = async (model) => train(model)
const one = build()
await study(one)
await study(build(0.01))`,
    wanted: 'norm(one)',
    expect: 'full',
  },
  'callbacks of a function that is called twice, which look at what it is given': {
    body: `async function train(model, targets) {
  return fit(model, points, targets, { ...common, callbacks: ${looking} })
}
const one = build()
const other = build(0.01)
await train(one, sums)
await train(other, products)`,
    wanted: '[norm(model), logs.loss]',
    expect: 'full',
  },
  'two fits at once': {
    body: `const one = build()
const other = build(0.01)
await Promise.all([
  fit(one, points, sums, { ...common, callbacks: { onBatchEnd } }),
  fit(other, points, products, { ...common, callbacks: ${looking} }),
])`,
    wanted: 'norm(one)',
    expect: 'full',
  },
  'two functions that fit, called at once': {
    body: `const one = build()
const other = build(0.01)
const train = (model, callbacks) => fit(model, points, sums, { ...common, callbacks })
await Promise.all([train(one, { onBatchEnd }), train(other, ${looking})])`,
    wanted: 'norm(one)',
    expect: 'full',
  },
  'two fits, the first of which is awaited behind the second': {
    body: `const one = build()
const other = build(0.01)
const going = fit(one, points, sums, { ...common, callbacks: { onBatchEnd } })
await fit(other, points, products, { ...common, callbacks: ${looking} })
await going`,
    wanted: 'norm(one)',
    expect: 'full',
  },
  'a model that is disposed of before the next is trained': {
    body: `const one = build()
await fit(one, points, sums, { ...common, callbacks: { onBatchEnd } })
one.dispose()
const other = build(0.01)
await fit(other, points, sums, { ...common, callbacks: ${looking} })`,
    wanted: 'norm(other)',
    expect: 'skip',
  },
  'a data set that goes on from one fit to the next': {
    body: `const model = build()
let given = 0
async function* batches() {
  for (let i = 0; i < 3; i++) {
    given++
    yield { xs: tf.mul(tf.slice(points, [8 * i, 0], [8, 3]), given), ys: tf.slice(sums, [8 * i, 0], [8, 1]) }
  }
}
const dataset = { iterator: async () => batches() }
await fitDataset(model, dataset, { epochs: 5, verbose: 0, callbacks: { onBatchEnd } })
await fitDataset(model, dataset, { epochs: 5, verbose: 0, callbacks: ${looking} })`,
    wanted: 'norm(model) + given',
    expect: 'full',
    names: 'given',
  },
  'a data set that draws its batches, for two fits': {
    body: `const model = build()
async function* batches() {
  for (let i = 0; i < 3; i++) {
    const at = Math.floor(Math.random() * 16)
    yield { xs: tf.slice(points, [at, 0], [8, 3]), ys: tf.slice(sums, [at, 0], [8, 1]) }
  }
}
const dataset = { iterator: async () => batches() }
await fitDataset(model, dataset, { epochs: 5, verbose: 0, callbacks: { onBatchEnd } })
await fitDataset(model, dataset, { epochs: 5, verbose: 0, callbacks: ${looking} })`,
    wanted: '[norm(model), logs.loss]',
    expect: 'skip',
  },
  'a callback that one fit leaves to the next': {
    body: `const watchers = []
const one = build()
const other = build(0.01)
await fit(one, points, sums, { ...common, callbacks: { onBatchEnd, onEpochEnd(epoch) {
  watchers.push(() => epoch)
} } })
await fit(other, points, sums, { ...common, callbacks: ${looking} })`,
    wanted: 'watchers.map((it) => it()).join()',
    expect: 'full',
    names: 'watchers',
  },
}
