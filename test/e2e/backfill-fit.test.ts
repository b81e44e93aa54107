import { type Test, test } from 'tap'
import type { RunEntry } from '../../lib/db/run-entry.js'
import { faithfulBackfill } from '../support/faithful-backfill.js'
import { loseCheckpoints } from '../support/lost-checkpoints.js'
import { fromScratch, open, project, runsOf, storedValues, train, type Values } from '../support/training.js'

/** Tensors, whose rows fit shuffles; and a data set that draws its batches. */
const sources = {
  tensors:
    'fit(model, points, classes, { epochs, batchSize: 10, validationSplit: 0.25, verbose: 0, callbacks })',
  dataset:
    'fitDataset(model, { iterator: async () => batches() }, { epochs, validationData: [points, classes], verbose: 0, callbacks })',
}
type Source = keyof typeof sources

const generator = `async function* batches() {
  for (let i = 0; i < 3; i++) {
    const at = Math.floor(Math.random() * 30)
    yield { xs: tf.slice(points, [at, 0], [10, 3]), ys: tf.slice(classes, [at, 0], [10, 2]) }
  }
}`

/** A small classifier with dropout, trained by fit with Adam; `wantedAs` adds a statement at each kind of place. */
function script(source: Source, wantedAs?: string): string {
  const want = (statement: string): string =>
    wantedAs === undefined ? DELETED : statement.replace("log('", `log('${wantedAs}_`)
  const text = `import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import * as flor from 'git-flor'
import { fit, fitDataset } from 'git-flor/tfjs'

await tf.setBackend('cpu')
flor.seed(flor.arg('seed', 5))
const epochs = flor.arg('epochs', 6)
const model = layers.sequential({
  layers: [
    layers.layers.dense({ inputShape: [3], units: 5, activation: 'relu' }),
    layers.layers.dropout({ rate: 0.3 }),
    layers.layers.dense({ units: 2, activation: 'softmax' }),
  ],
})
model.compile({ optimizer: tf.train.adam(0.03), loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
const points = tf.randomNormal([40, 3])
const classes = tf.cast(tf.oneHot(tf.cast(tf.greater(tf.sum(points, 1), 0), 'int32'), 2), 'float32')
${source === 'dataset' ? generator : ''}
const normOf = (weights) => tf.tidy(() => {
  let sum = 0
  for (const w of weights) sum += tf.sum(tf.square(w)).dataSync()[0]
  return Math.sqrt(sum)
})
function look(logs) {
  const spread = logs.acc - logs.val_acc
  ${want("flor.log('in_function', [spread, normOf(model.getWeights())])")}
  return spread
}

const callbacks = {
  onTrainBegin() {
    console.log('begin')
    ${want("flor.log('train_begin', normOf(model.getWeights()))")}
  },
  onEpochBegin(epoch) {
    console.log('epoch', epoch)
    ${want("flor.log('epoch_begin', normOf(model.getWeights()))")}
  },
  onBatchBegin(batch) {
    console.log('batch', batch)
    ${want("flor.log('batch_begin', normOf(model.getWeights()))")}
  },
  onBatchEnd(batch, logs) {
    console.log('loss', logs.loss)
    ${want("flor.log('batch_end', [logs.loss, logs.size, model.getWeights()[1]])")}
  },
  onEpochEnd(epoch, logs) {
    look(logs)
    ${want("flor.log('epoch_end', [epoch, logs.loss, logs.val_loss, normOf(model.getWeights())])")}
  },
  onTrainEnd() {
    console.log('end')
    ${want("flor.log('train_end', normOf(model.getWeights()))")}
  },
}
${want("flor.log('before', points)")}
const history = await ${sources[source]}
${want("flor.log('after', [history.epoch, history.history.loss, history.history.val_acc, normOf(model.getWeights())])")}
flor.log('final', model.getWeights()[0])
`
  return text
    .split('\n')
    .filter((line) => line.trim() !== DELETED)
    .join('\n')
}

/** A line that is not there. */
const DELETED = '///'

const names = [
  'before',
  'train_begin',
  'epoch_begin',
  'batch_begin',
  'batch_end',
  'in_function',
  'epoch_end',
  'train_end',
  'after',
]

const kept: Readonly<Record<string, (epoch: number) => boolean>> = {
  all: () => true,
  third: (epoch) => epoch % 3 === 2,
  none: () => false,
}

/** Of a training with all checkpoints, with every third, and with none; a level of its own where it differs. */
const levels: Readonly<Record<string, string>> = {
  before: 'prefix',
  train_begin: 'prefix',
  epoch_begin: 'skip',
  batch_begin: 'run',
  batch_end: 'run',
  in_function: 'skip',
  epoch_end: 'skip',
  train_end: 'suffix',
  after: 'suffix',
}

function expectedLevels(which: string): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const level = levels[name] as string
      if (level === 'skip' && which === 'none') return [name, 'run']
      return [name, level]
    }),
  )
}

async function compare(t: Test, source: Source): Promise<void> {
  const repo = project(t, { 'train.js': script(source) })
  train(repo, { args: ['--flor', 'seed=11'] })
  const { flor, notices } = open(t, repo)
  let truth: Values | undefined
  for (const [which, isKept] of Object.entries(kept)) {
    // Where checkpoints lie says nothing of where the data come from: once is enough.
    if (source === 'dataset' && which === 'third') continue
    repo.write('train.js', script(source, which))
    const prefixed = names.map((name) => `${which}_${name}`)
    const [recorded] = await runsOf(flor)
    if (recorded === undefined) throw new Error('nothing was recorded')
    t.equal(recorded.checkpoints.count, 12, 'one S and one E for each epoch')
    await loseCheckpoints(flor, recorded, ({ point }) => isKept(point.context[0]?.index ?? 0))
    const { row, levels: found } = await faithfulBackfill(t, flor, prefixed)
    const run = row.entry
    const wantedLevels = Object.entries(expectedLevels(which)).map(([name, level]) => [
      `${which}_${name}`,
      level,
    ])
    t.strictSame(found, Object.fromEntries(wantedLevels), `levels with checkpoints: ${which}`)
    // The three patched versions differ in names alone.
    truth ??= fromScratch(t, repo, row.patched, run)
    const values = truth
    t.strictSame(
      Object.values(await storedValues(flor, run, prefixed)),
      names.map((name) => values[`all_${name}`]),
      `every value is that of an execution from scratch, with checkpoints: ${which}`,
    )
  }
  t.strictSame(notices, [])
  t.equal(Object.keys(truth?.all_batch_end ?? {}).length, 18)
  t.equal(Object.keys(truth?.all_epoch_end ?? {}).length, 6)
  const reported = ['loss', 'acc', 'val_loss', 'val_acc', 'batch_loss', 'batch_acc', 'final']
  const [run] = await runsOf(flor)
  t.strictSame(
    await storedValues(flor, run as RunEntry, reported, 'recorded'),
    Object.fromEntries(reported.map((name) => [name, truth?.[name]])),
    'what fit reports was recorded',
  )
}

for (const source of Object.keys(sources) as Source[]) {
  test(`values wanted at every kind of place of a fit are exact, with and without checkpoints: ${source}`, (t) =>
    compare(t, source))
}
