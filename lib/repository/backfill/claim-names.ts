import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { florDir, type RepositoryLocation } from '../../git/location.js'
import { requireFoldersSync } from '../../git/own-folders.js'
import { FlorError } from '../../model/errors.js'
import type { ProcessIdentity } from '../../replay/process-identity.js'
import type { FlorRepository } from '../flor-repository.js'
import { type LockFile, readLockHolder, takeLockFile } from '../lock-file.js'
import type { BackfillPlan } from './backfill-plan.js'

/** How often one looks whether the other backfill has ended. */
const POLL_MS = 100

/** A name that another process backfills. */
export interface ClaimedName {
  readonly name: string
  /** The lock's file. */
  readonly path: string
  /** Absent where the lock went as it was looked at. */
  readonly holder?: ProcessIdentity
}

/**
 * Makes this process the only one of the repository that backfills these names, until the returned function is called or it dies: two at once would compute
 * everything twice, and store both. Waits for whoever holds one; `onWait` is told once of each name that was waited for. The locks are files
 * `<git common dir>/flor/backfills/<hash of the name>.lock`.
 * @throws FlorError FILE_EXISTS; INTERRUPTED when `signal` is aborted meanwhile
 */
export async function claimNames(
  location: Pick<RepositoryLocation, 'commonDir'>,
  names: readonly string[],
  options: { readonly signal?: AbortSignal; readonly onWait?: (claimed: ClaimedName) => void } = {},
): Promise<() => void> {
  const folder = backfillsDir(location)
  requireFoldersSync(location, [folder])
  mkdirSync(folder, { recursive: true })
  const held: LockFile[] = []
  const release = (): void => {
    for (const lock of held) lock.release()
  }
  try {
    // In one order for everybody, so that no two wait for each other.
    for (const name of [...new Set(names)].sort()) {
      const path = join(folder, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.lock`)
      held.push(await take(name, path, options))
    }
  } catch (error) {
    release()
    throw error
  }
  return release
}

async function take(
  name: string,
  path: string,
  { signal, onWait }: { readonly signal?: AbortSignal; readonly onWait?: (claimed: ClaimedName) => void },
): Promise<LockFile> {
  for (let isTold = false; ; isTold = true) {
    const lock = takeLockFile(path)
    if (lock !== undefined) return lock
    const holder = readLockHolder(path)
    if (!isTold) onWait?.({ name, path, ...(holder === undefined ? {} : { holder }) })
    if (signal?.aborted === true) throw new FlorError('interrupted', { code: 'INTERRUPTED' })
    await wait(POLL_MS)
  }
}

/** Whether one of a plan's runs got values in hindsight since it was planned. Reads the index anew. */
export async function isOutdated(repository: FlorRepository, plan: BackfillPlan): Promise<boolean> {
  await repository.refresh()
  const index = await repository.index()
  try {
    for (const { status, entry } of plan.rows) {
      if (status !== 'planned') continue
      const now = await index.entry(entry.run)
      if (now?.backfills.length !== entry.backfills.length) return true
    }
    return false
  } finally {
    await repository.refresh()
  }
}

/** The locks of backfills that go on. */
export function backfillsDir(location: Pick<RepositoryLocation, 'commonDir'>): string {
  return join(florDir(location), 'backfills')
}
