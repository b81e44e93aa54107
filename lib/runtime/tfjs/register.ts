import { checkpointing } from '../checkpointing.js'
import { session } from '../session.js'

/**
 * Has a fit's epochs checkpointed, as the main loop that they are unless a main loop is open around them: then they are a nested
 * loop of that, and what it checkpoints has been said.
 *
 * The names `fit.model` and `fit.state` count up where several models are fitted, so that the state of none is forgotten while
 * another is trained; the order of the calls decides, which is the same in a replay.
 */
export function registerFit(model: object, state: object): void {
  const { loops, registry } = session()
  if (loops.isConcurrent) loops.surface()
  if (loops.main !== undefined) return
  const { roots } = registry
  let prefix = 'fit'
  for (let i = 2; roots[`${prefix}.model`] !== undefined && roots[`${prefix}.model`] !== model; i++) {
    prefix = `fit${i}`
  }
  checkpointing({ [`${prefix}.model`]: model, [`${prefix}.state`]: state })
}
