import type { RunEntry } from '../../db/run-entry.js'
import type { LoopTiming } from '../../model/run.js'
import type { LogValue } from '../../model/value.js'
import { constantOf } from '../../query/run-lookup.js'
import { type RunSeries, splitByLoop } from '../../query/run-series.js'
import { positionsOn, type SeriesAxis } from '../../query/series-axis.js'
import { sanitizeLine } from '../render/sanitize.js'
import { formatAssignment } from '../render/value.js'
import { abbreviator } from '../views/short-run.js'
import type { Chart, LegendEntry, Line, Panel } from './chart.js'

/** What a chart is made of. */
export interface ChartRequest {
  readonly names: readonly string[]
  /** All series of all runs, the runs oldest first. */
  readonly series: readonly RunSeries[]
  readonly timelineOf: (entry: RunEntry) => readonly LoopTiming[]
  /** What `--x` says: the name of a loop, `step` or `time`. */
  readonly x?: string
  /** What `--by` says: an argument, an attribute of runs, or a loop. */
  readonly by?: string
  readonly isLog: boolean
}

/** A chart, and what could not be drawn in it: names of values, by reason. */
export interface BuiltChart {
  readonly chart: Chart
  /** One sentence each. */
  readonly leftOut: readonly string[]
}

/** One series with the group, and so the colour, that it belongs to. */
interface Grouped {
  readonly series: RunSeries
  readonly key: string
  readonly value: LogValue | undefined
}

/**
 * Lays series out as a chart: one panel a name, one line a run, and with `by` one line an iteration of that loop, or one colour for each value of an
 * argument or attribute. Values that no loop is around are drawn over the runs, oldest first.
 */
export function buildChart(request: ChartRequest): BuiltChart {
  const { names, by } = request
  const leftOut = new Set<string>()
  const numeric = request.series.filter((one) => {
    if (!one.isNumeric) leftOut.add(`${sanitizeLine(one.name)} holds no numbers`)
    return one.isNumeric
  })
  const grouped = numeric.flatMap((one) => groupsOf(one, by))
  const colours = coloursOf(grouped, by)
  const axis = axisFor(numeric, request.x, by)
  const panels = names.map((name): Panel => {
    const own = grouped.filter(({ series }) => series.name === name)
    const lines =
      axis === undefined
        ? linesOverRuns(own, numeric, by === undefined ? undefined : colours)
        : linesOver(axis, own, colours, request, leftOut)
    return { title: sanitizeLine(name), lines }
  })
  const shown = panels.filter((panel) => panel.lines.length > 0)
  const used = new Set(shown.flatMap((panel) => panel.lines.map((line) => line.colour)))
  return {
    chart: {
      title: names.map(sanitizeLine).join(', '),
      panels: shown,
      xLabel: axis === undefined ? 'runs, oldest first' : labelOf(axis),
      isXWhole: axis?.kind !== 'time',
      isLog: request.isLog,
      legend:
        axis === undefined && by === undefined
          ? []
          : legendOf(grouped, colours, by).filter(({ colour }) => used.has(colour)),
    },
    leftOut: [...leftOut],
  }
}

const labelOf = (axis: SeriesAxis): string =>
  axis.kind === 'time' ? 'seconds since the start' : sanitizeLine(axis.loop)

function groupsOf(series: RunSeries, by: string | undefined): Grouped[] {
  if (by === undefined) return [{ series, key: series.entry.run, value: undefined }]
  const iterations = splitByLoop(series, by)
  if (iterations !== undefined) {
    return iterations.map(({ iteration, series: part }) => ({
      series: part,
      key: String(iteration),
      value: iteration,
    }))
  }
  const value = constantOf(series.entry, by)
  return [{ series, key: value === undefined ? '' : formatAssignment(by, value), value }]
}

/** A colour for each group: runs oldest first, values in their order, what lacks a value last. */
function coloursOf(grouped: readonly Grouped[], by: string | undefined): ReadonlyMap<string, number> {
  const keys = [...new Map(grouped.map(({ key, value }) => [key, value]))]
  if (by !== undefined) keys.sort(([, a], [, b]) => compare(a, b))
  return new Map(keys.map(([key], colour) => [key, colour]))
}

