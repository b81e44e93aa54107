import { train } from '../../support/training.js'
import { type BenchRow, median } from '../table.js'
import { type Answer, backfillWith, computing, inProject } from './bed.js'

/** A classifier of made-up points, by TensorFlow.js layers on the plain JavaScript backend. */
const layers = (
  statements: { inStep?: string; inEpoch?: string } = {},
): string => `import * as flor from 'git-flor'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
await tf.setBackend('cpu')
flor.seed(flor.arg('seed', 1))
const model = tfl.sequential({ layers: [
  tfl.layers.dense({ units: 64, activation: 'relu', inputShape: [32] }),
  tfl.layers.dense({ units: 1 }),
] })
const optimizer = tf.train.adam(0.01)
const xs = tf.randomUniform([256, 32], -1, 1, 'float32', 7)
const ys = tf.sum(xs, 1, true)
flor.checkpointing({ model, optimizer })
for (const epoch of flor.loop('epoch', Array(flor.arg('epochs', 10)).keys())) {
  for (const step of flor.loop('step', Array(12).keys())) {
    const loss = optimizer.minimize(() => tf.losses.meanSquaredError(ys, model.apply(xs)), true)
    flor.log('loss', loss.dataSync()[0])
${statements.inStep ?? ''}
  }
  flor.log('bias', model.layers[1].getWeights()[1].dataSync()[0])
${statements.inEpoch ?? ''}
}
`

const compute = (name: string) => computing(10, 150, `    flor.log('${name}', weights[3])`)
const inStep = (name: string) =>
  layers({ inStep: `    flor.log('${name}', tf.sum(model.layers[0].getWeights()[0]).dataSync()[0])` })
const inEpoch = (name: string) =>
  layers({ inEpoch: `  flor.log('${name}', tf.sum(model.layers[0].getWeights()[0]).dataSync()[0])` })

/** What is backfilled, one after another in one repository, as somebody does who works there. */
const BACKFILLS: readonly {
  readonly script: string
  readonly text: string
  readonly ask: string
  readonly workers: number
}[] = [
  { script: 'arrays.js', text: compute('a1'), ask: 'a1', workers: 1 },
  { script: 'arrays.js', text: compute('a2'), ask: 'a2', workers: 2 },
  { script: 'arrays.js', text: compute('a3'), ask: 'a3 where epoch >= 5', workers: 1 },
  { script: 'arrays.js', text: compute('a4'), ask: 'a4 where epoch >= 2', workers: 2 },
  { script: 'layers.js', text: inStep('l1'), ask: 'l1', workers: 1 },
  { script: 'layers.js', text: inStep('l2'), ask: 'l2', workers: 2 },
  { script: 'layers.js', text: inStep('l3'), ask: 'l3 where epoch < 4', workers: 1 },
  { script: 'layers.js', text: inStep('l4'), ask: 'l4 where epoch >= 3', workers: 2 },
  { script: 'layers.js', text: inEpoch('e1'), ask: 'e1', workers: 1 },
  { script: 'layers.js', text: inEpoch('e2'), ask: 'e2', workers: 2 },
  { script: 'layers.js', text: inEpoch('e3'), ask: 'e3 where epoch >= 4', workers: 1 },
  { script: 'arrays.js', text: compute('a5'), ask: 'a5', workers: 1 },
  { script: 'layers.js', text: inStep('l5'), ask: 'l5', workers: 1 },
  { script: 'arrays.js', text: compute('a6'), ask: 'a6', workers: 2 },
]

/** Estimated against actual time of backfills; the first ones know nothing of this machine yet. */
export async function benchEstimates(): Promise<BenchRow[]> {
  const files = { 'arrays.js': computing(10, 150), 'layers.js': layers() }
  const answers = await inProject(files, (repo) => {
    for (const script of ['arrays.js', 'layers.js'])
      for (const seed of [1, 2]) train(repo, { script, args: ['--flor', `seed=${seed}`] })
    return BACKFILLS.map(({ script, text, ask, workers }) => {
      repo.write(script, text)
      const { answer } = backfillWith(repo, askOf(ask, script), [`-j${workers}`])
      if (process.argv.includes('--details')) console.error(detail(ask, workers, answer))
      return answer
    })
  })
  const errors = answers.map(({ estimatedMs, durationMs }) => Math.abs(estimatedMs / durationMs - 1))
  const near = errors.filter((it) => it <= 0.2).length
  return [
    {
      what: `estimates of ${answers.length} backfills within 20 % of what they took`,
      measured: `${near} of ${answers.length}`,
      baseline: `median error ${(median(errors) * 100).toFixed(0)} %, largest ${(Math.max(...errors) * 100).toFixed(0)} %`,
      goal: '>= 9 of 10',
      reached: near / answers.length >= 0.9,
    },
  ]
}

/** Of runs of this script alone: those of the other one have the file, too, and would be executed for nothing. */
function askOf(ask: string, script: string): string {
  const [name, where] = ask.split(' where ')
  return `${name} where script = '${script}'${where === undefined ? '' : ` and ${where}`}`
}

function detail(ask: string, workers: number, { estimatedMs, durationMs, tasks }: Answer): string {
  const each = tasks.map((it) => `${it.estimateMs.toFixed(0)}/${it.durationMs.toFixed(0)}`).join(' ')
  return `${ask.padEnd(24)} -j${workers} estimated ${estimatedMs.toFixed(0)} actual ${durationMs.toFixed(0)}  (${(estimatedMs / durationMs).toFixed(2)})  ${each}`
}
