import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Level } from 'level'
import { FlorError } from '../model/errors.js'
import { decodeDocument, encodeDocument } from '../segment/value-codec.js'
import { FORMAT_KEY } from './keys.js'

/** Text keys, msgpack values. */
export type Database = Level<string, Uint8Array>

/** Changes with every change of what lies in the index: another one is rebuilt, not converted. */
const FORMAT_VERSION = 2

export interface OpenedDatabase {
  readonly database: Database
  /** Whether there was an index that could not be used and was emptied. */
  readonly wasReset: boolean
}

/**
 * Opens the LevelDB database in `folder`, making it where there is none, and waits for another process to close it. Damaged databases,
 * ones of another format, and ones that LevelDB silently opened as empty are emptied.
 * @throws FlorError INDEX_LOCKED (data: path, waitedMs) when the other process keeps it longer than `waitMs`
 * @throws Error of LevelDB when the folder cannot be written
 */
export async function openDatabase(folder: string, waitMs: number): Promise<OpenedDatabase> {
  await mkdir(dirname(folder), { recursive: true })
  // LevelDB makes an empty database where its CURRENT file is missing: only what lay there before tells.
  const existed = existsSync(join(folder, 'LOCK'))
  let opened: Database | undefined
  try {
    const database = await openWaiting(folder, waitMs)
    opened = database
    if (await hasFormat(database)) return { database, wasReset: false }
    await database.clear()
    await markFormat(database)
    return { database, wasReset: existed }
  } catch (error) {
    // What opened and turned out to be damaged when it was read still holds its lock.
    await opened?.close()
    if (!isDamage(error)) throw error
    await rm(folder, { recursive: true, force: true })
    const database = await openWaiting(folder, waitMs)
    await database.clear()
    await markFormat(database)
    return { database, wasReset: true }
  }
}

/** Makes the next opening start from nothing: called when reading found damage that opening did not. */
export async function invalidate(database: Database): Promise<void> {
  await database.del(FORMAT_KEY)
}

async function openWaiting(folder: string, waitMs: number): Promise<Database> {
  // The native addon is the most expensive import of the whole program: only those who open an index pay for it.
  const { Level } = await import('level')
  const deadline = Date.now() + waitMs
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    const database: Database = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
    try {
      await database.open()
      return database
    } catch (error) {
      await database.close().catch(() => {})
      if (codeOf((error as Error).cause) !== 'LEVEL_LOCKED') throw error
      if (Date.now() >= deadline) {
        throw new FlorError(`another git-flor has held the index for ${waitMs} ms: ${folder}`, {
          code: 'INDEX_LOCKED',
          data: { path: folder, waitedMs: waitMs },
          cause: error,
        })
      }
      await sleep(pauseMs)
    }
  }
}

async function hasFormat(database: Database): Promise<boolean> {
  const bytes = await database.get(FORMAT_KEY)
  if (bytes === undefined) return false
  try {
    return (decodeDocument(bytes) as { version?: unknown } | null)?.version === FORMAT_VERSION
  } catch {
    return false
  }
}

async function markFormat(database: Database): Promise<void> {
  await database.put(FORMAT_KEY, encodeDocument({ version: FORMAT_VERSION }))
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string } | undefined)?.code

/** Whether LevelDB complains of what lies in the folder, rather than of the folder or the disk. */
export function isDamage(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = codeOf(at)
    if (code === 'LEVEL_CORRUPTION') return true
    if (code === 'LEVEL_IO_ERROR')
      return !/permission|read-only|no space|too many open|quota/i.test(at.message)
  }
  return false
}
