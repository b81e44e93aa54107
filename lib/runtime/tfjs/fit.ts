import type { History, LayersModel, ModelFitArgs } from '@tensorflow/tfjs-layers'
import { loop } from '../loop.js'
import { type TfTensor, tfEngine } from '../state/tfjs.js'
import { Callbacks } from './callbacks.js'
import { type FitLoopArguments, type TfHistory, type TrainedModel, trainedModel } from './layers-model.js'
import { type Logs, readScalars } from './logs.js'
import { Progress } from './progress.js'
import { recordBatch, recordEpoch } from './record.js'
import { registerFit } from './register.js'
import { gatherRows, rowsOf } from './scalars.js'
import { rowNumbers, shuffleInPlace } from './shuffle.js'

/** The arguments of `model.fit`, and what is recorded of it. Functions and instances may be mixed in `callbacks`. */
export interface FitArgs extends Omit<ModelFitArgs, 'callbacks'> {
  callbacks?: ModelFitArgs['callbacks'] | readonly unknown[]
  /** Whether each batch's loss and metrics are recorded, too; true where absent. */
  logBatches?: boolean
}

/**
 * Trains as `model.fit(xs, ys, args)` does, to the bit, and returns the same History; records what it reports, and can be replayed
 * from its checkpoints.
 *
 *     import { fit } from 'git-flor/tfjs'
 *
 *     const history = await fit(model, xs, ys, {
 *       epochs: 10, validationSplit: 0.1,
 *       callbacks: { onEpochEnd(epoch, logs) { flor.log('norm', norm(model)) } },
 *     })
 *
 * Epochs are the iterations of the loop `epoch`, batches of the loop `batch` inside it: what a callback logs stands under the
 * epoch or batch that it is called in. `loss`, metrics and `val_…` are logged for each epoch, `batch_loss` and the other
 * metrics for each batch. The model, its optimizer, the order of the rows, the History and what
 * `tf.callbacks.earlyStopping` remembers are checkpointed; give what your own callbacks carry from epoch to epoch to
 * `flor.checkpointing` before. Inside another main loop the epochs are a loop nested in that, which alone is checkpointed.
 *
 * Progress bars that a TensorFlow.js package registers (`verbose`) are not shown.
 * @throws TypeError where `model` is not a compiled layers model of TensorFlow.js 4; and what `model.fit` throws
 */
export async function fit(
  model: LayersModel,
  xs: unknown,
  ys: unknown,
  args: FitArgs = {},
): Promise<History> {
  const trained = trainedModel(model)
  const callbacks = new Callbacks(args.callbacks, args.yieldEvery)
  const start = () => (model as unknown as TrainedModel).fit(xs, ys, { ...args, callbacks: [] })
  if (trained.isTraining) return (await start()) as unknown as History
  const { fitLoop } = trained as Required<TrainedModel>
  // `fit` checks and splits the data, and frees what it made of them. In between, it calls this.
  trained.fitLoop = (...given) =>
    trainEpochs(model, trained, callbacks, args.logBatches !== false, given, (history) =>
      fitLoop.apply(trained, history),
    )
  try {
    return (await start()) as unknown as History
  } finally {
    delete trained.fitLoop
  }
}

/** `LayersModel.fitLoop`, written with flor's loops. */
async function trainEpochs(
  model: object,
  trained: TrainedModel,
  callbacks: Callbacks,
  isLogging: boolean,
  given: FitLoopArguments,
  fitLoop: (given: FitLoopArguments) => Promise<TfHistory>,
): Promise<TfHistory> {
  const [train, ins, labels, batchSize = 32, epochs, verbose, , test, validation, shuffle, metrics, first] =
    given
  if (shuffle === 'batch') throw new Error('batch shuffling is not implemented in TensorFlow.js')
  const doesValidate = test !== null && test !== undefined
  const samples = (ins[0] as TfTensor).shape[0] as number
  const params = {
    epochs: epochs ?? 1,
    initialEpoch: first ?? 0,
    samples,
    steps: null,
    batchSize,
    verbose: verbose ?? 1,
    doValidation: doesValidate,
    metrics,
  }
  const history = await emptyHistory(given, fitLoop)
  history.setParams(params)
  callbacks.begin(params, trained)
  await callbacks.onTrainBegin()
  trained.stopTraining_ = false

  const progress = new Progress(trained, history, callbacks.earlyStopping)
  const order = rowNumbers(samples)
  if (shuffle ?? true) progress.order = order
  const batches = Math.ceil(samples / batchSize)
  registerFit(model, progress)
  for (const epoch of loop('epoch', progress.epochs(params.initialEpoch, params.epochs))) {
    progress.startEpoch()
    await callbacks.onEpochBegin(epoch)
    if (shuffle ?? true) shuffleInPlace(order)
    for (const batch of loop('batch', Array(batches).keys())) {
      const logs: Logs = {}
      await callbacks.onBatchBegin(batch, logs)
      const begin = batch * batchSize
      const end = Math.min(begin + batchSize, samples)
      const isLast = batch === batches - 1
      const { outs, tested } = tfEngine().tidy(() => {
        const rows = rowsOf(order, begin, end)
        const trainedOn = train(ins.map((it) => (it === null ? null : gatherRows(it, rows))))
        return {
          outs: keepFirst(trainedOn, labels.length),
          tested:
            isLast && doesValidate
              ? keepFirst(trained.testLoop(test, validation, batchSize), labels.length)
              : [],
        }
      })
      const values = await takeScalars(outs)
      progress.addBatch(end - begin, labels, values)
      for (const [i, value] of (await takeScalars(tested)).entries())
        progress.validation[`val_${labels[i]}`] = value
      Object.assign(logs, { batch, size: end - begin })
      labels.forEach((label, i) => {
        logs[label] = values[i] as number
      })
      if (isLogging) recordBatch(labels, values)
      await callbacks.onBatchEnd(batch, logs)
      if (trained.stopTraining_) break
    }
    const logs = progress.epochLogs(labels)
    await callbacks.onEpochEnd(epoch, logs)
    progress.addToHistory(epoch, logs)
    recordEpoch(logs)
  }
  await callbacks.onTrainEnd()
  return history
}

/** TensorFlow.js's own History object, by a fit of no epochs; it is `model.history` from then on. */
function emptyHistory(
  [train, ins, labels, batchSize, , , , , , , metrics]: FitLoopArguments,
  fitLoop: (given: FitLoopArguments) => Promise<TfHistory>,
): Promise<TfHistory> {
  return fitLoop([train, ins, labels, batchSize, 0, 0, [], null, [], false, metrics, 0, null, null])
}

function keepFirst(tensors: readonly TfTensor[], count: number): TfTensor[] {
  return tensors.slice(0, count).map((it) => tfEngine().keep(it))
}

async function takeScalars(scalars: readonly TfTensor[]): Promise<number[]> {
  const values = await readScalars(scalars)
  for (const it of scalars) it.dispose()
  return values
}
