import { type Test, test } from 'tap'
import { faithfulBackfill } from '../support/faithful-backfill.js'
import { fitScript } from '../support/fit-script.js'
import { fromScratch, open, project, runsOf, storedValues, train, type Values } from '../support/training.js'

interface Found {
  readonly level: string
  readonly reason: string
  readonly used: number
  readonly values: Values
  readonly truth: Values
}

/** Records `body` without its lines that log `w`, backfills these, and executes all of it from scratch, unless that is `known`. */
async function hindsight(t: Test, body: string, where?: string, known?: Values): Promise<Found> {
  const text = fitScript(body)
  const before = text
    .split('\n')
    .filter((line) => !line.includes("flor.log('w'"))
    .join('\n')
  const repo = project(t, { 'train.js': before })
  train(repo)
  repo.write('train.js', text)
  const { flor } = open(t, repo)
  const { row } = await faithfulBackfill(t, flor, ['w'], where === undefined ? {} : { where })
  const run = row.entry
  const [group] = row.plans
  return {
    level: group?.plan.level ?? '',
    reason: group?.plan.reason ?? '',
    used: group?.plan.checkpoints.used ?? 0,
    values: await storedValues(flor, run, ['w']),
    truth: known ?? fromScratch(t, repo, row.patched, run),
  }
}

test('a training that stops early is replayed to its end', async (t) => {
  const found = await hindsight(
    t,
    `const model = build()
const stopping = layers.callbacks.earlyStopping({ monitor: 'loss', patience: 1, minDelta: 0.2 })
const history = await fit(model, points, targets, {
  epochs: 20, batchSize: 8, verbose: 0,
  callbacks: [stopping, {
    onEpochEnd(epoch, logs) {
      console.log(epoch)
      flor.log('w', [logs.loss, norm(model.getWeights())])
    },
  }],
})
flor.log('epochs', history.epoch.length)`,
  )
  t.equal(found.level, 'skip')
  t.ok(found.used > 0)
  const epochs = Number(found.truth.epochs?.[''])
  t.ok(epochs > 1 && epochs < 20, `stopped after ${epochs} epochs`)
  t.strictSame(found.values.w, found.truth.w)

  const behind = await hindsight(
    t,
    `const model = build()
const history = await fit(model, points, targets, {
  epochs: 20, batchSize: 8, verbose: 0,
  callbacks: { onBatchEnd(batch, logs) { if (logs.loss < 1.5) model.stopTraining = true } },
})
flor.log('w', [history.epoch, history.history.loss, model.stopTraining, norm(model.getWeights())])
flor.log('done', 1)`,
  )
  t.equal(behind.level, 'suffix')
  t.strictSame(behind.values.w, behind.truth.w)
})

test('what callbacks carry along is executed from the start, or checkpointed', async (t) => {
  const body = (isCheckpointed: boolean): string => `const model = build()
const state = { best: Infinity, seen: 0 }
${isCheckpointed ? 'flor.checkpointing({ state })' : ''}
await fit(model, points, targets, {
  epochs: 5, batchSize: 8, verbose: 0,
  callbacks: {
    onBatchEnd(batch, logs) { state.seen++ },
    onEpochEnd(epoch, logs) {
      state.best = Math.min(state.best, logs.loss)
      flor.log('w', [state.best, state.seen, norm(model.getWeights())])
    },
  },
})`
  const carried = await hindsight(t, body(false), 'epoch >= 3')
  t.equal(carried.level, 'full')
  t.match(carried.reason, /`state\.(best|seen)`/)
  t.strictSame(carried.values.w, lastEpochs(carried.truth))
  const checkpointed = await hindsight(t, body(true), 'epoch >= 3', carried.truth)
  t.equal(checkpointed.level, 'skip')
  t.ok(checkpointed.used > 0)
  t.strictSame(checkpointed.values.w, lastEpochs(carried.truth), 'the same values, either way')
})

function lastEpochs({ w }: Values): Record<string, string[]> {
  return Object.fromEntries(Object.entries(w ?? {}).filter(([at]) => /epoch=[34]/.test(at)))
}

