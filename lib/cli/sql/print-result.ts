import type { DuckDBResult } from '@duckdb/node-api'
import type { LogValue } from '../../model/value.js'
import { csvField, csvRecord, tsvRecord } from '../formats/csv.js'
import { JSON_VERSION, type Jsonable, toJson } from '../formats/json.js'
import type { Output } from '../output.js'
import { sanitizeLine } from '../render/sanitize.js'
import type { Style } from '../render/style.js'
import { layoutTable } from '../render/table.js'
import { formatValue } from '../render/value.js'
import type { DuckDb } from './find-duckdb.js'
import { resultValue } from './result-value.js'

/** How the rows of a statement are printed. */
export type ResultFormat = 'table' | 'json' | 'jsonl' | 'csv' | 'tsv'

/** Rows that are laid out together as a table: their columns line up. */
const PAGE = 1000

/** A result as it is printed: columns, and rows as they come. */
interface Rows {
  readonly names: readonly string[]
  readonly types: readonly string[]
  /** Rows in batches. */
  batches(): AsyncGenerator<LogValue[][]>
}

/** Where a result is printed, and how. */
export interface ResultLayout {
  readonly out: Output
  readonly columns: number
  readonly style: Style
  /** What a record of CSV and TSV goes through: on a terminal control characters in it are shown as escapes. */
  readonly clean: (record: string) => string
}

/** Prints a result as its rows come; answers how many there were. @throws BrokenPipe, FlorError SQL_FAILED */
export async function printResult(
  result: DuckDBResult,
  duckdb: DuckDb,
  format: ResultFormat,
  { out, columns, style, clean }: ResultLayout,
): Promise<number> {
  const names = result.deduplicatedColumnNames()
  const rows: Rows = {
    names,
    types: result.columnTypes().map(String),
    async *batches() {
      for await (const chunk of result.yieldRows()) {
        yield chunk.map((row) => row.map((value) => resultValue(value, duckdb)))
      }
    },
  }
  if (format === 'table') return printTable(rows, out, columns, style)
  if (format === 'json') return printJson(rows, out)
  let count = 0
  if (format === 'csv') await out.print(`${clean(csvRecord(names))}\n`)
  if (format === 'tsv') await out.print(`${clean(tsvRecord(names))}\n`)
  for await (const batch of rows.batches()) {
    for (const row of batch) {
      count++
      if (format === 'jsonl') await out.print(`${toJson(asObject(names, row))}\n`)
      else if (format === 'csv') await out.print(`${clean(csvRecord(row.map(csvField)))}\n`)
      else await out.print(`${clean(tsvRecord(row.map(csvField)))}\n`)
    }
  }
  return count
}

async function printJson({ names, types, batches }: Rows, out: Output): Promise<number> {
  const columns = names.map((name, i) => ({ name, type: types[i] }))
  await out.print(`{"version":${JSON_VERSION},"kind":"query","columns":${toJson(columns)},"rows":[`)
  let count = 0
  for await (const batch of batches()) {
    for (const row of batch) {
      await out.print(`${count === 0 ? '' : ','}\n${toJson(asObject(names, row))}`)
      count++
    }
  }
  await out.print('\n]}\n')
  return count
}

async function printTable(rows: Rows, out: Output, columns: number, style: Style): Promise<number> {
  const isNumeric = rows.types.map((type) => /^(?:U?\w*INT|DOUBLE|FLOAT|DECIMAL\([\d,]+\))$/.test(type))
  const header = rows.names.map((name, i) => ({
    title: sanitizeLine(name),
    align: isNumeric[i] ? ('right' as const) : ('left' as const),
    ...(isNumeric[i] ? {} : { minWidth: 8 }),
    ...(i === 0 ? { isKey: true } : {}),
    paintTitle: style.heading,
  }))
  let [count, page] = [0, [] as string[][]]
  const flush = async (): Promise<void> => {
    if (count > page.length && page.length > 0) await out.print('\n')
    if (page.length > 0 || count === 0) await out.lines(layoutTable(header, page, columns))
    page = []
  }
  for await (const batch of rows.batches()) {
    for (const row of batch) {
      count++
      page.push(row.map((value) => (value === null ? '' : formatValue(value, 'exact'))))
      if (page.length === PAGE) await flush()
    }
  }
  await flush()
  return count
}

/** An object whose keys may be anything, `__proto__` included. */
function asObject(names: readonly string[], row: readonly LogValue[]): { readonly [key: string]: Jsonable } {
  return Object.assign(Object.create(null), Object.fromEntries(names.map((name, i) => [name, row[i]])))
}
