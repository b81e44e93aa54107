import type { Style } from '../render/style.js'
import { displayWidth, padStart, truncate } from '../render/width.js'
import { wrapParts } from '../render/wrap.js'
import { Canvas, type Cell } from './canvas.js'
import { ASCII_MARKS, type Charset } from './charset.js'
import { type Chart, extentOf, type Line, type Panel } from './chart.js'
import { paintLine } from './palette.js'
import { type Scale, scaleFor } from './scale.js'
import { thinOut } from './thin-out.js'

/** How a chart is drawn into a terminal. */
export interface TerminalLayout {
  readonly columns: number
  /** Lines for everything. A panel gets at least four of its own, however little that leaves. */
  readonly rows: number
  readonly charset: Charset
  readonly style: Style
}

const FEWEST_ROWS = 4
/** Lines that the legend may take; what does not fit is counted. */
const LEGEND_ROWS = 4
/** The longest label of an axis; longer ones are cut. */
const LABEL_WIDTH = 11

/** The characters that frame a drawing. */
export interface Frame {
  readonly side: string
  readonly tick: string
  readonly corner: string
  readonly floor: string
  readonly floorTick: string
  readonly point: string
  readonly up: string
  readonly down: string
  readonly key: string
}

const LINES: Frame = {
  side: '│',
  tick: '┤',
  corner: '└',
  floor: '─',
  floorTick: '┬',
  point: '•',
  up: '▲',
  down: '▼',
  key: '━━',
}
const PLAIN_FRAME: Frame = {
  side: '|',
  tick: '+',
  corner: '+',
  floor: '-',
  floorTick: '+',
  point: '',
  up: '^',
  down: 'v',
  key: '',
}

/**
 * The chart as lines for a terminal, none wider than `columns`: panels with a frame, values at the left, x below the last one, and the
 * legend. Where neither colour nor different marks tell lines apart, each one ends in a letter of the legend.
 */
export function drawChart(chart: Chart, layout: TerminalLayout): string[] {
  const legend = legendLines(chart, layout)
  const panelRows = Math.max(
    FEWEST_ROWS,
    Math.floor((layout.rows - legend.length - 1) / Math.max(1, chart.panels.length)) - 2,
  )
  const xExtent = extentOf(chart.panels.flatMap((panel) => panel.lines.map((line) => line.x)))
  const scales = chart.panels.map((panel) =>
    scaleFor(
      extentOf(
        panel.lines.map((line) => line.y),
        chart.isLog,
      ),
      {
        ticks: Math.max(2, Math.floor(panelRows / 3)),
        isLog: chart.isLog,
      },
    ),
  )
  const labelWidth = Math.min(
    LABEL_WIDTH,
    Math.max(0, ...scales.flatMap((scale) => scale.ticks.map((tick) => tick.label.length))),
  )
  const columns = Math.max(8, layout.columns - labelWidth - 2)
  const xScale = scaleFor(xExtent, { ticks: Math.max(2, Math.floor(columns / 10)), isWhole: chart.isXWhole })
  const lines = chart.panels.flatMap((panel, i) => [
    titleLine(panel, chart, layout),
    ...panelLines(panel, scales[i] as Scale, xScale, { ...layout, columns, rows: panelRows, labelWidth }),
    floorLine(xScale, columns, labelWidth, frameOf(layout.charset)),
  ])
  return [...lines, floorLabels(xScale, columns, labelWidth), ...legend].map((line) =>
    layout.charset === 'ascii' ? asciiOnly(line) : line,
  )
}

/** What frames a drawing in a set of characters. */
export const frameOf = (charset: Charset): Frame => (charset === 'ascii' ? PLAIN_FRAME : LINES)

function titleLine(panel: Panel, chart: Chart, { columns, style }: TerminalLayout): string {
  const note = `x: ${chart.xLabel}${chart.isLog ? ', log scale' : ''}`
  const title = truncate(panel.title, Math.max(8, columns - displayWidth(note) - 2))
  if (displayWidth(title) + displayWidth(note) + 2 > columns) return style.heading(truncate(title, columns))
  return style.heading(title) + style.faint(padStart(note, columns - displayWidth(title)))
}

function panelLines(
  panel: Panel,
  yScale: Scale,
  xScale: Scale,
  layout: TerminalLayout & { readonly labelWidth: number },
): string[] {
  const { columns, rows, charset, style, labelWidth } = layout
  const canvas = new Canvas(columns, rows, charset)
  const frame = frameOf(layout.charset)
  for (const line of panel.lines) drawLine(canvas, line, xScale, yScale, frame)
  if (hasLetters(panel.lines.length, layout)) {
    for (const line of panel.lines) markEnd(canvas, line, xScale, yScale)
  }
  const labels = tickRows(yScale, rows)
  return Array.from({ length: rows }, (_, row) => {
    const label = labels.get(row)
    const side = label === undefined ? frame.side : frame.tick
    return `${padStart(truncate(label ?? '', labelWidth), labelWidth)} ${side}${paintRow(canvas.row(row), style)}`.trimEnd()
  })
}

