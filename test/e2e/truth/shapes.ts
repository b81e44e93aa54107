/** Programs whose loops stand in shapes that real trainings have; `want` adds the statements that nobody thought of at the time. */
export interface Shape {
  readonly files: (want: (name: string, value: string) => string) => Readonly<Record<string, string>>
  /** The level at which each wanted name must be had, all checkpoints being there. */
  readonly levels: Readonly<Record<string, string>>
  readonly where?: string
  /** Which contexts that asks for; all where absent. */
  readonly isAsked?: (context: string) => boolean
  /** What the script logs in both versions, exactly as it was. */
  readonly recorded: readonly string[]
}

const head = `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 4))
`

/** A step of descent on two weights with momentum; slow, so that leaving it out is worth a restore. */
const stepper = `function descend(weights, velocity, rate) {
  for (const end = performance.now() + 2; performance.now() < end; );
  const x = Math.random()
  const error = x * weights[0] + weights[1] - Math.sin(x)
  velocity[0] = 0.8 * velocity[0] - rate * error * x
  velocity[1] = 0.8 * velocity[1] - rate * error
  weights[0] += velocity[0]
  weights[1] += velocity[1]
  return error * error
}
const norm = (vector) => Math.hypot(...vector)
`
const state = 'const weights = new Float64Array(2)\nconst velocity = new Float64Array(2)\n'
const one = (script: string) => ({ 'train.js': head + stepper + script })

