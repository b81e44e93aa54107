import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import { checkpointThread } from '../project.js'
import { BufferPool } from './buffer-pool.js'
import {
  type BufferAnswer,
  type CheckpointAnswer,
  type CheckpointFolders,
  type CheckpointJob,
  DONE,
  ENDED,
  type ThreadRequest,
  type ThreadSetup,
} from './thread-protocol.js'

const MAX_JOBS = 4
/** For buffers in use and for those that are kept, each: state that is larger alone is written from memory of its own. */
const MAX_BYTES = 512 * 1024 * 1024
/** A nested loop's checkpoint is often followed at once by that of the iteration. */
const BUFFERS = 2
const START_MS = 3000

/**
 * The training thread's side of the writer's thread. Nothing here waits, except {@link wait}. Answers are
 * fetched by {@link answers}, since a synchronous training loop never receives messages by itself.
 */
export class CheckpointWriter {
  readonly #folders: () => CheckpointFolders
  readonly #progress = new Int32Array(new SharedArrayBuffer(8))
  readonly #pool = new BufferPool(MAX_BYTES)
  #worker: Worker | undefined
  #answers: MessagePort | undefined
  #submitted = 0
  #requested = 0
  /** What jobs in progress have of the pool. */
  readonly #lent = new Map<number, SharedArrayBuffer>()

  /** `folders` is asked when the thread is started. */
  constructor(folders: () => CheckpointFolders) {
    this.#folders = folders
  }

  /** Whether the thread has ended although nobody stopped it: nothing is written any more. */
  get hasFailed(): boolean {
    return Atomics.load(this.#progress, ENDED) === 1
  }

  /** Whether a job of that size would have to wait for others. */
  isFull(sizeBytes: number): boolean {
    if (this.#lent.size === 0) return false
    let pending = sizeBytes
    for (const { byteLength } of this.#lent.values()) pending += byteLength
    return this.#lent.size >= MAX_JOBS || pending > MAX_BYTES
  }

  /**
   * Before checkpoints of that size are due: starts the thread, unless it runs, and has it lay out memory for
   * them. Takes a few milliseconds once, which are no checkpoint's. @throws what the folders' question throws
   */
  prepare(sizeBytes: number): void {
    this.#start()
    // What is kept must stay below the pool's bound, and state beyond it is not kept at all.
    const count = Math.min(BUFFERS, Math.floor(MAX_BYTES / Math.max(1, sizeBytes)))
    const missing = count - this.readyBuffers(sizeBytes) - this.#lent.size
    if (sizeBytes === 0 || missing <= 0 || this.#requested > 0) return
    this.#requested++
    this.#worker?.postMessage({ sizeBytes, count: missing } satisfies ThreadRequest)
  }

  /** How many jobs of that size would find memory laid out. */
  readyBuffers(sizeBytes: number): number {
    return this.#pool.ready(sizeBytes)
  }

  /** Memory for a job of that size: {@link submit} or {@link giveBack} it. @throws RangeError when there is none */
  lend(sizeBytes: number): SharedArrayBuffer {
    return this.#pool.lend(sizeBytes)
  }

  /** Returns what {@link lend} gave, unused. */
  giveBack(buffer: SharedArrayBuffer): void {
    this.#pool.giveBack(buffer)
  }

  /** Writes a job, whose data lie in `buffer`, in the background. @throws what the folders' question throws */
  submit(job: CheckpointJob, buffer: SharedArrayBuffer): void {
    this.#start()
    this.#worker?.postMessage(job satisfies ThreadRequest)
    this.#lent.set(job.id, buffer)
    this.#submitted++
  }

  /** What the thread has answered since the last call. Its memory serves the next jobs. */
  answers(): CheckpointAnswer[] {
    const answers: CheckpointAnswer[] = []
    while (this.#answers !== undefined && this.#lent.size + this.#requested > 0) {
      const received = receiveMessageOnPort(this.#answers) as
        | { message: CheckpointAnswer | BufferAnswer }
        | undefined
      if (received === undefined) break
      const { message } = received
      if ('buffers' in message) {
        this.#requested--
        for (const buffer of message.buffers) this.#pool.giveBack(buffer)
        continue
      }
      const buffer = this.#lent.get(message.id)
      if (buffer !== undefined) this.#pool.giveBack(buffer)
      this.#lent.delete(message.id)
      answers.push(message)
    }
    return answers
  }

  /** Blocks until at most `pending` jobs are left, or `timeoutMs` is over, or the thread has ended or never started. */
  wait(pending: number, timeoutMs: number): boolean {
    const progress = this.#progress
    const start = performance.now()
    for (;;) {
      const count = Atomics.load(progress, DONE)
      if (this.#submitted - count <= pending) return true
      const leftMs =
        start +
        Math.min(timeoutMs, count === 0 ? Math.max(START_MS, timeoutMs / 2) : timeoutMs) -
        performance.now()
      if (leftMs <= 0 || this.hasFailed) return false
      Atomics.wait(progress, DONE, count, leftMs)
    }
  }

  /** Ends the thread, whatever it is doing. */
  stop(): void {
    this.#answers?.close()
    this.#worker?.removeAllListeners('exit')
    void this.#worker?.terminate()
    this.#worker = undefined
    this.#pool.clear()
  }

  #start(): void {
    if (this.#worker !== undefined) return
    const { port1, port2 } = new MessageChannel()
    this.#answers = port1
    port1.unref()
    const worker = new Worker(checkpointThread, {
      workerData: { progress: this.#progress, answers: port2 } satisfies ThreadSetup,
      transferList: [port2],
      // Loaders, inspectors and preloads of the training are not for this thread.
      execArgv: [],
      env: {},
      name: 'git-flor checkpoints',
    })
    // It is told by the answers that do not come: checkpoints are missing, training is not.
    worker.on('error', () => {})
    worker.on('exit', () => void Atomics.store(this.#progress, ENDED, 1))
    worker.unref()
    this.#worker = worker
    // Asked while the thread starts.
    worker.postMessage(this.#folders() satisfies ThreadRequest)
  }
}
