import type { PivotTable } from '../../query/pivot-table.js'
import { csvField, csvRecord } from '../formats/csv.js'
import { JSON_VERSION, type Jsonable, toJson } from '../formats/json.js'
import { originToJson } from './run-json.js'

/** The table as JSON text, piece by piece: one row an element, members named as the columns. docs/json.md describes it. */
export function* pivotToJson(table: PivotTable): Generator<string> {
  yield `{"version":${JSON_VERSION},"kind":"table","columns":${toJson(table.columns.map(({ name, kind }) => ({ name, kind })))},"rows":[`
  for (const [i, row] of table.rows.entries()) {
    const members: [string, Jsonable][] = []
    const origins: [string, Jsonable][] = []
    table.columns.forEach(({ name, kind }, c) => {
      const cell = row.cells[c]
      members.push([name, kind === 'run' ? row.entry.run : (cell?.value ?? null)])
      if (cell?.origin?.kind === 'backfilled') origins.push([name, originToJson(cell.origin)])
    })
    const origin = origins.length === 0 ? {} : { backfilled: record(origins) }
    yield `${i === 0 ? '' : ','}\n${toJson({ values: record(members), ...origin })}`
  }
  yield '\n]}\n'
}

/** The table as CSV (RFC 4180), the names first. Values stand exactly as they were logged; marks are left to `--json`. */
export function* pivotToCsv(table: PivotTable): Generator<string> {
  yield `${csvRecord(table.columns.map((column) => column.name))}\r\n`
  for (const row of table.rows) {
    const fields = table.columns.map(({ kind }, i) =>
      kind === 'run' ? row.entry.run : csvField(row.cells[i]?.value),
    )
    yield `${csvRecord(fields)}\r\n`
  }
}

/** An object whose keys may be anything, `__proto__` included. */
function record(members: readonly (readonly [string, Jsonable])[]): { readonly [key: string]: Jsonable } {
  return Object.assign(Object.create(null), Object.fromEntries(members))
}
