import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Label } from '../model/context.js'
import { FlorError } from '../model/errors.js'
import type { ArgOrigin, Checkpoint, RunEnd, RunHeader, StateComparison } from '../model/run.js'
import type { LogValue } from '../model/value.js'
import { FRAME_HEADER_BYTES, type FrameDamage, scanFrames } from './frame.js'
import { MsgpackCursor } from './msgpack-cursor.js'
import { type LoopRole, Op, type SpoolEvent } from './spool-event.js'

/** Who writes, or wrote, a spool: `owner.json`. */
export interface SpoolOwner {
  readonly pid: number
  readonly host: string
  /** When the process started, as its system tells it: tells a pid's later user from its owner. */
  readonly started: string
  /** Absolute path of the working tree's top. */
  readonly worktree: string
  /** Id of the spool of the `git flor run` that the run was started by; the run is sealed after that one. */
  readonly wrapper?: string
}

/** One spool as it lies on disk. */
export interface SpoolContents {
  /** Absent in the spools of replays, and where it cannot be read. */
  readonly owner: SpoolOwner | undefined
  /** Decoded as they are asked for; iterating again decodes again. */
  readonly events: Iterable<SpoolEvent>
  /** Bytes of the last frame that a crash left incomplete. */
  readonly tornBytes: number
  /** Whether its writer said the run is over; without it the process died, or is still running. */
  readonly hasEnded: boolean
  /** What could not be read so far, undefined when nothing; complete once all events have been iterated. */
  readonly damaged: readonly FrameDamage[] | undefined
}

const ROLES: readonly LoopRole[] = ['outer', 'main', 'nested']

/**
 * Reads a spool's folder. Whatever lies in it, only a missing or unreadable `events` file is an error;
 * the rest is stepped over and named in `damaged`.
 * @throws FlorError SPOOL_CORRUPT (data: path) without a readable `events` file
 */
export function readSpool(folder: string): SpoolContents {
  const path = join(folder, 'events')
  let bytes: Uint8Array
  try {
    const buffer = readFileSync(path)
    bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
  } catch (error) {
    throw unreadable(path, error)
  }
  return parseSpool(bytes, readOwner(folder))
}

/** How much of a spool's end is looked at for the event that ends it: it says little, and is a frame of its own. */
const TAIL_BYTES = 64 * 1024

/**
 * As `readSpool(folder).hasEnded`, from the end of the file alone: a run in flight may have written gigabytes.
 * @throws FlorError SPOOL_CORRUPT (data: path) without a readable `events` file
 */
export function hasSpoolEnded(folder: string): boolean {
  const tail = readTail(join(folder, 'events'))
  for (let start = tail.length - FRAME_HEADER_BYTES - 2; start >= 0; start--) {
    const isLast = tail.readUInt32LE(start) === tail.length - start - FRAME_HEADER_BYTES
    if (isLast && tail[start + FRAME_HEADER_BYTES + 1] === Op.End) {
      const { payloads } = scanFrames(tail.subarray(start))
      if (payloads.length === 1) return true
    }
  }
  return false
}

function readTail(path: string): Buffer {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { size } = fstatSync(file)
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES))
    return tail.subarray(0, readSync(file, tail, 0, tail.length, size - tail.length))
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function unreadable(path: string, cause: unknown): FlorError {
  return new FlorError(`no events can be read from ${path}`, { code: 'SPOOL_CORRUPT', data: { path }, cause })
}

/** Reads the bytes of an `events` file. Never throws. */
export function parseSpool(bytes: Uint8Array, owner?: SpoolOwner): SpoolContents {
  const { payloads, tornBytes, damaged } = scanFrames(bytes)
  let misread: FrameDamage[] = []
  return {
    owner,
    tornBytes,
    // The end is written as a frame of its own.
    hasEnded: payloads.at(-1)?.[1] === Op.End,
    events: {
      [Symbol.iterator]() {
        misread = []
        return eventsOf(payloads, misread)
      },
    },
    get damaged() {
      const all = [...damaged, ...misread]
      return all.length === 0 ? undefined : all
    },
  }
}

/** Who owns the spool; undefined when nobody can tell. */
export function readOwner(folder: string): SpoolOwner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8'))
    return isOwner(owner) ? owner : undefined
  } catch {
    return undefined
  }
}

function isOwner(value: unknown): value is SpoolOwner {
  const owner = value as Partial<SpoolOwner> | null
  return (
    typeof owner === 'object' &&
    Number.isSafeInteger(owner?.pid) &&
    typeof owner?.host === 'string' &&
    typeof owner.started === 'string' &&
    typeof owner.worktree === 'string' &&
    (owner.wrapper === undefined || /^[0-9A-Za-z_-]+$/.test(String(owner.wrapper)))
  )
}

function* eventsOf(
  payloads: readonly Uint8Array[],
  misread: FrameDamage[],
): Generator<SpoolEvent, void, void> {
  const names: string[] = []
  for (const payload of payloads) {
    const cursor = new MsgpackCursor(payload)
    while (!cursor.isAtEnd) {
      const start = cursor.offset
      let event: SpoolEvent | undefined
      try {
        event = readEvent(cursor, names)
      } catch (error) {
        const offset = payload.byteOffset + start
        misread.push({ offset, sizeBytes: payload.length - start, reason: (error as Error).message })
        break
      }
      if (event !== undefined) yield event
    }
  }
}

