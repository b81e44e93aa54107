import t from 'tap'
import { analyseStatement } from '../../../lib/replay/analyse.js'
import { markedProject } from './marked-project.js'

interface Parts {
  readonly head?: string
  readonly before?: string
  readonly callbacks?: string
  readonly options?: string
  readonly after?: string
  readonly call?: string
}

const log = (expression: string) => `/*<*/flor.log('w', ${expression})/*>*/`

function analyse({ head = '', before = '', callbacks = '{}', options = '', after = '', call }: Parts) {
  const text = `import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import * as flor from 'git-flor'
import { fit, fitDataset } from 'git-flor/tfjs'

const model = layers.sequential({ layers: [layers.layers.dense({ inputShape: [2], units: 1 })] })
model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError' })
const xs = tf.randomNormal([20, 2])
const ys = tf.sum(xs, 1)
const norm = (weights) => {
  let sum = 0
  for (const w of weights) sum += tf.sum(w).dataSync()[0]
  return sum
}
${head}
${before}
const history = await ${call ?? `fit(model, xs, ys, { epochs: 4, callbacks: ${callbacks}, ${options} })`}
${after}
`
  const { project, statement } = markedProject({ 'train.js': text })
  const { position, skip, restore, comparable, irreproducible } = analyseStatement(project, statement)
  return {
    kind: position.kind,
    loops: position.loops.join('/'),
    pass: position.pass,
    skip: skip.verdict,
    restore: restore.verdict,
    reason: `${position.why}; ${skip.reason}; ${restore.reason}`,
    comparable,
    irreproducible,
  }
}

const read = log('norm(model.getWeights())')

t.test('statements in callbacks stand where fit calls them', async (t) => {
  const at = (callback: string) => analyse({ callbacks: `{ ${callback}() { ${read} } }` })
  const sound = { skip: 'sound', restore: 'sound' }
  t.match(analyse({ before: read }), { kind: 'prefix', restore: 'sound' }, 'before')
  t.match(at('onTrainBegin'), { kind: 'prefix', restore: 'sound' })
  t.match(at('onEpochBegin'), { kind: 'iteration', loops: 'epoch', ...sound })
  t.match(at('onBatchBegin'), { kind: 'nested', loops: 'epoch/batch', restore: 'sound' })
  t.match(at('onBatchEnd'), { kind: 'nested', loops: 'epoch/batch', restore: 'sound' })
  t.match(at('onEpochEnd'), { kind: 'iteration', loops: 'epoch', ...sound })
  t.match(at('onTrainEnd'), { kind: 'suffix', restore: 'sound' })
  t.match(analyse({ after: read }), { kind: 'suffix', restore: 'sound' }, 'after')
})

t.test('callbacks may be written in any way', async (t) => {
  const expected = { kind: 'iteration', loops: 'epoch', skip: 'sound', restore: 'sound' }
  const ways: Record<string, Parts> = {
    'in a list': { callbacks: `[{ onEpochEnd() { ${read} } }]` },
    'beside early stopping': {
      callbacks: `[layers.callbacks.earlyStopping({ patience: 2 }), { onEpochEnd() { ${read} } }]`,
    },
    'as arrow functions': { callbacks: `{ onEpochEnd: async (epoch, logs) => { ${read} } }` },
    'with others': { callbacks: `{ onBatchEnd() {}, onEpochEnd() { ${read} }, onTrainEnd() {} }` },
    'in a function that is called': {
      head: `function measure() { ${read} }`,
      callbacks: '{ onEpochEnd() { measure() } }',
    },
    'in a variable': { head: `const watching = { onEpochEnd() { ${read} } }`, callbacks: 'watching' },
    'reading what fit reports': {
      callbacks: `{ onEpochEnd(epoch, logs) { ${log('logs.val_loss / logs.loss + epoch')} } }`,
    },
  }
  for (const [way, parts] of Object.entries(ways)) t.match(analyse(parts), expected, way)
})

