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
  return `${kept}…`
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)))
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - displayWidth(text))) + text
}
