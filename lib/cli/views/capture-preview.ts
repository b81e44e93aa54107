import { type CapturedLine, contextOf } from '../../capture/capturer.js'
import type { FoundValue } from '../../capture/reading.js'
import { type Context, formatContext } from '../../model/context.js'
import type { Jsonable } from '../formats/json.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { layoutTable, type TableColumn } from '../render/table.js'
import { formatValue } from '../render/value.js'

/** One name in iterations of one shape, as it would be recorded. */
interface CapturedMetric {
  readonly name: string
  readonly loops: readonly string[]
  readonly patterns: Set<string>
  readonly first: FoundValue['value']
  readonly firstAt: Context
  last: FoundValue['value']
  lastAt: Context
  count: number
}

/** What has been taken out of an output so far. */
export class CaptureTotals {
  lineCount = 0
  valueCount = 0
  readonly #metrics = new Map<string, CapturedMetric>()

  add(line: CapturedLine): void {
    this.lineCount++
    for (const found of line.values) {
      this.valueCount++
      const context = contextOf(line, found)
      const loops = context.map((it) => it.loop)
      const key = JSON.stringify([found.name, loops])
      const metric = this.#metrics.get(key)
      if (metric === undefined) {
        const { name, value, pattern } = found
        this.#metrics.set(key, {
          name,
          loops,
          patterns: new Set([pattern]),
          first: value,
          firstAt: context,
          last: value,
          lastAt: context,
          count: 1,
        })
        continue
      }
      metric.patterns.add(found.pattern)
      metric.last = found.value
      metric.lastAt = context
      metric.count++
    }
  }

  /** In the order in which they were found. */
  get metrics(): readonly CapturedMetric[] {
    return [...this.#metrics.values()]
  }
}

/** The table of what would be recorded. */
export function formatTotals(totals: CaptureTotals, columns: number): string[] {
  if (totals.metrics.length === 0) return []
  const header: TableColumn[] = [
    { title: 'name', align: 'left', isKey: true, minWidth: 8 },
    { title: 'in', align: 'left', minWidth: 4 },
    { title: 'count', align: 'right' },
    { title: 'first', align: 'right', minWidth: 8 },
    { title: 'last', align: 'right', minWidth: 8 },
    { title: 'at', align: 'left' },
    { title: 'by', align: 'left' },
  ]
  const rows = totals.metrics.map((it) => [
    sanitizeLine(it.name),
    it.loops.join('/'),
    String(it.count),
    formatValue(it.first),
    formatValue(it.last),
    formatContext(it.lastAt),
    sanitizeLine([...it.patterns].join(', ')),
  ])
  return layoutTable(header, rows, columns)
}

/** A line with what is taken of it marked, and below it what that is. */
export function formatCapturedLine(line: CapturedLine, style: Style): string[] {
  const marks = [
    ...line.values.map(({ start, end }) => ({ start, end, paint: style.good })),
    ...line.reading.iterations.map(({ start, end }) => ({ start, end, paint: style.oid })),
  ].sort((a, b) => a.start - b.start)
  let text = ''
  let at = 0
  for (const { start, end, paint } of marks) {
    if (start < at) continue
    text += sanitizeLine(line.text.slice(at, start)) + paint(`«${sanitizeLine(line.text.slice(start, end))}»`)
    at = end
  }
  text += sanitizeLine(line.text.slice(at))
  if (line.values.length === 0) return [text]
  const places = new Map<string, string[]>()
  for (const found of line.values) {
    const place = formatContext(contextOf(line, found))
    const text = `${sanitizeLine(found.name)}=${formatValue(found.value, 'exact')}`
    places.set(place, [...(places.get(place) ?? []), text])
  }
  return [
    text,
    ...[...places].map(([place, values]) =>
      style.faint(`    ${place === '' ? '' : `${place}: `}${values.join(', ')}`),
    ),
  ]
}

/** The preview as `--json` prints it; docs/json.md. */
export function captureToJson(
  totals: CaptureTotals,
  lines: readonly CapturedLine[] | undefined,
): { readonly [key: string]: Jsonable } {
  return {
    version: 1,
    kind: 'capture',
    lines: totals.lineCount,
    values: totals.valueCount,
    metrics: totals.metrics.map((it) => ({
      name: it.name,
      loops: it.loops,
      count: it.count,
      first: it.first,
      last: it.last,
      patterns: [...it.patterns],
    })),
    captured:
      lines === undefined
        ? undefined
        : lines.flatMap((line, i) =>
            line.values.map((found) => ({
              line: i + 1,
              context: formatContext(contextOf(line, found)),
              name: found.name,
              value: found.value,
              pattern: found.pattern,
            })),
          ),
  }
}