t.test(
  'state that callbacks carry along forbids starting at a checkpoint, unless it is checkpointed',
  async (t) => {
    const head = 'const state = { best: Infinity }'
    const callbacks = `{ onEpochEnd(epoch, logs) { state.best = Math.min(state.best, logs.loss); ${log('state.best')} } }`
    t.match(analyse({ head, callbacks }), { skip: 'unsound', restore: 'unsound' })
    t.match(analyse({ head, before: 'flor.checkpointing({ state })', callbacks }), {
      skip: 'sound',
      restore: 'sound',
    })
    t.match(
      analyse({
        head: 'let seen = 0',
        callbacks: `{ onBatchEnd() { seen++ }, onEpochEnd() { ${log('seen')} } }`,
      }),
      { skip: 'unsound', restore: 'unsound' },
    )
    t.match(
      analyse({
        head: 'let seen = 0',
        callbacks: `{ onEpochBegin() { seen = 0 }, onBatchEnd() { seen++ }, onEpochEnd() { ${log('seen')} } }`,
      }),
      { skip: 'unsound' },
    )
    t.not(
      analyse({
        head: 'let bad = 0',
        callbacks: `{ onBatchEnd(batch, logs) { if (logs.loss > 1) bad++; if (bad > 9) model.stopTraining = true }, onEpochEnd() { ${read} } }`,
      }).restore,
      'sound',
      'how many batches an epoch has depends on it',
    )
  },
)

t.test('what cannot be followed is not called sound', async (t) => {
  const instance = `class Watch extends layers.Callback { async onEpochEnd() { ${read} } }`
  t.not(analyse({ head: instance, callbacks: 'new Watch()' }).restore, 'sound', 'an instance of tf.Callback')
  t.not(
    analyse({ callbacks: `new layers.CustomCallback({ onEpochEnd() { ${read} } })` }).restore,
    'sound',
    'a callback that TensorFlow.js holds',
  )
  t.match(analyse({ callbacks: `{ onYield() { ${read} } }` }), { irreproducible: /onYield/ })
})

t.test(
  'what an epoch leaves to the next outside of the checkpoints is found, wherever it is kept',
  async (t) => {
    const cases: Record<string, Parts> = {
      'in the object of callbacks': {
        callbacks: `{ count: 0, onEpochEnd() { this.count++; ${log('this.count')} } }`,
      },
      'in a variable that is read behind fit': {
        head: 'let last',
        callbacks: '{ onEpochEnd(epoch, logs) { last = logs.loss } }',
        after: log('last'),
      },
      'in the closure of a metric': {
        head: `let called = 0
model.compile({ optimizer: tf.train.adam(0.01), loss: 'meanSquaredError', metrics: [(a, b) => { called++; return tf.mean(a) }] })`,
        callbacks: `{ onEpochEnd() { ${log('called')} } }`,
      },
      'in the tensors themselves': {
        head: 'const scale = tf.variable(xs)',
        call: `fit(model, scale, ys, { epochs: 2, callbacks: { onEpochEnd() { scale.assign(tf.mul(scale, 2)); ${read} } } })`,
      },
      'in a data set': {
        head: `async function* batches(n) { yield { xs, ys: tf.mul(ys, n) } }
const dataset = { n: 0, iterator() { this.n++; return batches(this.n) } }`,
        call: `fitDataset(model, dataset, { epochs: 2, callbacks: { onEpochEnd() { ${read} } } })`,
      },
      'in what a data set reads': {
        head: `const rows = [1]
async function* batches() { for (const row of rows) yield { xs, ys: tf.mul(ys, row) } }`,
        call: `fitDataset(model, { iterator: () => batches() }, {
        epochs: 2, callbacks: { onEpochEnd(epoch) { rows.push(epoch); ${read} } },
      })`,
      },
      'in an iterator of its own': {
        head: `let given = 0
const dataset = { iterator: async () => ({ next: async () => ({ done: given++ > 4, value: { xs, ys } }) }) }`,
        call: `fitDataset(model, dataset, { epochs: 2, callbacks: { onEpochEnd() { ${read} } } })`,
      },
      'in a new optimizer': {
        callbacks: `{ onEpochEnd(epoch) { model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' }); ${read} } }`,
      },
    }
    for (const [where, parts] of Object.entries(cases)) t.not(analyse(parts).restore, 'sound', where)
  },
)

t.test('usual ways to give fit its options are followed', async (t) => {
  const expected = { kind: 'iteration', loops: 'epoch', restore: 'sound' }
  const onEpochEnd = `onEpochEnd(epoch, logs) { ${read} }`
  const cases: Record<string, Parts> = {
    'options that are spread': {
      head: 'const common = { epochs: 4, batchSize: 8 }',
      call: `fit(model, xs, ys, { ...common, callbacks: { ${onEpochEnd} } })`,
    },
    'callbacks that a function makes': {
      head: `function watching(watched) { return { ${onEpochEnd.replace('model', 'watched')} } }`,
      callbacks: 'watching(model)',
    },
    'a model that is checkpointed by the script, too': {
      before: 'flor.checkpointing({ model })',
      callbacks: `{ ${onEpochEnd} }`,
    },
    'a rate that follows the epoch': {
      callbacks: `{ onEpochBegin(epoch) { model.optimizer.learningRate = 0.1 / (1 + epoch) }, ${onEpochEnd} }`,
    },
    'a training function of the script': {
      head: `async function train(trained, epochs) {
  return fit(trained, xs, ys, { epochs, validationSplit: 0.2, callbacks: { ${onEpochEnd} } })
}`,
      call: 'train(model, 5)',
    },
  }
  for (const [way, parts] of Object.entries(cases)) t.match(analyse(parts), expected, way)
})

