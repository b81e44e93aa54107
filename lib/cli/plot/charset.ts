/** What curves are drawn with in the terminal: braille has 2 × 4 dots a cell, blocks 2 × 2, ASCII one letter a line. */
export type Charset = 'braille' | 'block' | 'ascii'

/**
 * What the locale can show: ASCII where LC_ALL, LC_CTYPE or LANG (the first that is set) names another encoding than UTF-8, as `C` does.
 * Where none is set, a terminal of today shows UTF-8.
 */
export function charsetOf(env: NodeJS.ProcessEnv): Charset {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((it) => it !== undefined && it !== '')
  return locale === undefined || /utf-?8/i.test(locale) ? 'braille' : 'ascii'
}

/** How a set divides a cell, and what a cell looks like whose dots are set. */
export interface Glyphs {
  readonly across: number
  readonly down: number
  /** `bits`: dot (column, row) is bit `row × across + column`, from the upper left. */
  glyph(bits: number): string
}

// Unicode numbers braille dots down the left column, then down the right one, with the lowest row behind both.
const BRAILLE_BITS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
const QUADRANTS = ' ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█'

export const GLYPHS: Readonly<Record<Exclude<Charset, 'ascii'>, Glyphs>> = {
  braille: {
    across: 2,
    down: 4,
    glyph(bits) {
      let code = 0x2800
      for (let i = 0; i < 8; i++) if (bits & (1 << i)) code |= BRAILLE_BITS[i] as number
      return String.fromCharCode(code)
    },
  },
  block: { across: 2, down: 2, glyph: (bits) => QUADRANTS[bits] as string },
}

/** What lines of one colour are drawn with in ASCII. */
export const ASCII_MARKS = '*+ox#@%&=~'
