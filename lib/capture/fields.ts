import { endOfNumber, lengthOfRemark } from './end-of-number.js'
import { KEY, metricName } from './metric-name.js'
import { NUMBER, parsePrintedNumber } from './printed-number.js'
import type { Findings, FoundValue } from './reading.js'
import { nameWithin, type Section } from './sections.js'

const FIELD = new RegExp(String.raw`\s*:?\s*(${KEY})\s+(${NUMBER})(%?)`, 'uy')

/**
 * Takes `name number` from a line that says in which iteration it was printed: `iter 10: loss 2.31, mfu 3%`, `| epoch 001 | loss 8.1 | ppl 300`,
 * `Epoch: [0][10/500]	Loss 6.9 (7.0)`, where the number in parentheses, a running mean, is left out. A field between two separators must consist
 * of nothing else; without an iteration nothing is taken, since `Python 3.11, torch 2.1` looks the same.
 */
export function takeFields(text: string, sections: readonly Section[]): Findings {
  const pieces = [...text.matchAll(/(?:(?!\s-\s)[^,;|\t\x00\x1f])+/g)].map((piece) =>
    readPiece(text, piece.index, piece.index + piece[0].length, sections),
  )
  return { values: pieces.flatMap((it) => it.values), doubtful: pieces.flatMap((it) => it.doubtful) }
}

function readPiece(text: string, start: number, end: number, sections: readonly Section[]): Findings {
  const values: FoundValue[] = []
  const piece = text.slice(0, end)
  let at = start
  // The separator itself, where it was ` - `.
  while (/[\s-]/.test(piece[at] ?? '') && !/^-[\d.]/.test(piece.slice(at, at + 2))) at++
  while (at < end) {
    FIELD.lastIndex = at
    const match = FIELD.exec(piece)
    if (match === null) return { values: [], doubtful: values.map((it) => it.name) }
    const [whole, key = '', number = '', percent = ''] = match
    const metric = metricName(key)
    const name = metric === undefined ? undefined : nameWithin(sections, at, metric)
    const value = parsePrintedNumber(number)
    const numberAt = at + whole.indexOf(number, whole.indexOf(key) + key.length)
    const numberEnd = numberAt + number.length
    if (value === undefined || name === undefined || !isOver(piece, numberEnd + percent.length)) {
      const names = values.map((it) => it.name)
      return { values: [], doubtful: name === undefined ? names : [...names, name] }
    }
    values.push({
      name,
      value,
      start: numberAt,
      end: numberEnd + percent.length,
      pattern: 'fields',
    })
    at = FIELD.lastIndex + lengthOfRemark(piece.slice(FIELD.lastIndex))
    while (/\s/.test(piece[at] ?? '')) at++
  }
  return { values, doubtful: [] }
}

/** Behind a number stands the end, a space, or a mean in parentheses; never a unit. */
function isOver(piece: string, at: number): boolean {
  return /^(?:$|\s|\()/.test(piece.slice(at)) || endOfNumber(piece, at) !== undefined
}