/**
 * Reads a spool while it is written: each call answers the events that came since the last one. Never throws; what cannot be read ends it.
 */
export class SpoolFollower {
  readonly #path: string
  readonly #names: string[] = []
  #offset = 0
  #isLost = false

  /** `maxBytes`: where more than that came since the last call, nobody can keep up, and nothing more is answered. */
  constructor(
    folder: string,
    readonly maxBytes = 8 * 1024 * 1024,
  ) {
    this.#path = join(folder, 'events')
  }

  read(): SpoolEvent[] {
    if (this.#isLost) return []
    const events: SpoolEvent[] = []
    let file: number | undefined
    try {
      file = openSync(this.#path, 'r')
      const sizeBytes = fstatSync(file).size - this.#offset
      if (sizeBytes > this.maxBytes) this.#isLost = true
      if (sizeBytes <= 0 || this.#isLost) return []
      const bytes = new Uint8Array(sizeBytes)
      const { payloads, tornBytes, damaged } = scanFrames(
        bytes.subarray(0, readSync(file, bytes, 0, sizeBytes, this.#offset)),
      )
      this.#isLost = damaged.length > 0
      this.#offset += sizeBytes - tornBytes
      for (const payload of payloads) {
        const cursor = new MsgpackCursor(payload)
        while (!cursor.isAtEnd) {
          const event = readEvent(cursor, this.#names)
          if (event !== undefined) events.push(event)
        }
      }
    } catch (error) {
      // Before the process has begun to write there is no file.
      this.#isLost ||= (error as NodeJS.ErrnoException).code !== 'ENOENT'
    } finally {
      if (file !== undefined) closeSync(file)
    }
    return events
  }
}

/** One event; undefined for a name's definition, and for operations that a later version added. */
function readEvent(cursor: MsgpackCursor, names: string[]): SpoolEvent | undefined {
  const items = cursor.arrayLength()
  const op = cursor.integer()
  switch (op) {
    case Op.Record:
      expect(items === 3)
      return { op: 'record', name: nameOf(names, cursor.integer()), value: cursor.value() }
    case Op.IterationBegin:
      return readBegin(cursor, items)
    case Op.IterationEnd:
      return items === 1
        ? { op: 'iteration-end' }
        : { op: 'iteration-end', durationMs: cursor.number(), ...generatorOf(cursor, items > 2) }
    case Op.Name: {
      const id = cursor.integer()
      // Ids are counted from 0; a hole means that a damaged frame took definitions with it.
      expect(items === 3 && id >= 0 && id < names.length + 0x10000)
      names[id] = cursor.text()
      return undefined
    }
    case Op.LoopEnter:
      return readEnter(cursor, items, names)
    case Op.LoopExit:
      return readExit(cursor, items)
    case Op.Arg: {
      const name = cursor.text()
      return { op: 'arg', name, value: cursor.value(), origin: cursor.text() as ArgOrigin }
    }
    case Op.Checkpoint:
      return { op: 'checkpoint', checkpoint: cursor.map() as Checkpoint }
    case Op.Header:
      return { op: 'header', header: cursor.map() as RunHeader }
    case Op.End:
      return { op: 'end', end: cursor.map() as RunEnd }
    case Op.Seed:
      return { op: 'seed', seed: cursor.value() as LogValue }
    case Op.Warning:
      return { op: 'warning', text: cursor.text() }
    case Op.Checkpointing:
      return { op: 'checkpointing' }
    case Op.StateCompared:
      return { op: 'state-compared', comparison: cursor.map() as StateComparison }
    default:
      for (let i = 1; i < items; i++) cursor.skip()
      return undefined
  }
}

function readBegin(cursor: MsgpackCursor, items: number): SpoolEvent {
  const index = cursor.integer()
  if (items === 2) return { op: 'iteration-begin', index }
  const label = cursor.value()
  expect(typeof label === 'number' || typeof label === 'string')
  return { op: 'iteration-begin', index, label: label as Label }
}

function readEnter(cursor: MsgpackCursor, items: number, names: readonly string[]): SpoolEvent {
  const loop = nameOf(names, cursor.integer())
  const pass = cursor.integer()
  const role = ROLES[cursor.integer()]
  if (role === undefined) throw new RangeError('no such role of a loop')
  if (items < 6) return { op: 'loop-enter', loop, pass, role }
  return { op: 'loop-enter', loop, pass, role, beforeMs: cursor.number(), ...generatorOf(cursor, true) }
}

function readExit(cursor: MsgpackCursor, items: number): SpoolEvent {
  if (items === 1) return { op: 'loop-exit' }
  const durationMs = cursor.number()
  if (items === 2) return { op: 'loop-exit', durationMs }
  return { op: 'loop-exit', durationMs, exhausted: cursor.boolean(), ...generatorOf(cursor, items > 3) }
}

function generatorOf(cursor: MsgpackCursor, isPresent: boolean): { generator?: Uint8Array } {
  const generator = isPresent ? cursor.bytesOrNil() : undefined
  return generator === undefined ? {} : { generator }
}

function nameOf(names: readonly string[], id: number): string {
  const name = names[id]
  if (name === undefined) throw new RangeError(`name ${id} is not defined`)
  return name
}

function expect(condition: boolean): void {
  if (!condition) throw new RangeError('not an event')
}
