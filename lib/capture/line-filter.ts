/**
 * Finds the lines of an output that can say something, without making text of the others: a program that prints millions of lines must not be slowed down by
 * somebody who looks at them. It may answer lines that say nothing, and leaves none out that {@link LineReader} reads, or that end a training.
 */

const LINE_FEED = 0x0a

/** What two bytes in a row begin; most of all pairs begin nothing. From {@link WORD} on they begin the words of a group. */
const NOTHING = 0
/** A sign, before which a name and behind which a number stands: `=`, `:`. */
const SIGN = 1
/** The end of an object. */
const BRACE = 2
/** Control characters that steer a terminal: what the line says without them is not looked into here. */
const CONTROL = 3
const WORD = 4

/**
 * The beginnings of the words that name loops, begin a traceback, or tell that something is over, in small letters; grouped by their first two. That it is the training
 * that is over is looked at later: `train` stands in each line of a logger of that name.
 */
const WORDS = groups('ep step iter round batch fold trial trace over done ended finished complet stopped')

const PAIRS = makePairs()

function groups(words: string): readonly (readonly Buffer[])[] {
  const byBeginning = new Map<string, Buffer[]>()
  for (const word of words.split(' ')) {
    const beginning = word.slice(0, 2)
    byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), Buffer.from(word)])
  }
  return [...byBeginning.values()]
}

function makePairs(): Uint8Array {
  const pairs = new Uint8Array(0x10000)
  const cases = (byte: number | undefined): number[] => [byte as number, (byte as number) & ~0x20]
  for (const [i, [word]] of WORDS.entries())
    for (const first of cases(word?.[0]))
      for (const second of cases(word?.[1])) pairs[(first << 8) | second] = WORD + i
  for (let second = 0; second < 256; second++) {
    for (const sign of ['=', ':']) pairs[(sign.charCodeAt(0) << 8) | second] = SIGN
    pairs[(0x7d << 8) | second] = BRACE
    for (const control of [0x08, 0x1b, 0x9b]) pairs[(control << 8) | second] = CONTROL
  }
  return pairs
}

const isLetter = (byte: number | undefined): boolean =>
  byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39
/** White space, or a byte of a character that may be. */
const isBlank = (byte: number | undefined): boolean =>
  byte !== undefined && (byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte >= 0x80)

/**
 * The start of the first line from `from` on that can say something; `block.length` where there is none. `from` is the start of a line. With `rows`, lines that
 * begin with a number can, too: they may be rows of a table.
 */
export function findLine(block: Uint8Array, from: number, rows: boolean): number {
  const length = block.length
  let start = from
  let pair = LINE_FEED
  if (mayBegin(block, start, rows)) return start
  for (let at = from; at <= length; at++) {
    // Behind the end stands a line feed, as it were.
    const byte = at < length ? (block[at] as number) : LINE_FEED
    pair = ((pair << 8) | byte) & 0xffff
    const kind = PAIRS[pair] as number
    if (kind !== NOTHING && isSign(kind, block, at - 1)) return start
    if (byte === LINE_FEED) {
      start = at + 1
      if (start < length && mayBegin(block, start, rows)) return start
    }
  }
  return length
}

/** Whether a line's first characters say enough: `[10]	train-logloss:0.1`, and a row of a table. */
function mayBegin(block: Uint8Array, start: number, rows: boolean): boolean {
  if (block[start] === 0x5b && isDigit(block[start + 1])) return true
  if (!rows) return false
  let at = start
  while (block[at] !== LINE_FEED && (isBlank(block[at]) || block[at] === 0x7c)) at++
  return isDigit(block[at])
}

function isSign(kind: number, block: Uint8Array, at: number): boolean {
  if (kind >= WORD) return isWord(WORDS[kind - WORD] as readonly Buffer[], block, at)
  if (kind === SIGN) return isBeforeNumber(block, at + 1) && !isInTime(block, at)
  return kind === CONTROL || isLast(block, at + 1)
}

/** Whether a colon stands in a time of the day, as in front of each line of a log: between digits, before which no name can stand. */
function isInTime(block: Uint8Array, colon: number): boolean {
  if (block[colon] !== 0x3a || !isDigit(block[colon - 1]) || !isDigit(block[colon + 1])) return false
  let at = colon - 1
  while (at >= 0 && (isDigit(block[at]) || block[at] === 0x3a)) at--
  if (block[at] === 0x54 && isDigit(block[at - 1])) return true
  const before = at < 0 ? LINE_FEED : (block[at] as number)
  return before <= 0x20 || before === 0x5b || before === 0x28 || before === 0x7c
}

/** What aligned values stand behind: `train_loss   =     0.5012`. */
const MOST_BLANKS = 16

/** At most so many blanks, a sign, and a digit, a point, or what nan and inf begin with. Any other character than ASCII's may be a blank. */
function isBeforeNumber(block: Uint8Array, from: number): boolean {
  let at = from
  for (let blanks = 0; blanks < MOST_BLANKS && isBlank(block[at]) && block[at] !== LINE_FEED; blanks++) {
    if ((block[at] as number) >= 0x80) return true
    at++
  }
  if (block[at] === 0x2b || block[at] === 0x2d) at++
  const byte = block[at]
  if (byte === undefined) return false
  const letter = byte | 0x20
  return isDigit(byte) || byte === 0x2e || letter === 0x6e || letter === 0x69 || byte >= 0x80
}

function isLast(block: Uint8Array, from: number): boolean {
  let at = from
  while (at < block.length && block[at] !== LINE_FEED) {
    if (!isBlank(block[at])) return false
    at++
  }
  return true
}

/** One of the words, where a word begins: there is no `fit` in `profit`, but a `step` in `global_step`. `ep` is a word of its own, or goes on as `epoch`. */
function isWord(words: readonly Buffer[], block: Uint8Array, at: number): boolean {
  if (isLetter(block[at - 1])) return false
  for (const word of words) {
    if (word.length > 2) {
      if (begins(block, at, word)) return true
    } else if (!isLetter(block[at + 2]) || begins(block, at, EPOCH)) return true
  }
  return false
}

const EPOCH = Buffer.from('epoch')

function begins(block: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 2; i < word.length; i++) if (((block[at + i] ?? 0) | 0x20) !== word[i]) return false
  return true
}
