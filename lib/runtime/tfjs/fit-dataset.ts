import type { History, LayersModel, ModelFitDatasetArgs } from '@tensorflow/tfjs-layers'
import { loop } from '../loop.js'
import { isTfTensor, type TfTensor, tfEngine } from '../state/tfjs.js'
import { Callbacks } from './callbacks.js'
import { type TrainedModel, trainedModel } from './layers-model.js'
import { type Logs, readScalars } from './logs.js'
import { Progress } from './progress.js'
import { recordBatch, recordEpoch } from './record.js'
import { registerFit } from './register.js'

/** A data set as `model.fitDataset` takes it: of tfjs-data, or any object whose `iterator()` gives batches `{ xs, ys }`. */
export interface FitDataset {
  iterator(): PromiseLike<BatchIterator> | BatchIterator
  readonly size?: number
}

interface BatchIterator {
  next(): PromiseLike<IteratorResult<unknown>> | IteratorResult<unknown>
}

/** The arguments of `model.fitDataset`, and what is recorded of it. Functions and instances may be mixed in `callbacks`. */
export interface FitDatasetArgs extends Omit<ModelFitDatasetArgs<never>, 'callbacks' | 'validationData'> {
  callbacks?: ModelFitDatasetArgs<never>['callbacks'] | readonly unknown[]
  validationData?: FitDataset | ModelFitDatasetArgs<never>['validationData']
  /** Whether each batch's loss and metrics are recorded, too; true where absent. */
  logBatches?: boolean
}

/**
 * Trains as `model.fitDataset(dataset, args)` does, to the bit, and returns the same History; recorded and checkpointed like {@link
 * fit}.
 *
 * Each epoch asks the data set for an iterator of its own. With `batchesPerEpoch` it is one iterator for all: how far that came no
 * checkpoint can hold, so that none are taken, and replays begin at the start. What a data set itself remembers from epoch to epoch
 * (the generator of a shuffling one of tfjs-data) is not checkpointed either; the plan of a backfill says so.
 * @throws TypeError where `model` is not a compiled layers model of TensorFlow.js 4, or for `classWeight`, which only {@link fit}
 * supports; and what `model.fitDataset` throws
 */
export async function fitDataset(
  model: LayersModel,
  dataset: FitDataset,
  args: FitDatasetArgs,
): Promise<History> {
  const trained = trainedModel(model)
  const callbacks = new Callbacks(args.callbacks, args.yieldEvery)
  if (args.classWeight !== undefined && args.classWeight !== null) {
    throw new TypeError('git-flor/tfjs: classWeight is supported by fit, not by fitDataset')
  }
  // TensorFlow.js checks the arguments, and makes its own History object, in a training of no epochs.
  const none = { iterator: async () => ({}) }
  const history = await trained.fitDataset(none, {
    ...args,
    callbacks: [],
    verbose: 0,
    initialEpoch: args.epochs,
  })
  trained.isTraining = true
  try {
    const labels = trained.getDedupedMetricsNames()
    const hasValidation = args.validationData !== undefined && args.validationData !== null
    const params = {
      epochs: args.epochs,
      initialEpoch: null,
      samples: null,
      steps: args.batchesPerEpoch ?? (Number.isFinite(dataset.size) ? (dataset.size as number) : null),
      batchSize: null,
      verbose: args.verbose ?? 1,
      doValidation: hasValidation,
      metrics: hasValidation ? [...labels, ...labels.map((it) => `val_${it}`)] : labels,
    }
    history.setParams(params)
    callbacks.begin(params, trained)
    await callbacks.onTrainBegin()
    trained.stopTraining_ = false
    const progress = new Progress(trained, history, callbacks.earlyStopping)
    await trainEpochs(model, dataset, args, { trained, callbacks, progress, labels })
    await callbacks.onTrainEnd()
    return history as unknown as History
  } finally {
    trained.isTraining = false
  }
}

interface Run {
  readonly trained: TrainedModel
  readonly callbacks: Callbacks
  readonly progress: Progress
  readonly labels: readonly string[]
}

