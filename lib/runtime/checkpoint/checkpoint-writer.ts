import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { checkpointThread } from '../project.js'
import type { TensorEntry } from './safetensors.js'

/** git-lfs's objects, and where our hard links to them go. */
export interface CheckpointFolders {
  readonly objectsDir: string
  readonly keptDir: string
}

/** What the thread is started with. */
export interface ThreadSetup extends CheckpointFolders {
  readonly answers: MessagePort
  /** Counts the jobs done, at index 0. */
  readonly done: Int32Array
}

/**
 * The files of one checkpoint. Their data lie in shared memory, which the thread alone uses from then on.
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

const MAX_JOBS = 4
const MAX_BYTES = 512 * 1024 * 1024
const START_MS = 3000

/**
 * The training thread's side of the writer's thread. Nothing here waits, except {@link wait}. Answers are
 * fetched by {@link answers}, since a synchronous training loop never receives messages by itself.
 */
export class CheckpointWriter {
  readonly #folders: () => CheckpointFolders
  readonly #done = new Int32Array(new SharedArrayBuffer(4))
  #worker: Worker | undefined
  #answers: MessagePort | undefined
  #submitted = 0
  readonly #pendingBytes = new Map<number, number>()

  /** `folders` is asked when the first checkpoint is written. */
  constructor(folders: () => CheckpointFolders) {
    this.#folders = folders
  }

  /** Whether a job of that size would have to wait for others. */
  isFull(sizeBytes: number): boolean {
    if (this.#pendingBytes.size === 0) return false
    let pending = sizeBytes
    for (const bytes of this.#pendingBytes.values()) pending += bytes
    return this.#pendingBytes.size >= MAX_JOBS || pending > MAX_BYTES
  }

  /** Starts the thread, unless it runs. @throws what the folders' question throws */
  start(): void {
    this.#worker ??= this.#startThread()
  }

  submit(job: CheckpointJob): void {
    this.#worker ??= this.#startThread()
    this.#pendingBytes.set(
      job.id,
      job.files.reduce((sum, { data }) => sum + data.length, 0),
    )
    this.#submitted++
    this.#worker.postMessage(job)
  }

  /** What the thread has answered since the last call. */
  answers(): CheckpointAnswer[] {
    const answers: CheckpointAnswer[] = []
    if (this.#answers === undefined || this.#pendingBytes.size === 0) return answers
    for (;;) {
      const received = receiveMessageOnPort(this.#answers) as { message: CheckpointAnswer } | undefined
      if (received === undefined) return answers
      this.#pendingBytes.delete(received.message.id)
      answers.push(received.message)
    }
  }

  /** Blocks until at most `pending` jobs are left, or `timeoutMs` is over, or the thread never started. */
  wait(pending: number, timeoutMs: number): boolean {
    const done = this.#done
    const start = performance.now()
    for (;;) {
      const count = Atomics.load(done, 0)
      if (this.#submitted - count <= pending) return true
      const leftMs =
        start +
        Math.min(timeoutMs, count === 0 ? Math.max(START_MS, timeoutMs / 2) : timeoutMs) -
        performance.now()
      if (leftMs <= 0) return false
      Atomics.wait(done, 0, count, leftMs)
    }
  }

  /** Ends the thread, whatever it is doing. */
  stop(): void {
    this.#answers?.close()
    void this.#worker?.terminate()
    this.#worker = undefined
  }

  #startThread(): Worker {
    const folders = this.#folders()
    const { port1, port2 } = new MessageChannel()
    this.#answers = port1
    port1.unref()
    const worker = new Worker(checkpointThread, {
      workerData: { ...folders, done: this.#done, answers: port2 } satisfies ThreadSetup,
      transferList: [port2],
      // Loaders, inspectors and preloads of the training are not for this thread.
      execArgv: [],
      env: {},
      name: 'git-flor checkpoints',
    })
    // It is told by the answers that do not come: checkpoints are missing, training is not.
    worker.on('error', () => {})
    worker.unref()
    return worker
  }
}
