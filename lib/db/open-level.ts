import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { lstat, mkdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Level } from 'level'
import { FlorError } from '../model/errors.js'
import { decodeDocument, encodeDocument } from '../segment/value-codec.js'
import { FORMAT_KEY, TOTALS_KEY } from './keys.js'
import type { Totals } from './records.js'

/** Text keys, msgpack values. */
export type Database = Level<string, Uint8Array>

/** Changes with every change of what lies in the index: an older one is rebuilt, not converted; a newer one is left alone. */
export const FORMAT_VERSION = 3

/** What the types of level, which are also for browsers, leave out. */
type Compactable = Database & { compactRange(start: string, end: string): Promise<void> }

export interface OpenedDatabase {
  readonly database: Database
  /** Where it lies: beside the folder that was asked for, where that one holds the index of a newer git-flor. */
  readonly folder: string
  /** Whether there was an index that could not be used and was emptied. */
  readonly wasReset: boolean
}

export interface WaitOptions {
  /** How long another process is waited for. */
  readonly waitMs: number
  /** Called once, when another process has been waited for noticeably long. */
  readonly onWait?: () => void
}

/** Behind all keys. */
const LAST_KEY = '\u{10ffff}'

/** When a wait is worth a word. */
const NOTICEABLE_MS = 1000

/**
 * Opens the LevelDB database in `folder`, making it where there is none, and waits for another process to close it. Damaged databases,
 * ones of an older format, and ones that LevelDB silently opened as empty are emptied. One of a newer format stays as it is, and
 * another beside it is opened in its place.
 * @throws FlorError INDEX_LOCKED (data: path, waitedMs) when the other process keeps it longer than `waitMs`
 * @throws Error of LevelDB when the folder cannot be written
 */
export async function openDatabase(folder: string, options: WaitOptions): Promise<OpenedDatabase> {
  await mkdir(dirname(folder), { recursive: true })
  const isInTheWay = await removeOther(folder)
  // LevelDB makes an empty database where its CURRENT file is missing: only what lay there before tells.
  const existed = existsSync(join(folder, 'LOCK'))
  let opened: Database | undefined
  try {
    const database = await openWaiting(folder, options)
    opened = database
    const version = await formatOf(database)
    if (version === FORMAT_VERSION) return { database, folder, wasReset: false }
    if (version !== undefined && version > FORMAT_VERSION) {
      await database.close()
      return await openDatabase(`${folder}-${FORMAT_VERSION}`, options)
    }
    await emptyDatabase(database)
    return { database, folder, wasReset: existed || isInTheWay }
  } catch (error) {
    // What opened and turned out to be damaged when it was read still holds its lock.
    await opened?.close()
    if (!isDamage(error)) throw error
    return { database: await openDamaged(folder, options), folder, wasReset: true }
  }
}

/**
 * Opens a damaged database as an empty one. Its folder is not removed, since nobody holds its lock now, and another process may be doing the same: two
 * would take files from under each other, and that of the lock as well. Where CURRENT is missing, LevelDB begins an empty database and clears away what
 * is left of the old one, all under its lock. Should another process have repaired it just now, what it made is lost, and found again in the notes.
 * @throws as {@link openDatabase}
 */
export async function openDamaged(folder: string, options: WaitOptions): Promise<Database> {
  let opened: Database | undefined
  try {
    await rm(join(folder, 'CURRENT'), { force: true })
    opened = await openWaiting(folder, options)
    await emptyDatabase(opened)
    return opened
  } catch (error) {
    await opened?.close()
    if (!isDamage(error) && codeOf(error) !== 'ERR_FS_EISDIR') throw error
    // A folder in the place of one of LevelDB's files, say.
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
    const database = await openWaiting(folder, options)
    await emptyDatabase(database)
    return database
  }
}

