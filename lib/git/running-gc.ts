import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { RepositoryLocation } from './location.js'
import { isPruning } from './running-prune.js'

/** After so long git itself takes `gc.pid` for what a machine left that died. */
const STALE_MS = 12 * 60 * 60 * 1000

/**
 * Waits until no `git gc` is going on in the repository, or for `limitMs`, and tells whether one was. Git lists at its beginning what is reachable, and deletes at its end: what
 * became reachable meanwhile is not on the list. `git gc --auto` is not waited for: it comes by itself, behind a commit of the user's whose hook may be what waits here, and spares what is
 * younger than two weeks. So it is with a bare `git prune`; see {@link isPruning}.
 */
export async function gcEnds(
  location: Pick<RepositoryLocation, 'commonDir' | 'topLevel'>,
  limitMs = 120_000,
): Promise<boolean> {
  const startedMs = performance.now()
  for (let wasRunning = false; ; wasRunning = true) {
    if ((!isGcRunning(location) && !isPruning(location)) || performance.now() - startedMs > limitMs)
      return wasRunning
    await wait(25)
  }
}

function isGcRunning({ commonDir }: Pick<RepositoryLocation, 'commonDir'>): boolean {
  const path = join(commonDir, 'gc.pid')
  try {
    // `<pid> <host>`, as git writes it.
    const [, pid, host] = /^(\d+) (\S+)/.exec(readFileSync(path, 'utf8')) ?? []
    if (pid === undefined || Date.now() - statSync(path).mtimeMs > STALE_MS) return false
    return host !== hostname() || (isAlive(Number(pid)) && !isAutomatic(Number(pid)))
  } catch {
    return false
  }
}

function isAutomatic(pid: number): boolean {
  const command =
    process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).stdout
  return / --auto\b/.test(command)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
