import { loopOf } from './loop-words.js'
import { metricName } from './metric-name.js'
import { parsePrintedNumber } from './printed-number.js'
import type { FoundIteration, FoundValue, LineReading } from './reading.js'

interface Cell {
  readonly text: string
  readonly start: number
}

/** A heading is forgotten after so many lines without a row. */
const MAX_LINES_BETWEEN = 10_000

/**
 * Reads tables whose heading names a loop: `epoch  train_loss  valid_loss  time`, as fastai, ultralytics, scikit-learn print them. A row has as many cells as
 * the heading, each a number, perhaps with a unit, or a time; numbers with a unit are left out.
 */
export class TableReader {
  #names: readonly string[] | undefined
  #lines = 0
  /** The iteration of the last row. */
  #last = Number.NEGATIVE_INFINITY

  /** Whether a heading has been read whose rows may follow. */
  get isOpen(): boolean {
    return this.#names !== undefined
  }

  /** What the line says as a row, or nothing as a heading; undefined for other lines. */
  read(text: string): LineReading | undefined {
    const isRow = this.#names !== undefined && FIRST_NUMBER.test(text)
    const cells = isRow || !NO_HEADING.test(text) ? cellsOf(text) : []
    if (cells.length >= 3 && isHeading(cells)) {
      this.#names = cells.map((cell) => cell.text)
      this.#lines = 0
      this.#last = Number.NEGATIVE_INFINITY
      return { iterations: [], values: [], isHeading: false }
    }
    if (this.#names === undefined) return undefined
    if (++this.#lines > MAX_LINES_BETWEEN) this.#names = undefined
    if (cells.length !== this.#names?.length || !cells.every((cell) => CELL.test(cell.text))) return undefined
    this.#lines = 0
    const row = readRow(this.#names, cells)
    const number = row?.iterations[0]?.number
    // Rows of a training count upwards: another table has begun, whose heading was none (scikit-learn's report on classes).
    if (number !== undefined && number < this.#last) {
      this.#names = undefined
      return undefined
    }
    this.#last = number ?? this.#last
    return row
  }
}

/** What no heading begins with, and no row is without. Anything else need not be taken apart. */
const NO_HEADING = /^[\s|]*[^A-Za-z_\s|]|^[^:]*[=,;]|^(?![\s\S]*(?:ep|iter|round|batch|fold|trial))/i
const FIRST_NUMBER = /^[\s|]*[+-]?[\d.ni]/i

const CELL = /^[+-]?(?:[\d.][\d.,eE+-]*|nan|inf)(?:[A-Za-z%]{0,3}|\/\d+|(?::\d\d){1,2})$/i

function cellsOf(text: string): Cell[] {
  // Behind the row a bar may follow: `640: 100%|████| 8/8 [00:05<00:00]`.
  const body = text.replace(/:\s+\d+%.*$/s, '')
  return [...body.matchAll(/(?:(?!\s{2}|\s*[|\t])\S(?:\s(?=[^\s|]))?)+/g)]
    .map((match) => ({ text: match[0].trim(), start: match.index }))
    .filter((cell) => cell.text !== '')
}

function isHeading(cells: readonly Cell[]): boolean {
  return (
    cells.every(({ text }) => /^[A-Za-z_][\w.@/%() -]*$/.test(text)) &&
    cells.filter(({ text }) => loopOf(text) !== undefined).length === 1
  )
}

function readRow(names: readonly string[], cells: readonly Cell[]): LineReading | undefined {
  const iterations: FoundIteration[] = []
  const values: FoundValue[] = []
  for (const [i, { text, start }] of cells.entries()) {
    const heading = names[i] as string
    const end = start + text.length
    const loop = loopOf(heading)
    if (loop !== undefined) {
      const number = /^(\d+)(?:\/\d+)?$/.exec(text)?.[1]
      if (number === undefined) return undefined
      iterations.push({ loop, number: Number(number), start, end })
      continue
    }
    const value = parsePrintedNumber(text.replace(/%$/, ''))
    const name = metricName(heading)
    if (value !== undefined && name !== undefined) values.push({ name, value, start, end, pattern: 'table' })
  }
  return { iterations, values, isHeading: false }
}
