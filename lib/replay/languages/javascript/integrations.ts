/**
 * What the runtime's integrations do, in their own terms: the analysis walks these sources where a script imports them, as if they
 * were files of the project. Each says in which order and in which loops functions of the script are called, and what is
 * checkpointed; what TensorFlow.js computes stands as a call of the model that reads and changes the same things.
 */
export interface Integration {
  /** Stands for the source's path, in messages. */
  readonly path: string
  readonly text: string
}

/**
 * `lib/runtime/tfjs`. Callbacks may be one object or a list. `called` are the callbacks; of those that TensorFlow.js made itself
 * (early stopping) the runtime checkpoints what they remember, of others it does not. `means` stand for what an epoch's batches add
 * up to, and `history` for the History: both are checkpointed with the model.
 */
const tfjs = `
import * as flor from 'git-flor'

export async function fit(model, xs, ys, args) {
  const called = [args.callbacks, ...args.callbacks]
  const means = {}
  const history = { epoch: [], history: { [args.names]: [] }, params: {} }
  for (const it of called) await it.onTrainBegin?.({})
  flor.checkpointing({ model, means, history })
  flor.restoring(called)
  for (const epoch of flor.loop('epoch', [args.initialEpoch, args.epochs])) {
    for (const it of called) await it.onEpochBegin?.(epoch, {})
    Math.random()
    for (const batch of flor.loop('batch', [args.batchSize])) {
      for (const it of called) await it.onBatchBegin?.(batch, {})
      const loss = await model.trainOnBatch(xs, ys)
      means[args.names] = +loss
      means[args.names] = +model.evaluate(args.validationData)
      flor.log('batch_loss', +loss)
      for (const it of called) await it.onBatchEnd?.(batch, { loss: +loss, [args.names]: +loss })
      if (model.stopTraining) break
    }
    const logs = { ...means }
    for (const it of called) await it.onEpochEnd?.(epoch, logs)
    history.epoch.push(epoch)
    history.history[args.names].push(+logs)
    flor.log('loss', +logs)
    if (model.stopTraining) break
  }
  for (const it of called) await it.onTrainEnd?.({})
  return history
}

export async function fitDataset(model, dataset, args) {
  const called = [args.callbacks, ...args.callbacks]
  const means = {}
  const history = { epoch: [], history: { [args.names]: [] }, params: {} }
  for (const it of called) await it.onTrainBegin?.({})
  flor.checkpointing({ model, means, history })
  flor.restoring(called)
  for (const epoch of flor.loop('epoch', [args.initialEpoch, args.epochs])) {
    for (const it of called) await it.onEpochBegin?.(epoch, {})
    for await (const item of flor.loop('batch', await dataset.iterator())) {
      for (const it of called) await it.onBatchBegin?.(0, {})
      const loss = await model.trainOnBatch(item.xs, item.ys)
      means[args.names] = +loss
      flor.log('batch_loss', +loss)
      for (const it of called) await it.onBatchEnd?.(0, { loss: +loss, [args.names]: +loss })
      if (model.stopTraining) break
    }
    for await (const item of args.validationData.iterator?.()) means[args.names] = +item
    means[args.names] = +(await model.evaluateDataset(args.validationData))
    const logs = { ...means }
    for (const it of called) await it.onEpochEnd?.(epoch, logs)
    history.epoch.push(epoch)
    history.history[args.names].push(+logs)
    flor.log('loss', +logs)
    if (model.stopTraining) break
  }
  for (const it of called) await it.onTrainEnd?.({})
  return history
}
`

const integrations: Readonly<Record<string, Integration>> = {
  'git-flor/tfjs': { path: 'git-flor/tfjs.js', text: tfjs },
}

/** The integration that a specifier names. */
export function integrationOf(specifier: string): Integration | undefined {
  return Object.hasOwn(integrations, specifier) ? integrations[specifier] : undefined
}

/** Whether a module is one of these, by its path. */
export function isIntegration(path: string): boolean {
  return Object.values(integrations).some((it) => it.path === path)
}
