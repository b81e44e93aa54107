import type { ContextTable } from '../../../lib/model/column.js'
import { asOid } from '../../../lib/model/oid.js'
import type { LogValue } from '../../../lib/model/value.js'
import type { RecordSegment, StoredColumn } from '../../../lib/segment/segment.js'
import { summarize } from '../../../lib/segment/summary.js'

/** Contexts `epoch=e/step=s` of every step, in order. */
export function epochSteps(epochs: number, steps: number): ContextTable {
  const rows = Array.from({ length: epochs * steps }, (_, row) => row)
  return {
    loops: ['epoch', 'step'],
    count: rows.length,
    indices: [
      Int32Array.from(rows, (row) => Math.floor(row / steps)),
      Int32Array.from(rows, (row) => row % steps),
    ],
    passes: [undefined, undefined],
    labels: [undefined, undefined],
  }
}

export function column(
  name: string,
  contexts: ContextTable,
  values: Float64Array | readonly LogValue[],
): StoredColumn {
  return { name, contexts, values, summary: summarize(values) }
}

/** A completed run with the given columns and little else. */
export function recordSegment(
  columns: readonly StoredColumn[],
  overrides: Partial<RecordSegment> = {},
): RecordSegment {
  const run = overrides.run ?? asOid('3f2a9c1'.padEnd(40, '0'))
  const id = overrides.id ?? 'run-1'
  return {
    v: 1,
    id,
    run,
    kind: 'record',
    header: {
      id,
      run,
      clean: true,
      branch: 'refs/heads/main',
      script: 'train.js',
      argv: ['node', 'train.js'],
      cwd: '',
      startedMs: 1_700_000_000_000,
      versions: { node: '20.20.2' },
      host: 'h',
      user: 'ada',
      pid: 1,
      leftOut: [],
    },
    end: { status: 'completed', exitCode: 0, durationMs: 41_000 },
    args: [],
    seeds: [],
    timeline: [],
    checkpoints: [],
    warnings: [],
    columns,
    ...overrides,
  }
}
