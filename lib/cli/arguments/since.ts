import { git } from '../../git/process.js'
import { FlorError } from '../../model/errors.js'

/**
 * Reads a date as git does (`2 weeks ago`, `yesterday`, `2026-11-01`), in milliseconds since 1970. One spawn of git. What git would take for
 * the present, because it finds nothing in it that it knows, is refused: as a limit that would silently select nothing.
 * @throws FlorError USAGE
 */
export async function parseSince(text: string, cwd: string): Promise<number> {
  if (isDate(text)) {
    const answer = await git(['rev-parse', `--since=${text}`], { cwd, expectExit: [0, 128] })
    const seconds = /^--max-age=(\d+)/.exec(answer.stdout.toString())?.[1]
    if (seconds !== undefined) return Number(seconds) * 1000
  }
  throw new FlorError(`'${text}' is not a date`, {
    code: 'USAGE',
    data: {
      value: text,
      command: 'log',
      hint: "dates are read as git does: '2 weeks ago', yesterday, 'last monday', 2026-11-01, '2026-11-01 12:30'",
    },
  })
}

/** Words of git's date.c without which, and without a digit, it finds no date in a text. */
const WORDS =
  /now|today|yesterday|noon|midnight|tea|never|[ap]m|last|zero|one|two|three|four|five|six|seven|eight|nine|ten|jan\w*|feb\w*|mar\w*|apr\w*|may|june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*|sun\w*|mon\w*|tue\w*|wed\w*|thu\w*|fri\w*|sat\w*|seconds?|minutes?|hours?|days?|weeks?|months?|years?/

const isDate = (text: string): boolean =>
  /\d/.test(text) || new RegExp(`(?:^|[^a-z])(?:${WORDS.source})(?![a-z])`, 'i').test(text)
