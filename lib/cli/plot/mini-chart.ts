import { formatNumber } from '../render/number.js'
import type { Style } from '../render/style.js'
import { padStart, truncate } from '../render/width.js'
import { Canvas } from './canvas.js'
import type { Charset } from './charset.js'
import { extentOf } from './chart.js'
import { scaleFor } from './scale.js'
import { drawLine, frameOf, paintRow } from './terminal-chart.js'

/** What a small chart shows: some of the values of a series, and their rows. */
export interface MiniSeries {
  readonly rows: Float64Array
  readonly values: Float64Array
}

const ROWS = 4

/**
 * A curve in four lines without an x axis, the highest and the lowest value at its left. Every line is exactly `width` columns wide, so that
 * charts can stand side by side; colours not counted.
 */
export function drawMiniChart(
  { rows, values }: MiniSeries,
  { width, charset, style }: { readonly width: number; readonly charset: Charset; readonly style: Style },
): string[] {
  const extent = extentOf([values])
  const [high, low] = [extent.max, extent.min].map((value) =>
    value === undefined ? '' : formatNumber(value, 3),
  )
  const labelWidth = Math.min(9, Math.max(String(high).length, String(low).length))
  const columns = Math.max(4, width - labelWidth - 2)
  const canvas = new Canvas(columns, ROWS, charset)
  const frame = frameOf(charset)
  const [xScale, yScale] = [scaleFor(extentOf([rows]), { ticks: 1 }), scaleFor(extent, { ticks: 1 })]
  drawLine(canvas, { label: '', colour: 0, x: rows, y: values }, xScale, yScale, frame)
  return Array.from({ length: ROWS }, (_, row) => {
    const isConstant = high === low
    const label = row === (isConstant ? 1 : 0) ? high : row === ROWS - 1 && !isConstant ? low : ''
    const side = label === '' ? frame.side : frame.tick
    const shown = style.faint(`${padStart(truncate(String(label), labelWidth), labelWidth)} ${side}`)
    return shown + paintRow(canvas.row(row), style)
  })
}
