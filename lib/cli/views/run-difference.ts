import type { RunEntry } from '../../db/run-entry.js'
import type { LogValue } from '../../model/value.js'
import { toJson } from '../formats/json.js'
import { formatNumber } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { layoutTable, type TableColumn } from '../render/table.js'
import { formatDuration } from '../render/time.js'
import { formatValue } from '../render/value.js'
import { environmentFacts } from './environment-facts.js'
import { betterDirection } from './metric-summary.js'
import { abbreviator } from './short-run.js'
import { type ShownMetric, shownMetricsByName } from './shown-metrics.js'

/** Arguments, environment and metrics of two runs side by side: metrics all, the others only where they differ. */
export function formatRunDifference(
  older: RunEntry,
  newer: RunEntry,
  { columns, style }: { readonly columns: number; readonly style: Style },
): string[] {
  const short = abbreviator([older.run, newer.run])
  const titles = [short(older.run), short(newer.run)] as const
  return [
    ...table('arguments', argumentRows(older, newer), titles, { columns, style }),
    '',
    ...environmentTable(environmentRows(older, newer), titles, { columns, style }),
    ...table('metrics', metricRows(older, newer), titles, { columns, style }),
  ]
}

/** Nothing where all is the same, as it is for most runs of one person. */
function environmentTable(rows: readonly Row[], ...rest: Tail): string[] {
  return rows.length === 0 ? [] : [...table('environment', rows, ...rest), '']
}

type Tail = Parameters<typeof table> extends [string, readonly Row[], ...infer Rest] ? Rest : never

type Row = readonly [name: string, before: string, after: string, change: string]

function table(
  title: string,
  rows: readonly Row[],
  [before, after]: readonly [string, string],
  { columns, style }: { readonly columns: number; readonly style: Style },
): string[] {
  if (rows.length === 0) return [style.heading(title), '    no difference']
  const header: TableColumn[] = [
    { title, align: 'left', isKey: true, minWidth: 12, paintTitle: style.heading },
    { title: before, align: 'right', minWidth: 7, paintTitle: style.oid },
    { title: after, align: 'right', minWidth: 7, paintTitle: style.oid },
    ...(rows.some((row) => row[3] !== '') ? [{ title: '', align: 'right' } as const] : []),
  ]
  return layoutTable(
    header,
    rows.map(([name, ...cells]) => [`    ${name}`, ...cells]),
    columns,
  )
}

function argumentRows(older: RunEntry, newer: RunEntry): Row[] {
  const [before, after] = [older, newer].map(
    (entry) => new Map(entry.args.map((arg) => [arg.name, arg.value] as const)),
  ) as [Map<string, LogValue>, Map<string, LogValue>]
  const show = (values: ReadonlyMap<string, LogValue>, name: string): string =>
    values.has(name) ? formatValue(values.get(name), 'exact') : '–'
  return union(before, after)
    .filter(
      (name) => toJson(before.get(name)) !== toJson(after.get(name)) || before.has(name) !== after.has(name),
    )
    .map((name) => [sanitizeLine(name), show(before, name), show(after, name), ''])
}

function environmentRows(older: RunEntry, newer: RunEntry): Row[] {
  const [before, after] = [environmentFacts(older), environmentFacts(newer)]
  return union(before, after)
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => [
      sanitizeLine(name),
      sanitizeLine(before.get(name) ?? '–'),
      sanitizeLine(after.get(name) ?? '–'),
      '',
    ])
}

/** The last value of each metric; the best one beside it, where words in the name tell what is good. */
function metricRows(older: RunEntry, newer: RunEntry): Row[] {
  const [before, after] = [shownMetricsByName(older), shownMetricsByName(newer)]
  const rows = union(before, after).flatMap((name): Row[] => {
    const [a, b] = [before.get(name), after.get(name)]
    const direction = betterDirection(name)
    const row = (label: string, of: (metric: ShownMetric) => LogValue | undefined): Row => [
      `${sanitizeLine(label)}`,
      a === undefined ? '–' : `${formatValue(of(a))}${a.mark}`,
      b === undefined ? '–' : `${formatValue(of(b))}${b.mark}`,
      formatChange(a && of(a), b && of(b)),
    ]
    const last = row(name, (metric) => metric.last)
    if (direction === undefined || Math.max(a?.count ?? 0, b?.count ?? 0) < 2) return [last]
    return [last, row(`${name}, ${direction}`, (metric) => metric[direction])]
  })
  return [...rows, ['took', formatDuration(older.end.durationMs), formatDuration(newer.end.durationMs), '']]
}

function formatChange(before: LogValue | undefined, after: LogValue | undefined): string {
  if (typeof before !== 'number' || typeof after !== 'number') return ''
  const change = after - before
  if (!Number.isFinite(change)) return ''
  return change === 0 ? '=' : `${change > 0 ? '+' : ''}${formatNumber(change, 3)}`
}

function union(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])]
}
