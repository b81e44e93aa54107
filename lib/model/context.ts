/**
 * Contexts: the loop iterations that were open when something happened, outermost first.
 *
 * The identity of an iteration is its 0-based `index` in its loop, and the loop's `pass`: how many loops of
 * the same name had been entered before it inside the same enclosing iteration (0 for the first). A `label`
 * is what people call the iteration: the item that the loop yielded, where that is an integer or a short
 * string other than the index (`for (const epoch of loop('epoch', [10, 20]))` has labels 10 and 20).
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

/** The label that an item yielded by a loop gives to its iteration, if any. */
export function labelOf(item: unknown, index: number): Label | undefined {
  if (typeof item === 'number') return Number.isSafeInteger(item) && item !== index ? item : undefined
  return typeof item === 'string' && item.length <= 64 ? item : undefined
}

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