/** Draws one line into the cells: stretches between gaps, single points, arrows for infinities. */
export function drawLine(
  canvas: Canvas,
  { x, y, colour }: Line,
  xScale: Scale,
  yScale: Scale,
  frame: Frame,
): void {
  const column = (value: number): number => Math.round(xScale.position(value) * (canvas.width - 1))
  const row = (value: number): number => Math.round((1 - yScale.position(value)) * (canvas.height - 1))
  const { stretches, infinite } = thinOut(x, y, column, (value) => !Number.isNaN(yScale.position(value)))
  for (const { points } of stretches) {
    const places = points.map((at) => [column(x[at] as number), row(y[at] as number)] as const)
    const [start] = places as [(typeof places)[number]]
    if (places.length === 1) {
      canvas.dot(...start, colour)
      // One dot of braille is easily overlooked.
      if (frame.point !== '') canvas.mark(...start, frame.point, colour)
    }
    for (let i = 1; i < places.length; i++) {
      const [from, to] = [places[i - 1], places[i]] as [(typeof places)[number], (typeof places)[number]]
      canvas.line(...from, ...to, colour)
    }
  }
  for (const at of infinite) {
    const isUp = (y[at] as number) > 0
    canvas.mark(column(x[at] as number), isUp ? 0 : canvas.height - 1, isUp ? frame.up : frame.down, colour)
  }
}

/** The letter of the legend at the last point that is shown. */
function markEnd(canvas: Canvas, { x, y, colour }: Line, xScale: Scale, yScale: Scale): void {
  for (let i = y.length - 1; i >= 0; i--) {
    const position = Number.isFinite(y[i]) ? yScale.position(y[i] as number) : Number.NaN
    if (Number.isNaN(position) || !Number.isFinite(x[i])) continue
    const column = Math.round(xScale.position(x[i] as number) * (canvas.width - 1))
    canvas.mark(column, Math.round((1 - position) * (canvas.height - 1)), letterOf(colour), colour)
    return
  }
}

const letterOf = (colour: number): string => String.fromCharCode(97 + (colour % 26))

/** Whether lines end in letters: where there are several, and nothing else tells them apart. */
function hasLetters(count: number, { style, charset }: TerminalLayout): boolean {
  return count > 1 && !style.enabled && charset !== 'ascii'
}

/** One row of cells as text as wide as they are, blanks at its end included; each stretch of a colour is painted once. */
export function paintRow(cells: readonly (Cell | undefined)[], style: Style): string {
  let [text, run, colour] = ['', '', -1]
  const flush = (): void => {
    text += colour === -1 ? run : paintLine(style, colour, run)
    run = ''
  }
  for (const cell of cells) {
    const next = cell?.colour ?? -1
    if (next !== colour) {
      flush()
      colour = next
    }
    run += cell?.text ?? ' '
  }
  flush()
  return text
}

/** Labels by the row that they stand beside; of two in one row the first. */
function tickRows(scale: Scale, rows: number): Map<number, string> {
  const labels = new Map<number, string>()
  for (const { value, label } of scale.ticks) {
    const row = Math.min(rows - 1, Math.max(0, Math.floor((1 - scale.position(value)) * rows)))
    if (!labels.has(row)) labels.set(row, label)
  }
  return labels
}

const tickColumn = (scale: Scale, value: number, columns: number): number =>
  Math.min(columns - 1, Math.max(0, Math.round(scale.position(value) * (columns - 1))))

function floorLine(scale: Scale, columns: number, labelWidth: number, frame: Frame): string {
  const floor = Array.from({ length: columns }, () => frame.floor)
  for (const { value } of scale.ticks) floor[tickColumn(scale, value, columns)] = frame.floorTick
  return `${' '.repeat(labelWidth + 1)}${frame.corner}${floor.join('')}`
}

/** Labels below their ticks; one that would run into the one before is left out. */
function floorLabels(scale: Scale, columns: number, labelWidth: number): string {
  const offset = labelWidth + 2
  let line = ''
  for (const { value, label } of scale.ticks) {
    const middle = offset + tickColumn(scale, value, columns)
    const start = Math.min(
      Math.max(0, middle - Math.floor(label.length / 2)),
      offset + columns - label.length,
    )
    if (line !== '' && start < line.length + 2) continue
    line = `${line.padEnd(start)}${label}`
  }
  return line
}

function legendLines(chart: Chart, layout: TerminalLayout): string[] {
  const { columns, style, charset } = layout
  if (chart.legend.length === 0) return []
  const isLettered = chart.panels.some((panel) => hasLetters(panel.lines.length, layout))
  const parts = chart.legend.map(({ label, colour }) => {
    const key =
      charset === 'ascii'
        ? (ASCII_MARKS[colour % ASCII_MARKS.length] as string)
        : isLettered
          ? letterOf(colour)
          : LINES.key
    const shown = truncate(label, Math.max(4, columns - 4 - key.length))
    return { text: `${key} ${shown}`, painted: `${paintLine(style, colour, key)} ${shown}` }
  })
  const wrap = (kept: number): string[] => {
    const hidden = parts.length - kept
    const more = hidden === 0 ? [] : [{ text: `… ${hidden} more`, painted: style.faint(`… ${hidden} more`) }]
    return wrapParts([...parts.slice(0, kept), ...more], { columns, indent: '  ', separator: '   ' })
  }
  let kept = parts.length
  let lines = wrap(kept)
  while (lines.length > LEGEND_ROWS && kept > 1) lines = wrap(--kept)
  return lines
}

/** Labels may hold anything; a terminal that shows ASCII only gets nothing else. */
function asciiOnly(line: string): string {
  return line.replaceAll('…', '~').replace(/[^\x00-\x7f]/gu, '?')
}
