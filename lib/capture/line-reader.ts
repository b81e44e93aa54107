import { BlankedLine } from './blanked-line.js'
import { findException } from './exceptions.js'
import { takeFields } from './fields.js'
import { findLogPrefix } from './log-prefix.js'
import { type Span, takeIterations } from './loop-words.js'
import { type ObjectReading, readObjectLine } from './object-line.js'
import { takePairs } from './pairs.js'
import { TAKEN } from './printed-number.js'
import { takeProgressBar } from './progress-bar.js'
import {
  type Findings,
  type FoundIteration,
  type FoundValue,
  type LineReading,
  NOTHING,
  type PatternName,
} from './reading.js'
import { findSections } from './sections.js'
import { TableReader } from './table-reader.js'

/** Longer lines are data, not messages. */
export const MAX_LINE = 8192

/** What is never a metric, whatever it looks like: addresses, paths, calls with their arguments (`Adam(lr=0.1)`, `tensor(0.3)`), and what a measure is taken at (`AP @[ IoU=0.50 ]`). */
const OPAQUE =
  /@\s?\[[^\]]*\]|\b[A-Za-z][\w+.-]*:\/\/\S*|(?<![\w.+])(?:~|\.{1,2})?\/[\w.@-][^\s'",)]*|\b[A-Za-z]:\\\S*|\b[A-Za-z_][\w.]*\((?:[^()]|\([^()]*\))*\)/g

const MAYBE_OPAQUE = /[/(\\@]/

/** What has none of these says nothing: a look that spares most lines of most programs the rest. A sign before a number, a loop's word, the end of an object. */
const SIGNS =
  /[=:]\s{0,16}[+-]?[\d.nNiI]|(?<![A-Za-z])(?:global[_ ])?(?:epoch|ep|step|iter|iteration|round|batch|fold|trial)(?![A-Za-z])|^\[\d|\}\s*$/i
const ROW = /^[\s|]*\d/
/** Without one, and without an iteration, a line has no values. */
const PAIR_SIGN = /[=:]\s*[+-]?[\d.nNiI]/

/**
 * Reads the lines of one output with the built-in patterns, one after the other: what a table's heading and a traceback say holds for the lines that follow.
 * A line of which it cannot be told for sure what it says is left out.
 */
export class LineReader {
  readonly #patterns: ReadonlySet<PatternName>
  readonly #table = new TableReader()
  #inTraceback = false

  constructor(patterns: ReadonlySet<PatternName>) {
    this.#patterns = patterns
  }

  /** Which lines are of interest beside those that {@link LineFilter} finds by themselves: all of them within a traceback, rows below the heading of a table. */
  get expects(): 'all' | 'rows' | 'nothing' {
    return this.#inTraceback ? 'all' : this.#table.isOpen ? 'rows' : 'nothing'
  }

  /** `text` is plain: without escape sequences. */
  read(text: string): LineReading {
    if (text.length > MAX_LINE || this.#isTraceback(text)) return NOTHING
    if (!SIGNS.test(text) && !(this.#table.isOpen && ROW.test(text))) return NOTHING
    const line = new BlankedLine(text)
    const prefix = findLogPrefix(text)
    if (prefix !== undefined) line.blank(0, prefix.end, TAKEN)
    const exception = findException(line.text)
    if (exception !== undefined) line.blank(exception, text.length, '\x00')

    if (this.#patterns.has('table')) {
      const row = this.#table.read(text)
      if (row !== undefined) return { ...row, values: isUnfinished(text) ? [] : unambiguous([row]) }
    }
    const object = this.#patterns.has('json') ? readObjectLine(text) : undefined
    if (object !== undefined) {
      const { start, end } = object.message ?? { start: text.length, end: text.length }
      line.blank(object.start, start, TAKEN)
      line.blank(end, text.length, TAKEN)
    }

    const bar = takeProgressBar(line)
    blankOpaque(line)
    const { found: own, isSure, others } = takeIterations(line)
    if (!isSure) return NOTHING
    const rest = line.text
    // Nothing is left that could be a value: a look that spares most lines of logs the rest.
    if (object === undefined && own.length === 0 && !PAIR_SIGN.test(rest)) return NOTHING
    const isMessage = prefix?.isFailure !== true && object?.isFailure !== true
    const values =
      isMessage && (bar === undefined || bar.isComplete) ? this.#values(rest, own, object, others) : []
    const iterations = mergeIterations(own, object?.iterations ?? [])
    const isHeading = iterations.length > 0 && values.length === 0 && object === undefined && isBare(rest)
    return { iterations, values, isHeading }
  }

  #values(
    rest: string,
    own: readonly FoundIteration[],
    object: ObjectReading | undefined,
    others: readonly Span[],
  ): readonly FoundValue[] {
    const sections = findSections(rest)
    const findings: Findings[] = []
    if (object !== undefined) findings.push(isAbout(own, object) ? object : inDoubt(object))
    if (this.#patterns.has('pairs')) findings.push(takePairs(rest, sections))
    const hasNone = findings.every((it) => it.values.every((value) => isWithin(value, others)))
    if (this.#patterns.has('fields') && own.length > 0 && hasNone) findings.push(takeFields(rest, sections))
    return unambiguous(findings, others)
  }

  /** Tracebacks of Python, from their first line to the exception; frames of JavaScript. */
  #isTraceback(text: string): boolean {
    const isPlain = !this.#inTraceback && !/^[\sTF]/.test(text)
    if (isPlain) return false
    if (/^\s*Traceback \(most recent call last\)/.test(text)) {
      this.#inTraceback = true
      return true
    }
    if (this.#inTraceback) {
      this.#inTraceback = /^\s/.test(text)
      return true
    }
    return /^\s+at .*:\d+:\d+\)?$/.test(text) || /^\s*File ".*", line \d+/.test(text)
  }
}

const isUnfinished = (text: string): boolean => takeProgressBar(new BlankedLine(text))?.isComplete === false

function blankOpaque(line: BlankedLine): void {
  const { text } = line
  if (!MAYBE_OPAQUE.test(text)) return
  for (const match of text.matchAll(OPAQUE)) {
    // `Epoch(train) [1][50/500]` is a place, as mmengine prints it.
    if (/^(?:epoch|iter)\(\w+\)$/i.test(match[0])) continue
    line.blank(match.index, match.index + match[0].length, '\x00')
  }
}

function mergeIterations(
  own: readonly FoundIteration[],
  more: readonly FoundIteration[],
): readonly FoundIteration[] {
  return [...own, ...more.filter((it) => !own.some((other) => other.loop === it.loop))]
}

/** Whether an object names no other epoch than its line does. Steps may be counted in two ways: `step 5: {"step": 105}`. */
function isAbout(own: readonly FoundIteration[], object: ObjectReading): boolean {
  return object.iterations.every(
    ({ loop, number }) =>
      loop === 'step' || !own.some((other) => other.loop === loop && other.number !== number),
  )
}

const inDoubt = ({ values, doubtful }: Findings): Findings => ({
  values: [],
  doubtful: [...values.map(({ name }) => name), ...doubtful],
})

/** Leaves out a name that a line gives two values of, and what stands where it speaks of other times: which value counts cannot be told. */
function unambiguous(
  findings: readonly Partial<Findings>[],
  others: readonly Span[] = [],
): readonly FoundValue[] {
  const values: FoundValue[] = []
  const doubtful = new Set<string>()
  const seen = new Set<string>()
  for (const found of findings) {
    for (const name of found.doubtful ?? []) doubtful.add(name)
    for (const value of found.values ?? []) {
      if (seen.has(value.name)) doubtful.add(value.name)
      seen.add(value.name)
      values.push(value)
    }
  }
  return doubtful.size === 0 && others.length === 0
    ? values
    : values.filter((value) => !doubtful.has(value.name) && !isWithin(value, others))
}

const isWithin = ({ start }: FoundValue, spans: readonly Span[]): boolean =>
  spans.some((it) => start >= it.start && start < it.end)

/** Nothing but separators, and words that belong to a heading. */
function isBare(rest: string): boolean {
  return /^(?:[\s\x1f[\](){}:;,.|*=#>~_-]|\b(?:train|training|starting|start|begin|beginning|running|of)\b)*$/i.test(
    rest,
  )
}
