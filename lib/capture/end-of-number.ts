import { KEY } from './metric-name.js'
import { NUMBER } from './printed-number.js'

/** A key and its sign: one to three words, or whatever has no space in it right before a `=`: `😀=4`. */
const KEY_AHEAD = new RegExp(
  String.raw`^(?:${KEY}\s*[=:]|[^\s\d=:<>+\-.,;!"'()[\]{}|%/*~][^\s=:<>]*=(?!=))`,
  'u',
)

/** What counts the number, where a further word follows: `3 seconds loss: 0.5`. Alone it is a key: `0.5 s=3`. */
const UNIT_AHEAD =
  /^(?:s|secs?|seconds?|ms|us|µs|ns|mins|minutes?|h|hrs?|hours?|days?|[kKMGT]i?B|bytes?|files|samples|images|tokens|items|rows|steps|epochs|iterations|batches|workers|params|parameters)\s+(?![=:])/

/** A remark on the value, about no other time, and no unit: `(best: 0.25)`, `(took 3s)`, `(min 0.1, max 0.3)`, `(new best)`. */
const REMARK = (() => {
  const word = `(?:new )?(?:best|record|minimum|maximum|improved|unchanged|worse|better|lower is better|higher is better)(?: so far)?!?`
  const part = String.raw`(?![^,;)]*\b(?:epochs?|ep|steps?|iter(?:ation)?s?|rounds?|batch(?:es)?|folds?|trials?|of|out|per|in|at|to|times|x)\b)(?:${KEY}\s*[:=]?\s*(?<![^\s:=])(?:${NUMBER})(?:%|[A-Za-z]{1,3}(?:\/[a-z]+)?)?|${word})`
  return new RegExp(
    String.raw`^\(\s*${part}(?:\s*[,;]\s*${part})*\s*\)(?=$|[\s,;|)\]}.\x1f])(?!\s*(?:->|=>|→))`,
    'iu',
  )
})()

/** More numbers of a list: `0.3, 0.4, 0.5`, `0.3 | 0.4`. */
const LIST_AHEAD = new RegExp(String.raw`^\s?[,;|]\s*(?:${NUMBER})\s*(?:$|[,;|\]])`)

/** What Keras says of the time behind the last value: `- 3s/epoch - 7ms/step`. */
const TIME_AHEAD = /^- \d+(?:\.\d+)?(?:[mµu]?s|min|h)(?:\/\w+)?(?=$|\s)/

/** A running mean, a change, or a spread: `(0.25)`, `(↓0.1)`, `(+/- 0.02)`. */
const NUMBER_IN_PARENTHESES = /^\((?=\s*(?:[+↓↑▲▼±-]|\+\/-)?\s*[\d.])(?![^)]*\)\s*(?:->|=>|→))/

/** `± 0.1`; `+0.02` as the cross-validation of boosting libraries prints it, at the end of a field. */
const SPREAD = new RegExp(String.raw`^\s?(?:±|\+\/-|\+(?=\s?\d*\.\d+(?:e[+-]?\d+)?(?:\t|$)))\s?(?:${NUMBER})`)

/** What counts the number, in brackets: `3 [MB]`. */
const UNIT_IN_BRACKETS =
  /^\[\s*(?:[kKMGT]?(?:i?B|b)?|%|[mµun]?s|secs?|seconds|mins?|minutes|h|hrs?|hours|it|[kMG]?Hz|dB|[kc]?m|mm|k?g|W|J)(?:\/\w+)?\s*\]/

/** Signs of applause behind the last value of a field. */
const MARKS = /^(?:[\p{Extended_Pictographic}✓★☆↓↑]\ufe0f?\s*)+(?=$|[,;|)\]\x1f])/u

/**
 * Where a number that ends at `at` is over, its percent sign included; undefined where what follows makes it part of something else:
 * a unit (`5ms`, `3 files`), a version (`2.1.0`), a time (`12:30`), a date, a fraction (`3/10`), digits in groups (`1,234`), a change (`0.5 -> 0.3`), a range.
 */
export function endOfNumber(text: string, at: number): number | undefined {
  const percent = /^ ?%/.exec(text.slice(at, at + 2))
  const end = at + (percent?.[0].length ?? 0)
  const rest = text.slice(end, end + 200)
  if (LIST_AHEAD.test(rest)) return undefined
  if (rest === '' || /^[)\]};|\x1f]/.test(rest) || /^[,.](?=$|[^\d])/.test(rest)) return end
  if (NUMBER_IN_PARENTHESES.test(rest)) return end
  const spread = SPREAD.exec(rest)
  if (spread !== null) return endOfNumber(text, end + spread[0].length) === undefined ? undefined : end
  if (!/^\s/.test(rest)) return undefined
  const next = rest.trimStart()
  if (next === '' || rest.startsWith('\t') || /^\s{2}/.test(rest)) return end
  if (UNIT_IN_BRACKETS.test(next)) return undefined
  if (
    /^(?:[|,;[{)\]}\x1f]|\*(?!\s*[\d.(]))/.test(next) ||
    /^-{1,2} (?!\s*[\d.])/.test(next) ||
    TIME_AHEAD.test(next)
  )
    return end
  if (next.startsWith('(')) return NUMBER_IN_PARENTHESES.test(next) || REMARK.test(next) ? end : undefined
  if (UNIT_AHEAD.test(next)) return undefined
  return KEY_AHEAD.test(next) || MARKS.test(next) ? end : undefined
}

const MEAN = new RegExp(String.raw`^\(\s*(?:${NUMBER})%?\s*\)`)

/** How long the running mean or the remark in parentheses is that a text begins with, white space before it included; 0 where there is none. */
export function lengthOfRemark(text: string): number {
  const blank = text.length - text.trimStart().length
  const match = MEAN.exec(text.slice(blank)) ?? REMARK.exec(text.slice(blank))
  return match === null ? 0 : blank + match[0].length
}
