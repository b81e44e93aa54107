import { checkpointing } from '../checkpointing.js'
import { session } from '../session.js'
import type { StateRegistry } from '../state-registry.js'

/**
 * Has a fit's epochs checkpointed, as the main loop that they are unless a main loop is open around them: then they are a nested
 * loop of that, and what it checkpoints has been said.
 *
 * What a model that was disposed of had is gone; nothing could be captured with it. The names `fit.model` and `fit.state` count up where several models are fitted, so that the state of none is forgotten while
 * another is trained; the order of the calls decides, which is the same in a replay.
 */
export function registerFit(model: object, state: object): void {
  const { loops, registry } = session()
  if (loops.isConcurrent) loops.surface()
  if (loops.main !== undefined) return
  forgetDisposed(registry)
  const { roots } = registry
  let prefix = 'fit'
  for (let i = 2; roots[`${prefix}.model`] !== undefined && roots[`${prefix}.model`] !== model; i++) {
    prefix = `fit${i}`
  }
  checkpointing({ [`${prefix}.model`]: model, [`${prefix}.state`]: state })
}

function forgetDisposed(registry: StateRegistry): void {
  for (const [name, root] of Object.entries(registry.roots)) {
    const prefix = /^(fit\d*)\.model$/.exec(name)?.[1]
    if (prefix === undefined || !isDisposed(root)) continue
    registry.forget(`${prefix}.model`)
    registry.forget(`${prefix}.state`)
  }
}

/** Whether all weights of a model are gone: one whose layers are partly another's still has some. */
function isDisposed(model: object): boolean {
  const { weights = [] } = model as { weights?: readonly { val?: { isDisposed?: boolean } }[] }
  return weights.length > 0 && weights.every(({ val }) => val?.isDisposed === true)
}
