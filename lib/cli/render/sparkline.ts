const BARS = '▁▂▃▄▅▆▇█'

/**
 * `values` as a line of at most `cells` blocks, oldest first, the smallest finite value lowest. Each cell shows the mean of the
 * finite values that fall into it; a cell without any is blank. Equal values give a line of middle height.
 */
export function sparkline(values: ArrayLike<number>, cells: number): string {
  const count = Math.min(cells, values.length)
  const means = Array.from({ length: count }, (_, cell) => {
    const begin = Math.floor((cell * values.length) / count)
    const end = Math.max(begin + 1, Math.floor(((cell + 1) * values.length) / count))
    return finiteMean(values, begin, end)
  })
  const finite = means.filter((mean) => mean !== undefined)
  const [low, high] = [Math.min(...finite), Math.max(...finite)]
  // Halves: the difference of two large numbers may be more than a number can hold.
  const halfSpan = high / 2 - low / 2
  return means
    .map((mean) => {
      if (mean === undefined) return ' '
      if (!(halfSpan > 0)) return BARS[3]
      return BARS[Math.min(7, Math.floor(((mean / 2 - low / 2) / halfSpan) * 8))]
    })
    .join('')
    .trimEnd()
}

function finiteMean(values: ArrayLike<number>, begin: number, end: number): number | undefined {
  let [sum, count] = [0, 0]
  for (let i = begin; i < end; i++) {
    const value = values[i] as number
    if (Number.isFinite(value)) {
      sum += value
      count++
    }
  }
  if (count === 0) return undefined
  if (Number.isFinite(sum)) return sum / count
  // The sum is more than a number can hold, which the mean never is.
  let mean = 0
  for (let i = begin; i < end; i++) if (Number.isFinite(values[i])) mean += (values[i] as number) / count
  return mean
}
