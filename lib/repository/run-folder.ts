import { contextKey, formatLoop } from '../model/context.js'
import type { Checkpoint, CheckpointPoint } from '../model/run.js'

/**
 * Where the parts of a run lie below its folder `<ab>/<rest>/` of the runs tree:
 *
 *     checkpoints/epoch=4/model.safetensors              after iteration 4 (an LFS pointer)
 *     checkpoints/epoch=4/state.msgpack                  what is not a tensor
 *     checkpoints/epoch=4/after/step/model.safetensors   after the nested loop `step` of iteration 4
 *     columns/<file>                                     columns that did not fit into the note
 *     output                                             what the run printed, as far as it is kept
 */
export function checkpointFolder(point: CheckpointPoint): string {
  const iteration = `checkpoints/${contextKey(point.context)}`
  return point.kind === 'E' ? iteration : `${iteration}/after/${formatLoop(point.after)}`
}

/** Size of a checkpoint's files and state in bytes. */
export function checkpointSize(checkpoint: Checkpoint): number {
  return checkpoint.files.reduce((sum, file) => sum + file.sizeBytes, checkpoint.state.length)
}

/** Path of a column's blob below the run's folder. */
export function columnPath(file: string): string {
  return `columns/${file}`
}

/** Path of what the run printed, below the run's folder. */
export const OUTPUT_PATH = 'output'

/**
 * How many bytes of a note one segment's columns may fill: a note stays under 1 MiB with what its run recorded and eight large backfills. Columns
 * that do not fit lie in the runs tree; so do the states of checkpoints, and only there when all together are larger than `states`.
 */
export const NOTE_SHARE = { record: 512 * 1024, backfill: 64 * 1024, states: 64 * 1024 } as const
