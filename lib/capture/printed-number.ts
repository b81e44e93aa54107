/** The text of one number, without anchors; what may stand behind it is {@link endOfNumber}'s business. */
export const NUMBER = String.raw`[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|nan\b|NaN\b|NAN\b|[iI]nf(?:inity)?\b|INF\b)`

/**
 * The number that a text is, to the bit that JavaScript's and Python's own readers give it; a whole number that no float64 holds is a big
 * integer. Undefined for everything else: grouped digits (`1,234` is 1.234 in half of the world), hexadecimal, `1_000`, units.
 */
export function parsePrintedNumber(text: string): number | bigint | undefined {
  const word = /^([+-]?)(nan|inf|infinity)$/i.exec(text)
  if (word !== null) {
    if (/nan/i.test(word[2] as string)) return Number.NaN
    return word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return undefined
  const value = Number(text)
  if (/^[+-]?\d+$/.test(text) && !Number.isSafeInteger(value)) return BigInt(text.replace(/^\+/, ''))
  return value
}

/** What separates two fields of a line. {@link TAKEN} stands where something else has been read. */
export const TAKEN = '\x1f'

const KEY_AHEAD = /^[A-Za-z_][\w.@/%'-]*(?: [A-Za-z_][\w.@/%'-]*){0,2}\s*[=:]/

/**
 * Where a number that ends at `at` is over, its percent sign included; undefined where what follows makes it part of something else:
 * a unit (`5ms`, `3 files`), a version (`2.1.0`), a time (`12:30`), a date, a fraction (`3/10`), digits in groups (`1,234`), a change (`0.5 -> 0.3`), a range.
 */
export function endOfNumber(text: string, at: number): number | undefined {
  const percent = /^ ?%/.exec(text.slice(at, at + 2))
  const end = at + (percent?.[0].length ?? 0)
  const rest = text.slice(end, end + 200)
  if (rest === '' || /^[)\]};|\x1f]/.test(rest) || /^[,.](?=$|[^\d])/.test(rest)) return end
  if (/^\((?=\s*[+-]?[\d.])/.test(rest)) return end
  if (!/^\s/.test(rest)) return undefined
  const next = rest.trimStart()
  if (next === '' || rest.startsWith('\t') || /^\s{2}/.test(rest)) return end
  if (/^(?:[|,;[{)\]}*\x1f]|\(\s*[+-]?[\d.])/.test(next) || /^-{1,2} (?!\s*[\d.])/.test(next)) return end
  return KEY_AHEAD.test(next) ? end : undefined
}
