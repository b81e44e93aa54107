import type { ColumnSummary } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import type { Aggregate } from './expression.js'

/**
 * All values of a name as one. `min`, `max` and `p50` (the lower of the two middle ones is averaged with the upper) go over the
 * numbers that are not NaN, `mean` over the finite ones; undefined where there are none.
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
      return aggregateNumbers(
        values.filter((value) => typeof value === 'number' && !Number.isNaN(value)) as number[],
        aggregate,
      )
  }
}

function aggregateNumbers(
  numbers: readonly number[],
  aggregate: 'min' | 'max' | 'mean' | 'p50',
): number | undefined {
  if (numbers.length === 0) return undefined
  switch (aggregate) {
    case 'min':
      return numbers.reduce((a, b) => Math.min(a, b))
    case 'max':
      return numbers.reduce((a, b) => Math.max(a, b))
    case 'mean': {
      const finite = numbers.filter(Number.isFinite)
      return finite.length === 0 ? undefined : finite.reduce((mean, n, i) => mean + (n - mean) / (i + 1), 0)
    }
    case 'p50': {
      const sorted = Float64Array.from(numbers).sort()
      const middle = (sorted.length - 1) / 2
      const [low, high] = [sorted[Math.floor(middle)] as number, sorted[Math.ceil(middle)] as number]
      return low === high ? low : (low + high) / 2
    }
  }
}

/** The same from a column's summary; undefined also for `p50`, which no summary tells. */
export function aggregateSummary(summary: ColumnSummary, aggregate: Aggregate): LogValue | undefined {
  return aggregate === 'p50' ? undefined : summary[aggregate]
}

/** The same of several columns without common contexts, in their order; undefined also for `p50`. */
export function aggregateSummaries(
  summaries: readonly ColumnSummary[],
  aggregate: Aggregate,
): LogValue | undefined {
  const numbersOf = (key: 'min' | 'max'): number[] => summaries.flatMap((it) => it[key] ?? [])
  switch (aggregate) {
    case 'first':
      return summaries[0]?.first
    case 'last':
      return summaries.at(-1)?.last
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
