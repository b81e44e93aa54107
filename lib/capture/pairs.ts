import { endOfNumber } from './end-of-number.js'
import { isQualifier, wordBefore, wordsBefore } from './key-before.js'
import { metricName } from './metric-name.js'
import { NUMBER, parsePrintedNumber } from './printed-number.js'
import type { Findings, FoundValue } from './reading.js'
import { nameWithin, type Section } from './sections.js'

/** A sign and a number, or what has been passed over: `loss=tensor(0.3)`. */
const SIGN = new RegExp(String.raw`(\s?)([=:])(\s*)(${NUMBER}|\x00)`, 'g')
/** Behind which a field begins. */
const BEGINNING = /(?:^|[,;|()[\]{}\t\x1f>→:]|\s-)\s*$/
/**
 * Takes `key=value` and `key: value`. A key is one word before a tight `=`, and otherwise the one to three words since the last
 * separator. A colon without a space behind it needs a decimal number: `localhost:8080`, `cuda:0` and `train.py:42` are no pairs, `train-logloss:0.69` is.
 */
export function takePairs(text: string, sections: readonly Section[]): Findings {
  const values: FoundValue[] = []
  const doubtful: string[] = []
  let from = 0
  SIGN.lastIndex = 0
  for (let match = SIGN.exec(text); match !== null; match = SIGN.exec(text)) {
    const [whole, before = '', sign = '', after = '', number = ''] = match
    const end = match.index + whole.length
    const isTight = before === '' && after === ''
    const isPlace = sign === ':' && after === '' && /^[+-]?\d+$/.test(number)
    const key =
      sign === '=' && isTight ? wordBefore(text, from, match.index) : wordsBefore(text, from, match.index)
    const metric = key === undefined ? undefined : metricName(key)
    const name = metric === undefined ? undefined : nameWithin(sections, match.index, metric)
    const over = isPlace || key === undefined ? undefined : endOfNumber(text, end)
    const value = over === undefined ? undefined : parsePrintedNumber(number)
    if (name === undefined || over === undefined || value === undefined) {
      if (name !== undefined) doubtful.push(name)
      // The next sign may stand inside what looked like a number: `12:30:01`. But the next key begins behind it: `time: 5ms loss: 0.3`.
      SIGN.lastIndex = match.index + before.length + 1
      // So it does behind what is no metric; behind a sentence it may go on.
      from = Math.max(from, key?.includes(' ') === false && over !== undefined ? over : endOfUnit(text, end))
      continue
    }
    if (hasField(text, key as string)) doubtful.push(name)
    if (!isRemark(text, key as string, match.index, values.length + doubtful.length > 0))
      values.push({ name, value, start: end - number.length, end: over, pattern: 'pairs' })
    from = over
    SIGN.lastIndex = over
  }
  return { values, doubtful }
}

/** Whether the key stands before a number without a sign, too: `loss 0.4, loss=0.3`. */
function hasField(text: string, key: string): boolean {
  for (let at = text.indexOf(`${key} `); at !== -1; at = text.indexOf(`${key} `, at + 1)) {
    const isNumber = /^\s+[+-]?\.?\d/.test(text.slice(at + key.length, at + key.length + 20))
    if (isNumber && BEGINNING.test(text.slice(Math.max(0, at - 20), at))) return true
  }
  return false
}

/** Where a number and its unit, or a time, end that stand in one piece: `5ms`, `12:30:01`; 0 for others, whose unit may follow. */
function endOfUnit(text: string, at: number): number {
  const unit = /^(?:[A-Za-zµ]{1,4}(?:\/[A-Za-z]+)?|(?::\d\d){1,2})(?=\s)/.exec(text.slice(at, at + 40))
  return unit === null ? 0 : at + unit[0].length
}

/** `(best: 0.25)` behind a value: of which name it is the best only the reader knows. */
function isRemark(text: string, key: string, at: number, isBehindValue: boolean): boolean {
  if (!isBehindValue || !isQualifier(key)) return false
  let depth = 0
  for (const character of text.slice(0, at).replace(/[^()[\]]/g, ''))
    depth = character === '(' || character === '[' ? depth + 1 : Math.max(0, depth - 1)
  return depth > 0
}
