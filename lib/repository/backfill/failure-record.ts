import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FlorError } from '../../model/errors.js'
import type { Oid, RunOid } from '../../model/oid.js'
import type { ReplayLevel } from '../../model/run.js'
import type { MissingFile } from '../../replay/executor.js'
import type { FlorRepository } from '../flor-repository.js'

/**
 * A replay that failed: one JSON document `<git common dir>/flor/failures/<id>.json`, of this clone alone. The newest
 * {@link KEPT} are kept.
 */
export interface FailureRecord {
  readonly version: 1
  readonly id: string
  readonly run: RunOid
  readonly patched: Oid
  /** The log names it was to produce. */
  readonly names: readonly string[]
  readonly level?: ReplayLevel
  /** Where values were wanted, as context keys. */
  readonly wanted: readonly string[]
  readonly reason: string
  /** The last of what the script printed, at most 16 KiB; escape sequences and all. */
  readonly output: string
  readonly missing?: MissingFile
  /** Milliseconds since 1970. */
  readonly failedMs: number
  readonly durationMs?: number
}

const KEPT = 100

/** Keeps a failure and returns its id. What cannot be written is no reason for a backfill to stop: then there is no id. */
export async function keepFailure(
  repository: FlorRepository,
  failure: Omit<FailureRecord, 'version' | 'id' | 'failedMs'>,
): Promise<string | undefined> {
  const failedMs = Date.now()
  const id = `${failedMs.toString(36)}-${randomBytes(4).toString('hex')}`
  const folder = folderOf(repository)
  const record: FailureRecord = { version: 1, id, failedMs, ...failure }
  const temporary = join(folder, `.${id}.tmp`)
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(temporary, JSON.stringify(record))
    await rename(temporary, join(folder, `${id}.json`))
    for (const old of (await idsIn(folder)).slice(0, -KEPT))
      await rm(join(folder, `${old}.json`), { force: true })
    return id
  } catch {
    await rm(temporary, { force: true }).catch(() => {})
    return undefined
  }
}

/** Ids of the failures that are kept, oldest first. */
export function listFailures(repository: FlorRepository): Promise<string[]> {
  return idsIn(folderOf(repository))
}

/** @throws FlorError FILE_UNREADABLE (data: path) */
export async function readFailure(repository: FlorRepository, id: string): Promise<FailureRecord> {
  const path = join(folderOf(repository), `${id}.json`)
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as FailureRecord
    if (record.version !== 1 || typeof record.output !== 'string') throw new TypeError('not a failure record')
    return record
  } catch (cause) {
    throw new FlorError(`the record of failure ${id} cannot be read`, {
      code: 'FILE_UNREADABLE',
      data: { path },
      cause,
    })
  }
}

/** Ids begin with the time, in as many digits as there will be until 2059. */
async function idsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => /^[0-9a-z]+-[0-9a-f]{8}\.json$/.test(name))
    .map((name) => name.slice(0, -'.json'.length))
    .sort()
}

function folderOf(repository: FlorRepository): string {
  return join(repository.florDir, 'failures')
}
