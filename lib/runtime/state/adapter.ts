import type { LogValue, TypedArray } from '../../model/value.js'

/**
 * State as it is kept: a table of nodes, one an object, so that shared references and cycles survive. In
 * `state.msgpack`:
 *
 *     { v: 2, roots: { model: {"@": 0}, progress: {"@": 5} },
 *       nodes: [ { k: "tfjs-model", f: "model", weights: [{"@": 1}, …], optimizer: {"@": 3} },
 *                { k: "tfjs-variable", f: "model/0", tensor: ["model", "dense/kernel"], trainable: true }, … ] }
 *
 * `f` is where the object stood when the main loop was entered, for those that were there ({@link Founding}); `c` the class of an
 * instance, empty for an object without a prototype.
 * A value is a number, text, boolean, null, big integer or date as it is, or a reference `{"@": node}`;
 * undefined is `{"@": -1}`. A tensor is named by its file (without `.safetensors`) and its name there.
 */
export type StateValue = LogValue
export type StateNode = { readonly k: string } & Readonly<Record<string, LogValue>>

/** File (without suffix) and name of a tensor. */
export type TensorRef = readonly [file: string, name: string]

export type SafetensorsType =
  | 'BOOL'
  | 'U8'
  | 'I8'
  | 'U16'
  | 'I16'
  | 'U32'
  | 'I32'
  | 'U64'
  | 'I64'
  | 'F32'
  | 'F64'

/** Numbers that go into a safetensors file. Nothing is copied until `read` is called. */
export interface TensorSource {
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
  readonly sizeBytes: number
  /** Changes whenever the content does; absent where nobody can tell. */
  readonly token: object | undefined
  read(): TypedArray
}

/** Numbers out of a safetensors file. The bytes are a copy of the reader's own. */
export interface TensorContent {
  readonly dtype: SafetensorsType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

/** What an adapter captures with. */
export interface Capturing {
  /** Captures a part, called `name` where tensors need names. */
  value(name: string, part: unknown): StateValue
  tensor(source: TensorSource): TensorRef
  /** Where in the state we are, for messages: `model.weights`. */
  readonly path: string
}

/** What an adapter restores with. */
export interface Restoring {
  /** Restores a part into `live` where that can be, and returns what shall stand in its place. */
  value(live: unknown, recorded: StateValue, name: string): unknown
  tensor(ref: LogValue | undefined): TensorContent
  readonly path: string
}

/**
 * Knows one kind of state. Adapters are tried in order; the first that matches has it. Recognition is by
 * shape, never by class: a project may hold several copies of a library, and the runtime imports none.
 */
export interface StateAdapter {
  readonly kind: string
  /** Whether what is captured describes the object, and is no part of it. */
  readonly isOpaque?: true
  matches(value: object): boolean
  capture(value: object, capturing: Capturing): Readonly<Record<string, LogValue>>
  /** Restores into `target`, which matches. @throws StateError where it cannot hold what was recorded */
  restore(target: object, node: StateNode, restoring: Restoring): void
  /** Makes the object anew; absent where only the training can. */
  create?(node: StateNode, restoring: Restoring): object
  /** Whether `target` can take the node in place; where absent, it can. */
  fits?(target: object, node: StateNode, restoring: Restoring): boolean
}

/** State that cannot be captured or restored, and where. */
export class StateError extends Error {
  override readonly name = 'StateError'
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(`${path}: ${message}`)
  }
}
