import type { RunEntry } from '../../db/run-entry.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { formatDuration, relativeTime } from '../render/time.js'
import { formatAssignment } from '../render/value.js'
import { displayWidth, isolate, padEnd, padStart, truncate } from '../render/width.js'
import { wrapParts } from '../render/wrap.js'
import { summarizeMetric } from './metric-summary.js'
import { type CommitNames, formatCode, formatStatus } from './run-code.js'
import { abbreviator } from './short-run.js'
import { originMark, shownMetrics } from './shown-metrics.js'

/** How a list of runs is laid out. */
export interface ListLayout {
  readonly columns: number
  readonly nowMs: number
  readonly style: Style
  readonly names: CommitNames
}

const INDENT = '    '
/** Metrics of a run that are shown; the rest is counted. */
const MOST_METRICS = 8
/** Cells of a sparkline, by the columns that there are. */
const SPARK_CELLS = [
  { columns: 160, cells: 16 },
  { columns: 110, cells: 12 },
  { columns: 60, cells: 8 },
  { columns: 0, cells: 6 },
] as const

/** Lines of the list: of each run one line of what ran, its arguments, its metrics. */
export function formatRunList(entries: readonly RunEntry[], layout: ListLayout): string[] {
  const heads = entries.map((entry) => headOf(entry, layout))
  const widths = [0, 1, 2, 3].map((i) => Math.max(0, ...heads.map((head) => displayWidth(head[i] ?? ''))))
  const short = abbreviator(entries.map((entry) => entry.run))
  return entries.flatMap((entry, i) => [
    headLine(entry, short(entry.run), heads[i] as readonly string[], widths, layout),
    ...argumentLines(entry, layout),
    ...metricLines(entry, layout),
  ])
}

/** One line a run: oid, when, how it ended where that is worth saying, script, arguments; cut at the width. */
export function formatOneline(entries: readonly RunEntry[], layout: ListLayout): string[] {
  const short = abbreviator(entries.map((entry) => entry.run))
  return entries.map((entry) => {
    const status = formatStatus(entry)
    const args = entry.args.map((arg) => isolate(formatAssignment(arg.name, arg.value))).join(' ')
    const rest = [status === '' ? '' : `✗ ${status}`, scriptOf(entry), args]
      .filter((it) => it !== '')
      .join(' ')
    const oid = short(entry.run)
    return `${layout.style.oid(oid)} ${truncate(rest, Math.max(10, layout.columns - oid.length - 1))}`
  })
}

function headOf(entry: RunEntry, { nowMs, names }: ListLayout): readonly string[] {
  return [
    scriptOf(entry),
    relativeTime(entry.header.startedMs, nowMs),
    formatDuration(entry.end.durationMs),
    formatCode(entry, names),
  ]
}

function headLine(
  entry: RunEntry,
  oid: string,
  head: readonly string[],
  widths: readonly number[],
  { columns, style }: ListLayout,
): string {
  const [script = '', when = '', took = '', code = ''] = head
  const [scriptWidth = 0, whenWidth = 0, tookWidth = 0, codeWidth = 0] = widths
  const status = formatStatus(entry)
  const mark = status === '' ? '' : `  ✗ ${status}`
  // `run <oid>`, two blanks before each of the four.
  const fixed = 4 + oid.length + 8 + whenWidth + tookWidth + codeWidth
  const room = Math.max(8, Math.min(scriptWidth, columns - fixed - displayWidth(mark)))
  const start = `run ${oid}  ${padEnd(isolate(truncate(script, room)), room)}`
  const middle = `  ${padEnd(when, whenWidth)}  ${padStart(took, tookWidth)}`
  const tail = mark === '' ? code : padEnd(code, codeWidth)
  const width = displayWidth(start) + displayWidth(middle) + 2 + displayWidth(tail) + displayWidth(mark)
  const painted = `${style.oid(`run ${oid}`)}${start.slice(4 + oid.length)}`
  if (width > columns) {
    const second = [when, took, code].join(', ')
    const first = `${painted.trimEnd()}${style.bad(mark)}`
    return `${first}\n${INDENT}${truncate(second, columns - INDENT.length)}`
  }
  return `${painted}${middle}  ${tail}${style.bad(mark)}`
}

function argumentLines(entry: RunEntry, { columns, style }: ListLayout): string[] {
  const longest = Math.max(10, Math.min(60, columns - INDENT.length))
  const parts = entry.args.map((arg) => ({
    text: isolate(truncate(formatAssignment(arg.name, arg.value), longest)),
  }))
  return wrapParts(parts, { columns, indent: INDENT, separator: ' ' }).map((line) =>
    style.enabled ? INDENT + style.faint(line.slice(INDENT.length)) : line,
  )
}

function metricLines(entry: RunEntry, { columns, style }: ListLayout): string[] {
  const cells = SPARK_CELLS.find((step) => columns >= step.columns)?.cells ?? 6
  const metrics = shownMetrics(entry)
  const parts = metrics
    .slice(0, MOST_METRICS)
    .map((metric) => summarizeMetric(metric, { cells, room: columns - INDENT.length, style }))
  const hidden = metrics.length - MOST_METRICS
  if (hidden > 0) parts.push({ text: `… ${hidden} more`, painted: style.faint(`… ${hidden} more`) })
  return wrapParts(parts, { columns, indent: INDENT, separator: '   ' })
}

/** The line that explains the marks, where any are shown. */
export function explainMarks(entries: readonly RunEntry[]): string[] {
  const marks = new Set(entries.flatMap((entry) => entry.metrics.map(originMark)))
  return [
    ...(marks.has('*') ? ['* backfilled'] : []),
    ...(marks.has('!') ? ['! backfilled by a replay that did not reproduce the recorded values'] : []),
  ]
}

function scriptOf({ header }: RunEntry): string {
  return sanitizeLine(header.script ?? header.argv.slice(0, 3).join(' '))
}
