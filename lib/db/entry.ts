import type { Checkpoint } from '../model/run.js'
import type {
  BackfillSegment,
  ExternalColumn,
  RecordSegment,
  Segment,
  StoredColumn,
} from '../segment/segment.js'
import type { MetricEntry, Origin, RunEntry } from './run-entry.js'

/**
 * The entry of a run, of all its segments in any order. Should a run have been recorded twice, the earlier start tells of the run,
 * and the values of both are kept.
 * @returns undefined as long as none of the segments tells of the run itself
 */
export function entryOf(segments: readonly Segment[], writers: readonly string[]): RunEntry | undefined {
  const records = segments
    .filter((it) => it.kind === 'record')
    .sort((a, b) => order(a.header, a, b.header, b))
  const backfills = segments
    .filter((it) => it.kind === 'backfill')
    .sort((a, b) => order(a.backfill, a, b.backfill, b))
  const main = records[0]
  if (main === undefined) return undefined
  return {
    run: main.run,
    header: main.header,
    end: main.end,
    args: main.args,
    metrics: [...records, ...backfills].flatMap((segment) =>
      segment.columns.map((column) => metricOf(column, segment)),
    ),
    backfills: backfills.map(({ id, backfill }) => ({ ...backfill, id })),
    checkpoints: { count: main.checkpoints.length, sizeBytes: sizeOf(main.checkpoints) },
    writers: [...new Set(writers)].sort(),
  }
}

type Started = { readonly startedMs: number }

function order(a: Started, first: Segment, b: Started, second: Segment): number {
  return a.startedMs - b.startedMs || (first.id < second.id ? -1 : 1)
}

function metricOf(column: StoredColumn | ExternalColumn, segment: Segment): MetricEntry {
  const loops = 'contexts' in column ? column.contexts.loops : column.loops
  return { name: column.name, loops, summary: column.summary, origin: originOf(segment) }
}

function originOf(segment: RecordSegment | BackfillSegment): Origin {
  if (segment.kind === 'record') return { kind: 'recorded', segment: segment.id }
  const { patched, level, fidelity } = segment.backfill
  return { kind: 'backfilled', segment: segment.id, patched, level, fidelity }
}

/** Bytes of files and state; a file of several checkpoints counts once, as it is stored once. */
function sizeOf(checkpoints: readonly Checkpoint[]): number {
  const files = new Map(
    checkpoints.flatMap(({ files }) => files.map((file) => [file.sha256, file.sizeBytes] as const)),
  )
  const states = checkpoints.reduce((sum, { state }) => sum + state.length, 0)
  return [...files.values()].reduce((sum, size) => sum + size, states)
}