function compare(a: LogValue | undefined, b: LogValue | undefined): number {
  if (a === undefined || b === undefined) return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0)
  if (typeof a === 'number' && typeof b === 'number') return a - b
  const [left, right] = [String(a), String(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Over what values are drawn where the user does not say: the innermost loop that all of them are in; none where none are in any. */
function axisFor(
  series: readonly RunSeries[],
  x: string | undefined,
  by: string | undefined,
): SeriesAxis | undefined {
  const shapes = series.map((one) => one.table.loops).filter((loops) => loops.length > 0)
  const isLoop = (name: string): boolean => shapes.some((loops) => loops.includes(name))
  if (x === 'time' && !isLoop('time')) return { kind: 'time' }
  if (x !== undefined && (x !== 'step' || isLoop('step'))) return { kind: 'loop', loop: x }
  const [first, ...others] = shapes
  if (first === undefined) return undefined
  const deepest = shapes.reduce((a, b) => (b.length > a.length ? b : a), first)
  if (x === 'step') return { kind: 'loop', loop: deepest.at(-1) as string }
  const common = first.filter((loop) => others.every((loops) => loops.includes(loop)) && loop !== by)
  const loop = common.at(-1) ?? deepest.at(-1)
  return loop === undefined ? undefined : { kind: 'loop', loop }
}

function linesOver(
  axis: SeriesAxis,
  grouped: readonly Grouped[],
  colours: ReadonlyMap<string, number>,
  { timelineOf, by }: ChartRequest,
  leftOut: Set<string>,
): Line[] {
  return grouped.flatMap(({ series, key }): Line[] => {
    const { table, values, entry, name } = series
    const x = table.count === 0 ? undefined : positionsOn(axis, table, timelineOf(entry))
    if (x === undefined) {
      leftOut.add(
        `${sanitizeLine(name)} cannot be placed over ${labelOf(axis)}${table.loops.length === 0 ? ': no loop is around it' : ''}`,
      )
      return []
    }
    if (by !== undefined && axis.kind === 'loop' && table.loops.includes(by))
      startAtFirst(x, series, axis.loop)
    const colour = colours.get(key) as number
    return [{ label: key, colour, x, y: values }]
  })
}

/** A line of one iteration (a fold, a trial) begins where its own iterations begin, not where those of all before it end. */
function startAtFirst(x: Float64Array, { table }: RunSeries, loop: string): void {
  const at = table.loops.lastIndexOf(loop)
  if (at < 1) return
  const shift = (x[0] as number) - (table.indices[at]?.[0] as number)
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) - shift
}

/** The values of each run, as one line, or one a group. */
function linesOverRuns(
  grouped: readonly Grouped[],
  all: readonly RunSeries[],
  colours: ReadonlyMap<string, number> | undefined,
): Line[] {
  const runs = [...new Set(all.map(({ entry }) => entry.run))]
  const lines = new Map<number, { x: number[]; y: number[]; label: string }>()
  for (const { series, key } of grouped) {
    const colour = colours?.get(key) ?? 0
    const line = lines.get(colour) ?? { x: [], y: [], label: key }
    lines.set(colour, line)
    for (const value of series.values) {
      line.x.push(runs.indexOf(series.entry.run) + 1)
      line.y.push(value)
    }
  }
  return [...lines].map(([colour, { x, y, label }]) => ({
    label,
    colour,
    x: Float64Array.from(x),
    y: Float64Array.from(y),
  }))
}

function legendOf(
  grouped: readonly Grouped[],
  colours: ReadonlyMap<string, number>,
  by: string | undefined,
): LegendEntry[] {
  const runs = new Map(grouped.map(({ series }) => [series.entry.run, series.entry] as const))
  if (by === undefined) {
    const short = abbreviator([...runs.keys()])
    const telling = tellingArguments([...runs.values()])
    return [...runs].map(([run, entry]) => {
      const args = entry.args.filter(({ name }) => telling.has(name))
      const label = [short(run), ...args.map(({ name, value }) => formatAssignment(name, value))].join(' ')
      return { label, colour: colours.get(run) as number }
    })
  }
  return [...colours].map(([key, colour]) => {
    const own = grouped.filter((one) => one.key === key)
    const [one] = own
    const count = new Set(own.map(({ series }) => series.entry.run)).size
    const value = one?.value
    const name = value === undefined ? `no ${sanitizeLine(by)}` : formatAssignment(by, value)
    return { label: runs.size === 1 ? name : `${name} (${count} ${count === 1 ? 'run' : 'runs'})`, colour }
  })
}

/** At most so many arguments behind a run in the legend. */
const MOST_ARGUMENTS = 3

/** The arguments whose values tell the runs apart. */
function tellingArguments(entries: readonly RunEntry[]): ReadonlySet<string> {
  const values = new Map<string, Set<string>>()
  for (const { args } of entries) {
    for (const { name, value } of args) {
      const known = values.get(name) ?? new Set()
      values.set(name, known.add(formatAssignment(name, value)))
    }
  }
  const telling = [...values].filter(([name, texts]) => {
    return texts.size > 1 || entries.some(({ args }) => !args.some((arg) => arg.name === name))
  })
  return new Set(telling.slice(0, MOST_ARGUMENTS).map(([name]) => name))
}
