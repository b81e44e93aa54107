import type { Origin } from '../../db/run-entry.js'
import type { PivotCell, PivotColumn, PivotTable } from '../../query/pivot-table.js'
import type { Style } from '../render/style.js'
import { layoutTable, type TableColumn } from '../render/table.js'
import { formatDuration, isoTime } from '../render/time.js'
import { formatName, formatValue } from '../render/value.js'
import { formatFidelityBriefly } from './fidelity.js'
import { abbreviator } from './short-run.js'

const DIGITS = 6
/** Columns of text are not cut to less. */
const NARROWEST = 8
/** Replays that are named below the table. */
const MOST_NOTES = 6

/** The table for people; `!` behind single values whose replay diverged, `*` behind names with backfilled values, explained below. */
export function formatPivot(
  table: PivotTable,
  { columns, style }: { readonly columns: number; readonly style: Style },
): string[] {
  const short = abbreviator(table.rows.map((row) => row.entry.run))
  const cells = table.rows.map((row) =>
    table.columns.map((column, i) => formatCell(column, row.cells[i], row.entry.run, short)),
  )
  const header = table.columns.map((column, i) => ({
    ...headerOf(column, i, table, style),
    ...(column.kind === 'run' ? {} : { minWidth: NARROWEST }),
  }))
  return [...layoutTable(header, cells, columns), ...explain(table, short, style)]
}

function headerOf(column: PivotColumn, i: number, table: PivotTable, style: Style): TableColumn {
  const cells = table.rows.map((row) => row.cells[i])
  const isNumeric = cells.some((cell) => typeof cell?.value === 'number')
  const isBackfilled = cells.some((cell) => cell?.origin?.kind === 'backfilled')
  const isKey = column.kind === 'run' || column.kind === 'loop'
  return {
    title: formatName(column.name),
    ...(isBackfilled && { titleMark: '*' }),
    align: isNumeric ? 'right' : 'left',
    isKey,
    paintTitle: style.heading,
    paint: (text, row) => {
      if (column.kind === 'run') return style.oid(text)
      return isDiverged(cells[row]) ? style.warn(text) : text
    },
  }
}

function formatCell(
  column: PivotColumn,
  cell: PivotCell | undefined,
  run: string,
  short: (oid: string) => string,
): string {
  if (column.kind === 'run') return short(run)
  if (cell === undefined) return ''
  const { value } = cell
  if (column.kind === 'attribute') {
    if (value instanceof Date) return isoTime(value.getTime())
    if (column.name === 'duration' && typeof value === 'number') return formatDuration(value * 1000)
    if (typeof value === 'string' && /^[0-9a-f]{40,64}$/.test(value)) return short(value)
  }
  const isMeasured = column.kind === 'value' || column.kind === 'aggregate'
  const text = formatValue(value, isMeasured ? DIGITS : 'exact')
  return isDiverged(cell) ? `${text}!` : text
}

function isDiverged(cell: PivotCell | undefined): boolean {
  return cell?.origin?.kind === 'backfilled' && cell.origin.fidelity.status === 'diverged'
}

/** One line for each replay that produced values of the table. */
function explain(table: PivotTable, short: (oid: string) => string, style: Style): string[] {
  const replays = new Map<string, { run: string; origin: Extract<Origin, { kind: 'backfilled' }> }>()
  for (const { entry, cells } of table.rows) {
    for (const cell of cells) {
      if (cell?.origin?.kind !== 'backfilled') continue
      const key = `${entry.run} ${cell.origin.patched} ${cell.origin.fidelity.status}`
      if (!replays.has(key)) replays.set(key, { run: entry.run, origin: cell.origin })
    }
  }
  const lines = [...replays.values()].slice(0, MOST_NOTES).map(({ run, origin }) => {
    const mark = origin.fidelity.status === 'diverged' ? '!' : '*'
    const by = `${short(run)} by patched commit ${origin.patched.slice(0, 7)}`
    return `${mark} backfilled (${by}; fidelity ${formatFidelityBriefly(origin.fidelity)})`
  })
  if (replays.size > MOST_NOTES) lines.push(`* and ${replays.size - MOST_NOTES} more replays`)
  return lines.map(style.faint)
}
