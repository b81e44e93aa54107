/**
 * git-flor's runtime: what a training script imports.
 *
 *     import * as flor from 'git-flor'
 *
 *     const epochs = flor.arg('epochs', 5)
 *     flor.seed(flor.arg('seed', 7))
 *     flor.checkpointing({ model, optimizer })
 *     for (const epoch of flor.loop('epoch', range(epochs))) {
 *       for (const batch of flor.loop('step', batches)) flor.log('loss', trainStep(batch))
 *       flor.log('val_acc', evaluate(model))
 *     }
 *
 * Importing it in a repository replaces `Math.random` by a seeded generator (`FLOR_RANDOM=native` leaves it
 * alone). The first call records the code that is running as a commit, and starts a run. Outside a
 * repository, with `FLOR=off`, or when the disk is full, the script runs as it would without it, after one
 * warning.
 */
import './initialize.js'

export { type ArgValue, arg } from './arg.js'
export { type CheckpointedState, checkpointing } from './checkpointing.js'
export { commit } from './commit.js'
export { iteration } from './iteration.js'
export { log } from './log.js'
export { type Loop, loop } from './loop.js'
export { seed } from './seed.js'
