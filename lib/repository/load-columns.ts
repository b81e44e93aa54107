import type { Origin, RunEntry } from '../db/run-entry.js'
import { fanoutPath } from '../git/notes.js'
import { listShards } from '../git/shards.js'
import { findEntry } from '../git/tree-editor.js'
import type { Column } from '../model/column.js'
import { FlorError } from '../model/errors.js'
import type { RunOid } from '../model/oid.js'
import { isExternal } from '../segment/segment.js'
import { decodeExternal } from '../segment/segment-codec.js'
import type { FlorRepository } from './flor-repository.js'
import { columnPath } from './run-folder.js'

/** A column with its values, and where they came from. */
export interface LoadedColumn {
  readonly column: Column
  readonly origin: Origin
}

/**
 * The columns of one name of one run, values included: from the index, or from a blob of the runs tree where they were too
 * large for the note.
 * @throws FlorError OBJECT_MISSING (data: run, name, path) when no shard that is here holds the blob; SEGMENT_CORRUPT
 */
export async function loadColumns(
  repository: FlorRepository,
  run: RunEntry,
  name: string,
): Promise<LoadedColumn[]> {
  const index = await repository.index()
  const loaded: LoadedColumn[] = []
  for (const { column, origin } of await index.columns(run, name)) {
    if (!isExternal(column)) loaded.push({ column, origin })
    else loaded.push({ column: await loadExternal(repository, run.run, name, column.file), origin })
  }
  return loaded
}

async function loadExternal(
  repository: FlorRepository,
  run: RunOid,
  name: string,
  file: string,
): Promise<Column> {
  const path = `${fanoutPath(run)}/${columnPath(file)}`
  const data = await readFromRunsTrees(repository, path)
  if (data === undefined) {
    throw new FlorError(`the values of ${JSON.stringify(name)} of run ${run.slice(0, 7)} are not here`, {
      code: 'OBJECT_MISSING',
      data: { run, name, path },
    })
  }
  try {
    return decodeExternal(data)
  } catch (error) {
    throw new FlorError(`the values of ${JSON.stringify(name)} of run ${run.slice(0, 7)} cannot be read`, {
      code: 'SEGMENT_CORRUPT',
      data: { run, name, path },
      cause: error,
    })
  }
}

/** Reads a blob of the runs tree, from whichever shard has it; undefined where none does. */
export async function readFromRunsTrees(
  repository: FlorRepository,
  path: string,
): Promise<Uint8Array | undefined> {
  const store = await repository.objects()
  for (const shard of await listShards(repository.location)) {
    if (shard.runs === undefined) continue
    const { tree } = await store.readCommit(shard.runs)
    const entry = await findEntry(store, tree, path)
    if (entry === undefined) continue
    const [data] = await store.readBlobs([entry.oid])
    if (data !== undefined) return data
  }
  return undefined
}
