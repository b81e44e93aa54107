import type { EarlyStopping } from './callbacks.js'
import type { TfHistory, TrainedModel } from './layers-model.js'
import type { Logs } from './logs.js'

/** Single precision, in which TensorFlow.js adds up an epoch's means. */
const { fround } = Math

/** What the run of one `fit` carries from batch to batch and from epoch to epoch, outside of the model. */
interface Saved {
  readonly history: TfHistory['history']
  readonly epochs: number[]
  readonly order: Int32Array | null
  readonly seen: number
  readonly totals: Record<string, number>
  readonly validation: Record<string, number>
  readonly isComplete: boolean
  readonly earlyStopping: readonly Pick<EarlyStopping, 'wait' | 'best' | 'stoppedEpoch'>[]
}

/**
 * The state of one `fit` that belongs into its checkpoints beside the model: the permutation of the rows, which is shuffled on
 * from epoch to epoch, the means that the epoch's batches have added up to, the History, and what early stopping remembers.
 */
export class Progress {
  /** Rows in the order of this epoch; undefined where the data are not tensors. */
  order: Int32Array | undefined
  /** What the epoch's validation gave, as `fit` names it (`val_loss`). */
  validation: Record<string, number> = {}
  /** Why a checkpoint cannot hold all of it, where one cannot. */
  unsaved: string | undefined
  /** Whether the epoch's data came to their end. */
  isComplete = false
  #seen = 0
  #totals: Record<string, number> = {}

  constructor(
    readonly model: TrainedModel,
    readonly history: TfHistory,
    readonly earlyStopping: readonly EarlyStopping[],
  ) {}

  /** Epochs that are to come; ends behind the one in which training was stopped. */
  *epochs(from: number, to: number): Generator<number, void> {
    for (let epoch = from; epoch < to && !this.model.stopTraining_; epoch++) yield epoch
  }

  startEpoch(): void {
    this.#seen = 0
    this.#totals = {}
    this.validation = {}
    this.isComplete = false
  }

  /** Adds a batch's loss and metrics, rounded as `BaseLogger` of TensorFlow.js rounds. */
  addBatch(size: number, labels: readonly string[], values: readonly number[]): void {
    this.#seen += size
    labels.forEach((label, i) => {
      this.#totals[label] = fround((this.#totals[label] ?? 0) + fround((values[i] as number) * size))
    })
  }

  /** What `onEpochEnd` is told: validation, then the weighted means over the batches. */
  epochLogs(labels: readonly string[]): Logs {
    const share = fround(1 / this.#seen)
    const logs: Logs = { ...this.validation }
    for (const label of labels) {
      const total = this.#totals[label]
      if (total !== undefined) logs[label] = fround(share * total)
    }
    return logs
  }

  addToHistory(epoch: number, logs: Logs): void {
    const { history } = this
    history.epoch.push(epoch)
    for (const [key, value] of Object.entries(logs)) {
      history.history[key] ??= []
      history.history[key].push(value as number)
    }
  }

  /** @throws Error where a checkpoint could not hold it: then none are taken, and replays begin at the start */
  save(): Saved {
    if (this.unsaved !== undefined) throw new Error(this.unsaved)
    const { history, order = null, validation, isComplete } = this
    return {
      history: history.history,
      epochs: history.epoch,
      order,
      seen: this.#seen,
      totals: this.#totals,
      validation,
      isComplete,
      earlyStopping: this.earlyStopping.map(({ wait, best, stoppedEpoch }) => ({ wait, best, stoppedEpoch })),
    }
  }

  /** @throws RangeError where it was saved by a fit of other data or callbacks */
  load(saved: Saved): void {
    const { order, earlyStopping } = saved
    if (order?.length !== this.order?.length) {
      throw new RangeError(
        `recorded with ${order?.length ?? 'no'} rows to shuffle, and there are ${this.order?.length ?? 'none'} now`,
      )
    }
    if (earlyStopping.length !== this.earlyStopping.length) {
      throw new RangeError(
        `recorded with ${earlyStopping.length} early stopping callbacks, and there are ${this.earlyStopping.length} now`,
      )
    }
    if (order !== null) this.order?.set(order)
    // In place: callbacks may have kept what `model.history` showed them.
    const { epoch, history } = this.history
    epoch.splice(0, epoch.length, ...saved.epochs)
    for (const key of Object.keys(history)) if (saved.history[key] === undefined) delete history[key]
    for (const [key, values] of Object.entries(saved.history)) {
      history[key] ??= []
      history[key].splice(0, history[key].length, ...values)
    }
    this.#seen = saved.seen
    this.#totals = saved.totals
    this.validation = saved.validation
    this.isComplete = saved.isComplete
    this.earlyStopping.forEach((it, i) => {
      Object.assign(it, earlyStopping[i])
    })
  }
}
