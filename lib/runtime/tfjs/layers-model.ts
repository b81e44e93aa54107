import type { TfTensor } from '../state/tfjs.js'

/** A batch in, its loss and metrics out, as scalars; `null` stands where there are no sample weights. */
export type TrainFunction = (data: readonly (TfTensor | null)[]) => TfTensor[]

/** `History` of TensorFlow.js: what `fit` returns. */
export interface TfHistory {
  epoch: number[]
  history: Record<string, number[]>
  setParams(params: FitParams): void
}

/** What callbacks are told once, by `setParams`. */
export interface FitParams {
  readonly epochs: number
  readonly initialEpoch: number | null
  readonly samples: number | null
  readonly steps: number | null
  readonly batchSize: number | null
  readonly verbose: number
  readonly doValidation: boolean
  readonly metrics: readonly string[]
}

/** The arguments of `LayersModel.fitLoop`, to which `fit` hands the tensors that it has checked and split. */
export type FitLoopArguments = [
  train: TrainFunction,
  ins: readonly (TfTensor | null)[],
  labels: readonly string[],
  batchSize: number | undefined,
  epochs: number | undefined,
  verbose: number | undefined,
  callbacks: readonly unknown[],
  test: unknown,
  validation: readonly TfTensor[],
  shuffle: boolean | string | undefined,
  metrics: readonly string[],
  initialEpoch: number | undefined,
  stepsPerEpoch: null,
  validationSteps: null,
]

/**
 * The parts of tfjs-layers' `LayersModel` (4.x) that `fit` is made of there. They are the same that `model.fit`
 * calls: what they compute is computed by TensorFlow.js itself.
 */
export interface TrainedModel {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  readonly inputs: readonly unknown[]
  readonly outputs: readonly unknown[]
  readonly metricsNames: readonly string[]
  readonly optimizer?: object
  isTraining: boolean
  stopTraining_: boolean
  history: TfHistory
  /** An own property of the instance only while {@link fit} stands in for it. */
  fitLoop?: (...given: FitLoopArguments) => Promise<TfHistory>
  fit(xs: unknown, ys: unknown, args: object): Promise<TfHistory>
  fitDataset(dataset: object, args: object): Promise<TfHistory>
  makeTrainFunction(): TrainFunction
  getDedupedMetricsNames(): readonly string[]
  testLoop(test: unknown, validation: readonly TfTensor[], batchSize: number): TfTensor[]
  evaluate(xs: unknown, ys: unknown, args: object): TfTensor | TfTensor[]
  evaluateDataset(dataset: object, args: object): Promise<TfTensor | TfTensor[]>
}

const PARTS = [
  'fit',
  'fitLoop',
  'fitDataset',
  'makeTrainFunction',
  'getDedupedMetricsNames',
  'testLoop',
  'evaluate',
  'evaluateDataset',
]

/**
 * The model that is trained: of a `Sequential`, the one inside it, which TensorFlow.js trains, too, and gives to callbacks.
 * @throws TypeError where it is no layers model, or one of a TensorFlow.js whose `fit` is made otherwise
 */
export function trainedModel(model: object): TrainedModel {
  const inner = (model as { model?: unknown }).model
  const trained = isTrainable(inner) ? inner : model
  if (!isTrainable(trained)) {
    throw new TypeError(
      'git-flor/tfjs: this is no compiled layers model of TensorFlow.js 4 (build and compile it before fit)',
    )
  }
  return trained
}

function isTrainable(model: unknown): model is TrainedModel {
  if (typeof model !== 'object' || model === null) return false
  return PARTS.every((part) => typeof (model as Record<string, unknown>)[part] === 'function')
}
