import type { MessagePort } from 'node:worker_threads'
import type { TensorEntry } from './safetensors.js'

/** git-lfs's objects, and where our hard links to them go. */
export interface CheckpointFolders {
  readonly objectsDir: string
  readonly keptDir: string
}

/** What the thread is started with. The folders come as its first message. */
export interface ThreadSetup {
  readonly answers: MessagePort
  /** At index {@link DONE} the jobs done are counted; at {@link ENDED} stands 1 once the thread does nothing any more. */
  readonly progress: Int32Array<SharedArrayBuffer>
}

/** Where in {@link ThreadSetup.progress} what stands. */
export const DONE = 0
export const ENDED = 1

/** What the thread is asked for: see the types. */
export type ThreadRequest = CheckpointFolders | CheckpointJob | BufferRequest

/** Memory for checkpoints to come: `count` buffers, each page of which the thread touches once, since that takes longer than copying into it. */
export interface BufferRequest {
  readonly sizeBytes: number
  readonly count: number
}

/**
 * The files of one checkpoint. Their data lie in shared memory, which the thread alone uses until it answers.
 * Moving plain buffers would be as cheap, but the first buffer that is moved makes V8 throw away the
 * optimised code of every function that uses typed arrays, and check for moved buffers ever after: training
 * loops became 40 % slower.
 */
export interface CheckpointJob {
  readonly id: number
  readonly files: readonly {
    readonly entries: readonly TensorEntry[]
    readonly data: Uint8Array<SharedArrayBuffer>
  }[]
}

/** One result a file, in the job's order; or why it failed. */
export type CheckpointAnswer =
  | {
      readonly id: number
      readonly files: readonly { readonly sha256: string; readonly sizeBytes: number }[]
    }
  | { readonly id: number; readonly error: string }

/** Buffers that were asked for. */
export interface BufferAnswer {
  readonly buffers: readonly SharedArrayBuffer[]
}
