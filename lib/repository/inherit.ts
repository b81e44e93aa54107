import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { defaultRemote, fetchShards } from '../git/sharing.js'
import type { FlorRepository } from './flor-repository.js'

/**
 * Gives a fresh clone its run history: `git clone` brings no notes. Done once, in a clone that has no shard yet and has a remote;
 * afterwards `git flor fetch`, or `git fetch` after `git flor init`. Returns whether anything was fetched. Failure (no network) is
 * told as a notice, and tried again by the next command.
 */
export async function inheritHistory(repository: FlorRepository): Promise<boolean> {
  const marker = join(repository.florDir, 'inherited')
  if (repository.location.bare || (await stat(marker).catch(() => undefined)) !== undefined) return false
  const remote = await defaultRemote(repository.location)
  if (remote === undefined) return false
  try {
    const onProgress = (what: string): void => repository.step({ what })
    const fetched = await fetchShards(repository.location, remote, { onProgress })
    repository.step(undefined)
    await mkdir(repository.florDir, { recursive: true })
    await writeFile(marker, `${remote}\n`)
    if (fetched.length === 0) return false
    repository.notify({ kind: 'history-fetched', message: `fetched the run history from ${remote}` })
    return true
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    repository.notify({
      kind: 'warning',
      message: `the run history of ${remote} could not be fetched: ${reason}`,
    })
    return false
  }
}
