import type { ColumnSource } from 'hyparquet-writer'
import { type LogValue, Tensor } from '../../model/value.js'
import { toJson } from './json.js'

/** What a Parquet column holds, by the values that it was given. */
type Kind = 'double' | 'integer' | 'boolean' | 'timestamp' | 'text' | 'json'

/**
 * One column of a Parquet file, filled value by value. Its type is that of all values: `double`, `int64` (big integers that fit), `boolean`,
 * `timestamp` in milliseconds UTC, text; values of several kinds, arrays and objects are JSON text. NULL where a value is missing or null.
 */
export class ParquetColumn {
  readonly #values: (LogValue | undefined)[] = []
  readonly #kinds = new Set<Kind>()
  #hasNull = false

  /** `isIteration`: numbers that are all whole, as those of loops are, become `int64` as well. */
  constructor(
    readonly name: string,
    private readonly isIteration = false,
  ) {}

  add(value: LogValue | undefined): void {
    this.#values.push(value)
    const kind = kindOf(value)
    if (kind === undefined) this.#hasNull = true
    else this.#kinds.add(kind)
  }

  /** For the writer. Empty columns are text. */
  source(): ColumnSource {
    const [kind = 'text', ...others] = this.#kinds
    const common = { name: this.name, nullable: true, statistics: true }
    if (others.length > 0 || kind === 'json') {
      return { ...common, type: 'STRING', data: this.#texts((value) => toJson(value)) }
    }
    switch (kind) {
      case 'double':
        if (this.isIteration && this.#values.every(isWhole)) {
          return {
            ...common,
            type: 'INT64',
            data: this.#present().map((it) => (it === null ? null : BigInt(it as number))),
          }
        }
        // Dictionaries take -0 for 0, and readers skip what statistics without -0 and NaN seem to rule out.
        return { ...common, type: 'DOUBLE', encoding: 'PLAIN', statistics: false, data: this.#doubles() }
      case 'integer':
        return { ...common, type: 'INT64', data: this.#present() }
      case 'boolean':
        return { ...common, type: 'BOOLEAN', data: this.#present() }
      case 'timestamp':
        return { ...common, type: 'TIMESTAMP', data: this.#present() }
      default:
        return { ...common, type: 'STRING', data: this.#texts(String) }
    }
  }

  #doubles(): Float64Array | (number | null)[] {
    return this.#hasNull
      ? (this.#present() as (number | null)[])
      : Float64Array.from(this.#values as number[])
  }

  #texts(format: (value: LogValue) => string): (string | null)[] {
    return this.#values.map((value) => (kindOf(value) === undefined ? null : format(value as LogValue)))
  }

  #present(): (LogValue | null)[] {
    return this.#values.map((value) => (kindOf(value) === undefined ? null : (value as LogValue)))
  }
}

/** Bytes of a Parquet file with these columns, all of one length. Reads the library when it is first called. */
export async function writeParquet(
  columns: readonly ParquetColumn[],
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer')
  const buffer = parquetWriteBuffer({
    columnData: columns.map((column) => column.source()),
    rowGroupSize: ROW_GROUP,
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: 'git-flor',
  })
  return new Uint8Array(buffer)
}

const ROW_GROUP = 100_000

const isWhole = (value: LogValue | undefined): boolean =>
  kindOf(value) === undefined || (Number.isSafeInteger(value) && !Object.is(value, -0))

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** Undefined for what is NULL: dates that are none included. */
function kindOf(value: LogValue | undefined): Kind | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined
    case 'number':
      return 'double'
    case 'bigint':
      return value >= INT64.min && value <= INT64.max ? 'integer' : 'json'
    case 'boolean':
      return 'boolean'
    case 'string':
      return 'text'
  }
  if (value === null) return undefined
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : 'timestamp'
  return value instanceof Tensor || typeof value === 'object' ? 'json' : undefined
}
