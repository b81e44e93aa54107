import type { Charset } from '../plot/charset.js'
import { drawMiniChart, type MiniSeries } from '../plot/mini-chart.js'
import type { Style } from '../render/style.js'
import { padEnd } from '../render/width.js'
import { summarizeMetric } from './metric-summary.js'
import type { ShownMetric } from './shown-metrics.js'

/** Fewer values than these are told by the table and its line of blocks. */
const FEWEST_VALUES = 6
/** Charts of one run; further names are drawn by `git flor plot`. */
const MOST_CHARTS = 6
/** The narrowest width of a chart that has another beside it. */
const BESIDE = 34
const GAP = 4

/** The metrics that {@link formatMetricCharts} draws: long series, the first few of them. */
export function chartedMetrics(metrics: readonly ShownMetric[]): ShownMetric[] {
  return metrics
    .filter(({ series }) => series !== undefined && series.count >= FEWEST_VALUES)
    .slice(0, MOST_CHARTS)
}

/** Small charts of the metrics that are series, from their summaries: two beside each other where there is room. */
export function formatMetricCharts(
  metrics: readonly ShownMetric[],
  { columns, charset, style }: { readonly columns: number; readonly charset: Charset; readonly style: Style },
): string[] {
  const across = columns >= 2 * BESIDE + GAP ? 2 : 1
  const width = Math.min(60, Math.floor((columns - (across - 1) * GAP) / across))
  const charts = chartedMetrics(metrics).map((metric) => {
    const title = summarizeMetric(metric, { cells: 0, room: width, style })
    const drawn = drawMiniChart(seriesOf(metric), { width, charset, style })
    return [title.painted + padEnd(title.text, width).slice(title.text.length), ...drawn]
  })
  const lines: string[] = []
  for (let i = 0; i < charts.length; i += across) {
    if (i > 0) lines.push('')
    const [left = [], right] = charts.slice(i, i + across)
    left.forEach((line, row) => {
      lines.push((right === undefined ? line : `${line}${' '.repeat(GAP)}${right[row]}`).trimEnd())
    })
  }
  return lines
}

/** The sample of the summary, evenly spread over the values, and the extremes, which it may have missed. */
function seriesOf({ series }: ShownMetric): MiniSeries {
  const { sample: values = new Float64Array(), count = 0, min, minRow, max, maxRow } = series ?? {}
  const points = Array.from(values, (value, i) => ({
    row: values.length < 2 ? 0 : (i * (count - 1)) / (values.length - 1),
    value,
  }))
  if (min !== undefined && minRow !== undefined) points.push({ row: minRow, value: Number(min) })
  if (max !== undefined && maxRow !== undefined) points.push({ row: maxRow, value: Number(max) })
  points.sort((a, b) => a.row - b.row)
  return {
    rows: Float64Array.from(points, ({ row }) => row),
    values: Float64Array.from(points, ({ value }) => value),
  }
}
