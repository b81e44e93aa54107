import { inSection, metricName } from './metric-name.js'
import { endOfNumber, NUMBER, parsePrintedNumber } from './printed-number.js'
import type { FoundValue } from './reading.js'
import { type Section, sectionAt } from './sections.js'

const FIELD = new RegExp(
  String.raw`\s*:?\s*([A-Za-z_][\w.@/%'-]*(?: [A-Za-z_][\w.@/%'-]*){0,2})\s+(${NUMBER})(%?)(?:\s*\(\s*${NUMBER}%?\s*\))?\s*`,
  'y',
)

/**
 * Takes `name number` from a line that says in which iteration it was printed: `iter 10: loss 2.31, mfu 3%`, `| epoch 001 | loss 8.1 | ppl 300`,
 * `Epoch: [0][10/500]	Loss 6.9 (7.0)`, where the number in parentheses, a running mean, is left out. A field between two separators must consist
 * of nothing else; without an iteration nothing is taken, since `Python 3.11, torch 2.1` looks the same.
 */
export function takeFields(text: string, sections: readonly Section[]): FoundValue[] {
  return [...text.matchAll(/(?:(?!\s-\s)[^,;|\t\x00\x1f])+/g)].flatMap((piece) =>
    readPiece(text, piece.index, piece.index + piece[0].length, sections),
  )
}

function readPiece(text: string, start: number, end: number, sections: readonly Section[]): FoundValue[] {
  const values: FoundValue[] = []
  const piece = text.slice(0, end)
  let at = start
  // The separator itself, where it was ` - `.
  while (/[\s-]/.test(piece[at] ?? '') && !/^-[\d.]/.test(piece.slice(at, at + 2))) at++
  while (at < end) {
    FIELD.lastIndex = at
    const match = FIELD.exec(piece)
    if (match === null) return []
    const [whole, key = '', number = '', percent = ''] = match
    const name = metricName(key)
    const value = parsePrintedNumber(number)
    const numberAt = at + whole.indexOf(number, whole.indexOf(key) + key.length)
    const numberEnd = numberAt + number.length
    if (value === undefined || name === undefined || !isOver(piece, numberEnd + percent.length)) return []
    values.push({
      name: inSection(sectionAt(sections, at), name),
      value,
      start: numberAt,
      end: numberEnd + percent.length,
      pattern: 'fields',
    })
    at = FIELD.lastIndex
  }
  return values
}

/** Behind a number stands the end, a space, or a mean in parentheses; never a unit. */
function isOver(piece: string, at: number): boolean {
  return /^(?:$|\s|\()/.test(piece.slice(at)) || endOfNumber(piece, at) !== undefined
}
