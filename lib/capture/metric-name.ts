import { isExceptionName } from './exceptions.js'

/** What is printed as `key: number` all the time and is no metric. */
const NO_METRICS = new Set(
  (
    'eta pid port line col column errno code exit exit_code exitcode returncode signal status version v v_num id uid gpu cpu device rank ' +
    'local_rank global_rank world_size http https file at host localhost python node torch pytorch tensorflow keras numpy cuda cudnn ' +
    'error warning info debug note todo commit'
  ).split(' '),
)

/** Letters of names: Latin and Greek ones, `précision`, `µ`, `Δloss`. Of other scripts it cannot be told where a sentence ends. */
const LETTERS = String.raw`\p{Script=Latin}\p{Script=Greek}\u00b5_`
const WORD = String.raw`[${LETTERS}][${LETTERS}\d.@/%'-]*`
/** One to three words, as the text of an expression with the flag `u`. */
export const KEY = `${WORD}(?: ${WORD}){0,2}`
const WORDS = new RegExp(`^${KEY}$`, 'u')

/** Words of sentences: `val_loss improved from 0.3 to 0.2` names no value. */
const SENTENCE =
  /(?:^| )(?:from|to|of|by|in|at|is|was|are|has|had|after|before|with|for|the|an?|and|or|on|as|took|than|until|saved|using|reducing)(?: |$)/i

/** What counts the number before, where no separator stands between: `123 img/s loss: 0.3`. */
const UNIT = /^(?:[A-Za-z]+\/(?:s|sec|it|step|batch|epoch)|dB|[kMG]i?B|ms)\s+(?=\S)/

const MOST_KNOWN = 1000
/** A program prints few keys, many times. */
const known = new Map<string, string | undefined>()

/**
 * The name under which a key is recorded: its words, at most three, joined by `_`. Undefined for what is no metric: sentences, exceptions
 * (`ValueError: 3`), and words such as `eta`, `port`, `line`.
 */
export function metricName(key: string): string | undefined {
  const name = known.get(key)
  if (name !== undefined || known.has(key)) return name
  if (known.size >= MOST_KNOWN) known.clear()
  const found = findName(key)
  known.set(key, found)
  return found
}

function findName(text: string): string | undefined {
  // What a sentence has said before: `finished. Loss`.
  const key = text.replace(/^.*[.!]\s+/, '').replace(UNIT, '')
  if (key.length > 80 || !WORDS.test(key) || (key.includes(' ') && SENTENCE.test(key))) return undefined
  if (isExceptionName(key) && !key.includes(' ')) return undefined
  const name = key.replace(/ /g, '_')
  return NO_METRICS.has(name.toLowerCase()) || /[/.]{2}|[-/.]$/.test(name) ? undefined : name
}
