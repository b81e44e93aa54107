import type { LogValue } from '../../model/value.js'
import {
  type Capturing,
  StateError,
  type StateNode,
  type StateValue,
  type TensorRef,
  type TensorSource,
} from './adapter.js'
import { adapterFor } from './adapters.js'
import { Founding } from './founding.js'
import { classOf } from './instances.js'
import { refuseProperties } from './properties.js'

/** State as it was found, its numbers not yet copied. */
export interface CapturedState {
  /** For `state.msgpack`; layout in adapter.ts. */
  readonly document: {
    readonly v: 2
    readonly roots: Readonly<Record<string, StateValue>>
    readonly nodes: readonly StateNode[]
  }
  /** Tensors by file (a root's name) and name, in the order in which they were found. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, TensorSource>>
}

/**
 * Walks the objects given to `checkpointing`. Each object is captured once, under the first root that leads
 * to it. `founding` is what was there when the main loop was entered: now, where absent.
 * @throws StateError where something cannot be captured; and whatever the user's own save() throws
 */
export function captureState(
  roots: Readonly<Record<string, object>>,
  founding: Founding = Founding.of(roots),
): CapturedState {
  const nodes: StateNode[] = []
  const seen = new Map<object, number>()
  const files = new Map<string, Map<string, TensorSource>>()
  const memory = new Memory()

  const capture = (root: string, path: readonly string[], part: unknown): StateValue => {
    if (part === undefined) return { '@': -1 }
    if (typeof part === 'function' || typeof part === 'symbol')
      throw new StateError([root, ...path].join('.'), `a ${typeof part} cannot be checkpointed`)
    if (part instanceof Date) refuseProperties(part, 'a Date', [root, ...path].join('.'))
    if (typeof part !== 'object' || part === null || part instanceof Date) return part as LogValue
    const known = seen.get(part)
    if (known !== undefined) return { '@': known }
    const adapter = adapterFor(part)
    const id = nodes.length
    seen.set(part, id)
    nodes.push({ k: adapter.kind })
    const capturing: Capturing = {
      path: [root, ...path].join('.'),
      value: (name, child) => capture(root, [...path, name], child),
      tensor: (source) => addTensor(files, root, path, source),
    }
    const f = founding.pathOf(part)
    if (ArrayBuffer.isView(part)) memory.add(part, f !== undefined, capturing.path)
    const c = classOf(part, adapter.kind)
    const named = { ...(f === undefined ? {} : { f }), ...(c === undefined ? {} : { c }) }
    nodes[id] = { k: adapter.kind, ...named, ...adapter.capture(part, capturing) }
    return { '@': id }
  }

  const captured = Object.entries(roots).map(([name, value]) => [name, capture(name, [], value)] as const)
  return { document: { v: 2, roots: Object.fromEntries(captured), nodes }, files }
}

interface Range {
  readonly start: number
  readonly end: number
}

/**
 * The bytes that views in the state show. What came into the state in the loop is made anew, and would not share its bytes any more: with another view there,
 * or, where it is a part of a larger buffer, with whoever holds that. Buffers are parts of a pool, which nobody else uses.
 */
class Memory {
  readonly #founding = new Map<ArrayBufferLike, Range[]>()
  readonly #made = new Map<ArrayBufferLike, Range[]>()

  /** @throws StateError */
  add(view: ArrayBufferView, isFounding: boolean, path: string): void {
    const { buffer, byteOffset: start, byteLength } = view
    if (!isFounding && !(view instanceof Buffer) && byteLength !== buffer.byteLength)
      throw new StateError(path, 'a view of a larger buffer that is made in the loop cannot be checkpointed')
    const range = { start, end: start + byteLength }
    // Thousands of rows of one memory that were there at first are not compared with each other.
    const others = isFounding ? [this.#made] : [this.#made, this.#founding]
    if (others.some((it) => it.get(buffer)?.some((other) => overlap(other, range))))
      throw new StateError(
        path,
        'two views of the same memory, of which one is made in the loop, cannot be checkpointed',
      )
    const own = isFounding ? this.#founding : this.#made
    const ranges = own.get(buffer)
    if (ranges === undefined) own.set(buffer, [range])
    else ranges.push(range)
  }
}

const overlap = (a: Range, b: Range): boolean => a.start < b.end && b.start < a.end

function addTensor(
  files: Map<string, Map<string, TensorSource>>,
  file: string,
  path: readonly string[],
  source: TensorSource,
): TensorRef {
  let tensors = files.get(file)
  if (tensors === undefined) {
    tensors = new Map()
    files.set(file, tensors)
  }
  // A name with a slash in it can look like a path that is there already.
  const name = path.join('/') || file
  let unique = name
  for (let i = 2; tensors.has(unique); i++) unique = `${name}#${i}`
  tensors.set(unique, source)
  return [file, unique]
}
