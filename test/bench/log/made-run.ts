import type { ContextTable } from '../../../lib/model/column.js'
import type { Oid, RunOid } from '../../../lib/model/oid.js'
import type { Arg } from '../../../lib/model/run.js'
import type { RecordSegment, StoredColumn } from '../../../lib/segment/segment.js'
import { summarize } from '../../../lib/segment/summary.js'
import { seeded } from '../propagate/seeded.js'

/** Values that each made run logged: `loss`, `acc` and `grad_norm` in every step, `val_acc` in every epoch. */
export const EPOCHS = 10
export const STEPS = 100
export const RECORDS_PER_RUN = 3 * EPOCHS * STEPS + EPOCHS

/** When the newest of the made runs started; each run before it started some minutes earlier. */
export const NEWEST_MS = Date.UTC(2026, 10, 1)
const APART_MS = 7 * 60_000

/** What the run number `n` of `count` is made of; a run's number is all that it depends on. */
export interface MadeRun {
  readonly id: string
  readonly startedMs: number
  readonly args: readonly Arg[]
  readonly script: string
}

/** The part of a run that is known before its commit is: what stands in the commit's message. */
export function madeRun(n: number, count: number): MadeRun {
  const draw = seeded(2 * n + 1)
  for (let i = 0; i < 4; i++) draw()
  const choose = <T>(from: readonly T[]): T => from[Math.floor(draw() * from.length)] as T
  const arg = (name: string, value: Arg['value'], origin: Arg['origin'] = 'default'): Arg => ({
    name,
    value,
    origin,
  })
  return {
    id: `${(NEWEST_MS - n * APART_MS).toString(36)}-${n.toString(36).padStart(8, '0')}`,
    startedMs: NEWEST_MS - (count - 1 - n) * APART_MS,
    script: choose(['train.js', 'train.js', 'train.js', 'sweeps/search.js']),
    args: [
      arg('epochs', EPOCHS),
      arg('lr', Number((10 ** (-4 + 3 * draw())).toPrecision(3)), 'command-line'),
      arg('batch_size', choose([32, 64, 128, 256])),
      arg('optimizer', choose(['adam', 'sgd', 'rmsprop']), 'command-line'),
      arg('dropout', choose([0, 0.1, 0.25, 0.5])),
      arg('augment', draw() < 0.5),
      arg('seed', Math.floor(draw() * 2 ** 31)),
    ],
  }
}

const steps = table(
  ['epoch', 'step'],
  Array.from({ length: EPOCHS * STEPS }, (_, row) => [Math.floor(row / STEPS), row % STEPS]),
)
const epochs = table(
  ['epoch'],
  Array.from({ length: EPOCHS }, (_, row) => [row]),
)

/** The segment that run number `n` recorded: curves with noise, as TensorFlow.js hands them out (float32). */
export function madeSegment(n: number, count: number, run: RunOid, base: Oid): RecordSegment {
  const { id, startedMs, args, script } = madeRun(n, count)
  const draw = seeded(2 * n + 2)
  for (let i = 0; i < 4; i++) draw()
  const noise = (): number => draw() + draw() + draw() - 1.5
  const speed = 20 + 400 * draw()
  const floor = 0.02 + 0.3 * draw()
  const loss = new Float64Array(EPOCHS * STEPS)
  const norm = new Float64Array(EPOCHS * STEPS)
  const acc = new Float64Array(EPOCHS * STEPS)
  const batch = Number(args.find(({ name }) => name === 'batch_size')?.value)
  for (let row = 0; row < loss.length; row++) {
    const level = floor + 2.3 * Math.exp(-row / speed)
    loss[row] = Math.fround(level * Math.exp(0.25 * noise()))
    acc[row] = Math.fround(
      Math.round(batch * Math.min(1, Math.max(0, 1 - level / 2.6 + 0.05 * noise()))) / batch,
    )
    norm[row] = Math.fround(3 * level ** 0.7 * Math.exp(0.5 * noise()))
  }
  const accuracy = Float64Array.from({ length: EPOCHS }, (_, epoch) =>
    Math.fround(
      Math.min(1, 0.99 - floor / 3 - 0.7 * Math.exp((-epoch * STEPS) / speed - 0.5) + 0.01 * noise()),
    ),
  )
  const hasFailed = draw() < 0.04
  const durationMs = Math.round(30_000 + 60_000 * draw())
  return {
    v: 1,
    kind: 'record',
    id,
    run,
    header: {
      id,
      run,
      base,
      clean: draw() < 0.5,
      branch: 'refs/heads/main',
      script,
      argv: ['node', script, '--flor', ...args.map(({ name, value }) => `${name}=${String(value)}`)],
      cwd: '',
      startedMs,
      bootMs: 400 + Math.floor(200 * draw()),
      setupMs: 30 + Math.floor(20 * draw()),
      versions: {
        node: '20.20.2',
        'git-flor': '0.1.0',
        os: 'linux',
        arch: 'x64',
        '@tensorflow/tfjs-core': '4.22.0',
      },
      host: `node-${Math.floor(draw() * 16)}`,
      user: draw() < 0.5 ? 'ada' : 'grace',
      pid: 1000 + Math.floor(draw() * 30_000),
      leftOut: [],
      generator: Uint8Array.from({ length: 16 }, () => 256 * draw()),
    },
    end: hasFailed
      ? { status: 'failed', exitCode: 1, durationMs }
      : { status: 'completed', exitCode: 0, durationMs },
    args,
    seeds: [Math.floor(draw() * 2 ** 31)],
    timeline: [
      {
        context: [],
        loop: 'epoch',
        pass: 0,
        role: 'main',
        beforeMs: Math.round(1000 * draw()),
        exhausted: true,
        iterations: Array.from({ length: EPOCHS }, (_, index) => ({
          context: [{ loop: 'epoch', pass: 0, index }],
          durationMs: Math.round(durationMs / EPOCHS + 200 * noise()),
          nested: [{ loop: 'step', pass: 0, durationMs: Math.round(durationMs / 12), iterations: STEPS }],
        })),
      },
    ],
    checkpoints: [],
    warnings: [],
    columns: [
      column('loss', steps, loss),
      column('acc', steps, acc),
      column('grad_norm', steps, norm),
      column('val_acc', epochs, accuracy),
    ],
  }
}

function column(name: string, contexts: ContextTable, values: Float64Array): StoredColumn {
  return { name, contexts, values, summary: summarize(values) }
}

function table(loops: readonly string[], rows: readonly (readonly number[])[]): ContextTable {
  return {
    loops,
    count: rows.length,
    indices: loops.map((_, i) => Int32Array.from(rows, (row) => row[i] as number)),
    passes: loops.map(() => undefined),
    labels: loops.map(() => undefined),
  }
}
