import { git } from '../../git/process.js'
import { FlorError } from '../../model/errors.js'

/**
 * Reads a date as git does (`2 weeks ago`, `yesterday`, `2026-11-01`), in milliseconds since 1970. One spawn of git.
 * @throws FlorError USAGE
 */
export async function parseSince(text: string, cwd: string): Promise<number> {
  const answer = await git(['rev-parse', `--since=${text}`], { cwd, expectExit: [0, 128] })
  const seconds = /^--max-age=(\d+)/.exec(answer.stdout.toString())?.[1]
  if (seconds !== undefined) return Number(seconds) * 1000
  throw new FlorError(`'${text}' is not a date`, { code: 'USAGE', data: { value: text, command: 'log' } })
}
