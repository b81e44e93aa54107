import { metricName } from './metric-name.js'
import { SECTION_WORD, sectionName } from './sections.js'

/** What ends a field. */
const SEPARATORS = ',;|()[]{}\t\x00\x1f→'

/** Words that belong to a key even before a tight `=`: `best loss=0.3` is not the loss. */
const QUALIFIERS = new Set(
  'best prev previous last old new min max avg average mean median std total initial final first lowest highest smoothed ema running'.split(
    ' ',
  ),
)
const SECTION = new RegExp(`^(?:${SECTION_WORD})$`, 'i')
const MOST_QUALIFIERS = 3

/** Whether a key says nothing but which value of another one it is: `best`. */
export function isQualifier(key: string): boolean {
  return QUALIFIERS.has(key.toLowerCase())
}

/** The word that ends at `end`, which an `=` follows, with the words before it that qualify it; undefined where there is none that can be told for sure. */
export function wordBefore(text: string, from: number, end: number): string | undefined {
  const start = startOfWord(text, from, end)
  let key = withoutMarks(text.slice(start, end))
  if (key === '' || metricName(key) === undefined) return undefined
  let at = start
  for (let count = 0; count < MOST_QUALIFIERS && at - 1 > from && isSpace(text, at - 1); count++) {
    const before = startOfWord(text, from, at - 1)
    const word = withoutMarks(text.slice(before, at - 1))
    const isSection = SECTION.test(word)
    if (!isSection && !isQualifier(word)) break
    key = `${isSection ? sectionName(word) : word} ${key}`
    at = before
  }
  return key
}

/** The words since the last separator; undefined where there are none. */
export function wordsBefore(text: string, from: number, end: number): string | undefined {
  let last = end
  while (last > from && isSpace(text, last - 1)) last--
  let at = last
  while (at > from && !SEPARATORS.includes(text[at - 1] as string) && !isBreak(text, from, at - 1)) at--
  const key = withoutMarks(text.slice(at, last))
  return key === '' ? undefined : key
}

function startOfWord(text: string, from: number, end: number): number {
  let at = end
  while (at > from && !isSpace(text, at - 1) && !SEPARATORS.includes(text[at - 1] as string)) at--
  return at
}

/** White space that separates fields: two of it, or one behind a colon or dashes. */
function isBreak(text: string, from: number, at: number): boolean {
  if (!isSpace(text, at) || at === from) return false
  const before = text[at - 1] as string
  if (before === ':' || isSpace(text, at - 1)) return true
  if (before !== '-') return false
  let dash = at - 1
  while (dash > from && text[dash - 1] === '-') dash--
  return at - dash <= MOST_DASHES && (dash === from || isSpace(text, dash - 1))
}

const MOST_DASHES = 3

const isSpace = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x80 && /\s/.test(text[at] as string))
}

/** Without what lists and headings begin with. */
const withoutMarks = (key: string): string => (/^[\s*>#•·]/.test(key) ? key.replace(/^[\s*>#•·]+/, '') : key)
