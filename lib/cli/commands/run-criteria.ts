import type { RunChoice } from '../../repository/choose-runs.js'
import { parseSince } from '../arguments/since.js'
import type { LogOptions } from './log.js'

/** The options of `git flor log`, and of others like it, that choose whole runs. One spawn of git for each date. */
export async function runCriteria(
  options: Pick<LogOptions, 'since' | 'until' | 'script' | 'status'> & Partial<Pick<LogOptions, 'author'>>,
  cwd: string,
): Promise<RunChoice> {
  const { since, until, author, script, status } = options
  return {
    ...(since === undefined ? {} : { sinceMs: await parseSince(since, cwd) }),
    ...(until === undefined ? {} : { untilMs: await parseSince(until, cwd) }),
    ...(author === undefined ? {} : { author }),
    ...(script === undefined ? {} : { script }),
    ...(status === undefined ? {} : { status }),
  }
}
