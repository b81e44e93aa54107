/** The text of one number, without anchors; what may stand behind it is `endOfNumber`'s business. */
export const NUMBER = String.raw`[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|nan\b|NaN\b|NAN\b|[iI]nf(?:inity)?\b|INF\b)`

/**
 * The number that a text is, to the bit that JavaScript's and Python's own readers give it; a whole number that no float64 holds is a big
 * integer. Undefined for everything else: grouped digits (`1,234` is 1.234 in half of the world), hexadecimal, `1_000`, units; and for `1e400`, which a
 * float64 would hold as infinity, or `1e-400` as zero: that is not what was printed.
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
  const isTooLarge = !Number.isFinite(value)
  const isTooSmall = value === 0 && /[1-9]/.test(text.replace(/e.*/i, ''))
  return isTooLarge || isTooSmall ? undefined : value
}

/** What separates two fields of a line. {@link TAKEN} stands where something else has been read. */
export const TAKEN = '\x1f'