/** `fitDataset` of TensorFlow.js, written with flor's loops. */
async function trainEpochs(
  model: object,
  dataset: FitDataset,
  args: FitDatasetArgs,
  run: Run,
): Promise<void> {
  const { trained, callbacks, progress, labels } = run
  const train = trained.makeTrainFunction()
  // TensorFlow.js asks once more than it needs; what that draws or counts belongs to the training.
  let iterator = await dataset.iterator()
  if (args.batchesPerEpoch !== undefined) {
    progress.unsaved =
      'fitDataset with batchesPerEpoch goes on reading where the epoch before stopped, which a checkpoint cannot hold'
  }
  registerFit(model, progress)
  for (const epoch of loop('epoch', progress.epochs(args.initialEpoch ?? 0, args.epochs))) {
    progress.startEpoch()
    await callbacks.onEpochBegin(epoch)
    if (args.batchesPerEpoch === undefined) iterator = await dataset.iterator()
    let batch = 0
    for await (const item of loop('batch', batchesOf(iterator, args.batchesPerEpoch, progress))) {
      const { xs, ys } = tensorsOf(trained, item)
      const size = (xs[0] as TfTensor).shape[0] as number
      const logs: Logs = { batch, size }
      await callbacks.onBatchBegin(batch, logs)
      const outs = tfEngine().tidy(() => train([...xs, ...ys]).map((it) => tfEngine().keep(it)))
      for (const it of [...xs, ...ys]) it.dispose()
      const values = await readScalars(outs)
      for (const it of outs) it.dispose()
      progress.addBatch(size, labels, values)
      labels.forEach((label, i) => {
        logs[label] = values[i] as number
      })
      if (args.logBatches !== false) recordBatch(labels, values)
      await callbacks.onBatchEnd(batch, logs)
      batch++
    }
    if (progress.isComplete) await validate(trained, args, progress)
    const logs = progress.epochLogs(labels)
    await callbacks.onEpochEnd(epoch, logs)
    progress.addToHistory(epoch, logs)
    recordEpoch(logs)
  }
}

/** The batches of one epoch; ends early where training was stopped, and says in `progress` whether it came to the end. */
async function* batchesOf(
  iterator: BatchIterator,
  count: number | undefined,
  progress: Progress,
): AsyncGenerator<object, void> {
  for (let given = 0; ; ) {
    const { value, done } = await iterator.next()
    if (count !== undefined && done === true) {
      console.warn(
        `The data set ended after ${given} of ${count} batches of an epoch (batchesPerEpoch): the training goes on without them.`,
      )
      return
    }
    if (value !== undefined && value !== null) {
      yield value as object
      given++
    }
    if (count === undefined ? done === true : given >= count) {
      progress.isComplete = true
      return
    }
    if (progress.model.stopTraining_) return
  }
}

async function validate(trained: TrainedModel, args: FitDatasetArgs, progress: Progress): Promise<void> {
  const { validationData, validationBatches, validationBatchSize = 32 } = args
  if (validationData === undefined || validationData === null) return
  const given = isDataset(validationData)
    ? await trained.evaluateDataset(
        validationData,
        validationBatches === undefined ? {} : { batches: validationBatches },
      )
    : trained.evaluate(validationData[0], validationData[1], { batchSize: validationBatchSize, verbose: 0 })
  const scalars = Array.isArray(given) ? given : [given]
  const values = await readScalars(scalars)
  for (const it of scalars) it.dispose()
  trained.metricsNames.forEach((name, i) => {
    progress.validation[`val_${name}`] = values[i] as number
  })
}

function isDataset(data: NonNullable<FitDatasetArgs['validationData']>): data is FitDataset {
  return typeof (data as Partial<FitDataset>).iterator === 'function'
}

/** A batch's inputs and targets, in the order of the model's. @throws TypeError, RangeError where they do not fit it */
function tensorsOf(trained: TrainedModel, item: object): { xs: TfTensor[]; ys: TfTensor[] } {
  const { xs, ys } = item as { xs?: unknown; ys?: unknown }
  const inputs = flatten('input', trained.inputNames, xs)
  const targets = flatten('output', trained.outputNames, ys)
  const sizes = new Set([...inputs, ...targets].map((it) => it.shape[0]))
  if (sizes.size !== 1)
    throw new RangeError(`a batch has inputs and targets of ${[...sizes].join(' and ')} rows`)
  return { xs: inputs, ys: targets }
}

function flatten(what: string, names: readonly string[], given: unknown): TfTensor[] {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(
      `a data set for fitDataset gives objects { xs, ys }, and here the ${what}s are missing`,
    )
  }
  const tensors = isTfTensor(given)
    ? [given]
    : Array.isArray(given)
      ? given
      : names.map((name) => (given as Record<string, unknown>)[name])
  if (
    tensors.length !== names.length ||
    !tensors.every((it) => typeof it === 'object' && it && isTfTensor(it))
  ) {
    throw new TypeError(`a batch does not give the model's ${what}s: ${names.join(', ')}`)
  }
  return tensors as TfTensor[]
}
