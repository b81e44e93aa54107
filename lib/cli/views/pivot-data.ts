import type { LogValue } from '../../model/value.js'
import type { PivotCell, PivotRow, PivotStream } from '../../query/pivot-table.js'
import { csvField, csvRecord, tsvRecord } from '../formats/csv.js'
import { JSON_VERSION, type Jsonable, toJson } from '../formats/json.js'
import { ParquetColumn, writeParquet } from '../formats/parquet.js'
import { RUN_FIELD_NAMES, runField } from '../formats/run-fields.js'
import { parseTemplate, unknownField } from '../formats/template.js'
import { blockToFields, blockToText } from './block-fields.js'
import { originToJson } from './run-json.js'
import { originMark } from './shown-metrics.js'

/** The table as one JSON document, piece by piece: one row an element, members named as the columns. docs/json.md describes it. */
export async function* pivotToJson({ columns, batches }: PivotStream): AsyncGenerator<string> {
  yield `{"version":${JSON_VERSION},"kind":"table","columns":${toJson(columns.map(({ name, kind }) => ({ name, kind })))},"rows":[`
  let between = ''
  for await (const batch of batches) {
    let text = ''
    for (const row of batch) {
      const origins = columns.flatMap(({ name }, c): [string, Jsonable][] => {
        const origin = row.cells[c]?.origin
        return origin?.kind === 'backfilled' ? [[name, originToJson(origin)]] : []
      })
      const backfilled = origins.length === 0 ? '' : `,"backfilled":${toJson(record(origins))}`
      // Null stands for a value that is missing, too: where it was logged, that is said beside.
      const nulls = columns.filter((_, c) => row.cells[c]?.value === null).map(({ name }) => name)
      const logged = nulls.length === 0 ? '' : `,"nulls":${toJson(nulls)}`
      text += `${between}\n{"values":${toJson(valuesOf(columns, row))}${logged}${backfilled}}`
      between = ','
    }
    yield text
  }
  yield '\n]}\n'
}

/** The rows as JSON, each by itself: members are named as the columns, and all of them are there. `end` is what a row ends with. */
export async function* pivotToJsonLines(
  { columns, batches }: PivotStream,
  end: string,
): AsyncGenerator<string> {
  for await (const batch of batches) {
    yield batch.map((row) => `${toJson(valuesOf(columns, row))}${end}`).join('')
  }
}

/** Rows up to which texts are made sooner than bytes. */
const FEW_ROWS = 4096

/** The table as CSV (RFC 4180) or tab-separated values, text or UTF-8, the names first. Values stand exactly as they were logged; marks are left to `--json`. */
export async function* pivotToFields(
  { columns, batches, pieces = batches }: PivotStream,
  { separator, end }: { readonly separator: ',' | '\t'; readonly end: string },
): AsyncGenerator<string | Uint8Array> {
  const recordOf = separator === ',' ? csvRecord : tsvRecord
  const fieldOf = (value: LogValue | undefined): string =>
    // Finite numbers are quoted in neither form.
    typeof value === 'number' && value !== 0 && Number.isFinite(value)
      ? String(value)
      : recordOf([csvField(value)])
  const written = columns.map(() => ({
    cell: undefined as PivotCell | undefined,
    text: recordOf([undefined]),
  }))
  yield `${recordOf(columns.map((column) => column.name))}${end}`
  let rows = 0
  for await (const piece of pieces) {
    if ('columns' in piece) {
      rows += piece.count
      const form = { separator, end, fieldOf }
      if (rows <= FEW_ROWS) yield blockToText(piece, form)
      else yield* blockToFields(piece, form)
      continue
    }
    let text = ''
    for (const { cells } of piece) {
      for (let i = 0; i < columns.length; i++) {
        const cell = cells[i]
        const last = written[i] as (typeof written)[number]
        // Runs, iterations and coarser values are one cell in many rows.
        if (cell !== last.cell) {
          last.cell = cell
          last.text = fieldOf(cell?.value)
        }
        text += i === 0 ? last.text : separator + last.text
      }
      text += end
    }
    yield text
  }
}

/** The table as a Parquet file, which pandas, Polars and DuckDB read. Holds its values in memory. */
export async function pivotToParquet({ columns, batches }: PivotStream): Promise<Uint8Array> {
  const written = columns.map(({ name, kind }) => new ParquetColumn(name, kind === 'loop'))
  const described = columns.map(({ name, kind }) => ({ name, kind }))
  for await (const batch of batches) {
    for (const { cells } of batch) {
      for (let i = 0; i < written.length; i++) written[i]?.add(cells[i]?.value)
    }
  }
  return writeParquet(written, {
    'git-flor': toJson({ version: JSON_VERSION, kind: 'table', columns: described }),
  })
}

/**
 * The rows in a format of the user's; a field is a column by its name, `%(value:<column>)` where a field of runs is called the same,
 * `%(mark:<column>)` for `*` or `!`, or a field of the row's run.
 * @throws FlorError USAGE for an unknown field, before anything is yielded
 */
export function formatRows(
  { columns, batches }: PivotStream,
  options: {
    readonly template: string
    readonly end: string
    readonly nowMs: number
    readonly clean: (text: string) => string
  },
): AsyncGenerator<string> {
  const names = columns.map(({ name }) => name)
  const known = [...names, ...names.flatMap((name) => [`value:${name}`, `mark:${name}`]), ...RUN_FIELD_NAMES]
  const parts = parseTemplate(options.template).map((part): string | ((row: PivotRow) => string) => {
    if (typeof part === 'string') return part
    const column = names.indexOf(part.field.replace(/^value:/, ''))
    const isColumn = names.includes(part.field) || (column !== -1 && part.field.startsWith('value:'))
    if (isColumn) {
      const at = names.includes(part.field) ? names.indexOf(part.field) : column
      return ({ cells }) => csvField(cells[at]?.value) ?? ''
    }
    const marked = part.field.startsWith('mark:') ? names.indexOf(part.field.slice(5)) : -1
    if (marked !== -1) {
      return ({ cells }) => {
        const origin = cells[marked]?.origin
        return origin === undefined ? '' : originMark({ origin })
      }
    }
    const field = runField(part.field, options.nowMs)
    if (field === undefined) throw unknownField(part.field, known)
    return ({ entry }) => field(entry)
  })
  const format = (row: PivotRow): string =>
    parts.map((part) => (typeof part === 'string' ? part : options.clean(part(row)))).join('') + options.end
  return (async function* () {
    for await (const batch of batches) yield batch.map(format).join('')
  })()
}

/** An object whose keys may be anything, `__proto__` included. */
function record(members: readonly (readonly [string, Jsonable])[]): { readonly [key: string]: Jsonable } {
  return Object.assign(Object.create(null), Object.fromEntries(members))
}

function valuesOf(
  columns: PivotStream['columns'],
  { cells }: PivotRow,
): { readonly [key: string]: Jsonable } {
  return record(columns.map(({ name }, c) => [name, cells[c]?.value ?? null] as const))
}
