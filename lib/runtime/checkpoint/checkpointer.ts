import type { Checkpoint, CheckpointPoint } from '../../model/run.js'
import type { SpoolWriter } from '../../segment/spool-writer.js'
import { encodeDocument } from '../../segment/value-codec.js'
import { recordedGeneratorState, setGeneratorState } from '../generator.js'
import type { LoopStack } from '../loop-stack.js'
import type { OpenLoop } from '../open-loop.js'
import type { PointWatcher } from '../session.js'
import type { TensorSource } from '../state/adapter.js'
import { type CapturedState, captureState } from '../state/capture.js'
import type { StateRegistry } from '../state-registry.js'
import { messageOf } from '../warnings.js'
import type { CheckpointWriter } from './checkpoint-writer.js'
import { CostModel, type PointKind } from './cost-model.js'
import { safetensorsFile, type TensorEntry } from './safetensors.js'
import type { CheckpointJob } from './thread-protocol.js'
import { unchangedTensors } from './unchanged.js'

/**
 * One file of a checkpoint, its hash known once the writer has answered. Shared by checkpoints between
 * which nothing changed.
 */
interface StateFile {
  readonly name: string
  readonly tensors: ReadonlyMap<string, TensorSource>
  written: { readonly sha256: string; readonly sizeBytes: number } | 'failed' | undefined
}

interface PendingCheckpoint {
  readonly checkpoint: Omit<Checkpoint, 'files'>
  readonly files: readonly StateFile[]
}

/** What a checkpointer works with. */
export interface CheckpointerParts {
  readonly spool: SpoolWriter
  readonly loops: LoopStack
  readonly registry: StateRegistry
  readonly writer: CheckpointWriter
  readonly mode: 'all' | 'none' | 'adaptive'
  readonly overhead: number
  warn(text: string): void
}

/**
 * Takes checkpoints at the points of main loops: `S` after each nested loop, `E` at the end of each
 * iteration. Copies the bytes that changed, leaves the rest to the writer's thread, and writes the event
 * once the files are durable. Never throws: where state cannot be captured the run is warned, and goes on
 * without checkpoints.
 */
export class Checkpointer implements PointWatcher {
  readonly #parts: CheckpointerParts
  readonly #cost: CostModel
  /** The last file of each name, for the next checkpoint to share. */
  readonly #latest = new Map<string, StateFile>()
  readonly #jobs = new Map<number, readonly StateFile[]>()
  #pending: PendingCheckpoint[] = []
  #nextJob = 0
  #isBroken: boolean
  #mainMs = 0
  #hasPreviousEnd = true

  constructor(parts: CheckpointerParts) {
    this.#parts = parts
    this.#cost = new CostModel(parts.overhead)
    this.#isBroken = parts.mode === 'none'
  }

