/** 0, 1, 2, … */
export function rowNumbers(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row)
}

/** Shuffles in place with the draws of `tf.util.shuffle`, by which `fit` shuffles on from epoch to epoch. */
export function shuffleInPlace(rows: Int32Array): void {
  for (let last = rows.length - 1; last >= 0; last--) {
    const chosen = (Math.random() * (last + 1)) | 0
    const row = rows[last] as number
    rows[last] = rows[chosen] as number
    rows[chosen] = row
  }
}
