import type { RunEntry } from '../../db/run-entry.js'
import type { Charset } from '../plot/charset.js'
import { counted, formatSize } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { sparkline } from '../render/sparkline.js'
import type { Style } from '../render/style.js'
import { layoutTable, type TableColumn } from '../render/table.js'
import { formatDuration, isoTime, relativeTime } from '../render/time.js'
import { formatName, formatValue } from '../render/value.js'
import { displayWidth, isolate, padEnd, truncate } from '../render/width.js'
import { wrapProse } from '../render/wrap.js'
import { formatFidelity } from './fidelity.js'
import { chartedMetrics, formatMetricCharts } from './metric-charts.js'
import { type CommitNames, formatCode, formatStatus } from './run-code.js'
import { formatCheckpointTotals, formatTimings, type TimedRun } from './run-timings.js'
import { type ShownMetric, shownMetrics } from './shown-metrics.js'

/** How {@link formatRunDetails} lays a run out. */
export interface DetailsLayout {
  readonly columns: number
  readonly nowMs: number
  readonly style: Style
  readonly names: CommitNames
  readonly charset: Charset
  /** What the run's own record tells, which the index does not list; absent where it cannot be read. */
  readonly record?: Pick<TimedRun, 'timeline' | 'checkpoints'>
  /** The difference of the code to its base, as git prints it; absent where there is none. */
  readonly codeLines?: readonly string[]
  /** Whether the series are drawn. */
  readonly charts: boolean
  /** Whether to say how to go on. */
  readonly advice: boolean
}

const LABEL = 12

/** Everything the index knows of a run, in sections. */
export function formatRunDetails(entry: RunEntry, layout: DetailsLayout): string[] {
  const { style } = layout
  const sections = [
    headLines(entry, layout),
    section('arguments', argumentLines(entry, layout), style),
    section(metricsTitle(entry), metricLines(entry, layout), style),
    layout.charts ? indented(chartLines(entry, layout)) : [],
    section('backfills', backfillLines(entry, layout), style),
    section('time', timeLines(entry, layout), style),
    section('checkpoints', checkpointLines(entry, layout), style),
    section('output', outputLines(entry), style),
    section('environment', environmentLines(entry, layout), style),
    section('code, to its base', layout.codeLines ?? [], style),
    section('left out of the run commit', leftOutLines(entry), style),
    layout.advice ? adviceLines(entry, layout) : [],
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))
}

const indented = (lines: readonly string[]): string[] =>
  lines.map((line) => (line === '' ? '' : `    ${line}`))

function section(title: string, lines: readonly string[], style: Style): string[] {
  return lines.length === 0 ? [] : [style.heading(title), ...indented(lines)]
}

function headLines(entry: RunEntry, { columns, nowMs, style, names }: DetailsLayout): string[] {
  const { header, end } = entry
  const status = formatStatus(entry)
  const line = (label: string, text: string): string[] => {
    const [first = '', ...more] = wrapProse(text, Math.max(20, columns - LABEL))
    const indent = ' '.repeat(LABEL)
    return [`${padEnd(`${label}:`, LABEL)}${first}`, ...more.map((it) => `${indent}${it}`)]
  }
  const outcome = status === '' ? 'completed' : status === end.status ? status : `${end.status} (${status})`
  return [
    style.oid(`run ${entry.run}`),
    ...line('command', header.argv.map(sanitizeLine).join(' ')),
    ...(header.cwd === '' ? [] : line('folder', sanitizeLine(header.cwd))),
    ...line('code', sanitizeLine(formatCode(entry, names))),
    ...line('started', `${isoTime(header.startedMs)} (${relativeTime(header.startedMs, nowMs)})`),
    ...line('took', formatDuration(end.durationMs)),
    `${padEnd('status:', LABEL)}${status === '' ? style.good(outcome) : style.bad(outcome)}`,
    ...line('by', sanitizeLine(`${header.user} on ${header.host}`)),
  ]
}

function argumentLines({ args }: RunEntry, { columns }: DetailsLayout): string[] {
  const names = args.map((arg) => formatName(arg.name))
  const room = columns - 4
  const width = Math.min(Math.floor(room / 2), Math.max(0, ...names.map(displayWidth)))
  return args.map(({ value, origin }, i) => {
    const name = padEnd(isolate(truncate(names[i] as string, width)), width)
    const from = origin === 'default' ? '' : `  (${origin})`
    const shown = truncate(formatValue(value, 'exact'), Math.max(8, room - width - 2 - from.length))
    return `${name}  ${isolate(shown)}${from}`
  })
}

