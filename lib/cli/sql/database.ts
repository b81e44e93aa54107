import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api'
import { FlorError } from '../../model/errors.js'
import { BrokenPipe } from '../output.js'
import type { DuckDb, DuckDbBindings } from './find-duckdb.js'
import { quoteName } from './relations.js'
import { withOwnSuggestion } from './suggest-relation.js'

/** A column to append: numbers as they lie in memory, or values one by one. */
export type ColumnData = Int32Array | Float64Array | readonly DuckDBValue[]

/** Rows that DuckDB takes at once. */
const CHUNK = 2048

/**
 * A DuckDB database in memory, for one command. It reads and writes no files and loads no extensions, unless `allowFiles`; nothing is ever
 * installed from the network. All methods throw FlorError SQL_FAILED with what DuckDB says.
 */
export class SqlDatabase {
  private constructor(
    readonly duckdb: DuckDb,
    private readonly bindings: DuckDbBindings,
    private readonly instance: DuckDBInstance,
    readonly connection: DuckDBConnection,
  ) {}

  static async open(
    { duckdb, bindings }: { readonly duckdb: DuckDb; readonly bindings: DuckDbBindings },
    allowFiles: boolean,
  ): Promise<SqlDatabase> {
    return asSqlFailure(async () => {
      const instance = await duckdb.DuckDBInstance.create(':memory:', {
        // Else results that need more than memory would be laid into the user's folder.
        temp_directory: '',
        autoinstall_known_extensions: 'false',
        ...(allowFiles ? {} : { enable_external_access: 'false' }),
      })
      return new SqlDatabase(duckdb, bindings, instance, await instance.connect())
    })
  }

  /** Makes a table and fills it. `rows` come in batches, each a column an element, all equally long. */
  async fill(
    table: string,
    columns: readonly { readonly name: string; readonly type: string }[],
    batches: Iterable<readonly ColumnData[]> | AsyncIterable<readonly ColumnData[]>,
  ): Promise<void> {
    const list = columns.map(({ name, type }) => `${quoteName(name)} ${type}`).join(', ')
    await this.execute(`CREATE TABLE ${quoteName(table)} (${list})`)
    const appender = await this.appender(table)
    for await (const batch of batches) appender.append(batch)
    appender.close()
  }

  /** Appends to a table that exists. */
  async appender(table: string, schema?: string): Promise<TableAppender> {
    return asSqlFailure(async () => {
      const appender = await this.connection.createAppender(table, schema)
      const types = Array.from({ length: appender.columnCount }, (_, i) => appender.columnType(i))
      return {
        append: (columns) => {
          const count = columns[0]?.length ?? 0
          for (let from = 0; from < count; from += CHUNK) {
            const to = Math.min(count, from + CHUNK)
            const chunk = this.duckdb.DuckDBDataChunk.create(types, to - from)
            columns.forEach((data, i) => {
              if (Array.isArray(data)) chunk.setColumnValues(i, data.slice(from, to))
              else this.#copy(chunk.chunk, i, (data as Int32Array | Float64Array).subarray(from, to))
            })
            appender.appendDataChunk(chunk)
          }
        },
        close: () => appender.closeSync(),
      }
    })
  }

  /** As a whole: setting values one by one takes fifty times as long. */
  #copy(
    chunk: Parameters<DuckDbBindings['data_chunk_get_vector']>[0],
    i: number,
    data: Int32Array | Float64Array,
  ): void {
    const vector = this.bindings.data_chunk_get_vector(chunk, i)
    this.bindings.copy_data_to_vector(vector, 0, data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
  }

  async execute(sql: string): Promise<void> {
    await asSqlFailure(() => this.connection.run(sql))
  }

  close(): void {
    this.connection.closeSync()
    this.instance.closeSync()
  }
}

export interface TableAppender {
  append(columns: readonly ColumnData[]): void
  close(): void
}

/** DuckDB's message, its first line as the message and the rest (candidates, the place in the statement) for the lines below. */
export async function asSqlFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FlorError || error instanceof BrokenPipe || !(error instanceof Error)) throw error
    const [message = 'the statement failed', ...details] = error.message
      .replace(/^Failed to extract statements: /, '')
      .trimEnd()
      .split('\n')
    throw new FlorError(message, {
      code: 'SQL_FAILED',
      data: { message, details: withOwnSuggestion(message, details).filter((line) => line.trim() !== '') },
    })
  }
}
