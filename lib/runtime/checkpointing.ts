import { session } from './session.js'

/** Objects by the names that their checkpoints shall have. */
export type CheckpointedState = Readonly<Record<string, object>>

/**
 * Names the state that training changes: what a replay must restore to start in the middle. The outermost
 * {@link loop} entered after it is the main loop, whose iterations checkpoints are taken in.
 *
 * Known are TensorFlow.js models, optimizers, variables and tensors; typed arrays; objects, arrays, maps
 * and sets of any depth; objects with `save()` and `load(saved)`, or `toJSON()` and `fromJSON(json)`. State
 * is restored **into** these objects, so give the objects themselves: numbers, texts and functions cannot
 * be restored in place. An optimizer that a model was compiled with belongs to the model. May be called
 * several times; inside an iteration of an outer loop it holds to its end.
 * @throws TypeError when something in it cannot be restored in place
 */
export function checkpointing(state: CheckpointedState): void {
  if (typeof state !== 'object' || state === null)
    throw new TypeError(`flor.checkpointing: not an object: ${String(state)}`)
  for (const [name, value] of Object.entries(state)) checkRestorable(name, value)
  const { loops, registry, spool, kind, warn } = session()
  if (kind === 'off') return
  if (loops.isConcurrent) loops.surface()
  if (loops.main !== undefined) {
    warn(
      `flor.checkpointing({ ${Object.keys(state).join(', ')} }) inside the main loop has no effect: call it before the loop`,
    )
    return
  }
  registry.register(loops.frames.length, { ...state })
  spool?.checkpointing()
}

function checkRestorable(name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) return
  const what = typeof value === 'function' ? 'a function' : value === null ? 'null' : `a ${typeof value}`
  throw new TypeError(
    `flor.checkpointing({ ${name} }): ${what} cannot be restored in place. ` +
      `Wrap it in an object that the training uses: const state = { ${name} }; flor.checkpointing({ state })`,
  )
}
