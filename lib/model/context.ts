/**
 * Contexts: the loop iterations that were open when something happened, outermost first.
 *
 * The identity of an iteration is its 0-based `index` in its loop, and the loop's `pass`: how many loops of
 * the same name had been entered before it inside the same enclosing iteration (0 for the first). A `label`
 * is what people call the iteration: the item that the loop yielded, where that is a number other than the index,
 * a truth value or a short text (`for (const rate of loop('rate', [0.1, 1]))` has the labels 0.1 and none, since 1 is the index).
 *
 * In text: `epoch=3/step=17`, with labels in place of indices where there are any, and `#pass` behind the loop's name
 * where it is not 0: `epoch=3/batch#1=4`. Characters other than letters, digits, `_`, `-`, `.` in names and
 * labels are percent-encoded as UTF-8, and so is a leading `.`: the text is also a path in trees.
 */

export type Label = number | string

/** One open iteration. */
export interface Iteration {
  readonly loop: string
  readonly pass: number
  readonly index: number
  readonly label?: Label
}

/** Open iterations, outermost first; empty outside all loops. */
export type Context = readonly Iteration[]

/** One open loop, without an iteration. */
export interface LoopRef {
  readonly loop: string
  readonly pass: number
}

/** Nearly all names are what they are escaped to: planners ask for millions of keys. */
const PLAIN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/

const escapeText = (text: string): string =>
  PLAIN.test(text)
    ? text
    : encodeURIComponent(text).replace(
        /^\.|[!'()*~]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      )

/** The text form, labels shown in place of indices. Two contexts may share it only if labels repeat. */
export function formatContext(context: Context): string {
  return context.map((it) => `${formatLoop(it)}=${escapeText(String(it.label ?? it.index))}`).join('/')
}

/** The text form by indices alone: equal exactly when the two contexts are the same. Used as a key and in paths. */
export function contextKey(context: Context): string {
  return context.map((it) => `${formatLoop(it)}=${it.index}`).join('/')
}

/** A loop's name in text: `epoch`, or `epoch#1` for a second pass. */
export function formatLoop(loop: LoopRef): string {
  return loop.pass === 0 ? escapeText(loop.loop) : `${escapeText(loop.loop)}#${loop.pass}`
}

/** Reads what {@link contextKey} wrote. @throws TypeError on any other text. */
export function parseContextKey(text: string): Context {
  if (text === '') return []
  return text.split('/').map((part) => {
    const match = /^([^=#]+)(?:#(\d+))?=(\d+)$/.exec(part)
    if (match === null) throw new TypeError(`not a context: ${JSON.stringify(text)}`)
    return {
      loop: decodeURIComponent(match[1] as string),
      pass: Number(match[2] ?? 0),
      index: Number(match[3]),
    }
  })
}

/** Longer texts are no labels: they would be stored with every value. In UTF-16 code units. */
const MAX_LABEL_LENGTH = 64

/**
 * The label that an item yielded by a loop gives to its iteration: every number but the index itself, NaN and infinities included, and texts
 * of at most 64 UTF-16 code units; `true` and `false` and big integers that no number holds as such texts. Undefined for the index, so that no number is
 * ever shown that the loop did not yield, and for all other items, whose iterations are known by their index alone. -0 is 0.
 */
export function labelOf(item: unknown, index: number): Label | undefined {
  switch (typeof item) {
    case 'number':
      // Adding 0 makes 0 of -0.
      return item === index ? undefined : item + 0
    case 'bigint':
      return Number.isSafeInteger(Number(item)) ? labelOf(Number(item), index) : shortText(String(item))
    case 'boolean':
      return String(item)
    case 'string':
      return shortText(item)
    default:
      return undefined
  }
}

const shortText = (text: string): string | undefined => (text.length <= MAX_LABEL_LENGTH ? text : undefined)

/** Tells whether the two name the same iterations; labels do not count. */
export function sameContext(a: Context, b: Context): boolean {
  return (
    a.length === b.length &&
    a.every((it, i) => {
      const other = b[i] as Iteration
      return it.index === other.index && it.pass === other.pass && it.loop === other.loop
    })
  )
}
