import { rmSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, open, readdir, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RunIndex } from '../db/run-index.js'
import { indexDir } from '../git/location.js'
import type { FlorRepository } from './flor-repository.js'

/**
 * Opens the repository's index, which need not be up to date. Another process that has it is waited for, and the user told so. Where it cannot
 * be written, as in a read-only repository or on a full disk, a temporary one takes its place: see {@link borrowIndex}.
 * @throws FlorError INDEX_LOCKED
 */
export async function openIndex(repository: FlorRepository): Promise<RunIndex> {
  try {
    return await openReporting(repository)
  } catch (error) {
    if (!isUnwritable(error)) throw error
    return await borrowIndex(repository)
  }
}

/** As {@link openIndex}, and nothing takes its place. @throws Error of the system where it cannot be written */
export async function openOwnIndex(repository: FlorRepository): Promise<RunIndex> {
  try {
    return await openReporting(repository)
  } catch (error) {
    // LevelDB says that it failed; the system says why.
    if (isUnwritable(error)) await (await open(join(indexDir(repository.location), 'LOCK'), 'a')).close()
    throw error
  }
}

async function openReporting(repository: FlorRepository): Promise<RunIndex> {
  const onWait = (): void => repository.step({ what: 'waiting for another git-flor, which has the index' })
  const index = await RunIndex.open(indexDir(repository.location), { onWait })
  repository.step(undefined)
  if (index.wasReset) {
    repository.notify({
      kind: 'index-rebuilt',
      message: 'the index was damaged or of another version; it is rebuilt',
    })
  } else if (index.folder !== indexDir(repository.location) && (await index.tips()).size === 0) {
    repository.notify({
      kind: 'index-rebuilt',
      message: 'the index is of a newer git-flor and stays as it is; this one makes its own beside it',
    })
  }
  return index
}

/**
 * A temporary index that holds what the repository's own does, and takes the time of opening one: LevelDB's tables never change once they are
 * written, so that links to them serve; what it appends to is copied. Where anything of that fails it is an empty one. It is removed
 * when this process ends.
 */
export async function borrowIndex(repository: FlorRepository): Promise<RunIndex> {
  const top = await mkdtemp(join(tmpdir(), 'git-flor-index-'))
  process.once('exit', () => rmSync(top, { recursive: true, force: true }))
  const folder = join(top, 'index')
  try {
    await copyDatabase(indexDir(repository.location), folder)
    return await RunIndex.open(folder)
  } catch {
    return await RunIndex.open(join(top, 'empty'))
  }
}

async function copyDatabase(from: string, to: string): Promise<void> {
  const names = await readdir(from)
  await mkdir(to)
  for (const name of names) {
    if (/\.(?:ldb|sst)$/.test(name)) await symlink(join(from, name), join(to, name))
    else if (/^(?:CURRENT$|MANIFEST-)|\.log$/.test(name)) await copyFile(join(from, name), join(to, name))
  }
}

/** Whether it is the folder or the disk that cannot be written, not what lies there that is wrong. */
export function isUnwritable(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException
    if (code !== undefined && ['EACCES', 'EROFS', 'EPERM', 'ENOSPC', 'EDQUOT', 'EFBIG'].includes(code))
      return true
    if (
      /read-only file system|permission denied|no space left|quota exceeded|file too large/i.test(at.message)
    )
      return true
  }
  return false
}
