import fc from 'fast-check'
import t from 'tap'
import { summaryKey } from '../../../lib/git/summary-note.js'
import type { Oid, RunOid } from '../../../lib/model/oid.js'
import type { LogValue } from '../../../lib/model/value.js'
import { summarizeRun } from '../../../lib/repository/run-summary.js'
import type { BackfillSegment, RecordSegment, StoredColumn } from '../../../lib/segment/segment.js'
import { summarize } from '../../../lib/segment/summary.js'

const run = '3f2a9c1b2d4e5f60718293a4b5c6d7e8f9010203' as RunOid

const column = (name: string, values: readonly LogValue[]): StoredColumn => ({
  name,
  contexts: { loops: [], count: values.length, indices: [], passes: [], labels: [] },
  summary: summarize(values),
  values,
})

const record = (
  args: Readonly<Record<string, LogValue>>,
  metrics: Readonly<Record<string, readonly LogValue[]>>,
  script = 'train.js',
  end: Partial<RecordSegment['end']> = {},
): RecordSegment => ({
  v: 1,
  kind: 'record',
  id: 'one',
  run,
  header: {
    id: 'one',
    run,
    clean: true,
    script,
    argv: ['node', script],
    cwd: '',
    startedMs: Date.UTC(2026, 10, 25, 21, 6),
    versions: {},
    host: 'box',
    user: 'ada',
    pid: 1,
    leftOut: [],
  },
  end: { status: 'completed', durationMs: 41_000, ...end },
  args: Object.entries(args).map(([name, value]) => ({ name, value, origin: 'default' })),
  seeds: [],
  columns: Object.entries(metrics).map(([name, values]) => column(name, values)),
  timeline: [],
  checkpoints: [],
  warnings: [],
})

const diverged = { status: 'diverged', compared: 2, equal: 1 } as const

const backfill = (
  id: string,
  metrics: Readonly<Record<string, readonly LogValue[]>>,
  fidelity: BackfillSegment['backfill']['fidelity'] = { status: 'identical', compared: 1, equal: 1 },
): BackfillSegment => ({
  v: 1,
  kind: 'backfill',
  id,
  run,
  columns: Object.entries(metrics).map(([name, values]) => column(name, values)),
  backfill: {
    patched: run as Oid,
    fidelity,
    level: 'run',
    startedMs: 0,
    durationMs: 1,
    host: 'box',
    user: 'ada',
    versions: {},
    names: Object.keys(metrics),
    statements: [],
    executed: [],
  },
})

t.test('a run is told in one line: script, arguments, last values, how it ended, when it started', (t) => {
  const { text } = summarizeRun(
    run,
    [record({ lr: 0.01, opt: 'adam w' }, { loss: [2.3, 0.083_123_4], val_acc: [0.9, 0.971] })],
    true,
  )
  t.equal(
    text,
    'run 3f2a9c1b2d4e train.js lr=0.01 opt="adam w": loss 0.08312, val_acc 0.971; completed, 41s, 2026-11-25 21:06 UTC',
  )
  const failed = record({}, { loss: [Number.NaN] }, 'train.js', { status: 'failed', exitCode: 7 })
  t.match(summarizeRun(run, [failed], true).text, 'loss NaN; failed (exit 7), 41s')
  t.end()
})

t.test(
  'what was backfilled is told beside what was recorded, and alone where another clone recorded',
  (t) => {
    const own = [record({}, { loss: [1] }), backfill('a', { norm: [3, 4] })]
    t.match(summarizeRun(run, own, false).text, 'train.js: loss 1; backfilled norm 4; completed')
    const several = [...own, backfill('b', { norm: [5] }), backfill('c', { odd: [1] }, diverged)]
    t.match(summarizeRun(run, several, false).text, 'backfilled norm, odd 1 (diverged); completed')
    t.equal(
      summarizeRun(run, [backfill('a', { norm: [3, 4] })], true).text,
      'run 3f2a9c1b2d4e backfilled norm 4',
    )
    t.end()
  },
)

t.test(
  'whatever was logged, a line is one line of at most 200 characters without control characters',
  (t) => {
    const text = fc.string({ unit: 'binary', maxLength: 300 })
    const value = fc.oneof(text, fc.double(), fc.boolean(), fc.constant(null), fc.constant('\u001b[2J\u202e'))
    fc.assert(
      fc.property(
        fc.dictionary(text, value, { noNullPrototype: true, maxKeys: 12 }),
        fc.dictionary(text, fc.array(value, { minLength: 1, maxLength: 3 }), {
          noNullPrototype: true,
          maxKeys: 12,
        }),
        text,
        (args, metrics, script) => {
          for (const segments of [[record(args, metrics, script)], [backfill('a', metrics)]]) {
            const line = summarizeRun(run, segments, true).text
            if (line.length > 200) throw new Error(`${line.length} characters: ${line}`)
            if (/[\p{Cc}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/u.test(line)) throw new Error(JSON.stringify(line))
            if (!line.startsWith(summaryKey(run).trimEnd())) throw new Error(line)
          }
        },
      ),
      { numRuns: 300 },
    )
    t.end()
  },
)