function metricLines(entry: RunEntry, { columns, style, charts }: DetailsLayout): string[] {
  const metrics = shownMetrics(entry)
  if (metrics.length === 0) return ['none: nothing was logged']
  const header: TableColumn[] = [
    { title: 'name', align: 'left', isKey: true, minWidth: 8 },
    { title: 'in', align: 'left', minWidth: 4 },
    { title: 'count', align: 'right' },
    { title: 'first', align: 'right', minWidth: 10 },
    { title: 'last', align: 'right', minWidth: 10 },
    { title: 'min', align: 'right' },
    { title: 'max', align: 'right' },
    { title: '', align: 'left', paint: style.spark },
  ]
  const cells = columns < 60 ? 0 : columns < 100 ? 8 : 24
  const drawn = new Set(charts ? chartedMetrics(metrics) : [])
  const rows = metrics.map((metric) => {
    const { name, mark, shapes, count, first, last, min, max, sample } = metric
    return [
      `${sanitizeLine(name)}${mark}`,
      formatShapes(shapes),
      String(count),
      formatValue(first),
      formatValue(last),
      formatValue(min),
      formatValue(max),
      sample === undefined || count < 2 || drawn.has(metric) ? '' : sparkline(sample, cells),
    ]
  })
  return layoutTable(header, rows, columns - 4)
}

/** `epoch, epoch/step`; a dash for what is outside of all loops, where others are not. */
function formatShapes(shapes: ShownMetric['shapes']): string {
  if (shapes.length === 1) return (shapes[0] ?? []).map(sanitizeLine).join('/')
  return shapes.map((loops) => (loops.length === 0 ? '–' : loops.map(sanitizeLine).join('/'))).join(', ')
}

function chartLines(entry: RunEntry, { columns, charset, style }: DetailsLayout): string[] {
  return formatMetricCharts(shownMetrics(entry), { columns: columns - 4, charset, style })
}

function backfillLines({ backfills }: RunEntry, { columns }: DetailsLayout): string[] {
  return backfills.flatMap(({ id, names, patched, level, fidelity, startedMs, durationMs }) => {
    const what = `${names.map(sanitizeLine).join(', ')} by patched commit ${patched.slice(0, 7)}`
    const how = `${level}, fidelity ${formatFidelity(fidelity)}, ${isoTime(startedMs)}, ${formatDuration(durationMs)}, ${sanitizeLine(id)}`
    const [first = '', ...more] = wrapProse(`${what}: ${how}`, Math.max(20, columns - 8))
    return [first, ...more.map((line) => `    ${line}`)]
  })
}

function timeLines({ header, end }: RunEntry, { columns, record }: DetailsLayout): string[] {
  return record === undefined ? [] : formatTimings({ header, end, ...record }, columns - 4)
}

function metricsTitle({ header }: RunEntry): string {
  if (header.capture === undefined) return 'metrics'
  return sanitizeLine(`metrics, captured from the output (${header.capture.patterns.join(', ')})`)
}

function outputLines({ run, end }: RunEntry): string[] {
  if (end.output === undefined) return []
  const { sizeBytes, lineCount, keptBytes, headBytes } = end.output
  const part = headBytes === undefined ? '' : `, of which ${formatSize(keptBytes)} are kept`
  return [
    `${counted(lineCount, 'line')}, ${formatSize(sizeBytes)}${part}    (git flor show --output ${run.slice(0, 7)})`,
  ]
}

function checkpointLines(
  { run, header, end, checkpoints }: RunEntry,
  { columns, record }: DetailsLayout,
): string[] {
  if (checkpoints.count === 0) return []
  const size = formatSize(checkpoints.sizeBytes)
  const lines =
    record === undefined
      ? [`${counted(checkpoints.count, 'checkpoint')}, ${size}`]
      : formatCheckpointTotals({ header, end, ...record }, checkpoints.sizeBytes)
  return [...lines, `git flor checkpoint ${run.slice(0, 7)}    lists them`].flatMap((line) =>
    wrapProse(line, Math.max(20, columns - 4)),
  )
}

function environmentLines({ header }: RunEntry, { columns }: DetailsLayout): string[] {
  const versions = Object.entries(header.versions).map(([name, version]) => `${name} ${version}`)
  const lines = [
    ...(versions.length === 0 ? [] : [sanitizeLine(versions.join(', '))]),
    ...(header.lockFile === undefined
      ? []
      : [`lock file ${sanitizeLine(header.lockFile.path)} (${header.lockFile.oid.slice(0, 7)})`]),
  ]
  return lines.flatMap((line) => wrapProse(line, Math.max(20, columns - 4)))
}

function adviceLines({ run, checkpoints }: RunEntry, { columns, style }: DetailsLayout): string[] {
  const oid = run.slice(0, 7)
  const lines: [command: string, gives: string][] = [
    [`git switch --detach ${oid}`, 'its exact code'],
    [`git worktree add <folder> ${oid}`, 'the same, beside yours'],
  ]
  if (checkpoints.count > 0) lines.push([`git flor checkpoint ${oid} --extract <dir>`, 'its state'])
  const width = Math.max(...lines.map(([command]) => command.length))
  const explained = lines.map(([command, gives]) => `${padEnd(command, width)}    ${gives}`)
  // Where there is no room, the commands alone: they are to be typed, and never cut.
  const fit = explained.every((line) => line.length <= columns)
  return (fit ? explained : lines.map(([command]) => command)).map(style.faint)
}

function leftOutLines({ header }: RunEntry): string[] {
  const shown = header.leftOut.slice(0, 20).map(({ path, reason }) => `${sanitizeLine(path)} (${reason})`)
  const hidden = header.leftOut.length - shown.length
  return hidden > 0 ? [...shown, `… ${hidden} more`] : shown
}
