import { displayWidth, truncate, truncateStart } from './width.js'

/** What stands above a column. */
export interface Title {
  readonly title: string
  /** Stands behind the title, and is never cut off. */
  readonly titleMark?: string
}

/**
 * Titles as they stand above columns of these widths. What is too long is cut at its end, or in its middle where two would look alike:
 * `count(w…` and `count(v…`, but `cou…(w2)` and `cou…(w3)`.
 */
export function cutTitles(titles: readonly Title[], widths: readonly number[]): string[] {
  return titles.map((it, i) => {
    const width = widths[i] as number
    const alike = titles.filter((other, j) => widths[j] === width && other.title !== it.title)
    return cutTitle(it, width, tellingTail(it, alike, width) ?? 0)
  })
}

/** The least width, from `narrowest` on, in which a title can be told from all others of that width. */
export function tellingWidth(title: Title, titles: readonly Title[], narrowest: number): number {
  const others = titles.filter((other) => other.title !== title.title)
  const whole = titleWidth(title)
  for (let width = narrowest; width < whole; width++)
    if (tellingTail(title, others, width) !== undefined) return width
  return Math.max(narrowest, whole)
}

/** The columns that the whole of it needs. */
export function titleWidth({ title, titleMark = '' }: Title): number {
  return displayWidth(title) + displayWidth(titleMark)
}

/** How much of its end must be kept for it to be told from others; as little as possible. */
function tellingTail(title: Title, others: readonly Title[], width: number): number | undefined {
  const room = width - displayWidth(title.titleMark ?? '')
  for (let tail = 0; tail === 0 || tail < room - 1; tail++) {
    const cut = cutTitle(title, width, tail)
    if (others.every((other) => cutTitle(other, width, tail) !== cut)) return tail
  }
  return undefined
}

function cutTitle({ title, titleMark = '' }: Title, width: number, tail: number): string {
  const room = width - displayWidth(titleMark)
  if (displayWidth(title) <= room) return title + titleMark
  const end = tail === 0 ? '' : truncateStart(title, tail + 1).slice(1)
  return `${truncate(title, Math.max(1, room - displayWidth(end)))}${end}${titleMark}`
}
