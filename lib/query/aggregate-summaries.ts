import type { ColumnSummary } from '../model/column.js'
import type { LogValue } from '../model/value.js'
import type { Numeric } from './arithmetic.js'
import type { Aggregate } from './expression.js'

/** What `aggregateValues` makes of values (aggregate.ts), from a column's summary; undefined also for `p50`, which no summary tells. */
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
  switch (aggregate) {
    case 'first':
      return endOf(summaries, 'first')?.first
    case 'last':
      return endOf(summaries, 'last')?.last
    case 'count':
      return summaries.reduce((sum, { count }) => sum + count, 0)
    case 'min':
    case 'max':
      return extremeOf(
        summaries.flatMap((it) => it[aggregate] ?? []),
        aggregate,
      )
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

/** The least or the greatest, the first of equals; numbers and big integers compare exactly. Undefined where there is none. */
export function extremeOf(numbers: readonly Numeric[], extreme: 'min' | 'max'): Numeric | undefined {
  return numbers.reduce<Numeric | undefined>(
    (best, n) => (best === undefined || (extreme === 'min' ? n < best : n > best) ? n : best),
    undefined,
  )
}
