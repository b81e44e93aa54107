import type { CaptureSettings } from '../../capture/capturer.js'
import { PATTERN_NAMES, type PatternName } from '../../capture/reading.js'
import { compilePattern } from '../../capture/user-pattern.js'
import { parseBoolean } from '../../git/config.js'
import { FlorError } from '../../model/errors.js'
import { usageError } from '../arguments/canonical.js'
import type { OptionTable } from '../command.js'

/** Options of the commands that take metrics out of an output. */
export const PATTERN_OPTIONS = {
  pattern: {
    type: 'string',
    array: true,
    argument: '<regex>',
    describe:
      'also take what the named groups of this regular expression match: (?<loss>...), or (?<name>...) and (?<value>...); (?<epoch>...) and (?<step>...) tell the place; may be repeated',
  },
} as const satisfies OptionTable

/** What the user asked for, on the command line and in `flor.capture` and `flor.pattern`. */
export interface CaptureWish {
  /** Names of built-in patterns, or a boolean word; undefined where nothing was said. */
  readonly capture: string | undefined
  readonly patterns: readonly string[]
}

/**
 * What to look for; undefined where nothing is to be captured. A pattern of the user's asks for capturing, too; without names of built-in patterns all of them are used.
 * @throws FlorError CONFIG_INVALID for patterns that cannot be used, and unknown names; USAGE where `command`'s command line has them
 */
export function captureSettings(
  asked: CaptureWish,
  configured: CaptureWish,
  command: string,
): CaptureSettings | undefined {
  const word = asked.capture ?? (asked.patterns.length > 0 ? 'true' : configured.capture)
  const names =
    word === undefined ? undefined : patternNames(word, asked.capture === undefined ? undefined : command)
  if (names === undefined) return undefined
  const own = [
    ...asked.patterns.map((it) => compilePattern(it, command)),
    ...configured.patterns.map((it) => compilePattern(it)),
  ]
  return { patterns: names, own }
}

/** The names of patterns as they are recorded with a run. */
export function patternTexts({ patterns, own }: CaptureSettings): string[] {
  return [...patterns, ...own.map((it) => it.source)]
}

function patternNames(word: string, command: string | undefined): readonly PatternName[] | undefined {
  const flag = word === 'none' ? false : parseBoolean(word)
  if (flag !== undefined) return flag ? PATTERN_NAMES : undefined
  const names = word.split(',').map((it) => it.trim())
  // `own`: the user's own patterns alone.
  const unknown = names.find((it) => it !== 'own' && !PATTERN_NAMES.some((name) => name === it))
  if (unknown !== undefined) {
    const message = `there is no pattern ${JSON.stringify(unknown)}: ${PATTERN_NAMES.join(', ')}, or own for your own alone`
    if (command !== undefined) throw usageError({ name: command }, message, unknown)
    throw new FlorError(message, {
      code: 'CONFIG_INVALID',
      data: { key: 'flor.capture', value: unknown },
    })
  }
  return PATTERN_NAMES.filter((name) => names.includes(name))
}
