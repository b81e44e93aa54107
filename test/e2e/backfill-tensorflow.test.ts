import { test } from 'tap'
import { backfill, fromScratch, open, project, runsOf, storedValues, train } from '../support/training.js'

/** A small classifier with dropout, trained with Adam; `wanted` adds statements that nobody thought of at the time. */
function script(version: 'first' | 'renamed', isWanted: boolean): string {
  const model = version === 'first' ? 'net' : 'classifier'
  const want = (statement: string): string => (isWanted ? statement : '')
  return `import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
import * as flor from 'git-flor'

await tf.setBackend('cpu')
flor.seed(flor.arg('seed', 5))
const epochs = flor.arg('epochs', 4)
const ${model} = layers.sequential({
  layers: [
    layers.layers.dense({ inputShape: [4], units: 6, activation: 'relu' }),
    layers.layers.dropout({ rate: 0.2 }),
    layers.layers.dense({ units: 2, activation: 'softmax' }),
  ],
})
const optimizer = tf.train.adam(flor.arg('lr', 0.02))
${model}.compile({ optimizer, loss: 'categoricalCrossentropy' })
const points = tf.randomNormal([48, 4])
const classes = tf.oneHot(tf.cast(tf.greater(tf.sum(points, 1), 0), 'int32'), 2)
const normOf = (model) => tf.tidy(() => Math.sqrt(model.getWeights().reduce((sum, w) => sum + tf.sum(tf.square(w)).dataSync()[0], 0)))

flor.checkpointing({ ${model}, optimizer })
for (const epoch of flor.loop('epoch', Array(epochs).keys())) {${want(`\n  flor.log('norm_before', normOf(${model}))`)}
  for (const step of flor.loop('step', [0, 1, 2])) {
    const at = Math.floor(Math.random() * 4) * 12
    const loss = await ${model}.trainOnBatch(tf.slice(points, [at, 0], [12, 4]), tf.slice(classes, [at, 0], [12, 2]))
    flor.log('loss', loss)${want(`\n    flor.log('bias', ${model}.getWeights()[1])`)}
  }
  const output = ${model}.predict(points)
  flor.log('mean_output', tf.mean(tf.slice(output, [0, 0], [48, 1])).dataSync()[0])${want(`\n  flor.log('norm_after', normOf(${model}))`)}
}
`
}

const names = ['norm_before', 'bias', 'norm_after']

test('values of TensorFlow.js trainings of two versions are exact in hindsight', async (t) => {
  const repo = project(t, { 'train.js': script('first', false) })
  train(repo, { args: ['--flor', 'lr=0.05'] })
  repo.write('train.js', script('renamed', false)).commit('a better name')
  train(repo)
  repo.write('train.js', script('renamed', true))
  const { flor, notices } = open(t, repo)
  const { plan, outcome } = await backfill(flor, names, { where: 'epoch >= 2' })
  t.strictSame(notices, [])
  t.equal(plan.rows.length, 2)
  for (const report of outcome.reports) {
    if (report.status === 'failed') t.fail(report.reason + report.output)
    else t.equal(report.fidelity.status, 'identical')
  }
  for (const run of await runsOf(flor)) {
    const row = plan.rows.find((it) => it.entry.run === run.run)
    if (row?.status !== 'planned') throw new Error(`not planned: ${JSON.stringify(row)}`)
    const truth = fromScratch(t, repo, row.patched, run)
    const wanted = Object.fromEntries(
      names.map((name) => [
        name,
        Object.fromEntries(Object.entries(truth[name] ?? {}).filter(([at]) => /^epoch=[23]/.test(at))),
      ]),
    )
    t.equal(Object.keys(wanted.bias ?? {}).length, 6)
    t.strictSame(await storedValues(flor, run, names), wanted)
    t.strictSame((await storedValues(flor, run, ['loss'], 'recorded')).loss, truth.loss)
    t.ok(
      row.plans.every((it) => it.plan.checkpoints.used > 0),
      'from checkpoints',
    )
  }
})
