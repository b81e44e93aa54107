import * as tf from '@tensorflow/tfjs-core'
import * as layers from '@tensorflow/tfjs-layers'
import { type Test, test } from 'tap'
import { captureState } from '../../../lib/runtime/state/capture.js'
import type { FitArgs, FitDataset, FitDatasetArgs } from '../../../lib/runtime/tfjs/index.js'
import '@tensorflow/tfjs-backend-cpu'

// Nothing is recorded here: the integration's own loops must train as TensorFlow.js does.
process.env.FLOR = 'off'
const { fit, fitDataset } = await import('../../../lib/runtime/tfjs/index.js')
await tf.setBackend('cpu')

/** Makes `Math.random` start over (mulberry32): two trainings draw the same numbers. */
function seed(value: number): void {
  let state = value
  Math.random = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

function classifier(): layers.Sequential {
  const model = layers.sequential({
    layers: [
      layers.layers.dense({ inputShape: [3], units: 5, activation: 'relu' }),
      layers.layers.batchNormalization(),
      layers.layers.dropout({ rate: 0.3 }),
      layers.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  })
  model.compile({ optimizer: tf.train.adam(0.02), loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

function points(count: number): { xs: tf.Tensor2D; ys: tf.Tensor2D } {
  const xs = tf.randomUniform([count, 3], -1, 1, 'float32', count)
  const ys = tf.oneHot(tf.cast(tf.greater(tf.sum(xs, 1), 0), 'int32'), 2)
  return { xs: xs as tf.Tensor2D, ys: tf.cast(ys, 'float32') as tf.Tensor2D }
}

/** Everything that a training leaves behind. */
interface Result {
  readonly epoch: readonly number[]
  readonly history: object
  readonly params: object
  readonly weights: readonly string[]
  readonly drawn: number
  readonly calls: readonly string[]
  readonly isOwnHistory: boolean
}

type Training = (model: layers.LayersModel, calls: string[]) => Promise<layers.History>

async function result(train: Training): Promise<Result> {
  seed(7)
  const model = classifier()
  const calls: string[] = []
  const before = tf.memory().numTensors
  const history = await train(model, calls)
  calls.push(`tensors: ${tf.memory().numTensors - before}`)
  const { epoch, history: values, params } = history as layers.History & { params: object }
  return {
    epoch,
    history: values,
    params,
    weights: model
      .getWeights()
      .map((it) => Buffer.from((it.dataSync() as Float32Array).slice().buffer).toString('hex')),
    drawn: Math.random(),
    calls,
    isOwnHistory: history instanceof layers.History,
  }
}

async function same(t: Test, plain: Training, ours: Training): Promise<Result> {
  const expected = await result(plain)
  t.strictSame(await result(ours), expected)
  return expected
}

/** Callbacks that note what they are told, and draw numbers in between. */
function noting(calls: string[], model?: layers.LayersModel): FitArgs['callbacks'] {
  const note =
    (name: string) =>
    (...told: unknown[]): void => {
      calls.push(`${name} ${JSON.stringify(told)} ${Math.random()}`)
    }
  return {
    onTrainBegin: note('onTrainBegin'),
    onTrainEnd: note('onTrainEnd'),
    onEpochBegin: note('onEpochBegin'),
    onEpochEnd: (epoch, logs) => {
      note('onEpochEnd')(epoch, logs)
      if (model !== undefined && epoch === 1) model.stopTraining = true
    },
    onBatchBegin: note('onBatchBegin'),
    onBatchEnd: note('onBatchEnd'),
  }
}

const { xs, ys } = points(26)
const validation = points(9)

const variants: Readonly<Record<string, Omit<FitArgs, 'callbacks'>>> = {
  'by default': {},
  'without shuffling': { shuffle: false },
  'with a validation split': { validationSplit: 0.25 },
  'with validation data': { validationData: [validation.xs, validation.ys] },
  'from a later epoch': { initialEpoch: 2 },
  'of more epochs than were asked for': { initialEpoch: 5 },
  'with class weights': { classWeight: { 0: 1, 1: 3 } },
  'in one batch': { batchSize: 100 },
}

for (const [name, args] of Object.entries(variants)) {
  test(`fit ${name} leaves weights, History, draws and calls as model.fit does`, async (t) => {
    const all = { epochs: 4, batchSize: 8, verbose: 0 as const, ...args }
    await same(
      t,
      (model) => model.fit(xs, ys, all),
      (model) => fit(model, xs, ys, all),
    )
    const { calls } = await same(
      t,
      (model, notes) => model.fit(xs, ys, { ...all, callbacks: noting(notes) as layers.CustomCallbackArgs }),
      (model, notes) => fit(model, xs, ys, { ...all, callbacks: noting(notes) ?? [] }),
    )
    t.ok(calls.length > 2, 'callbacks were called')
  })
}

test('a training that callbacks stop ends where model.fit ends', async (t) => {
  const args = { epochs: 6, batchSize: 8, verbose: 0 as const, validationSplit: 0.3 }
  const stopped = await same(
    t,
    (model, notes) =>
      model.fit(xs, ys, { ...args, callbacks: noting(notes, model) as layers.CustomCallbackArgs }),
    (model, notes) => fit(model, xs, ys, { ...args, callbacks: noting(notes, model) ?? [] }),
  )
  t.strictSame(stopped.epoch, [0, 1])
  const inBatch = (model: layers.LayersModel): layers.CustomCallbackArgs => ({
    onBatchEnd: (batch) => {
      if (batch === 1) model.stopTraining = true
    },
  })
  await same(
    t,
    (model) => model.fit(xs, ys, { ...args, callbacks: inBatch(model) }),
    (model) => fit(model, xs, ys, { ...args, callbacks: inBatch(model) }),
  )
  const early = () => layers.callbacks.earlyStopping({ monitor: 'val_loss', patience: 0, minDelta: 10 })
  const waiting = await same(
    t,
    (model) => model.fit(xs, ys, { ...args, callbacks: early() }),
    (model) => fit(model, xs, ys, { ...args, callbacks: early() }),
  )
  t.ok(waiting.epoch.length < 6, 'stopped early')
})

test('instances of tf.Callback get the scalars that they get from model.fit', async (t) => {
  class Reading extends layers.Callback {
    constructor(private readonly notes: string[]) {
      super()
    }
    override async onBatchEnd(batch: number, logs: Record<string, unknown> = {}): Promise<void> {
      this.notes.push(`${batch} ${(logs.loss as tf.Scalar).dataSync()[0]} ${this.model === null}`)
    }
    override async onEpochEnd(epoch: number, logs: Record<string, unknown> = {}): Promise<void> {
      this.notes.push(`${epoch} ${(logs.acc as tf.Scalar).dataSync()[0]} ${JSON.stringify(this.params)}`)
    }
  }
  const args = { epochs: 2, batchSize: 10, verbose: 0 as const }
  const { calls } = await same(
    t,
    (model, notes) => model.fit(xs, ys, { ...args, callbacks: [new Reading(notes)] }),
    (model, notes) => fit(model, xs, ys, { ...args, callbacks: [new Reading(notes)] }),
  )
  t.equal(calls.length, 9)
})

/** Batches of rows drawn at random; `last` comes with `done`, as iterators may do it. */
function drawing(batches: number, isLastWithDone = false): FitDataset {
  const draw = () => {
    const at = Math.floor(Math.random() * 20)
    return { xs: tf.slice(xs, [at, 0], [5, 3]), ys: tf.slice(ys, [at, 0], [5, 2]) }
  }
  return {
    async iterator() {
      let given = 0
      Math.random()
      return {
        async next(): Promise<IteratorResult<unknown>> {
          if (given === batches) return { value: null, done: true }
          given++
          return { value: draw(), done: isLastWithDone && given === batches }
        },
      }
    },
  }
}

const datasetVariants: Readonly<Record<string, Omit<FitDatasetArgs, 'callbacks' | 'epochs'>>> = {
  'by default': {},
  'with a part of a long iterator for each epoch': { batchesPerEpoch: 2 },
  'with an iterator that is too short': { batchesPerEpoch: 3 },
  'from a later epoch': { initialEpoch: 1 },
  'with validation tensors': { validationData: [validation.xs, validation.ys], validationBatchSize: 4 },
  'with a validation data set': { validationData: drawing(2) },
}

for (const [name, args] of Object.entries(datasetVariants)) {
  test(`fitDataset ${name} leaves weights, History, draws and calls as model.fitDataset does`, async (t) => {
    for (const isLastWithDone of [false, true]) {
      if (isLastWithDone && args.batchesPerEpoch !== undefined) continue
      const all = { epochs: 3, verbose: 0 as const, ...args } as FitDatasetArgs
      const data = () => drawing(args.batchesPerEpoch === undefined ? 4 : 7, isLastWithDone)
      for (const isStopping of [false, true]) {
        await same(
          t,
          (model, notes) =>
            model.fitDataset(
              data() as never,
              {
                ...(all as object),
                callbacks: noting(notes, isStopping ? model : undefined),
              } as never,
            ),
          (model, notes) =>
            fitDataset(model, data(), {
              ...all,
              callbacks: noting(notes, isStopping ? model : undefined) ?? [],
            }),
        )
      }
    }
  })
}

test('what TensorFlow.js refuses is refused, and the model can be trained afterwards', async (t) => {
  const model = classifier()
  await t.rejects(fit(model, xs, ys, { batchSize: 0 }), /batchSize/)
  await t.rejects(fit(model, xs, validation.ys, {}), /same number|samples/i)
  await t.rejects(fitDataset(model, drawing(1), {} as never), /epochs/)
  await t.rejects(fitDataset(model, drawing(1), { epochs: 1, classWeight: { 0: 1, 1: 2 } }), TypeError)
  await t.rejects(fit({} as never, xs, ys), TypeError)
  const failing = { onEpochEnd: () => Promise.reject(new Error('mine')) }
  await t.rejects(fit(model, xs, ys, { callbacks: failing }), /mine/)
  t.notOk(Object.hasOwn((model as unknown as { model: object }).model, 'fitLoop'))
  const { epoch } = await fit(model, xs, ys, { epochs: 2, verbose: 0 })
  t.strictSame(epoch, [0, 1])
})

test('a model whose layers remember things between batches is not checkpointed', async (t) => {
  // TensorFlow.js needs all of its chained operations for the usual initializer.
  const recurrent = (stateful: boolean) => {
    const recurrentInitializer = 'zeros'
    const layer = layers.layers.simpleRNN({
      units: 2,
      stateful,
      batchInputShape: [2, 3, 1],
      recurrentInitializer,
    })
    return layers.sequential({ layers: [layer] })
  }
  t.throws(() => captureState({ model: recurrent(true) }), /stateful/)
  t.ok(captureState({ model: recurrent(false) }).files.has('model'))
})
