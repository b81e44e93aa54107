import { closeSync, openSync, writeSync } from 'node:fs'
import type { Label } from '../model/context.js'
import type { ArgOrigin } from '../model/run.js'
import { FRAME_HEADER_BYTES, sealFrame } from './frame.js'
import { type LoopRole, Op } from './spool-event.js'

const BUFFER_BYTES = 64 * 1024
/** Room that every event without text or bytes fits into. */
const ROW_BYTES = 64
const BURST_FLUSHES = 64
const ROLES: readonly LoopRole[] = ['outer', 'main', 'nested']

/** Whom a writer tells what happens to it. */
export interface SpoolObserver {
  /** Nothing can be written any more: a full or vanished disk. */
  onFailure(error: unknown): void
  /** Something was written: at most about once a millisecond. */
  onFlush?(): void
}

/**
 * Appends events to a spool's `events` file (layout: spool-event.ts, frame.ts).
 *
 * Rows are encoded by hand into one buffer. A record is written at once as long as that is cheap: up to 64
 * writes in a burst, then one a millisecond, so that a process that is killed inside a long step has lost
 * nothing, or the last millisecond of a burst of thousands. What stays in the buffer goes out with the next
 * event, when 64 KiB are full, and by the owner's timer. A clock alone would not do: a synchronous training
 * loop never returns to the event loop.
 *
 * No method throws on a full or vanished disk: the observer is told once, and everything after that is
 * dropped.
 */
export class SpoolWriter {
  readonly #fd: number
  readonly #observer: SpoolObserver
  readonly #names = new Map<string, number>()
  #bytes = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  #view = new DataView(this.#bytes.buffer)
  #end = FRAME_HEADER_BYTES
  #budget = BURST_FLUSHES
  #refilledMs = 0
  #lastName = ''
  #lastId = -1
  #isOpen = true

  /** Creates `path`. @throws the file system's error if it exists or cannot be created */
  constructor(path: string, observer: SpoolObserver) {
    this.#fd = openSync(path, 'ax', 0o644)
    this.#observer = observer
  }

