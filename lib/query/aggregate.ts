import type { ColumnSummary } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import { Mean } from '../segment/mean.js'
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

type Numeric = number | bigint

const isNumber = (value: LogValue): value is Numeric =>
  typeof value === 'bigint' || (typeof value === 'number' && !Number.isNaN(value))

function aggregateNumbers(
  numbers: readonly Numeric[],
  aggregate: 'min' | 'max' | 'mean' | 'p50',
): Numeric | undefined {
  if (numbers.length === 0) return undefined
  switch (aggregate) {
    case 'min':
      return numbers.reduce((a, b) => (b < a ? b : a))
    case 'max':
      return numbers.reduce((a, b) => (b > a ? b : a))
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

/** The same from a column's summary; undefined also for `p50`, which no summary tells. */
export function aggregateSummary(summary: ColumnSummary, aggregate: Aggregate): LogValue | undefined {
  return aggregate === 'p50' ? undefined : summary[aggregate]
}

/**
 * The same of several columns of one segment, without common contexts: the first and the last value by when they were logged, where the
 * summaries tell, else by the order of the columns. Undefined also for `p50`.
 */
export function aggregateSummaries(
  summaries: readonly ColumnSummary[],
  aggregate: Aggregate,
): LogValue | undefined {
  const numbersOf = (key: 'min' | 'max'): Numeric[] => summaries.flatMap((it) => it[key] ?? [])
  switch (aggregate) {
    case 'first':
      return endOf(summaries, 'first')?.first
    case 'last':
      return endOf(summaries, 'last')?.last
    case 'count':
      return summaries.reduce((sum, { count }) => sum + count, 0)
    case 'min':
    case 'max':
      return aggregateNumbers(numbersOf(aggregate), aggregate)
    default:
      // How many numbers a mean is of is in no summary.
      return undefined
  }
}

/** The column that holds the first or the last value of all. */
export function endOf<T extends Pick<ColumnSummary, 'firstAt' | 'lastAt'>>(
  summaries: readonly T[],
  end: 'first' | 'last',
): T | undefined {
  const inOrder = end === 'first' ? summaries : summaries.toReversed()
  if (summaries.some(({ firstAt, lastAt }) => firstAt === undefined || lastAt === undefined))
    return inOrder[0]
  const isBeyond = ({ firstAt = 0, lastAt = 0 }: T, other: T): boolean =>
    end === 'first' ? firstAt < (other.firstAt ?? 0) : lastAt > (other.lastAt ?? 0)
  return inOrder.reduce<T | undefined>(
    (best, it) => (best === undefined || isBeyond(it, best) ? it : best),
    undefined,
  )
}
