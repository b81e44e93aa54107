import { createContext, Script } from 'node:vm'
import { FlorError } from '../model/errors.js'
import { loopOf } from './loop-words.js'
import { parsePrintedNumber } from './printed-number.js'
import type { FoundIteration, FoundValue, LineReading } from './reading.js'

/** Longer lines are not shown to the user's patterns: their time may grow with the square of it, or worse. */
const MAX_LINE = 2048
const MOST_MATCHES = 64

/** A regular expression of the user's whose named groups are taken out of the lines that it matches. */
export interface UserPattern {
  /** As it was given. */
  readonly source: string
  readonly expression: RegExp
}

/**
 * Compiles a pattern: a regular expression of JavaScript, or between slashes with flags (`/loss (?<loss>\S+)/i`). Python's `(?P<name>…)` is understood.
 * @throws FlorError for one that cannot be compiled, or that names no value: CONFIG_INVALID (data: key, value), or, given on `command`'s command line, USAGE
 */
export function compilePattern(source: string, command?: string): UserPattern {
  const slashed = /^\/(.*)\/([imsu]*)$/s.exec(source)
  const body = (slashed?.[1] ?? source).replaceAll('(?P<', '(?<')
  const refuse = (reason: string, cause?: unknown): FlorError =>
    new FlorError(`pattern ${JSON.stringify(source)} ${reason}`, {
      ...(command === undefined
        ? { code: 'CONFIG_INVALID', data: { key: 'flor.pattern', value: source } }
        : { code: 'USAGE', data: { value: source, command } }),
      cause,
    })
  let expression: RegExp
  try {
    expression = new RegExp(body, `${slashed?.[2] ?? ''}dg`)
  } catch (error) {
    throw refuse('is no regular expression', error)
  }
  const names = [...body.matchAll(/\(\?<([A-Za-z_$][\w$]*)>/g)].map((match) => match[1] as string)
  const isPair = names.includes('value') && names.includes('name')
  if (!isPair && names.every((name) => loopOf(name) !== undefined || name === 'name' || name === 'value'))
    throw refuse('names no value: give it a group (?<loss>…), or (?<name>…) and (?<value>…)')
  return { source, expression }
}

/**
 * Reads lines with the user's patterns. What they may cost is bounded: a batch of lines that takes longer than `budgetMs` is read again line by line, and a pattern
 * that takes longer than that for a single line is dropped, with one call of `onDropped`: nested quantifiers can take longer than the universe will last.
 */
export class UserPatternReader {
  #patterns: readonly UserPattern[]
  readonly #onDropped: (pattern: UserPattern) => void
  readonly #budgetMs: number
  readonly #context = createContext({ work: () => {} })
  readonly #script = new Script('work()')

  constructor(patterns: readonly UserPattern[], onDropped: (pattern: UserPattern) => void, budgetMs = 100) {
    this.#patterns = patterns
    this.#onDropped = onDropped
    this.#budgetMs = budgetMs
  }

  /** Whether there is no pattern, or none any more. */
  get isEmpty(): boolean {
    return this.#patterns.length === 0
  }

  /** One entry a line; undefined where no pattern matches. */
  read(lines: readonly string[]): (LineReading | undefined)[] {
    if (this.#patterns.length === 0) return lines.map(() => undefined)
    const readings: (LineReading | undefined)[] = []
    if (this.#isInTime(() => readings.push(...lines.map((line) => readLine(this.#patterns, line)))))
      return readings
    return lines.map((line) => this.#readAlone(line))
  }

  #readAlone(line: string): LineReading | undefined {
    for (const pattern of this.#patterns) {
      let reading: LineReading | undefined
      const isInTime = this.#isInTime(() => {
        reading = readLine([pattern], line)
      })
      if (!isInTime) {
        this.#patterns = this.#patterns.filter((it) => it !== pattern)
        this.#onDropped(pattern)
      } else if (reading !== undefined) return reading
    }
    return undefined
  }

  /** Nothing in JavaScript can stop an expression that is being matched, but for the time limit of a script. */
  #isInTime(work: () => void): boolean {
    this.#context.work = work
    try {
      this.#script.runInContext(this.#context, { timeout: this.#budgetMs })
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
      throw error
    }
  }
}

/** What the first pattern that matches says. */
function readLine(patterns: readonly UserPattern[], line: string): LineReading | undefined {
  if (line.length > MAX_LINE) return undefined
  for (const pattern of patterns) {
    const iterations: FoundIteration[] = []
    const values: FoundValue[] = []
    let matches = 0
    pattern.expression.lastIndex = 0
    for (const match of line.matchAll(pattern.expression)) {
      if (++matches > MOST_MATCHES) break
      takeGroups(pattern, match, iterations, values)
    }
    if (matches > 0) return { iterations, values, isHeading: values.length === 0 }
  }
  return undefined
}

function takeGroups(
  pattern: UserPattern,
  match: RegExpExecArray,
  iterations: FoundIteration[],
  values: FoundValue[],
): void {
  const groups = match.groups ?? {}
  const isPair = groups.name !== undefined && groups.value !== undefined
  for (const [group, text] of Object.entries(groups)) {
    const [start, end] = match.indices?.groups?.[group] ?? [0, 0]
    if (text === undefined || (isPair && group === 'name')) continue
    const loop = loopOf(group)
    if (loop !== undefined) {
      if (/^\d+(?:\.\d+)?$/.test(text) && !iterations.some((it) => it.loop === loop))
        iterations.push({ loop, number: Number(text), start, end })
      continue
    }
    const name = isPair && group === 'value' ? (groups.name as string) : group
    const value = parsePrintedNumber(text.trim().replace(/ ?%$/, '')) ?? text
    values.push({ name, value, start, end, pattern: pattern.source })
  }
}
