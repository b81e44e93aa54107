import { VarintReader, VarintWriter } from './varint.js'

/**
 * Columns of loop indices: the differences between neighbours (the first one's to 0), as runs of equal ones, each a signed varint for
 * the difference and an unsigned one for how often it repeats. Two epochs of three steps:
 *
 *     epoch  0 0 0 1 1 1     +0 ×3, +1 ×1, +0 ×2               00 03 02 01 00 02
 *     step   0 1 2 0 1 2     +0 ×1, +1 ×2, -2 ×1, +1 ×2        00 01 02 02 03 01 02 02
 */
export function encodeRuns(values: Int32Array): Uint8Array {
  const writer = new VarintWriter()
  let previous = 0
  for (let row = 0; row < values.length; ) {
    const difference = (values[row] as number) - previous
    let end = row + 1
    while (end < values.length && (values[end] as number) - (values[end - 1] as number) === difference) end++
    writer.signed(difference)
    writer.unsigned(end - row)
    previous = values[end - 1] as number
    row = end
  }
  return writer.finish()
}

/** Reads `count` values. @throws RangeError unless the runs make exactly `count` values, none of them negative */
export function decodeRuns(bytes: Uint8Array, count: number): Int32Array {
  const values = new Int32Array(count)
  const reader = new VarintReader(bytes)
  let row = 0
  let value = 0
  while (!reader.atEnd) {
    const difference = reader.signed()
    const end = row + reader.unsigned()
    if (end > count) throw new RangeError(`runs of more than ${count} values`)
    const last = value + difference * (end - row)
    if (!(last >= 0 && value + difference >= 0 && Math.max(last, value + difference) <= 0x7fffffff))
      throw new RangeError(`an index out of range: ${last}`)
    while (row < end) {
      value += difference
      values[row++] = value
    }
  }
  if (row !== count) throw new RangeError(`runs of ${row} values instead of ${count}`)
  return values
}
