import type { BlankedLine } from './blanked-line.js'
import { TAKEN } from './printed-number.js'
import type { FoundIteration } from './reading.js'

/** Loops from the outermost inwards: an iteration of one ends those of all that follow it. */
export const LOOPS = ['trial', 'fold', 'epoch', 'step', 'batch'] as const

/** The loop that a word of people's output names; undefined for other words. */
export function loopOf(word: string): string | undefined {
  const plain = word.toLowerCase().replace(/[\s-]/g, '_')
  switch (plain.replace(/^(?:current|curr|cur|this)_|_(?:number|num|no|nr|index|idx)$/g, '')) {
    case 'epoch':
    case 'ep':
      return 'epoch'
    case 'step':
    case 'global_step':
    case 'iter':
    case 'iteration':
    case 'round':
      return 'step'
    case 'batch':
      return 'batch'
    case 'fold':
      return 'fold'
    case 'trial':
      return 'trial'
    default:
      return undefined
  }
}

/** `Epoch 3/10`, `epoch3`, `epoch=3`, `[Epoch 3]`, `Epoch: [3]`, `Epoch(train) [3]`, `Step 100 of 500`, `current_epoch=3`, `epoch_idx: 3`. */
const WORD =
  /(?<![\w./\\]|(?<!-)-)(?:(?:current|curr|cur|this)[_ ])?(epoch|ep|global[_ ]step|step|iteration|iter|round|batch|fold|trial)(?:\(\w+\)|[\s_](?:number|num|no\.?|nr\.?|index|idx))?(\s*[:=#]\s*|\s+|(?=[[(])|[_-]?(?=\d))[[(]?\s*(\d+(?:\.\d+)?)(\s*(?:\/|of)\s*\d+)?(?:\s*[\])])?(?![\w%]|\.\d|:\d|,\d|-\d)/gi

const ANY_WORD = /ep|iter|round|batch|fold|trial/i

/** The place inside an epoch: `[640/60000 (1%)]`, `[  10/5005]`, `: 100 / 1000`. */
const PLACE = /\s*(?:\[\s*(\d+)\s*\/\s*\d+(?:\s*\(\s*[\d.]+%\s*\))?\s*\]|:\s+(\d+) \/ (?:\d+)(?=\s|$))/y

/** What may stand before a word that begins a heading. */
const LEAD =
  /^(?:train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation|uating)?|start(?:ing|ed)?(?: of)?|begin(?:ning)?(?: of)?|now(?: training)?|running|end(?: of)?|finished|completed|current|boosting|after|(?:results?|summary) (?:of|for|after))?$/i

/** Boosting libraries: `[10]	train-logloss:0.1`, and CatBoost's `10:	learn: 0.1`. */
const BOOSTING_ROUND = /^(?:\[(\d+)\]\s+(?=[^\s\d][^:=]*:)|(\d+):\t(?=learn: ))/

/** timm: `Train: 3 [ 50/1251 (  4%)]`; Swin: `Train: [3/300][50/1251]`; the tutorial of PyTorch: `[1,  2000] loss: 2.173`. Without a word, but of no other shape. */
const WORDLESS =
  /^[\s\x1f]*(?:Train: (\d+) \[\s*(\d+)\/\d+ \(\s*\d+%\)\]|Train: \[(\d+)\/\d+\]\[\s*(\d+)\/\d+\]|\[(\d+),\s+(\d+)\](?= loss: ))/

/** `E5 loss=0.1`, `[E5]`: an epoch perhaps. What follows cannot belong to the one that is open, then. */
const SHORT = /^[\s\x1f[(]*E\d{1,4}(?=[\s\]:|,/)])/

/** A word and a number that are no place as they stand: `Epoch(5)`, `epoch "7"`, `Epoch 17th`, `step 1,000`. What the line says belongs to no other, either. */
const UNREAD =
  /(?<![\w./\\-])(epoch|ep|step|iteration|iter|round|fold|trial)(?![\w/])(?=[^\p{L}\d_]{0,6}\d)(?!\W*[\d.]+\s?(?:[mun]?s|min|it)\b)/giu

/** In front of an iteration, what makes it another than that of the line: `*** Best metric: 75.2 (epoch 210)`, `Loading best checkpoint (epoch 2)`. */
const PAST =
  /(?<![\w-])(?:best|prev(?:ious)?|load(?:ed|ing)?|restor(?:ed|ing)|resum(?:ed|ing)|sav(?:ed|ing)|checkpoint)(?![\w-])/i

/** Nobody speaks of more loops in a line; each is looked at in time that grows with the line. */
const MOST_WORDS = 16

/**
 * Finds the iterations that a line speaks of, and blanks them in the line. A word counts where a field begins (`Starting epoch 3`,
 * `| epoch 001 |`), not within a sentence: `loaded the weights of epoch 7` is about the past.
 */
export function takeIterations(line: BlankedLine): FoundIterations {
  const { text } = line
  const found: FoundIteration[] = []
  const mentions: Mention[] = []
  const take = (loop: string, number: string, start: number, end: number): void => {
    if (found.some((it) => it.loop === loop)) return
    found.push({ loop, number: Number(number), start, end })
    line.blank(start, end, TAKEN)
  }
  const round = BOOSTING_ROUND.exec(text)
  if (round !== null) take('step', (round[1] ?? round[2]) as string, 0, round[0].trimEnd().length)
  const place = WORDLESS.exec(text)
  if (place !== null) {
    const [all, timmEpoch, timmStep, swinEpoch, swinStep, tutorialEpoch, batch] = place
    const epoch = timmEpoch ?? swinEpoch
    const step = timmStep ?? swinStep
    // The word stays: it names the part of the training.
    const start = all.search(/[:[]/)
    take('epoch', (epoch ?? tutorialEpoch) as string, start, all.length)
    take(step === undefined ? 'batch' : 'step', (step ?? batch) as string, start, all.length)
  }
  const unplaced = new Set<string>()
  const taken: Mention[] = []
  if (!ANY_WORD.test(text)) return { found, isSure: found.length > 0 || !SHORT.test(text), others: [] }
  WORD.lastIndex = 0
  let words = 0
  for (let match = WORD.exec(text); match !== null && words++ < MOST_WORDS; match = WORD.exec(text)) {
    const [whole, word = '', sign = '', number = '', total] = match
    const loop = loopOf(word) as string
    if (/^[_-]?$/.test(sign) && isPartOfName(loop, text, match.index, whole.length)) continue
    mentions.push({ counter: counterOf(word), number: Number(number), start: match.index })
    const before = line.text.slice(0, match.index)
    if (!beginsField(before) || PAST.test(before.split(/[,;|]/).at(-1) as string)) {
      if (loop !== 'batch') unplaced.add(loop)
      continue
    }
    // `batch=64` and `batch: 64` are sizes; `Batch 3`, `batch 3/10` and whatever stands beside an epoch are places.
    if (loop === 'batch' && /[:=]/.test(sign) && total === undefined && found.length === 0) continue
    const end = match.index + whole.length
    if (!found.some((it) => it.loop === loop)) taken.push(mentions.at(-1) as Mention)
    take(loop, number, match.index, end)
    if (loop !== 'epoch') continue
    PLACE.lastIndex = end
    const place = PLACE.exec(text)
    const at = place?.[1] ?? place?.[2]
    if (place !== null && at !== undefined) {
      take('step', at, end, PLACE.lastIndex)
      WORD.lastIndex = PLACE.lastIndex
    }
  }
  if (found.length === 0 && SHORT.test(text)) return { found, isSure: false, others: [] }
  for (const match of line.text.matchAll(UNREAD))
    if (beginsField(line.text.slice(0, match.index))) unplaced.add(loopOf(match[1] as string) as string)
  const isPlaced = [...unplaced].every((loop) => found.some((it) => it.loop === loop))
  return { found, isSure: isPlaced && words <= MOST_WORDS, others: otherTimes(text, taken, mentions) }
}

/** Whether a number that stands right behind its word is no place: `batch64`, `epoch3=5`, `epoch_3.pt`; but `[` may stand there. */
function isPartOfName(loop: string, text: string, start: number, length: number): boolean {
  if (text.slice(start, start + length).includes('[')) return false
  return loop === 'batch' || /^(?:\s*[=:]\s*[+-]?\.?\d|\s*=|[-.'@/%]\w)/.test(text.slice(start + length))
}

/** A word and its number, taken or not. */
interface Mention {
  /** The word, since `step` and `global_step` may count differently. */
  readonly counter: string
  readonly number: number
  readonly start: number
}

const counterOf = (word: string): string =>
  word
    .toLowerCase()
    .replace(' ', '_')
    .replace(/^ep$/, 'epoch')
    .replace(/^iteration$/, 'iter')

/** From where a line names another iteration than its own: to where it names its own again, to the end of its parentheses, or to the end. */
function otherTimes(text: string, taken: readonly Mention[], mentions: readonly Mention[]): Span[] {
  return taken.flatMap((own) => {
    const same = mentions.filter((it) => it.counter === own.counter)
    return same.flatMap(({ number, start }): Span[] => {
      if (number === own.number) return []
      const next = same.find((it) => it.start > start && it.number === own.number)?.start ?? text.length
      return [{ start, end: Math.min(next, endOfParentheses(text, start)) }]
    })
  })
}

function endOfParentheses(text: string, at: number): number {
  const open = text.lastIndexOf('(', at)
  const close = text.indexOf(')', at)
  return open === -1 || close === -1 || text.slice(open, at).includes(')') ? text.length : close
}

/** A part of a line. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface FoundIterations {
  readonly found: FoundIteration[]
  /** False where a line speaks of an iteration in a way that may be about another time: where its values belong cannot be told. */
  readonly isSure: boolean
  /** Where the line speaks of another iteration than its own: `(epoch 8 loss=0.5)`. */
  readonly others: readonly Span[]
}

function beginsField(before: string): boolean {
  if (/(?:^|[,;|()[\]{}\t\x1f]|:\s)\s*$/.test(before.slice(-24))) return true
  const piece = before
    .split(/[,;|()[\]{}\t\x1f]|\s{2,}|\s-{1,3}\s|:\s|(?<==(?:[^\s="]{1,64}|"[^"]{0,200}"))\s/)
    .at(-1) as string
  return LEAD.test(piece.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
}
