import type { Context } from '../model/context.js'
import { findLine } from './line-filter.js'
import { LineReader, MAX_LINE } from './line-reader.js'
import { OpenIterations } from './open-iterations.js'
import { lastState, plainText } from './plain-text.js'
import { type FoundValue, type LineReading, NOTHING, PATTERN_NAMES, type PatternName } from './reading.js'
import { type UserPattern, UserPatternReader } from './user-pattern.js'

/** What to look for in an output. */
export interface CaptureSettings {
  readonly patterns: readonly PatternName[]
  readonly own: readonly UserPattern[]
}

/** All built-in patterns, none of the user's. */
export const EVERY_PATTERN: CaptureSettings = { patterns: PATTERN_NAMES, own: [] }

/** What became of one line. */
export interface CapturedLine {
  /** Without escape sequences. */
  readonly text: string
  readonly reading: LineReading
  /** The iterations that its values stand in. */
  readonly context: Context
  /** The values that count: those of the reading, but for what is beyond a limit. */
  readonly values: readonly FoundValue[]
}

const LINE_FEED = 0x0a
const MOST_NAMES = 256
const MOST_VALUES = 1_000_000

/** Behind such a line nothing belongs to an epoch any more. */
const END_OF_TRAINING =
  /\b(?:training|train|fit|fitting|optimi[sz]ation)\b.{0,20}\b(?:completed?|finished|done|ended|over)\b|\b(?:finished|completed|done)\b.{0,12}\btraining\b|\bStopped training\b/i

/** `Epoch 1 finished`, `end of epoch 1`. */
const END_OF_EPOCH =
  /\b(?:epoch|fold|trial)\b[\s\d/:[\]()#-]{1,16}(?:is )?(?:finished|completed?|done|ended|over)\b|\b(?:end of|finished|completed) (?:epoch|fold|trial)\b/i

/**
 * Takes metrics out of an output, line by line: patterns of the user's own first, and the built-in ones for lines that none of them matches.
 * Bounded in names (256) and values (a million): `onProblem` is told once of each limit that is reached, and of patterns that take too long.
 */
export class Capturer {
  readonly #reader: LineReader
  readonly #own: UserPatternReader
  readonly #open = new OpenIterations()
  readonly #names = new Set<string>()
  readonly #told = new Set<string>()
  readonly #onProblem: (text: string) => void
  #values = 0

  constructor(settings: CaptureSettings, onProblem: (text: string) => void = () => {}) {
    this.#reader = new LineReader(new Set(settings.patterns))
    this.#onProblem = onProblem
    this.#own = new UserPatternReader(settings.own, ({ source }) =>
      this.#tell(`the pattern ${JSON.stringify(source)} takes too long and is not used any more`),
    )
  }

  /** How many values have been taken. */
  get valueCount(): number {
    return this.#values
  }

  /** Takes whole lines, in their order. */
  lines(lines: readonly string[]): CapturedLine[] {
    if (this.#values >= MOST_VALUES) return []
    const texts = lines.map(lastState).map((line) => (line.length > MAX_LINE ? '' : plainText(line)))
    const own = this.#own.read(texts)
    return texts.map((text, i) => this.#line(text, own[i] ?? this.#reader.read(text)))
  }

  /**
   * Takes a block of whole lines, line feeds between them; answers those that say something, or may. The others are never made text of, which is what
   * most of an output costs nothing by.
   */
  block(bytes: Buffer): CapturedLine[] {
    if (this.#values >= MOST_VALUES) return []
    if (!this.#own.isEmpty) return this.lines(bytes.toString('utf8').split('\n'))
    const found: CapturedLine[] = []
    for (let at = 0; at <= bytes.length; ) {
      const { expects } = this.#reader
      const start = expects === 'all' ? at : findLine(bytes, at, expects === 'rows')
      if (start > bytes.length || (start === bytes.length && expects !== 'all')) break
      const feed = bytes.indexOf(LINE_FEED, start)
      const end = feed === -1 ? bytes.length : feed
      found.push(...this.lines([bytes.toString('utf8', start, end)]))
      at = end + 1
    }
    return found
  }

  #line(text: string, reading: LineReading): CapturedLine {
    if (reading === NOTHING) {
      if (END_OF_TRAINING.test(text)) this.#open.close()
      return { text, reading, context: [], values: [] }
    }
    if (END_OF_TRAINING.test(text)) this.#open.close()
    const isFooter = !this.#open.has(reading) && END_OF_EPOCH.test(text)
    const context = this.#open.enter(reading)
    const values = reading.values.filter((value) => this.#isWithinLimits(value))
    this.#open.endLine()
    // What follows the first mention of an epoch that is over belongs to the next one, of which nothing was said yet.
    if (isFooter) this.#open.leave(reading)
    return { text, reading, context, values }
  }

  #isWithinLimits({ name }: FoundValue): boolean {
    if (!this.#names.has(name)) {
      if (this.#names.size >= MOST_NAMES) {
        this.#tell(`more than ${MOST_NAMES} names were found in the output: further ones are left out`)
        return false
      }
      this.#names.add(name)
    }
    if (this.#values >= MOST_VALUES) {
      this.#tell(`more than ${MOST_VALUES} values were found in the output: the rest is left out`)
      return false
    }
    this.#values++
    return true
  }

  #tell(text: string): void {
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.#onProblem(text)
  }
}

/** The context for a value whose name says that it belongs to the whole run: `final_acc`. */
export function contextOf(line: CapturedLine, value: FoundValue): Context {
  return /^(?:final|overall)(?:_|$)/i.test(value.name) ? [] : line.context
}