/** Takes away what is no folder and lies in the place of the index, which is ours: a file, or a link to nothing. */
async function removeOther(folder: string): Promise<boolean> {
  const isFolder = async (): Promise<boolean> =>
    (await stat(folder).catch(() => undefined))?.isDirectory() ?? false
  if ((await isFolder()) || (await lstat(folder).catch(() => undefined)) === undefined) return false
  try {
    await rm(folder, { force: true })
  } catch (error) {
    // Another process did it meanwhile, and has made the index.
    if (!(await isFolder())) throw error
  }
  return true
}

/** Opens a database again that {@link openDatabase} has opened before. @throws as that, and RangeError where it has changed its format */
export async function reopenDatabase(folder: string, options: WaitOptions): Promise<Database> {
  const database = await openWaiting(folder, options)
  if ((await formatOf(database)) === FORMAT_VERSION) return database
  await database.close()
  throw new RangeError('the index was emptied meanwhile')
}

/** Makes the next opening start from nothing: called when reading found damage that opening did not. */
export async function invalidate(database: Database): Promise<void> {
  await database.del(FORMAT_KEY)
}

async function openWaiting(folder: string, { waitMs, onWait }: WaitOptions): Promise<Database> {
  // The native addon is the most expensive import of the whole program: only those who open an index pay for it.
  const { Level } = await import('level')
  const start = Date.now()
  let hasTold = false
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 100)) {
    // Larger files than LevelDB's own 2 MB, since every opening asks for every file and a hundred thousand runs are half a gigabyte; but not
    // much larger: what a compaction rewrites grows with them, and commands end before a long one does.
    const database: Database = new Level<string, Uint8Array>(folder, {
      valueEncoding: 'view',
      maxFileSize: 4 << 20,
      writeBufferSize: 8 << 20,
    })
    try {
      await database.open()
      return database
    } catch (error) {
      await database.close().catch(() => {})
      if (codeOf((error as Error).cause) !== 'LEVEL_LOCKED') throw error
      const waitedMs = Date.now() - start
      if (waitedMs >= waitMs) {
        throw new FlorError(`another git-flor has held the index for ${waitedMs} ms: ${folder}`, {
          code: 'INDEX_LOCKED',
          data: { path: folder, waitedMs },
          cause: error,
        })
      }
      if (!hasTold && waitedMs >= NOTICEABLE_MS) {
        hasTold = true
        onWait?.()
      }
      await sleep(Math.min(pauseMs, waitMs - waitedMs))
    }
  }
}

/** The version that the index says it is of; undefined where it says nothing. */
async function formatOf(database: Database): Promise<number | undefined> {
  const bytes = await database.get(FORMAT_KEY)
  if (bytes === undefined) return undefined
  try {
    const version = (decodeDocument(bytes) as { version?: unknown } | null)?.version
    return typeof version === 'number' ? version : undefined
  } catch {
    return undefined
  }
}

/** Takes everything out of a database, as if it had just been made. Other processes find it as it was, or empty: its lock is kept. */
export async function emptyDatabase(database: Database): Promise<void> {
  await database.clear()
  // Else what was deleted would lie there beside what comes in its place, until LevelDB happens upon it.
  await (database as Compactable).compactRange('', LAST_KEY)
  const totals: Totals = { generation: randomBytes(8).toString('hex'), next: 0, listed: 0 }
  await database.batch([
    { type: 'put', key: TOTALS_KEY, value: encodeDocument(totals) },
    { type: 'put', key: FORMAT_KEY, value: encodeDocument({ version: FORMAT_VERSION }) },
  ])
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string } | undefined)?.code

/** Whether LevelDB complains of what lies in the folder, rather than of the folder or the disk. */
export function isDamage(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const code = codeOf(at)
    if (code === 'LEVEL_CORRUPTION') return true
    if (code === 'LEVEL_IO_ERROR')
      return !/permission|read-only|no space|too many open|too large|quota|operation not permitted/i.test(
        at.message,
      )
  }
  return false
}