  /** False once closed, or when writing has failed. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Logs a number: the path that must be fast. */
  recordNumber(name: string, value: number): void {
    const id = this.#nameId(name)
    if (this.#end + ROW_BYTES > this.#bytes.length) this.#makeRoom(ROW_BYTES)
    const bytes = this.#bytes
    bytes[this.#end++] = 0x93
    bytes[this.#end++] = Op.Record
    this.#putNumber(id)
    this.#putNumber(value)
    this.#settle()
  }

  /** Logs any other value, given as one msgpack object. */
  record(name: string, encoded: Uint8Array): void {
    const id = this.#nameId(name)
    this.#begin(3, Op.Record, encoded.length)
    this.#putNumber(id)
    this.#putRaw(encoded)
    this.#settle()
  }

  /** `timing` belongs to outer and main loops. */
  loopEnter(
    name: string,
    pass: number,
    role: LoopRole,
    timing?: { beforeMs: number; generator: Uint8Array | undefined },
  ): void {
    const id = this.#nameId(name)
    this.#begin(timing === undefined ? 4 : 6, Op.LoopEnter, timing?.generator?.length ?? 0)
    this.#putNumber(id)
    this.#putNumber(pass)
    this.#putNumber(ROLES.indexOf(role))
    if (timing === undefined) return
    this.#putNumber(timing.beforeMs)
    this.#putBytes(timing.generator)
  }

  iterationBegin(index: number, label: Label | undefined): void {
    if (typeof label === 'string') {
      this.#begin(3, Op.IterationBegin, label.length * 3)
      this.#putNumber(index)
      this.#putText(label)
      return
    }
    this.#begin(label === undefined ? 2 : 3, Op.IterationBegin, 0)
    this.#putNumber(index)
    if (label !== undefined) this.#putNumber(label)
  }

  /** `timing` belongs to outer and main loops; see Op.IterationEnd. */
  iterationEnd(timing?: { ms: number; generator: Uint8Array | undefined }): void {
    this.#begin(timing === undefined ? 1 : 3, Op.IterationEnd, timing?.generator?.length ?? 0)
    if (timing === undefined) return
    this.#putNumber(timing.ms)
    this.#putBytes(timing.generator)
  }

  /** `ms` belongs to loops directly in a main iteration; `left` with it to outer and main loops. */
  loopExit(ms?: number, left?: { exhausted: boolean; generator: Uint8Array | undefined }): void {
    this.#begin(left !== undefined ? 4 : ms !== undefined ? 2 : 1, Op.LoopExit, left?.generator?.length ?? 0)
    if (ms !== undefined || left !== undefined) this.#putNumber(ms ?? 0)
    if (left === undefined) return
    this.#bytes[this.#end++] = left.exhausted ? 0xc3 : 0xc2
    this.#putBytes(left.generator)
  }

  arg(name: string, encoded: Uint8Array, origin: ArgOrigin): void {
    this.#begin(4, Op.Arg, name.length * 3 + encoded.length)
    this.#putText(name)
    this.#putRaw(encoded)
    this.#putText(origin)
    this.flush()
  }

  /**
   * An event of one msgpack object: checkpoint, header, end, seed. Written at once, as a frame of its own.
   */
  document(op: 7 | 8 | 9 | 10 | 13, encoded: Uint8Array): void {
    this.flush()
    this.#begin(2, op, encoded.length)
    this.#putRaw(encoded)
    this.flush()
  }

  warning(text: string): void {
    this.#begin(2, Op.Warning, text.length * 3)
    this.#putText(text)
    this.flush()
  }

  checkpointing(): void {
    this.#begin(1, Op.Checkpointing, 0)
    this.flush()
  }

  /** Writes what is buffered, as one frame. */
  flush(): void {
    if (this.#end === FRAME_HEADER_BYTES) return
    this.#write(this.#bytes, this.#end)
    this.#end = FRAME_HEADER_BYTES
    this.#observer.onFlush?.()
    if (this.#bytes.length > BUFFER_BYTES) this.#useBuffer(BUFFER_BYTES)
  }

  /** Flushes and closes; everything after it is dropped. */
  close(): void {
    this.flush()
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#fd)
  }

  #settle(): void {
    const now = performance.now()
    const elapsed = now - this.#refilledMs
    if (elapsed >= 1) {
      this.#refilledMs = now
      this.#budget = Math.min(BURST_FLUSHES, this.#budget + Math.floor(elapsed))
    }
    if (this.#budget < 1) return
    this.#budget--
    this.flush()
  }

  #nameId(name: string): number {
    if (name === this.#lastName) return this.#lastId
    let id = this.#names.get(name)
    if (id === undefined) {
      id = this.#names.size
      this.#names.set(name, id)
      this.#begin(3, Op.Name, name.length * 3)
      this.#putNumber(id)
      this.#putText(name)
    }
    this.#lastName = name
    this.#lastId = id
    return id
  }

  /** Starts an event, with room for `extraBytes` of text and bytes beside its numbers. */
  #begin(items: number, op: number, extraBytes: number): void {
    if (this.#end + ROW_BYTES + extraBytes > this.#bytes.length) this.#makeRoom(ROW_BYTES + extraBytes)
    this.#bytes[this.#end++] = 0x90 | items
    this.#bytes[this.#end++] = op
  }

  /** Flushes; an event larger than the buffer gets one of its own, given up again when it is written. */
  #makeRoom(sizeBytes: number): void {
    this.flush()
    if (FRAME_HEADER_BYTES + sizeBytes > this.#bytes.length) this.#useBuffer(FRAME_HEADER_BYTES + sizeBytes)
  }

  #useBuffer(sizeBytes: number): void {
    this.#bytes = Buffer.allocUnsafeSlow(sizeBytes)
    this.#view = new DataView(this.#bytes.buffer)
  }

  #putNumber(value: number): void {
    const bytes = this.#bytes
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      if (value >= 0 && value < 128) {
        bytes[this.#end++] = value
        return
      }
      bytes[this.#end] = 0xd2
      this.#view.setInt32(this.#end + 1, value)
      this.#end += 5
      return
    }
    bytes[this.#end] = 0xcb
    this.#view.setFloat64(this.#end + 1, value)
    this.#end += 9
  }

  #putText(text: string): void {
    const sizeBytes = Buffer.byteLength(text)
    this.#putLength(sizeBytes, 0xd9)
    this.#bytes.write(text, this.#end)
    this.#end += sizeBytes
  }

  #putBytes(value: Uint8Array | undefined): void {
    if (value === undefined) {
      this.#bytes[this.#end++] = 0xc0
      return
    }
    this.#putLength(value.length, 0xc4)
    this.#putRaw(value)
  }

  /** The msgpack head of text (`first` 0xd9) or bytes (0xc4): 8, 16, or 32 bits of length. */
  #putLength(sizeBytes: number, first: number): void {
    if (sizeBytes < 0x100) {
      this.#bytes[this.#end++] = first
      this.#bytes[this.#end++] = sizeBytes
    } else if (sizeBytes < 0x10000) {
      this.#bytes[this.#end++] = first + 1
      this.#view.setUint16(this.#end, sizeBytes)
      this.#end += 2
    } else {
      this.#bytes[this.#end++] = first + 2
      this.#view.setUint32(this.#end, sizeBytes)
      this.#end += 4
    }
  }

  #putRaw(raw: Uint8Array): void {
    this.#bytes.set(raw, this.#end)
    this.#end += raw.length
  }

  #write(bytes: Buffer, end: number): void {
    if (!this.#isOpen) return
    try {
      sealFrame(bytes, 0, end)
      const written = writeSync(this.#fd, bytes, 0, end)
      if (written !== end) throw new Error(`only ${written} of ${end} bytes could be written`)
    } catch (error) {
      this.#isOpen = false
      try {
        closeSync(this.#fd)
      } catch {
        // The training may have closed descriptors that were not its own.
      }
      this.#observer.onFailure(error)
    }
  }
}