t.test(
  'each call of fit is a main loop of its own, with the state that is checkpointed by then',
  async (t) => {
    const sound = { skip: 'sound', restore: 'sound' }
    const callbacks = `{ onEpochEnd() { ${read} } }`
    const again = 'await fit(model, xs, ys, { epochs: 1 })'
    t.match(
      analyse({ callbacks, after: again }),
      { kind: 'iteration', pass: 0, ...sound },
      'the first of two',
    )
    t.match(
      analyse({ callbacks, before: again }),
      { kind: 'iteration', pass: 1, ...sound },
      'the second of two',
    )
    t.match(analyse({ after: `${read}\n${again}` }), { kind: 'suffix', ...sound }, 'between them')
    t.match(
      analyse({ callbacks, after: 'const more = {}\nflor.checkpointing({ more })' }),
      sound,
      'what is checkpointed behind it does not concern it',
    )
    const head = 'const state = { n: 0 }'
    const counting = `{ onEpochEnd() { state.n++; ${log('state.n')} } }`
    t.match(
      analyse({ head, callbacks: counting, before: `${again}\nflor.checkpointing({ state })`, after: again }),
      { ...sound, pass: 1 },
      'checkpointed between two fits, for the second',
    )
    t.match(
      analyse({ head, callbacks: counting, after: `flor.checkpointing({ state })\n${again}` }),
      { restore: 'unsound' },
      'checkpointed between two fits, too late for the first',
    )
    t.match(
      analyse({ callbacks, before: `if (xs.size > 9) ${again}` }),
      { pass: undefined, ...sound },
      'behind a fit that may not be',
    )
    t.not(
      analyse({
        call: `(async () => { for (const i of [1, 2]) await fit(model, xs, ys, { epochs: i, callbacks: ${callbacks} }) })()`,
      }).restore,
      'sound',
      'in a plain loop',
    )
    t.not(
      analyse({
        call: `Promise.all([1, 2].map((epochs) => fit(model, xs, ys, { epochs, callbacks: ${callbacks} })))`,
      }).restore,
      'sound',
      'in a callback',
    )
  },
)

t.test('fitDataset is followed into data sets of the project', async (t) => {
  const callbacks = `{ onEpochEnd() { ${read} } }`
  const head = `async function* batches() {
  for (let i = 0; i < 3; i++) yield { xs: tf.slice(xs, [Math.floor(Math.random() * 9), 0], [4, 2]), ys }
}`
  const call = (dataset: string) => `fitDataset(model, ${dataset}, { epochs: 3, callbacks: ${callbacks} })`
  t.match(analyse({ head, call: call('{ iterator: async () => batches() }') }), {
    kind: 'iteration',
    skip: 'sound',
    restore: 'sound',
  })
  t.match(
    analyse({
      head: 'let from = 0\n' + head.replace('yield', 'yield from++ &&'),
      call: call('{ iterator: async () => batches() }'),
    }),
    { restore: 'unsound' },
    'what its iterators carry along',
  )
  t.not(
    analyse({
      head: `import * as data from '@tensorflow/tfjs-data'`,
      call: call('data.array([]).shuffle(10)'),
    }).restore,
    'sound',
    'of tfjs-data',
  )
  t.not(
    analyse({
      head: `import * as data from '@tensorflow/tfjs-data'\n${head}`,
      call: `fitDataset(model, { iterator: async () => batches() }, {
        epochs: 3, validationData: data.array([]).shuffle(10), callbacks: { onEpochEnd(epoch, logs) { ${log('logs.val_loss')} } },
      })`,
    }).restore,
    'sound',
    'validated with one of tfjs-data',
  )
  t.not(
    analyse({
      head: `${head}\nconst dataset = { iterator: async () => batches() }\nconst kept = await dataset.iterator()`,
      call: call('dataset'),
    }).restore,
    'sound',
    'whose iterator the script keeps, too',
  )
})

t.test('what fit logs is compared', async (t) => {
  const { comparable } = analyse({ callbacks: `{ onEpochEnd() { ${read} } }` })
  t.strictSame(comparable.restore.slice().sort(), ['batch_loss', 'loss', 'w'])
})
