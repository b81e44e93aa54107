import { type LogValue, Tensor, type TypedArray } from '../model/value.js'

/** How far two values are apart: `exact` is Object.is for numbers, so that NaN equals NaN and -0 differs from 0. */
export type Difference = 'exact' | 'within' | 'beyond'

/**
 * Compares a recorded value with a replayed one; lists, maps, arrays and tensors element by element. Numbers are `within` when they differ
 * by no more than `tolerance` × the larger magnitude, or × 1 where both are smaller than that.
 */
export function compareValues(recorded: LogValue, replayed: LogValue, tolerance: number): Difference {
  if (Object.is(recorded, replayed)) return 'exact'
  if (typeof recorded === 'number' && typeof replayed === 'number') {
    const scale = Math.max(1, Math.abs(recorded), Math.abs(replayed))
    // Differences with NaN or infinities are NaN: beyond.
    return Math.abs(recorded - replayed) <= tolerance * scale && Number.isFinite(scale) && tolerance > 0
      ? 'within'
      : 'beyond'
  }
  if (
    typeof recorded !== 'object' ||
    typeof replayed !== 'object' ||
    recorded === null ||
    replayed === null
  ) {
    return 'beyond'
  }
  if (recorded instanceof Date || replayed instanceof Date) {
    const same =
      recorded instanceof Date &&
      replayed instanceof Date &&
      Object.is(recorded.getTime(), replayed.getTime())
    return same ? 'exact' : 'beyond'
  }
  if (recorded instanceof Tensor || replayed instanceof Tensor) {
    if (!(recorded instanceof Tensor) || !(replayed instanceof Tensor)) return 'beyond'
    if (recorded.dtype !== replayed.dtype || recorded.shape.join() !== replayed.shape.join()) return 'beyond'
    return compareElements(recorded.data, replayed.data, tolerance)
  }
  if (ArrayBuffer.isView(recorded) || ArrayBuffer.isView(replayed)) {
    if (!ArrayBuffer.isView(recorded) || !ArrayBuffer.isView(replayed)) return 'beyond'
    if (recorded.constructor !== replayed.constructor) return 'beyond'
    return compareElements(recorded as TypedArray, replayed as TypedArray, tolerance)
  }
  if (Array.isArray(recorded) || Array.isArray(replayed)) {
    if (!Array.isArray(recorded) || !Array.isArray(replayed)) return 'beyond'
    return compareElements(recorded as readonly LogValue[], replayed as readonly LogValue[], tolerance)
  }
  return compareMaps(
    recorded as Readonly<Record<string, LogValue>>,
    replayed as Readonly<Record<string, LogValue>>,
    tolerance,
  )
}

function compareElements(a: ArrayLike<LogValue>, b: ArrayLike<LogValue>, tolerance: number): Difference {
  if (a.length !== b.length) return 'beyond'
  let worst: Difference = 'exact'
  for (let i = 0; i < a.length; i++) {
    const difference = compareValues(a[i] as LogValue, b[i] as LogValue, tolerance)
    if (difference === 'beyond') return 'beyond'
    if (difference === 'within') worst = 'within'
  }
  return worst
}

function compareMaps(
  a: Readonly<Record<string, LogValue>>,
  b: Readonly<Record<string, LogValue>>,
  tolerance: number,
): Difference {
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length || keys.some((key) => !Object.hasOwn(b, key))) return 'beyond'
  return compareElements(
    keys.map((key) => a[key] as LogValue),
    keys.map((key) => b[key] as LogValue),
    tolerance,
  )
}
