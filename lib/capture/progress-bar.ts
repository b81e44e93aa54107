import type { BlankedLine } from './blanked-line.js'
import { TAKEN } from './printed-number.js'

/** A progress bar in a line. */
export interface ProgressBar {
  readonly start: number
  readonly end: number
  /** Whether it has reached its end. What stands beside a bar that has not are values that the next state of the line takes back. */
  readonly isComplete: boolean
}

/** tqdm and what is built on it (Lightning, transformers, ultralytics): `100%|████| 10/10 [00:05<00:00, 1.9it/s, loss=0.3]`. */
const TQDM =
  /(?:(\d{1,3})%)?\|[^|\n]*\|\s*(\d+(?:\.\d+)?[kMG]?)\/(\d+(?:\.\d+)?[kMG]?|\?)\s*\[[^,\]]*(?:,\s*[\d.?]+\s*[^,\]\s]*)?/
/** The same without a bar, as notebooks show it, and ultralytics' own: `100% 16/16 [00:15<00:00`, `100% ━━━━ 12/12 3.5it/s 3.5s`. */
const PERCENT =
  /(\d{1,3})%\s+(?:[━─╸╺ ]+\s)?(\d+)\/(\d+)\s+(?:\[[^,\]]*(?:,\s*[\d.?]+\s*[^,\]\s]*)?|[\d.]+(?:it\/s|s\/it)\S*(?:\s+[\d.:]+s?\S*)?)/
/** Behind the bracket that a bar ends with: `33%|███   | 1/3 [00:01<00:02, 1.0s/it]Epoch 2: loss=0.6`. */
const PRINTED_BEHIND = /^\]\s*[A-Za-z{[]/
/** Keras: `313/313 [=======] - 1s 3ms/step`, `313/313 ━━━━ 1s 3ms/step`, and with verbose=2 `313/313 - 1s - 3ms/step`. */
const KERAS =
  /^\s*(\d+)\/(\d+|Unknown)\s+(?:\[[=>.\s]*\]|━[━╸╺─\s]*|-(?=\s\d))(?:\s*-?\s*(?:ETA: [\d:]+s?|[\d:]+(?:\.\d+)?(?:us|ms|s|m)?(?:\/\w+)?)(?=\s|$))*/
/** tfjs-node shows the last batch beside its bar: never the values of the epoch. */
const TFJS = /^eta=\S*\s+[=>-]+/

/** Finds a progress bar and blanks it in the line: its counts, times and rates are no metrics. */
export function takeProgressBar(line: BlankedLine): ProgressBar | undefined {
  const { text } = line
  // Each of them counts something: `10/10`, or begins with its time.
  if (!text.includes('/') && !text.startsWith('eta=')) return undefined
  const blank = (match: RegExpExecArray): { start: number; end: number } => {
    const end = match.index + match[0].length
    line.blank(match.index, end, TAKEN)
    return { start: match.index, end }
  }
  const tfjs = TFJS.exec(text)
  if (tfjs !== null) return { ...blank(tfjs), isComplete: false }
  for (const pattern of [TQDM, PERCENT]) {
    const bar = pattern.exec(text)
    const printed = bar && PRINTED_BEHIND.exec(text.slice(bar.index + bar[0].length))
    if (bar !== null && printed !== null) {
      // A print while the bar stood in the terminal's line, which ends with it.
      const end = bar.index + bar[0].length + 1
      line.blank(0, end, TAKEN)
      return { start: 0, end, isComplete: true }
    }
    if (bar !== null) return { ...blank(bar), isComplete: bar[2] === bar[3] && (bar[1] ?? '100') === '100' }
  }
  const keras = KERAS.exec(text)
  if (keras === null) return undefined
  return { ...blank(keras), isComplete: keras[1] === keras[2] && !/ETA: /.test(keras[0]) }
}
