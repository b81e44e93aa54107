import { FlorError } from '../../model/errors.js'

/** A `coerce` for options that take a whole number from `min` on. @throws FlorError USAGE */
export function wholeNumber(option: string, min = 0): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value) && value >= min) return value
    const needed = min === 0 ? 'a whole number' : `a whole number from ${min} on`
    throw invalid(option, text, needed)
  }
}

/** A `coerce` for `-n`, where a negative number means no limit, as with git: `none` then. @throws FlorError USAGE */
export function atMost<const T extends number | undefined>(
  option: string,
  none: T,
  min = 0,
): (text: string) => number | T {
  return (text) => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (Number.isSafeInteger(value) && text.startsWith('-')) return none
    if (Number.isSafeInteger(value) && value >= min) return value
    const needed = min === 0 ? 'a whole number' : `a whole number from ${min} on, or -1`
    throw invalid(option, text, needed, `${option} 10    shows at most ten, ${option} -1 all of them`)
  }
}

/** A `coerce` for predicates, sort keys and the like, which are never blank; `needed` says what they are. @throws FlorError USAGE */
export function eachWritten(
  option: string,
  needed: string,
  hint: string,
): (texts: readonly string[]) => readonly string[] {
  return (texts) => {
    const blank = texts.find((text) => text.trim() === '')
    if (blank !== undefined) throw invalid(option, blank, needed, hint)
    return texts
  }
}

/** A `coerce` for options that take a number from 0 on. @throws FlorError USAGE */
export function nonNegative(option: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (value >= 0 && value < Number.POSITIVE_INFINITY) return value
    throw invalid(option, text, 'a number from 0 on')
  }
}

/** A `coerce` for options that take one of a few words, which it has as `words` for completion. @throws FlorError USAGE */
export function oneOf<const T extends string>(
  option: string,
  words: readonly T[],
): ((text: string) => T) & { readonly words: readonly T[] } {
  const coerce = (text: string): T => {
    const word = words.find((it) => it === text)
    if (word !== undefined) return word
    throw invalid(option, text, `one of ${words.join(', ')}`)
  }
  return Object.assign(coerce, { words })
}

/** {@link oneOf} for each value of an option that may be repeated. */
export function eachOf<const T extends string>(
  option: string,
  words: readonly T[],
): ((texts: readonly string[]) => T[]) & { readonly words: readonly T[] } {
  const coerce = oneOf(option, words)
  return Object.assign((texts: readonly string[]) => texts.map(coerce), { words })
}

/** `10m`, `1h30m`, `90s`, `90`: milliseconds. A `coerce`. @throws FlorError USAGE */
export function timeSpan(option: string): (text: string) => number {
  return (text) => {
    const match = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?$/.exec(text.trim())
    if (match === null || text.trim() === '') throw invalid(option, text, 'a time span as 90s, 10m or 1h30m')
    const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
    return ((hours * 60 + minutes) * 60 + seconds) * 1000
  }
}

function invalid(option: string, text: string, needed: string, hint?: string): FlorError {
  return new FlorError(`option ${option} needs ${needed}, not '${text}'`, {
    code: 'USAGE',
    data: { value: text, option, ...(hint !== undefined && { hint }) },
  })
}
