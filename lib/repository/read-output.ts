import type { RunEntry } from '../db/run-entry.js'
import { fanoutPath } from '../git/notes.js'
import { FlorError } from '../model/errors.js'
import type { FlorRepository } from './flor-repository.js'
import { readFromRunsTrees } from './load-columns.js'
import { OUTPUT_PATH } from './run-folder.js'

/** What a run printed: its beginning, and its end where something between is left out. */
export interface RunOutput {
  readonly head: Uint8Array
  readonly tail: Uint8Array | undefined
  readonly sizeBytes: number
}

/**
 * Reads the output of a run from the runs tree; undefined where it was not recorded.
 * @throws FlorError OBJECT_MISSING (data: run, path) when no shard that is here holds it
 */
export async function readRunOutput(
  repository: FlorRepository,
  entry: RunEntry,
): Promise<RunOutput | undefined> {
  const { output } = entry.end
  if (output === undefined) return undefined
  const { sizeBytes, headBytes } = output
  if (output.keptBytes === 0) return { head: new Uint8Array(), tail: undefined, sizeBytes }
  const path = `${fanoutPath(entry.run)}/${OUTPUT_PATH}`
  const text = await readFromRunsTrees(repository, path)
  if (text === undefined) {
    throw new FlorError(`the output of run ${entry.run.slice(0, 7)} is not here`, {
      code: 'OBJECT_MISSING',
      data: { run: entry.run, path },
    })
  }
  if (headBytes === undefined) return { head: text, tail: undefined, sizeBytes }
  return { head: text.subarray(0, headBytes), tail: text.subarray(headBytes), sizeBytes }
}
