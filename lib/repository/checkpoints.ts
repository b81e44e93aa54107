import { existsSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { RunEntry } from '../db/run-entry.js'
import { ensureObjects } from '../git/lfs.js'
import { keptObjectPath, lfsObjectPath, lfsObjectsDirSync } from '../git/lfs-paths.js'
import { fanoutPath } from '../git/notes.js'
import { FlorError } from '../model/errors.js'
import type { RunOid } from '../model/oid.js'
import type { Checkpoint } from '../model/run.js'
import type { FlorRepository } from './flor-repository.js'
import { readFromRunsTrees } from './load-columns.js'
import { checkpointFolder, checkpointSize } from './run-folder.js'

/** A checkpoint of a run. */
export interface ListedCheckpoint {
  /** Its folder: `epoch=4`, or `epoch=4/after/step`. */
  readonly name: string
  readonly sizeBytes: number
  /** Whether all its files are on this machine. */
  readonly isHere: boolean
  readonly checkpoint: Checkpoint
}

/** Reads the states that were too large for the note from the runs tree; checkpoints whose state is not here are left out. */
export async function withStates(
  repository: FlorRepository,
  run: RunOid,
  checkpoints: readonly Checkpoint[],
): Promise<Checkpoint[]> {
  const complete: Checkpoint[] = []
  for (const checkpoint of checkpoints) {
    if (checkpoint.state.length > 0) {
      complete.push(checkpoint)
      continue
    }
    const state = await readFromRunsTrees(
      repository,
      `${fanoutPath(run)}/${checkpointFolder(checkpoint.point)}/state.msgpack`,
    )
    if (state !== undefined) complete.push({ ...checkpoint, state })
  }
  return complete
}

/** The checkpoints of a run, in the order in which they were taken. Looks for files, reads none. */
export async function listCheckpoints(
  repository: FlorRepository,
  run: RunEntry,
): Promise<ListedCheckpoint[]> {
  const record = await (await repository.index()).recordSegment(run.run)
  const objectsDir = lfsObjectsDirSync(repository.location)
  const isHere = (sha256: string): boolean =>
    existsSync(keptObjectPath(repository.location, sha256)) || existsSync(lfsObjectPath(objectsDir, sha256))
  const checkpoints = await withStates(repository, run.run, record?.checkpoints ?? [])
  return checkpoints.map((checkpoint) => ({
    name: checkpointFolder(checkpoint.point).replace(/^checkpoints\//, ''),
    sizeBytes: checkpointSize(checkpoint),
    isHere: checkpoint.files.every((file) => isHere(file.sha256)),
    checkpoint,
  }))
}

/**
 * Copies checkpoints out of the repository, fetching what is not here: `<folder>/<name>/model.safetensors`, and `state.msgpack` beside it.
 * Existing files are left alone. Returns the paths written.
 * @throws FlorError LFS_OBJECT_MISSING, LFS_MISSING; FILE_EXISTS (data: path) before anything is written
 */
export async function extractCheckpoints(
  repository: FlorRepository,
  checkpoints: readonly ListedCheckpoint[],
  folder: string,
): Promise<string[]> {
  const files = checkpoints.flatMap(({ name, checkpoint }) => [
    ...checkpoint.files.map((file) => ({ path: join(folder, name, file.name), sha256: file.sha256 })),
    { path: join(folder, name, 'state.msgpack'), data: checkpoint.state },
  ])
  for (const { path } of files) {
    if (existsSync(path))
      throw new FlorError(`${path} exists already`, { code: 'FILE_EXISTS', data: { path } })
  }
  const objects = await ensureObjects(
    repository.location,
    await repository.objects(),
    checkpoints.flatMap(({ checkpoint }) => checkpoint.files),
    { onProgress: (what) => repository.step({ what }) },
  )
  for (const [done, file] of files.entries()) {
    repository.step({ what: 'copying files', done, total: files.length })
    await mkdir(dirname(file.path), { recursive: true })
    if ('data' in file) await writeFile(file.path, file.data, { flag: 'wx' })
    else await copyFile(objects.get(file.sha256) as string, file.path)
  }
  repository.step(undefined)
  return files.map((file) => file.path)
}
