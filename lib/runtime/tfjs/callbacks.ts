import type { FitParams, TrainedModel } from './layers-model.js'
import { type Logs, resolveLogs } from './logs.js'
import { scalarOf } from './scalars.js'

type Call = 'onTrainBegin' | 'onTrainEnd' | 'onEpochBegin' | 'onEpochEnd' | 'onBatchBegin' | 'onBatchEnd'

/** An object of functions, as `callbacks` takes it. */
type Configuration = { readonly [call in Call]?: (...args: unknown[]) => unknown } & {
  readonly onYield?: (epoch: number, batch: number, logs: Logs) => unknown
}

/** An instance of `tf.Callback` or of another class of callbacks. */
interface Instance {
  setParams(params: FitParams): void
  setModel(model: TrainedModel): void
  onTrainBegin(logs: Logs): unknown
  onTrainEnd(logs: Logs): unknown
  onEpochBegin(epoch: number, logs: Logs): unknown
  onEpochEnd(epoch: number, logs: Logs): unknown
  onBatchBegin(batch: number, logs: Logs): unknown
  onBatchEnd(batch: number, logs: Logs): unknown
}

/** `EarlyStopping` of TensorFlow.js: the one callback of its own that remembers something from epoch to epoch. */
export interface EarlyStopping {
  monitor: string
  patience: number
  wait: number
  best: number
  stoppedEpoch: number
}

/** What TensorFlow.js lets pass between two breaths of the event loop. */
const YIELD_MS = 125

/**
 * The callbacks of one call of `fit`, called one after another as TensorFlow.js calls them: instances of its classes
 * get the values of `logs` as scalars, as there, functions get numbers. The two may stand in one list.
 */
export class Callbacks {
  readonly #items: readonly (Configuration | Instance)[]
  readonly #yieldEvery: number | string
  #yieldedMs = performance.now()
  #epoch = 0

  /** @throws Error where `onYield` is given and `yieldEvery` is `never` */
  constructor(given: unknown, yieldEvery: number | string = 'auto') {
    const items = given === undefined || given === null ? [] : Array.isArray(given) ? given : [given]
    this.#items = items as (Configuration | Instance)[]
    this.#yieldEvery = yieldEvery === 'auto' ? YIELD_MS : yieldEvery
    if (yieldEvery === 'never' && this.#items.some((it) => 'onYield' in it && it.onYield !== undefined)) {
      throw new Error('yieldEvery is `never`, but there is an `onYield` callback')
    }
  }

  get earlyStopping(): EarlyStopping[] {
    return this.#items.filter((it): it is Instance & EarlyStopping => isInstance(it) && isEarlyStopping(it))
  }

  begin(params: FitParams, model: TrainedModel): void {
    const instances = this.#items.filter(isInstance)
    for (const it of instances) it.setParams(params)
    for (const it of instances) it.setModel(model)
  }

  async onTrainBegin(): Promise<void> {
    const logs: Logs = {}
    for (const it of this.#items) await it.onTrainBegin?.(logs)
  }

  async onTrainEnd(): Promise<void> {
    const logs: Logs = {}
    for (const it of this.#items) await it.onTrainEnd?.(logs)
  }

  onEpochBegin(epoch: number): Promise<void> {
    this.#epoch = epoch
    return this.#call('onEpochBegin', epoch, {})
  }

  /** What is in `logs` afterwards, all numbers, is what the History takes. */
  async onEpochEnd(epoch: number, logs: Logs): Promise<void> {
    await this.#call('onEpochEnd', epoch, logs)
    if (this.#yieldEvery === 'epoch') await nextFrame()
  }

  onBatchBegin(batch: number, logs: Logs): Promise<void> {
    return this.#call('onBatchBegin', batch, logs)
  }

  async onBatchEnd(batch: number, logs: Logs): Promise<void> {
    await this.#call('onBatchEnd', batch, logs)
    if (this.#yieldEvery === 'batch') await nextFrame()
    if (typeof this.#yieldEvery !== 'number') return
    const nowMs = performance.now()
    if (nowMs - this.#yieldedMs < this.#yieldEvery) return
    this.#yieldedMs = nowMs
    for (const it of this.#items) if ('onYield' in it) await it.onYield?.(this.#epoch, batch, logs)
    await nextFrame()
  }

  async #call(name: Exclude<Call, 'onTrainBegin' | 'onTrainEnd'>, index: number, logs: Logs): Promise<void> {
    for (const it of this.#items) {
      if (!isInstance(it)) {
        await resolveLogs(logs)
        await it[name]?.(index, logs)
        continue
      }
      for (const [key, value] of Object.entries(logs)) {
        if (typeof value === 'number' && key !== 'batch' && key !== 'size') logs[key] = scalarOf(value)
      }
      await it[name](index, logs)
    }
    await resolveLogs(logs)
  }
}

function isInstance(it: Configuration | Instance): it is Instance {
  return typeof (it as Partial<Instance>).setParams === 'function'
}

function isEarlyStopping(it: object): boolean {
  const { monitor, patience } = it as Partial<EarlyStopping>
  return typeof monitor === 'string' && typeof patience === 'number' && 'getMonitorValue' in it
}

/** `tf.nextFrame()` of Node. */
function nextFrame(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
