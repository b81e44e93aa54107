/** One stretch of a line between gaps, as places of points in the line. */
export interface Stretch {
  readonly points: readonly number[]
}

/** What is left of a line to be drawn. */
export interface ThinLine {
  /** Places in x and y, in order; each stretch is drawn connected. */
  readonly stretches: readonly Stretch[]
  /** Places of infinite values. At most two a column: one upwards and one downwards. */
  readonly infinite: readonly number[]
}

/**
 * Leaves of each column of a drawing the first, the lowest, the highest and the last point, in their order, so that the drawing of a million
 * points is that of a few thousand, and no peak is lost. `columnOf` tells the column of an x; a point where `isShown` is false is a gap, as is
 * NaN; one whose x is no number lies nowhere. Looks at each point once.
 */
export function thinOut(
  x: Float64Array,
  y: Float64Array,
  columnOf: (x: number) => number,
  isShown: (y: number) => boolean = () => true,
): ThinLine {
  const stretches: Stretch[] = []
  const infinite: number[] = []
  let current: number[] = []
  let column = Number.NaN
  let [first, low, high, last] = [-1, -1, -1, -1]
  let [upColumn, downColumn] = [Number.NaN, Number.NaN]
  const flush = (): void => {
    if (first === -1) return
    for (const at of [...new Set([first, low, high, last])].sort((a, b) => a - b)) current.push(at)
    first = -1
  }
  const gap = (): void => {
    flush()
    if (current.length > 0) stretches.push({ points: current })
    current = []
  }
  for (let i = 0; i < y.length; i++) {
    const value = y[i] as number
    if (!Number.isFinite(value) || !Number.isFinite(x[i]) || !isShown(value)) {
      gap()
      if (!Number.isFinite(x[i])) continue
      const at = columnOf(x[i] as number)
      if (value === Number.POSITIVE_INFINITY && at !== upColumn) {
        infinite.push(i)
        upColumn = at
      } else if (value === Number.NEGATIVE_INFINITY && at !== downColumn) {
        infinite.push(i)
        downColumn = at
      }
      continue
    }
    const at = columnOf(x[i] as number)
    if (first !== -1 && at !== column) flush()
    if (first === -1) {
      column = at
      first = low = high = i
    }
    if (value < (y[low] as number)) low = i
    if (value > (y[high] as number)) high = i
    last = i
  }
  gap()
  return { stretches, infinite }
}
