import { entryOf } from '../../../lib/db/entry.js'
import type { Origin, RunEntry } from '../../../lib/db/run-entry.js'
import type { Context } from '../../../lib/model/context.js'
import { asOid } from '../../../lib/model/oid.js'
import type { Fidelity } from '../../../lib/model/run.js'
import type { LogValue } from '../../../lib/model/value.js'
import type { LoadedColumn } from '../../../lib/query/cell-groups.js'
import { type StreamRequest, streamPivot } from '../../../lib/query/pivot.js'
import type { PivotRow, PivotTable } from '../../../lib/query/pivot-table.js'
import { parseColumn, parsePredicate, parseSort } from '../../../lib/query/predicate.js'
import { assembleRun } from '../../../lib/segment/assemble.js'
import type { Segment, StoredColumn } from '../../../lib/segment/segment.js'
import type { SpoolEvent } from '../../../lib/segment/spool-event.js'
import { recordSegment } from '../segment/sample-segment.js'

/** `epoch=1/step#1=2 name value`: one record; labels are given as `epoch=1:label`. */
export type Logged = readonly [at: string, name: string, value: LogValue]

/** Columns of records in the order in which they are given. */
export function columnsOf(logged: readonly Logged[]): readonly StoredColumn[] {
  const events: SpoolEvent[] = logged.flatMap(([at, name, value]): SpoolEvent[] => {
    const context = contextOf(at)
    return [
      ...context.flatMap(({ loop, pass, index, label }): SpoolEvent[] => [
        { op: 'loop-enter', loop, pass, role: 'nested' },
        { op: 'iteration-begin', index, ...(label !== undefined && { label }) },
      ]),
      { op: 'record', name, value },
      ...context.map((): SpoolEvent => ({ op: 'loop-exit' })),
    ]
  })
  return assembleRun(events).columns
}

function contextOf(at: string): Context {
  if (at === '') return []
  return at.split('/').map((part) => {
    const [, loop = '', pass = '0', index = '', label] =
      /^(\w+)(?:#(\d+))?=(\d+)(?::(\w+))?$/.exec(part) ?? []
    return { loop, pass: Number(pass), index: Number(index), ...(label !== undefined && { label }) }
  })
}

/** Runs for queries: what was recorded, arguments, and what replays found. */
export class SampleRuns {
  readonly entries: RunEntry[] = []
  readonly #segments = new Map<string, Segment[]>()
  /** How often columns were asked for. */
  loads = 0

  run(digit: string, logged: readonly Logged[], args: Record<string, LogValue> = {}): this {
    const run = asOid(digit.repeat(40))
    const list = Object.entries(args).map(([name, value]) => ({ name, value, origin: 'default' as const }))
    return this.#add(recordSegment(columnsOf(logged), { run, id: `r${digit}`, args: list }))
  }

  backfill(
    digit: string,
    id: string,
    status: Fidelity['status'],
    startedMs: number,
    logged: readonly Logged[],
  ): this {
    const run = asOid(digit.repeat(40))
    return this.#add({
      v: 1,
      id,
      run,
      kind: 'backfill',
      columns: columnsOf(logged),
      backfill: {
        patched: asOid('c'.repeat(40)),
        level: 'run',
        fidelity: { status, compared: 1, equal: 1 },
        startedMs,
        durationMs: 1,
        host: 'h',
        user: 'u',
        versions: {},
        names: [],
        statements: [],
        executed: [],
      },
    })
  }

  readonly load = async (entry: RunEntry, name: string): Promise<LoadedColumn[]> => {
    this.loads++
    const segments = this.#segments.get(entry.run) ?? []
    return entry.metrics.flatMap((metric) => {
      const segment = segments.find(({ id }) => id === metric.origin.segment)
      const columns = (segment?.columns ?? []) as readonly StoredColumn[]
      const column = columns.find(
        (one) => one.name === name && one.contexts.loops.join() === metric.loops.join(),
      )
      return metric.name === name && column !== undefined ? [{ column, origin: metric.origin as Origin }] : []
    })
  }

  /**
   * The table of `names`, between spaces or as a list, one line a row; the cells between spaces, `-` for none, `*` behind backfilled
   * ones, `!` where their replay diverged. Other options as in a StreamRequest.
   */
  async lines(
    names: string | readonly string[],
    options: { where?: string; sort?: string } & Pick<
      StreamRequest,
      'limit' | 'keptRows' | 'keptValues' | 'warn'
    > = {},
  ): Promise<string[]> {
    const { where, sort, ...others } = options
    const request: StreamRequest = {
      uses: (typeof names === 'string' ? names.split(' ') : names).map(parseColumn),
      entries: () => this.entries,
      load: this.load,
      ...others,
      ...(where !== undefined && { where: parsePredicate(where) }),
      ...(sort !== undefined && { sort: parseSort(sort) }),
    }
    const { columns, batches } = await streamPivot(request)
    const rows: PivotRow[] = []
    for await (const batch of batches) rows.push(...batch)
    return linesOf({ columns, rows })
  }

  #add(segment: Segment): this {
    const segments = [...(this.#segments.get(segment.run) ?? []), segment]
    this.#segments.set(segment.run, segments)
    const entry = entryOf(segments, ['w']) as RunEntry
    const at = this.entries.findIndex(({ run }) => run === segment.run)
    if (at === -1) this.entries.push(entry)
    else this.entries[at] = entry
    return this
  }
}

function linesOf(table: PivotTable): string[] {
  const lines = table.rows.map(({ cells }) =>
    cells.map((cell, i) => {
      if (cell === undefined) return '-'
      const text = i === 0 ? String(cell.value).slice(0, 1) : String(cell.value)
      if (cell.origin?.kind !== 'backfilled') return text
      return `${text}${cell.origin.fidelity.status === 'diverged' ? '!' : '*'}`
    }),
  )
  return [table.columns.map(({ name }) => name), ...lines].map((cells) => cells.join(' '))
}
