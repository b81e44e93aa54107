import { displayWidth, truncate } from '../render/width.js'
import { type Chart, extentOf, type Panel } from './chart.js'
import { type Scale, scaleFor } from './scale.js'
import { thinOut } from './thin-out.js'

/** One point of a drawing: where it is (in units of the drawing), and what it says. */
export interface DrawnPoint {
  readonly left: number
  readonly top: number
  readonly x: number
  readonly y: number
}

/** One line as it is drawn. */
export interface DrawnLine {
  readonly label: string
  readonly colour: number
  /** Connected within a stretch. */
  readonly stretches: readonly (readonly DrawnPoint[])[]
  /** Infinite values, at the upper or lower edge. */
  readonly infinite: readonly DrawnPoint[]
}

export interface DrawnPanel {
  readonly title: string
  /** Upper edge of the area that lines are in. */
  readonly top: number
  readonly lines: readonly DrawnLine[]
  /** Where to write values, from the upper edge of the drawing. */
  readonly ticks: readonly { readonly at: number; readonly label: string }[]
}

/** A chart in units of a drawing, whose upper left is (0, 0). */
export interface Drawing {
  readonly title: string
  readonly xLabel: string
  readonly isLog: boolean
  readonly width: number
  readonly height: number
  readonly left: number
  readonly right: number
  /** Height of the area of each panel. */
  readonly panelHeight: number
  readonly panels: readonly DrawnPanel[]
  readonly xTicks: readonly { readonly at: number; readonly label: string }[]
  readonly legend: readonly {
    readonly label: string
    readonly colour: number
    readonly left: number
    readonly top: number
  }[]
}

const WIDTH = 760
const LEFT = 72
const RIGHT = 744
const PANEL = { height: 220, title: 34, gap: 14 }
const X_AXIS = 48
const LEGEND = { row: 20, key: 24, gap: 18, letter: 7 }
/** The longest label in the legend, in characters. */
const LONGEST_LABEL = 80

/** Lays a chart out for a drawing; of each column of it, first, lowest, highest and last point of a line stay. */
export function layOutDrawing(chart: Chart): Drawing {
  const xScale = scaleFor(extentOf(chart.panels.flatMap((panel) => panel.lines.map((line) => line.x))), {
    ticks: 8,
    isWhole: chart.isXWhole,
  })
  const across = (value: number): number => LEFT + xScale.position(value) * (RIGHT - LEFT)
  const panels = chart.panels.map((panel, i) => {
    const top = PANEL.title + i * (PANEL.title + PANEL.height + PANEL.gap)
    return layOutPanel(panel, top, across, chart.isLog)
  })
  const bottom = panels.length * (PANEL.title + PANEL.height + PANEL.gap) - PANEL.gap
  const legend = placeLegend(chart, bottom + X_AXIS)
  const last = legend.at(-1)
  return {
    title: chart.title,
    xLabel: chart.xLabel,
    isLog: chart.isLog,
    width: WIDTH,
    height: (last === undefined ? bottom + X_AXIS - LEGEND.row / 2 : last.top) + LEGEND.row / 2 + 6,
    left: LEFT,
    right: RIGHT,
    panelHeight: PANEL.height,
    panels,
    xTicks: xScale.ticks.map(({ value, label }) => ({ at: across(value), label })),
    legend,
  }
}

function layOutPanel(panel: Panel, top: number, across: (x: number) => number, isLog: boolean): DrawnPanel {
  const scale: Scale = scaleFor(
    extentOf(
      panel.lines.map((line) => line.y),
      isLog,
    ),
    { ticks: 5, isLog },
  )
  const down = (value: number): number => top + (1 - scale.position(value)) * PANEL.height
  const lines = panel.lines.map(({ label, colour, x, y }): DrawnLine => {
    const point = (at: number, edge?: number): DrawnPoint => {
      const [px, py] = [x[at] as number, y[at] as number]
      return { left: across(px), top: edge ?? down(py), x: px, y: py }
    }
    const { stretches, infinite } = thinOut(
      x,
      y,
      (value) => Math.round(across(value)),
      (value) => !Number.isNaN(scale.position(value)),
    )
    return {
      label,
      colour,
      stretches: stretches.map(({ points }) => points.map((at) => point(at))),
      infinite: infinite.map((at) => point(at, (y[at] as number) > 0 ? top : top + PANEL.height)),
    }
  })
  return {
    title: panel.title,
    top,
    lines,
    ticks: scale.ticks.map(({ value, label }) => ({ at: down(value), label })),
  }
}

function placeLegend({ legend }: Chart, top: number): Drawing['legend'] {
  let [left, row] = [LEFT, 0]
  return legend.map(({ label, colour }) => {
    const shown = truncate(label, LONGEST_LABEL)
    const width = LEGEND.key + displayWidth(shown) * LEGEND.letter + LEGEND.gap
    if (left > LEFT && left + width - LEGEND.gap > RIGHT) {
      left = LEFT
      row++
    }
    const place = { label: shown, colour, left, top: top + row * LEGEND.row }
    left += width
    return place
  })
}
