import type { RunCriteria } from '../../repository/select-runs.js'
import { parseSince } from '../arguments/since.js'
import type { LogOptions } from './log.js'

/** The options of `git flor log`, and of others like it, that choose whole runs. One spawn of git for each date. */
export async function runCriteria(
  options: Pick<LogOptions, 'since' | 'until' | 'script' | 'status'>,
  cwd: string,
): Promise<RunCriteria> {
  const { since, until, script, status } = options
  return {
    ...(since === undefined ? {} : { sinceMs: await parseSince(since, cwd) }),
    ...(until === undefined ? {} : { untilMs: await parseSince(until, cwd) }),
    ...(script === undefined ? {} : { script }),
    ...(status === undefined ? {} : { status }),
  }
}
