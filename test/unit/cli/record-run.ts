import { ensureWriterSync, readFlorConfigSync } from '../../../lib/git/config.js'
import { locateRepositorySync } from '../../../lib/git/location.js'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { publish } from '../../../lib/git/shards.js'
import { recordRunCommitSync } from '../../../lib/git/snapshot.js'
import type { RunOid } from '../../../lib/model/oid.js'
import type { Arg, BackfillHeader, RunEnd } from '../../../lib/model/run.js'
import type { LogValue } from '../../../lib/model/value.js'
import type { Segment, StoredColumn } from '../../../lib/segment/segment.js'
import { decodeSegments, encodeSegment } from '../../../lib/segment/segment-codec.js'
import { summarize } from '../../../lib/segment/summary.js'

/** A run as a test describes it. Metrics without a loop are logged once, `epoch` ones once an iteration. */
export interface RunStory {
  readonly script?: string
  readonly startedMs?: number
  readonly end?: Partial<RunEnd>
  readonly args?: Readonly<Record<string, LogValue>>
  /** Values by epoch. */
  readonly epochs?: Readonly<Record<string, readonly LogValue[]>>
  /** Single values. */
  readonly once?: Readonly<Record<string, LogValue>>
}

let serial = 0

/** Records a run of the working tree as it is, as the runtime and sealing would, without training anything. */
export async function recordRun(cwd: string, story: RunStory = {}): Promise<RunOid> {
  const location = locateRepositorySync(cwd)
  const id = `story-${++serial}`
  const argv = ['node', story.script ?? 'train.js']
  const commit = recordRunCommitSync(location, readFlorConfigSync(location), {
    id,
    subject: argv.join(' '),
    pendingRef: true,
  })
  const run = commit.commit as RunOid
  await store(cwd, run, id, {
    v: 1,
    kind: 'record',
    id,
    run,
    header: {
      id,
      run,
      ...(commit.base === undefined ? {} : { base: commit.base }),
      clean: commit.clean,
      ...(location.branch === undefined ? {} : { branch: location.branch }),
      script: story.script ?? 'train.js',
      argv,
      cwd: '',
      startedMs: story.startedMs ?? Date.UTC(2026, 10, 1) + serial * 60_000,
      versions: { node: '20.20.2', 'git-flor': '0.1.0' },
      host: 'box',
      user: 'ada',
      pid: 1,
      leftOut: [],
    },
    end: { status: 'completed', exitCode: 0, durationMs: 41_000, ...story.end },
    args: Object.entries(story.args ?? {}).map(([name, value]): Arg => ({ name, value, origin: 'default' })),
    seeds: [],
    columns: [...byEpoch(story.epochs ?? {}), ...single(story.once ?? {})],
    timeline: [],
    checkpoints: [],
    warnings: [],
  })
  return run
}

/** Adds values to a run, as a backfill would. */
export async function recordBackfill(
  cwd: string,
  run: RunOid,
  epochs: Readonly<Record<string, readonly LogValue[]>>,
  backfill: Pick<BackfillHeader, 'patched' | 'fidelity'>,
): Promise<void> {
  const id = `backfill-${++serial}`
  await store(cwd, run, id, {
    v: 1,
    kind: 'backfill',
    id,
    run,
    backfill: {
      level: 'run',
      startedMs: Date.UTC(2026, 10, 2),
      durationMs: 1000,
      host: 'box',
      user: 'ada',
      versions: {},
      names: Object.keys(epochs),
      statements: [],
      executed: [],
      ...backfill,
    },
    columns: byEpoch(epochs),
  })
}

async function store(cwd: string, run: RunOid, id: string, segment: Segment): Promise<void> {
  const location = locateRepositorySync(cwd)
  const objects = await openObjectStore(location)
  try {
    await publish(location, objects, ensureWriterSync(location), {
      run,
      segment: encodeSegment(segment).note,
      hasSegment: (note) => decodeSegments(note).segments.some((it) => it.id === id),
      files: [],
      keepAlive: [],
      dropPending: [id],
    })
  } finally {
    await objects.close()
  }
}

function byEpoch(epochs: Readonly<Record<string, readonly LogValue[]>>): StoredColumn[] {
  return Object.entries(epochs).map(([name, list]) =>
    column(name, list, {
      loops: ['epoch'],
      count: list.length,
      indices: [Int32Array.from(list, (_, i) => i)],
      passes: [undefined],
      labels: [undefined],
    }),
  )
}

function single(once: Readonly<Record<string, LogValue>>): StoredColumn[] {
  return Object.entries(once).map(([name, value]) =>
    column(name, [value], { loops: [], count: 1, indices: [], passes: [], labels: [] }),
  )
}

function column(name: string, list: readonly LogValue[], contexts: StoredColumn['contexts']): StoredColumn {
  const values = list.every((it) => typeof it === 'number') ? Float64Array.from(list) : list
  return { name, contexts, summary: summarize(values), values }
}