  /**
   * A loop was entered. Before the first iteration of a main loop the state is looked at once, without a
   * copy: what cannot be captured is told at the start, not after an hour, and the first checkpoint's cost
   * is not that of compiling code. The writer's thread starts then, and makes memory for that much state, so
   * that the iterations wait for neither.
   */
  enterLoop(loop: OpenLoop): void {
    if (loop.role !== 'main' || this.#isBroken) return
    this.#hasPreviousEnd = true
    try {
      const state = this.#capture()
      encodeDocument(state.document)
      const sizeBytes = [...state.files.values()].reduce((sum, tensors) => sum + sizeOf(tensors), 0)
      if (sizeBytes > 0 && this.#mayEverTake()) this.#parts.writer.prepare(sizeBytes)
    } catch (error) {
      this.#giveUp(error)
    }
  }

  /** A nested loop of `main`'s iteration has ended. */
  afterNested(main: OpenLoop, nested: OpenLoop): void {
    this.drain()
    // Without the end before it, no replay can start at this iteration: a checkpoint inside it would be of no use.
    if (this.#isBroken || !this.#hasPreviousEnd) return
    const runMs = this.#mainMs + performance.now() - main.iterationMs
    if (!this.#affords('S', runMs)) return
    const context = this.#parts.loops.contextOf(main)
    this.#take({ kind: 'S', context, after: { loop: nested.loop, pass: nested.pass } }, runMs)
  }

  /** `main`'s iteration has ended after `ms`. Returns whether a checkpoint of it was taken. */
  afterIteration(main: OpenLoop, ms: number): boolean {
    this.drain()
    this.#mainMs += ms
    this.#hasPreviousEnd = false
    if (this.#isBroken || !this.#affords('E', this.#mainMs)) return false
    this.#hasPreviousEnd = this.#take({ kind: 'E', context: this.#parts.loops.contextOf(main) }, this.#mainMs)
    return this.#hasPreviousEnd
  }

  /** Takes in what the writer has finished, and writes the events of checkpoints that are complete. */
  drain(): void {
    for (const answer of this.#parts.writer.answers()) {
      const files = this.#jobs.get(answer.id) ?? []
      this.#jobs.delete(answer.id)
      files.forEach((file, i) => {
        file.written = 'error' in answer ? 'failed' : (answer.files[i] ?? 'failed')
        if (file.written === 'failed' && this.#latest.get(file.name) === file) this.#latest.delete(file.name)
      })
      if ('error' in answer) this.#parts.warn(`a checkpoint could not be written: ${answer.error}`)
    }
    this.#pending = this.#pending.filter((pending) => !this.#complete(pending))
    if (this.#parts.writer.hasFailed && !this.#isBroken) {
      this.#giveUp(new Error('the thread that writes them has ended'))
    }
  }

  /** Waits, for at most `timeoutMs`, until everything is written. */
  finish(timeoutMs: number): void {
    if (this.#jobs.size > 0 && !this.#parts.writer.wait(0, timeoutMs)) {
      this.#parts.warn(`${this.#jobs.size} checkpoints were not written in time`)
    }
    this.drain()
    this.#parts.writer.stop()
  }

  #mayEverTake(): boolean {
    return this.#parts.mode === 'all' || this.#parts.overhead > 0
  }

  #affords(kind: PointKind, elapsedMs: number): boolean {
    if (this.#parts.mode === 'all') return true
    const expected = this.#cost.expectedMs(kind)
    // An S without its E is half of what a replay needs.
    const both = (expected ?? 0) + (kind === 'S' ? (this.#cost.expectedMs('E') ?? 0) : 0)
    return this.#cost.affords(both, elapsedMs)
  }

  #take(point: CheckpointPoint, elapsedMs: number): boolean {
    const startMs = performance.now()
    try {
      const state = this.#capture()
      const files = this.#filesOf(state)
      const changed = files.filter((file) => this.#latest.get(file.name) !== file)
      const sizeBytes = changed.reduce((sum, file) => sum + sizeOf(file.tensors), 0)
      if (!this.#mayCopy(point.kind, sizeBytes, elapsedMs)) {
        this.#cost.spend(performance.now() - startMs)
        return false
      }
      this.#submit(changed, sizeBytes)
      const costMs = performance.now() - startMs
      const generator = recordedGeneratorState()
      const checkpoint = { point, state: encodeDocument(state.document), costMs }
      this.#pending.push({
        checkpoint: generator === undefined ? checkpoint : { ...checkpoint, generator },
        files,
      })
      this.#cost.taken(point.kind, performance.now() - startMs)
      this.drain()
      return true
    } catch (error) {
      this.#giveUp(error)
      return false
    }
  }

  /**
   * A save() of the user's that draws random numbers must not change those of the training: a replay does
   * not call it.
   */
  #capture(): CapturedState {
    const generator = recordedGeneratorState()
    try {
      return captureState(this.#parts.registry.roots, this.#parts.registry.founding)
    } finally {
      if (generator !== undefined) setGeneratorState(generator)
    }
  }

  #giveUp(error: unknown): void {
    this.#isBroken = true
    this.#parts.warn(`no checkpoints are taken from here on: ${messageOf(error)}`)
  }

  #mayCopy(kind: PointKind, sizeBytes: number, elapsedMs: number): boolean {
    const { mode, writer } = this.#parts
    if (sizeBytes === 0) return true
    if (mode === 'all') {
      while (writer.isFull(sizeBytes) && writer.wait(this.#jobs.size - 1, 60_000)) this.drain()
      return !writer.isFull(sizeBytes)
    }
    if (writer.isFull(sizeBytes)) return false
    return (
      this.#cost.expectedMs(kind) !== undefined ||
      this.#cost.affords(this.#cost.assumedMs(sizeBytes), elapsedMs)
    )
  }

  /** The state's files; those in which nothing changed are the ones of the checkpoint before. */
  #filesOf(state: CapturedState): StateFile[] {
    return [...state.files].map(([root, tensors]) => {
      const name = safetensorsFile(root)
      const latest = this.#latest.get(name)
      return latest !== undefined && unchangedTensors(latest.tensors, tensors)
        ? latest
        : { name, tensors, written: undefined }
    })
  }

  /** Hands copies of the files, of `sizeBytes` together, to the writer. */
  #submit(changed: readonly StateFile[], sizeBytes: number): void {
    if (changed.length === 0) return
    const { writer } = this.#parts
    const id = this.#nextJob++
    const buffer = writer.lend(sizeBytes)
    try {
      writer.submit({ id, files: copiesOf(changed, buffer) }, buffer)
    } catch (error) {
      writer.giveBack(buffer)
      throw error
    }
    this.#jobs.set(id, changed)
    for (const file of changed) this.#latest.set(file.name, file)
  }

  /** Writes the checkpoint's event once all its files are there. Returns whether it is dealt with. */
  #complete({ checkpoint, files }: PendingCheckpoint): boolean {
    if (files.some((file) => file.written === undefined)) return false
    if (files.some((file) => file.written === 'failed')) return true
    const written = files.map((file) => ({
      name: file.name,
      ...(file.written as { sha256: string; sizeBytes: number }),
    }))
    this.#parts.spool.document(7, encodeDocument({ ...checkpoint, files: written } satisfies Checkpoint))
    return true
  }
}

function sizeOf(tensors: ReadonlyMap<string, TensorSource>): number {
  let sizeBytes = 0
  for (const tensor of tensors.values()) sizeBytes += tensor.sizeBytes
  return sizeBytes
}

/** Copies the numbers of all files, one after another, to the start of `buffer`: after this the training may change them. */
function copiesOf(files: readonly StateFile[], buffer: SharedArrayBuffer): CheckpointJob['files'] {
  const bytes = new Uint8Array(buffer)
  let at = 0
  return files.map(({ tensors }) => {
    const start = at
    const entries: TensorEntry[] = []
    for (const [name, { dtype, shape, sizeBytes, read }] of tensors) {
      const numbers = read()
      const content = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
      if (content.length !== sizeBytes)
        throw new RangeError(`${name} has ${content.length} bytes, not ${sizeBytes}`)
      bytes.set(content, at)
      entries.push({ name, dtype, shape, sizeBytes })
      at += sizeBytes
    }
    return { entries, data: bytes.subarray(start, at) }
  })
}
