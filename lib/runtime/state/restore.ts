import type { LogValue } from '../../model/value.js'
import { type Restoring, StateError, type StateNode, type StateValue, type TensorContent } from './adapter.js'
import { adapterFor, adapterOfKind } from './adapters.js'
import { Founding } from './founding.js'
import { giveClass } from './instances.js'

/**
 * Restores what `captureState` found: into the objects that were there when the main loop was entered (`founding`: those that are there now, where
 * absent); others are made anew, but for TensorFlow.js variables, which the library itself holds. `document` is what was read from `state.msgpack`,
 * and not trusted; `tensors` by file and name.
 * @throws StateError where the objects cannot hold it, or it is not a state
 */
export function restoreState(
  roots: Readonly<Record<string, object>>,
  document: unknown,
  tensors: ReadonlyMap<string, ReadonlyMap<string, TensorContent>>,
  founding: Founding = Founding.of(roots),
): void {
  const state = checked(document)
  const restored = new Map<number, object>()
  const targets = new Set<object>()

  const restore = (path: string, live: unknown, recorded: StateValue): unknown => {
    if (!isReference(recorded)) return recorded
    const id = recorded['@']
    if (id === -1) return undefined
    const done = restored.get(id)
    if (done !== undefined) return done
    const node = state.nodes[id]
    const adapter = node === undefined ? undefined : adapterOfKind(node.k)
    if (node === undefined || adapter === undefined)
      throw new StateError(path, `state of unknown kind ${node?.k}`)
    const restoring: Restoring = {
      path,
      value: (part, child, name) => restore(`${path}.${name}`, part, child),
      tensor: (ref) => tensorOf(path, tensors, ref),
    }
    const founder = typeof node.f === 'string' ? founding.at(node.f) : undefined
    const isReused = founder === undefined && (adapter.create === undefined || node.k === 'tfjs-variable')
    const target = isReused ? live : founder
    const isTarget =
      typeof target === 'object' &&
      target !== null &&
      adapterFor(target).kind === node.k &&
      !targets.has(target) &&
      !(isReused && founding.pathOf(target) !== undefined)
    if (isTarget && (adapter.create === undefined || (adapter.fits?.(target, node, restoring) ?? true))) {
      targets.add(target)
      restored.set(id, target)
      adapter.restore(target, node, restoring)
      return target
    }
    if (adapter.create === undefined) {
      throw new StateError(path, `recorded as ${node.k}, but is ${describe(live)} now`)
    }
    const fresh = adapter.create(node, restoring)
    giveClass(fresh, node, [live, ...founding.objects], path)
    restored.set(id, fresh)
    if (adapter.fits === undefined) adapter.restore(fresh, node, restoring)
    return fresh
  }

  for (const [name, recorded] of Object.entries(state.roots)) {
    const live = roots[name]
    if (live === undefined) throw new StateError(name, 'recorded, but not given to flor.checkpointing now')
    if (restore(name, live, recorded) !== live) {
      throw new StateError(name, `cannot be restored in place: it is ${describe(live)} now`)
    }
  }
}

interface RecordedState {
  readonly roots: Readonly<Record<string, StateValue>>
  readonly nodes: readonly StateNode[]
}

function checked(document: unknown): RecordedState {
  const state = document as Partial<RecordedState> & { v?: unknown }
  if (
    typeof document !== 'object' ||
    state?.v !== 2 ||
    !Array.isArray(state.nodes) ||
    typeof state.roots !== 'object'
  ) {
    throw new StateError('state', 'not a recorded state of version 2')
  }
  return state as RecordedState
}

function isReference(value: LogValue): value is { readonly '@': number } {
  return typeof value === 'object' && value !== null && typeof (value as { '@'?: unknown })['@'] === 'number'
}

function tensorOf(
  path: string,
  tensors: ReadonlyMap<string, ReadonlyMap<string, TensorContent>>,
  ref: LogValue | undefined,
): TensorContent {
  const [file, name] = Array.isArray(ref) ? (ref as unknown[]) : []
  const content = tensors.get(String(file))?.get(String(name))
  if (content === undefined)
    throw new StateError(path, `tensor ${String(name)} is not in ${String(file)}.safetensors`)
  return content
}

function describe(live: unknown): string {
  if (typeof live !== 'object' || live === null) return live === null ? 'null' : typeof live
  return live.constructor?.name ?? 'an object'
}