test('an iterator that goes on from epoch to epoch is read from the start', async (t) => {
  const found = await hindsight(
    t,
    `const model = build()
const state = { rate: 1 }
flor.checkpointing({ state })
async function* batches() {
  for (;;) {
    const at = Math.floor(Math.random() * 20)
    yield { xs: tf.slice(points, [at, 0], [4, 3]), ys: tf.slice(targets, [at, 0], [4, 1]) }
  }
}
await fitDataset(model, { iterator: async () => batches() }, {
  epochs: 5, batchesPerEpoch: 2, verbose: 0,
  callbacks: {
    onEpochEnd(epoch, logs) {
      console.log(epoch)
      flor.log('w', [logs.loss, norm(model.getWeights())])
    },
  },
})`,
    'epoch >= 3',
  )
  t.equal(found.used, 0)
  t.strictSame(found.values.w, lastEpochs(found.truth))
})

test('folds with a model each are replayed one by one', async (t) => {
  const found = await hindsight(
    t,
    `for (const fold of flor.loop('fold', [0, 1, 2])) {
  const model = build()
  await fit(model, points, targets, {
    epochs: 3, batchSize: 8, verbose: 0, initialEpoch: 1,
    callbacks: {
      onEpochEnd(epoch, logs) {
        console.log(epoch)
        flor.log('w', [epoch, norm(model.getWeights())])
      },
    },
  })
}`,
    'fold = 2',
  )
  t.equal(found.level, 'skip')
  t.ok(found.used > 0)
  const wanted = Object.entries(found.truth.w ?? {}).filter(([at]) => /fold=2/.test(at))
  t.equal(wanted.length, 2)
  t.strictSame(found.values.w, Object.fromEntries(wanted))
})

test('of models that are fitted one after the other, each is replayed from its own checkpoints', async (t) => {
  const found = await hindsight(
    t,
    `const model = build()
await fit(model, points, targets, { epochs: 2, batchSize: 8, verbose: 0 })
flor.log('between', norm(model.getWeights()))
await fit(model, points, targets, {
  epochs: 5, initialEpoch: 2, batchSize: 8, verbose: 0,
  callbacks: {
    onEpochEnd(epoch, logs) {
      console.log(epoch)
      flor.log('w', [epoch, logs.loss, norm(model.getWeights())])
    },
  },
})`,
  )
  t.equal(found.level, 'skip')
  t.equal(Object.values(found.values.w ?? {}).flat().length, 3)
  t.strictSame(found.values.w, found.truth.w)
})

test('epochs inside a main loop of the script are a nested loop of it', async (t) => {
  const found = await hindsight(
    t,
    `const model = build()
flor.checkpointing({ model })
for (const round of flor.loop('round', [0, 1, 2])) {
  await fit(model, points, targets, {
    epochs: 2, batchSize: 12, verbose: 0,
    callbacks: {
      onEpochEnd(epoch, logs) {
        console.log(epoch)
        flor.log('w', norm(model.getWeights()))
      },
    },
  })
  flor.log('round_norm', norm(model.getWeights()))
}`,
    'round = 2',
  )
  t.equal(found.level, 'run')
  t.ok(found.used > 0)
  const wanted = Object.entries(found.truth.w ?? {}).filter(([at]) => /round=2/.test(at))
  t.equal(wanted.length, 2)
  t.strictSame(found.values.w, Object.fromEntries(wanted))
})

test('a recorded fit trains as model.fit does', async (t) => {
  const body = `const model = build()
const args = { epochs: 4, batchSize: 5, validationSplit: 0.25, verbose: 0 }
const history = flor.arg('plain', 0) === 1 ? await model.fit(points, targets, args) : await fit(model, points, targets, args)
flor.log('weights', model.getWeights().map((w) => w.dataSync()))
flor.log('history', [history.epoch, history.history])
flor.log('drawn', Math.random())`
  const repo = project(t, { 'train.js': fitScript(body) })
  train(repo)
  train(repo, { args: ['--flor', 'plain=1'] })
  const { flor } = open(t, repo)
  const runs = await runsOf(flor)
  const names = ['weights', 'history', 'drawn']
  const [ours, plain] = await Promise.all(runs.map((run) => storedValues(flor, run, names, 'recorded')))
  t.equal(Object.keys(ours ?? {}).length, 3)
  t.strictSame(ours, plain)
})
