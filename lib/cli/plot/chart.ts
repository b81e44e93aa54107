/** One line of a chart: points in the order of x. */
export interface Line {
  readonly label: string
  /** Lines of one number have one colour and share an entry of the legend. From 0 on. */
  readonly colour: number
  readonly x: Float64Array
  /** As long as `x`. NaN makes a gap; infinities are marked at the upper or lower edge. */
  readonly y: Float64Array
}

/** One coordinate system with its lines. */
export interface Panel {
  readonly title: string
  readonly lines: readonly Line[]
}

/** A whole chart: panels one below the other, over one x axis. */
export interface Chart {
  readonly title: string
  readonly panels: readonly Panel[]
  /** What x is: `epoch`, `time (s)`. */
  readonly xLabel: string
  /** Whether x counts something, so that ticks between whole numbers mean nothing. */
  readonly isXWhole: boolean
  readonly isLog: boolean
  /** One entry a colour, in the order of the colours. */
  readonly legend: readonly LegendEntry[]
}

export interface LegendEntry {
  readonly label: string
  readonly colour: number
}

/** The finite numbers' extent of some arrays, and what else is among them. */
export interface Extent {
  /** Absent where there is no finite number (on a logarithmic scale: no positive one). */
  readonly min?: number
  readonly max?: number
  /** Numbers that a logarithmic scale cannot show: zero and below. */
  readonly unshown: number
}

/** Looks through values once. `isLog`: only what is above zero counts. */
export function extentOf(arrays: Iterable<Float64Array>, isLog = false): Extent {
  let [min, max, unshown] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  for (const values of arrays) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue
      if (isLog && value <= 0) {
        unshown++
        continue
      }
      if (value < min) min = value
      if (value > max) max = value
    }
  }
  return min <= max ? { min, max, unshown } : { unshown }
}
