/** One line of a benchmark: a figure, the baseline of the same run, and what was to be reached. */
export interface BenchRow {
  readonly what: string
  readonly measured: string
  readonly baseline: string
  readonly goal: string
  readonly reached: boolean
}

/** The rows as a table of aligned columns. */
export function formatBench(rows: readonly BenchRow[]): string {
  const cells = [
    ['', 'measured', 'baseline', 'goal'],
    ...rows.map(({ what, measured, baseline, goal, reached }) => [
      what,
      measured,
      baseline,
      goal === '' ? '' : `${goal}: ${reached ? 'reached' : 'MISSED'}`,
    ]),
  ]
  const widths = [0, 1, 2, 3].map((i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)))
  return cells
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

/** Milliseconds that `work` takes. */
export function timed(work: () => void): number {
  const before = performance.now()
  work()
  return performance.now() - before
}
