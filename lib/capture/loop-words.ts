import type { BlankedLine } from './blanked-line.js'
import { TAKEN } from './printed-number.js'
import type { FoundIteration } from './reading.js'

/** Loops from the outermost inwards: an iteration of one ends those of all that follow it. */
export const LOOPS = ['trial', 'fold', 'epoch', 'step', 'batch'] as const

/** The loop that a word of people's output names; undefined for other words. */
export function loopOf(word: string): string | undefined {
  switch (word.toLowerCase().replace(/[\s-]/g, '_')) {
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

/** `Epoch 3/10`, `epoch=3`, `[Epoch 3]`, `Epoch: [3]`, `Epoch(train) [3]`, `Step 100 of 500`. */
const WORD =
  /(?<![\w./\\-])(epoch|ep|global[_ ]step|step|iteration|iter|round|batch|fold|trial)(?:\(\w+\))?(\s*[:=#]\s*|\s+|(?=\[))\[?\s*(\d+(?:\.\d+)?)(\s*(?:\/|of)\s*\d+)?(?:\s*\])?(?![\w%]|\.\d|:\d|,\d|-\d)/gi

const ANY_WORD = /ep|iter|round|batch|fold|trial/i

/** The place inside an epoch: `[640/60000 (1%)]`, `[  10/5005]`, `: 100 / 1000`. */
const PLACE = /\s*(?:\[\s*(\d+)\s*\/\s*\d+(?:\s*\(\s*[\d.]+%\s*\))?\s*\]|:\s+(\d+) \/ (?:\d+)(?=\s|$))/y

/** What may stand before a word that begins a heading. */
const LEAD =
  /^(?:train(?:ing)?|val(?:id(?:ation)?)?|test(?:ing)?|eval(?:uation|uating)?|start(?:ing|ed)?(?: of)?|begin(?:ning)?|running|end(?: of)?|finished|completed|current|boosting|after|(?:results?|summary) (?:of|for|after))?$/i

/** Boosting libraries: `[10]	train-logloss:0.1`. */
const BOOSTING_ROUND = /^\[(\d+)\]\s+(?=[^\s\d][^:=]*:)/

/** Nobody speaks of more loops in a line; each is looked at in time that grows with the line. */
const MOST_WORDS = 16

/**
 * Finds the iterations that a line speaks of, and blanks them in the line. A word counts where a field begins (`Starting epoch 3`,
 * `| epoch 001 |`), not within a sentence: `loaded the weights of epoch 7` is about the past.
 */
export function takeIterations(line: BlankedLine): FoundIterations {
  const { text } = line
  const found: FoundIteration[] = []
  const take = (loop: string, number: string, start: number, end: number): void => {
    if (found.some((it) => it.loop === loop)) return
    found.push({ loop, number: Number(number), start, end })
    line.blank(start, end, TAKEN)
  }
  const round = BOOSTING_ROUND.exec(text)
  if (round !== null) take('step', round[1] as string, 0, (round[1] as string).length + 2)
  const unplaced = new Set<string>()
  if (!ANY_WORD.test(text)) return { found, isSure: true }
  WORD.lastIndex = 0
  let words = 0
  for (let match = WORD.exec(text); match !== null && words++ < MOST_WORDS; match = WORD.exec(text)) {
    const [whole, word = '', sign = '', number = '', total] = match
    const loop = loopOf(word) as string
    if (!beginsField(line.text.slice(0, match.index))) {
      if (loop !== 'batch') unplaced.add(loop)
      continue
    }
    // `batch=64` and `batch: 64` are sizes; `Batch 3`, `batch 3/10` and whatever stands beside an epoch are places.
    if (loop === 'batch' && /[:=]/.test(sign) && total === undefined && found.length === 0) continue
    const end = match.index + whole.length
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
  return { found, isSure: [...unplaced].every((loop) => found.some((it) => it.loop === loop)) }
}

export interface FoundIterations {
  readonly found: FoundIteration[]
  /** False where a line speaks of an iteration in a way that may be about another time: where its values belong cannot be told. */
  readonly isSure: boolean
}

function beginsField(before: string): boolean {
  const piece = before.split(/[,;|()[\]{}\t\x1f]|\s{2,}|\s-{1,3}\s|:\s|(?<==[^\s=]{1,64})\s/).at(-1) as string
  return LEAD.test(piece.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
}
