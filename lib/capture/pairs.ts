import { inSection, metricName } from './metric-name.js'
import { endOfNumber, NUMBER, parsePrintedNumber } from './printed-number.js'
import type { FoundValue } from './reading.js'
import { type Section, sectionAt } from './sections.js'

const SIGN = new RegExp(String.raw`(\s?)([=:])(\s*)(${NUMBER})`, 'g')
const BOUNDARY = /[,;|()[\]{}\t\x00\x1f]|\s{2,}|\s-{1,3}\s|:\s|→/

/**
 * Takes `key=value` and `key: value`. A key is one word before a tight `=`, and otherwise the one to three words since the last
 * separator. A colon without a space behind it needs a decimal number: `localhost:8080`, `cuda:0` and `train.py:42` are no pairs, `train-logloss:0.69` is.
 */
export function takePairs(text: string, sections: readonly Section[]): FoundValue[] {
  const values: FoundValue[] = []
  let from = 0
  SIGN.lastIndex = 0
  for (let match = SIGN.exec(text); match !== null; match = SIGN.exec(text)) {
    const [whole, before = '', sign = '', after = '', number = ''] = match
    const end = match.index + whole.length
    const isTight = before === '' && after === ''
    const isPlace = sign === ':' && after === '' && /^[+-]?\d+$/.test(number)
    const over = isPlace ? undefined : endOfNumber(text, end)
    const value = over === undefined ? undefined : parsePrintedNumber(number)
    const isNumber = over !== undefined && value !== undefined
    const key = isNumber ? keyBefore(text.slice(from, match.index), sign === '=' && isTight) : undefined
    const name = key === undefined ? undefined : metricName(key)
    if (!isNumber || name === undefined) {
      // The next sign may stand inside what looked like a number: `12:30:01`.
      SIGN.lastIndex = match.index + before.length + 1
      continue
    }
    const start = end - number.length
    values.push({
      name: inSection(sectionAt(sections, match.index), name),
      value,
      start,
      end: over,
      pattern: 'pairs',
    })
    from = over
    SIGN.lastIndex = over
  }
  return values
}

/** The key that ends here; undefined where there is none that can be told for sure. */
function keyBefore(text: string, isOneWord: boolean): string | undefined {
  const piece = (text.split(BOUNDARY).at(-1) as string).replace(/^[\s*>#•·]+/, '').trimEnd()
  if (isOneWord) {
    const word = /(?:^|\s)([^\s]+)$/.exec(piece)?.[1]
    return word
  }
  return piece === '' ? undefined : piece
}
