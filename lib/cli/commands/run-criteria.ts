import type { RunChoice } from '../../repository/choose-runs.js'
import { parseSince } from '../arguments/since.js'
import type { LogOptions } from './log.js'

/** The options of `git flor log` that choose whole runs in the list and in tables alike. One spawn of git for each date. */
export async function runCriteria(options: LogOptions, cwd: string): Promise<RunChoice> {
  const { since, until, author, script, status } = options
  return {
    ...(since === undefined ? {} : { sinceMs: await parseSince(since, cwd) }),
    ...(until === undefined ? {} : { untilMs: await parseSince(until, cwd) }),
    ...(author === undefined ? {} : { author }),
    ...(script === undefined ? {} : { script }),
    ...(status === undefined ? {} : { status }),
  }
}