export const shapes: Readonly<Record<string, Shape>> = {
  'data that is read in loops before': {
    files: (want) =>
      one(`const rows = []
for (const row of flor.loop('row', [1, 2, 3])) for (const cell of flor.loop('cell', [1, 2])) rows.push(row * Math.random() + cell)
${state}flor.checkpointing({ weights, velocity })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  for (const i of flor.loop('step', [0, 1, 2])) {
    const loss = descend(weights, velocity, 0.01 * rows[i])
    ${want('deep', 'loss * rows[i]')}
    flor.log('loss', loss)
  }
  ${want('with_rows', 'norm(weights) + rows[0]')}
}
${want('last', 'rows.length')}
`),
    levels: { deep: 'run', with_rows: 'skip', last: 'suffix' },
    recorded: ['loss'],
  },
  'patience that nobody checkpointed': {
    files: (want) =>
      one(`${state}flor.checkpointing({ weights, velocity })
let best = 0
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4, 5, 6, 7])) {
  let loss = 0
  for (const i of flor.loop('step', [0, 1, 2])) loss = descend(weights, velocity, 0.1)
  flor.log('loss', loss)
  ${want('twice', 'norm(weights) * 2')}
  if (epoch % 2 === 0) best = epoch
  if (epoch - best >= 3) break
}
`),
    levels: { twice: 'full' },
    where: 'epoch >= 4',
    isAsked: (context) => Number(/epoch=(\d+)/.exec(context)?.[1]) >= 4,
    recorded: ['loss'],
  },
  'several main loops in sequence': {
    files: (want) =>
      one(`${state}flor.checkpointing({ weights, velocity })
for (const epoch of flor.loop('warm', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) flor.log('loss', descend(weights, velocity, 0.01))
  ${want('in_first', 'norm(weights)')}
}
${want('between', 'norm(velocity)')}
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  for (const i of flor.loop('step', [0, 1])) {
    const loss = descend(weights, velocity, 0.1)
    ${want('deep_in_second', '[loss, velocity[0]]')}
    flor.log('loss', loss)
  }
  ${want('in_second', 'norm(weights)')}
}
${want('last', 'norm(weights)')}
`),
    levels: { in_first: 'skip', between: 'suffix', deep_in_second: 'run', in_second: 'skip', last: 'suffix' },
    recorded: ['loss'],
  },
  'folds with a model each': {
    files: (want) =>
      one(`for (const fold of flor.loop('fold', [0, 1, 2])) {
  const weights = new Float64Array(2).map(() => Math.random())
  const velocity = new Float64Array(2)
  ${want('at_first', 'norm(weights)')}
  flor.checkpointing({ weights, velocity })
  for (const epoch of flor.loop('epoch', [0, 1, 2])) {
    for (const i of flor.loop('step', [0, 1])) {
      const loss = descend(weights, velocity, 0.1 / (fold + 1))
      ${want('deep', '[loss, velocity[0]]')}
      flor.log('loss', loss)
    }
    ${want('in_epoch', 'norm(weights)')}
  }
  ${want('behind', 'norm(weights)')}
  flor.log('score', norm(weights))
}
`),
    levels: { at_first: 'prefix', deep: 'run', in_epoch: 'skip', behind: 'suffix' },
    recorded: ['loss', 'score'],
  },
  'trials of folds': {
    files: (want) =>
      one(`for (const trial of flor.loop('trial', [0.05, 0.2])) {
  for (const fold of flor.loop('fold', [0, 1])) {
    const weights = new Float64Array(2)
    const velocity = new Float64Array(2)
    flor.checkpointing({ weights, velocity })
    for (const epoch of flor.loop('epoch', [0, 1, 2])) {
      for (const i of flor.loop('step', [0, 1])) flor.log('loss', descend(weights, velocity, trial))
      ${want('in_epoch', 'norm(weights) + trial')}
    }
    ${want('behind', 'norm(velocity)')}
  }
}
`),
    levels: { in_epoch: 'skip', behind: 'suffix' },
    recorded: ['loss'],
  },
  'loops nested deeper than two': {
    files: (want) =>
      one(`${state}flor.checkpointing({ weights, velocity })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  for (const shard of flor.loop('shard', [0, 1])) {
    for (const batch of flor.loop('batch', [0, 1])) {
      for (const k of flor.loop('micro', [0, 1])) {
        const loss = descend(weights, velocity, 0.1)
        ${want('deepest', '[loss, shard, batch, k]')}
        flor.log('loss', loss)
      }
      ${want('in_batch', 'norm(weights)')}
    }
    ${want('in_shard', 'norm(velocity)')}
  }
  ${want('in_epoch', 'norm(weights)')}
}
`),
    levels: { deepest: 'run', in_batch: 'run', in_shard: 'run', in_epoch: 'skip' },
    recorded: ['loss'],
    where: 'epoch = 1 or epoch = 3',
    isAsked: (context) => /^epoch=[13]/.test(context),
  },
  'loops in called functions and other modules': {
    files: (want) => ({
      'train.js': `${head}import { norm } from './norm.js'
import { fit } from './fit.js'
${state}flor.checkpointing({ weights, velocity })
fit({ weights, velocity }, 4)
${want('last', 'norm(weights)')}
`,
      'norm.js': 'export const norm = (vector) => Math.hypot(...vector)\n',
      'fit.js': `import * as flor from 'git-flor'
import { norm } from './norm.js'
import { sweep } from './sweep.js'
export function fit(progress, epochs) {
  for (const epoch of flor.loop('epoch', Array(epochs).keys())) {
    sweep(progress)
    ${want('in_epoch', 'norm(progress.weights)')}
  }
}
`,
      'sweep.js': `import * as flor from 'git-flor'
${stepper}
export function sweep({ weights, velocity }) {
  for (const i of flor.loop('step', [0, 1, 2])) {
    const loss = descend(weights, velocity, 0.1)
    ${want('in_step', '[loss, norm(velocity)]')}
    flor.log('loss', loss)
  }
}
`,
    }),
    levels: { last: 'suffix', in_epoch: 'skip', in_step: 'run' },
    recorded: ['loss'],
  },
  'asynchronous loops': {
    files: (want) =>
      one(`${state}const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
async function* batches(count) {
  for (let i = 0; i < count; i++) {
    await wait(1)
    yield Math.random()
  }
}
async function* epochs() {
  for (let i = 0; i < 5; i++) {
    await wait(1)
    yield Math.random()
  }
}
async function main() {
  flor.checkpointing({ weights, velocity })
  for await (const epoch of flor.loop('epoch', epochs())) {
    ${want('first', 'norm(weights) + epoch')}
    for await (const noise of flor.loop('step', batches(3))) {
      const loss = descend(weights, velocity, 0.1 * noise)
      ${want('inside', '[loss, noise]')}
      flor.log('loss', loss)
    }
    ${want('behind', 'norm(velocity)')}
    await wait(1)
  }
}
await main()
`),
    levels: { first: 'skip', inside: 'run', behind: 'skip' },
    recorded: ['loss'],
  },
  'early stopping with patience': {
    files: (want) =>
      one(`${state}const progress = { best: Infinity, patience: 2 }
flor.checkpointing({ weights, velocity, progress })
for (const epoch of flor.loop('epoch', Array(30).keys())) {
  for (const i of flor.loop('step', [0, 1])) flor.log('loss', descend(weights, velocity, 0.3))
  const score = norm(velocity)
  if (score < progress.best) {
    progress.best = score
    progress.patience = 2
  } else progress.patience -= 1
  ${want('best', '[progress.best, progress.patience]')}
  if (progress.patience === 0) break
  ${want('going_on', 'norm(weights)')}
}
${want('stopped', 'progress.best + norm(weights)')}
`),
    levels: { best: 'skip', going_on: 'skip', stopped: 'suffix' },
    recorded: ['loss'],
  },
  'iterations chosen by a predicate': {
    files: (want) =>
      one(`${state}flor.checkpointing({ weights, velocity })
for (const epoch of flor.loop('epoch', Array(10).keys())) {
  for (const step of flor.loop('step', [0, 1, 2, 3])) {
    const loss = descend(weights, velocity, 0.1)
    ${want('inside', '[loss, weights[1]]')}
    flor.log('loss', loss)
  }
}
`),
    levels: { inside: 'run' },
    recorded: ['loss'],
    where: 'epoch >= 8 and step % 2 = 0',
    // Whole iterations of the main loop are kept.
    isAsked: (context) => /^epoch=[89]/.test(context),
  },
  'state that grows, and a schedule in it': {
    files: (want) =>
      one(`${state}const memory = { losses: [], counts: new Map(), seen: new Set(), rate: 0.2, best: null }
flor.checkpointing({ weights, velocity, memory })
for (const epoch of flor.loop('epoch', Array(6).keys())) {
  ${want('first', '[memory.losses.length, memory.rate, memory.seen.size]')}
  for (const i of flor.loop('step', [0, 1, 2])) {
    const loss = descend(weights, velocity, memory.rate)
    memory.losses.push(loss)
    const bucket = loss > 0.1 ? 'high' : 'low'
    memory.counts.set(bucket, (memory.counts.get(bucket) ?? 0) + 1)
    memory.seen.add(Math.floor(loss * 100))
    ${want('inside', "[memory.losses.length, memory.counts.get('low') ?? 0]")}
    flor.log('loss', loss)
  }
  if (memory.best === null || memory.losses[memory.losses.length - 1] < memory.best) memory.best = memory.losses[memory.losses.length - 1]
  memory.rate *= 0.7
  ${want('behind', '[...memory.counts.keys(), memory.best, memory.losses.reduce((a, b) => a + b, 0), [...memory.seen].join()]')}
}
${want('last', '[memory.losses.length, memory.rate, memory.best]')}
`),
    levels: { first: 'skip', inside: 'run', behind: 'skip', last: 'suffix' },
    recorded: ['loss'],
    where: 'epoch >= 3',
    isAsked: (context) => context === '' || /^epoch=[345]/.test(context),
  },
  'nested loops that are entered again, or not at all': {
    files: (want) =>
      one(`${state}flor.checkpointing({ weights, velocity })
for (const epoch of flor.loop('epoch', Array(6).keys())) {
  for (const part of [0.05, 0.1]) {
    for (const i of flor.loop('step', [0, 1])) flor.log('loss', descend(weights, velocity, part))
  }
  ${want('behind', 'norm(weights)')}
  if (epoch % 2 === 1) {
    for (const i of flor.loop('polish', [0, 1])) descend(weights, velocity, 0.01)
    ${want('polished', 'norm(velocity)')}
  }
  ${want('late', 'norm(weights)')}
}
`),
    levels: { behind: 'skip', polished: 'skip', late: 'skip' },
    recorded: ['loss'],
    where: 'epoch >= 2',
    isAsked: (context) => /^epoch=[2345]/.test(context),
  },
  'a helper that carries its own random numbers, beside what it shapes': {
    files: (want) =>
      one(`${state}let seed = 7
function random() {
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
}
flor.checkpointing({ weights, velocity })
for (const epoch of flor.loop('epoch', Array(6).keys())) {
  for (const i of flor.loop('step', [0, 1])) flor.log('loss', descend(weights, velocity, 0.2 * random()))
  ${want('behind', 'norm(weights)')}
}
`),
    // With all checkpoints the weights are restored; with some missing, steps would draw other numbers.
    levels: { behind: 'skip' },
    recorded: ['loss'],
    where: 'epoch >= 3',
    isAsked: (context) => /^epoch=[345]/.test(context),
  },
  'TensorFlow.js models of folds, and schedules': {
    files: (want) => ({
      'train.js': `${head}import * as tf from '@tensorflow/tfjs-core'
import * as tl from '@tensorflow/tfjs-layers'
import '@tensorflow/tfjs-backend-cpu'
await tf.setBackend('cpu')
const xs = tf.randomNormal([8, 2])
const ys = tf.sum(xs, 1, true)
const normOf = (model) => tf.tidy(() => model.getWeights().reduce((sum, it) => sum + tf.sum(tf.square(it)).dataSync()[0], 0))
for (const fold of flor.loop('fold', [0, 1])) {
  const model = tl.sequential({ layers: [tl.layers.dense({ units: 3, inputShape: [2] }), tl.layers.dropout({ rate: 0.3 }), tl.layers.dense({ units: 1 })] })
  const optimizer = tf.train.rmsprop(0.05)
  flor.checkpointing({ model, optimizer })
  for (const epoch of flor.loop('epoch', [0, 1, 2])) {
    optimizer.learningRate = 0.05 / (epoch + 1)
    for (const i of flor.loop('step', [0, 1])) {
      for (const end = performance.now() + 3; performance.now() < end; );
      const loss = optimizer.minimize(() => tf.losses.meanSquaredError(ys, model.apply(xs, { training: true })), true)
      ${want('inside', '[loss.dataSync()[0], normOf(model)]')}
      flor.log('loss', loss.dataSync()[0])
    }
    ${want('behind', 'normOf(model) + optimizer.learningRate')}
  }
}
`,
    }),
    levels: { inside: 'run', behind: 'skip' },
    recorded: ['loss'],
  },
}
