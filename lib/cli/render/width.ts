import stringWidth from 'string-width'

/** One column a character for certain: printable ASCII, Latin-1, general punctuation, arrows, box drawing and blocks, ✓ and ✗. */
const SIMPLE =
  /^[\x20-\x7e\xa1-\xac\xae-\xff\u2010-\u2027\u2030-\u205e\u2190-\u21ff\u2500-\u259f\u2713\u2717]*$/

/** Columns that a terminal needs for `text`, escape sequences not counted. */
export function displayWidth(text: string): number {
  // string-width takes 20 ms for its first text: most never need it.
  return SIMPLE.test(text) ? text.length : stringWidth(text)
}

/** `text` cut to at most `columns`, with `…` where something was cut off. `text` must hold no escape sequences. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  if (columns <= 1) return columns === 1 ? '…' : ''
  if (SIMPLE.test(text)) return `${text.slice(0, columns - 1)}…`
  let kept = ''
  let width = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const next = displayWidth(segment)
    if (width + next > columns - 1) break
    kept += segment
    width += next
  }
  return `${closeIsolate(kept)}…`
}

/** `text` cut at its beginning to at most `columns`, with `…` where something was cut off. */
export function truncateStart(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  if (columns <= 1) return columns === 1 ? '…' : ''
  if (SIMPLE.test(text)) return `…${text.slice(text.length - columns + 1)}`
  const segments = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
  let from = segments.length
  for (let width = 0; from > 0; from--) {
    width += displayWidth(segments[from - 1] as string)
    if (width > columns - 1) break
  }
  return `…${segments.slice(from).join('')}`
}

const ISOLATE = '\u2068'
const END_OF_ISOLATE = '\u2069'
/** Letters that are written from right to left: Hebrew, Arabic, Syriac, Thaana, N'Ko, and their relatives outside the basic plane. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * Text of the user's between other text: a terminal that writes from right to left where letters ask for it does so within it alone, and
 * what stands beside it, blanks at its ends included, stays where it is. Takes no columns. For text whose control characters are escaped already.
 */
export function isolate(text: string): string {
  if (!RIGHT_TO_LEFT.test(text)) return text
  const [, before = '', inner = '', after = ''] = /^(\s*)(.*?)(\s*)$/s.exec(text) ?? []
  return `${before}${ISOLATE}${inner}${END_OF_ISOLATE}${after}`
}

function closeIsolate(text: string): string {
  return text.lastIndexOf(ISOLATE) > text.lastIndexOf(END_OF_ISOLATE) ? text + END_OF_ISOLATE : text
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text
}
