import type { DuckDBValue } from '@duckdb/node-api'
import type { RunEntry } from '../../db/run-entry.js'
import { type Context, contextKey, formatContext } from '../../model/context.js'
import type { FlorRepository } from '../../repository/flor-repository.js'
import { checkpointFolder } from '../../repository/run-folder.js'
import type { RecordSegment } from '../../segment/segment.js'
import type { SqlDatabase } from './database.js'
import { loadLogs } from './load-logs.js'
import { RELATIONS, type RelationName } from './relations.js'
import { typedValue } from './typed-value.js'

type Row = readonly DuckDBValue[]
type RowsOf = (entry: RunEntry, database: SqlDatabase, record: RecordPart | undefined) => Row[]
type RecordPart = Pick<RecordSegment, 'timeline' | 'checkpoints'>

/** Rows that are handed on at once. */
const BATCH = 2048

/**
 * Fills the relations that are asked for with what the runs have. `onRun` is told how many runs' values were read so far.
 * @throws FlorError SQL_FAILED; OBJECT_MISSING, SEGMENT_CORRUPT where values cannot be read
 */
export async function loadRelations(
  database: SqlDatabase,
  repository: FlorRepository,
  entries: readonly RunEntry[],
  names: readonly RelationName[],
  onRun: (count: number) => void = () => {},
): Promise<void> {
  for (const name of names) {
    if (name === 'logs') {
      await loadLogs(database, repository, entries, onRun)
      continue
    }
    const columns = RELATIONS.find((relation) => relation.name === name)?.columns ?? []
    const { rows, needsRecord } = LOADERS[name]
    await database.fill(name, columns, batches(columns.length))

    async function* batches(width: number): AsyncGenerator<Row[]> {
      let pending: Row[] = []
      const index = await repository.index()
      for (const entry of entries) {
        const record = needsRecord ? await index.recordSegment(entry.run) : undefined
        pending.push(...rows(entry, database, record))
        if (pending.length < BATCH) continue
        yield turned(pending, width)
        pending = []
      }
      yield turned(pending, width)
    }
  }
}

/** Rows as columns. */
const turned = (rows: readonly Row[], width: number): Row[] =>
  Array.from({ length: width }, (_, i) => rows.map((row) => row[i] as DuckDBValue))

const LOADERS: Readonly<
  Record<Exclude<RelationName, 'logs'>, { readonly rows: RowsOf; readonly needsRecord: boolean }>
> = {
  runs: { rows: runRows, needsRecord: false },
  args: { rows: argRows, needsRecord: false },
  loops: { rows: loopRows, needsRecord: true },
  checkpoints: { rows: checkpointRows, needsRecord: true },
  backfills: { rows: backfillRows, needsRecord: false },
}

function runRows({ run, header, end, writers }: RunEntry, database: SqlDatabase): Row[] {
  return [
    [
      run,
      timestamp(header.startedMs, database),
      end.durationMs / 1000,
      end.status,
      end.exitCode ?? null,
      end.signal ?? null,
      header.script ?? null,
      list(header.argv, database),
      header.cwd,
      header.branch?.replace(/^refs\/heads\//, '') ?? null,
      header.base ?? null,
      header.clean,
      header.user,
      header.host,
      database.duckdb.mapValue(Object.entries(header.versions).map(([key, value]) => ({ key, value }))),
      list(writers, database),
    ],
  ]
}

function argRows({ run, args }: RunEntry): Row[] {
  return args.map(({ name, value, origin }) => {
    const typed = typedValue(value)
    return [run, name, typed.type, typed.value, typed.text, origin]
  })
}

function loopRows({ run }: RunEntry, _: SqlDatabase, record: RecordPart | undefined): Row[] {
  return (record?.timeline ?? []).flatMap(({ context, loop, pass, role, iterations }) =>
    iterations.flatMap((iteration): Row[] => {
      const own = iteration.context.at(-1)
      const seconds = iteration.durationMs === undefined ? null : iteration.durationMs / 1000
      const label = own?.label === undefined ? null : String(own.label)
      return [
        [run, loop, pass, role, ...placeOf(context), own?.index ?? null, label, null, seconds],
        ...iteration.nested.map((it): Row => {
          const around = placeOf(iteration.context)
          return [run, it.loop, it.pass, 'nested', ...around, null, null, it.iterations, it.durationMs / 1000]
        }),
      ]
    }),
  )
}

/** `context` and `context_key`. */
const placeOf = (context: Context): [string, string] => [formatContext(context), contextKey(context)]

function checkpointRows({ run }: RunEntry, database: SqlDatabase, record: RecordPart | undefined): Row[] {
  return (record?.checkpoints ?? []).map((checkpoint) => [
    run,
    checkpointFolder(checkpoint.point).replace(/^checkpoints\//, ''),
    ...placeOf(checkpoint.point.context),
    checkpoint.point.kind === 'S' ? checkpoint.point.after.loop : null,
    BigInt(checkpoint.files.reduce((sum, file) => sum + file.sizeBytes, 0)),
    checkpoint.costMs / 1000,
    list(
      checkpoint.files.map((file) => file.name),
      database,
    ),
    list(
      checkpoint.files.map((file) => file.sha256),
      database,
    ),
  ])
}

function backfillRows({ run, backfills }: RunEntry, database: SqlDatabase): Row[] {
  return backfills.map((it) => [
    run,
    it.id,
    list(it.names, database),
    it.patched,
    it.level,
    it.fidelity.status,
    it.fidelity.compared,
    it.fidelity.equal,
    timestamp(it.startedMs, database),
    it.durationMs / 1000,
    it.user,
    it.host,
  ])
}

const list = (items: readonly string[], { duckdb }: SqlDatabase): DuckDBValue => duckdb.listValue([...items])

/** Microseconds, which is what a TIMESTAMP holds. */
const timestamp = (ms: number, { duckdb }: SqlDatabase): DuckDBValue =>
  Number.isFinite(ms) ? new duckdb.DuckDBTimestampValue(BigInt(Math.round(ms * 1000))) : null
