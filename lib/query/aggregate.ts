import type { LogValue } from '../model/value.js'
import { Mean } from '../segment/mean.js'
import { extremeOf } from './aggregate-summaries.js'
import type { Numeric } from './arithmetic.js'
import type { Aggregate } from './expression.js'

/**
 * All values of a name as one. `min`, `max` and `p50` (the lower of the two middle ones is averaged with the upper) go over the
 * numbers that are not NaN and the big integers, `mean` over the finite ones; undefined where there are none.
 */
export function aggregateValues(values: readonly LogValue[], aggregate: Aggregate): LogValue | undefined {
  switch (aggregate) {
    case 'first':
      return values[0]
    case 'last':
      return values.at(-1)
    case 'count':
      return values.length
    default:
      return aggregateNumbers(values.filter(isNumber), aggregate)
  }
}

const isNumber = (value: LogValue): value is Numeric =>
  typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value))

function aggregateNumbers(
  numbers: readonly Numeric[],
  aggregate: 'min' | 'max' | 'mean' | 'p50',
): Numeric | undefined {
  if (numbers.length === 0) return undefined
  switch (aggregate) {
    case 'min':
    case 'max':
      return extremeOf(numbers, aggregate)
    case 'mean':
      return meanOf(numbers)
    case 'p50': {
      const sorted = sortedNumbers(numbers)
      const middle = (sorted.length - 1) / 2
      const [low, high] = [sorted[Math.floor(middle)] as Numeric, sorted[Math.ceil(middle)] as Numeric]
      if (low === high) return low
      // Of infinities there is no sum to halve; they are halfway as they are, or, of both kinds, not at all.
      return Number.isFinite(Number(low)) && Number.isFinite(Number(high))
        ? meanOf([low, high])
        : Number(low) + Number(high)
    }
  }
}

function meanOf(numbers: readonly Numeric[]): number | undefined {
  const mean = new Mean()
  for (const n of numbers) mean.add(n)
  return mean.value
}

/** Upwards. Numbers alone are sorted as the machine holds them, many times faster. */
function sortedNumbers(numbers: readonly Numeric[]): Float64Array | Numeric[] {
  return numbers.some((n) => typeof n === 'bigint')
    ? numbers.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    : Float64Array.from(numbers as readonly number[]).sort()
}
