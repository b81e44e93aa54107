import { planRun } from '../../../lib/replay/planner.js'
import type { RecordedRun } from '../../../lib/replay/timeline.js'
import type { BackfillRow, PlannedRow } from '../../../lib/repository/backfill/backfill-plan.js'
import { planBackfill } from '../../../lib/repository/backfill/plan-backfill.js'
import { scheduleRows } from '../../../lib/repository/backfill/schedule-rows.js'
import { FlorRepository } from '../../../lib/repository/flor-repository.js'
import { train } from '../../support/training.js'
import type { BenchRow } from '../table.js'
import { computing, inProject, STATEMENT } from './bed.js'

const RUNS = 40
const EPOCHS = 50
/** What was recorded in milliseconds, a real training takes in seconds. */
const SLOWER = 1000

/**
 * Schedules of the real planner for many workers. One training is recorded for real; 40 runs of it, each with its epochs in another order and at another
 * speed, stand for a history. The ideal is work without any cut, shared out evenly, or the longest epoch with what stands before it.
 */
export async function benchSchedules(): Promise<BenchRow[]> {
  const row = await inProject({ 'train.js': computing(EPOCHS, 30) }, async (repo) => {
    train(repo)
    repo.write('train.js', computing(EPOCHS, 30, STATEMENT))
    const flor = FlorRepository.open(repo.path)
    try {
      return (await planBackfill(flor, { names: ['wanted'] })).rows[0]
    } finally {
      await flor.close()
    }
  })
  if (row?.status !== 'planned') throw new Error(`not planned: ${row?.status}`)
  const rows = Array.from({ length: RUNS }, (_, i) => stretched(row, i))
  return [8, 64, 512].map((workers) => measure(rows, workers))
}

function measure(rows: readonly BackfillRow[], workers: number): BenchRow {
  const before = performance.now()
  const { schedule, rows: scheduled } = scheduleRows(rows, { workers })
  const tookMs = performance.now() - before
  const planned = rows.filter((row) => row.status === 'planned')
  const totalMs = planned.reduce((sum, row) => sum + row.estimateMs, 0)
  const longestMs = Math.max(...planned.map(longestEpoch))
  const idealMs = Math.max(totalMs / workers, longestMs)
  const parts = scheduled.reduce(
    (sum, row) => sum + (row.status === 'planned' ? (row.plans[0]?.plan.tasks.length ?? 0) : 0),
    0,
  )
  const share = idealMs / schedule.durationMs
  return {
    what: `${RUNS} runs of ${EPOCHS} epochs on ${workers} workers, simulated (${parts} parts)`,
    measured: `${share.toFixed(2)} of ideal: ${(schedule.durationMs / 60_000).toFixed(1)} min`,
    baseline: `ideal ${(idealMs / 60_000).toFixed(1)} min; planned in ${tookMs.toFixed(0)} ms`,
    goal: '>= 0.9',
    reached: share >= 0.9,
  }
}

/** Nothing can be cut further than into single epochs. */
function longestEpoch({ plans }: PlannedRow): number {
  const [group] = plans
  if (group === undefined) return 0
  const plan = planRun({ ...group.request, splits: EPOCHS })
  return plan.status === 'planned' ? Math.max(...plan.tasks.map((it) => it.estimateMs)) : 0
}

function stretched(row: PlannedRow, turn: number): PlannedRow {
  const [group] = row.plans
  if (group === undefined) throw new Error('no plan')
  const { run } = group.request
  // Runs differ: the speed of each between 0.5 and 1.5 of the recorded one.
  const factor = SLOWER * (0.5 + ((turn * 7) % RUNS) / RUNS)
  const timeline = run.timeline.map((loop) => {
    const times = loop.iterations.map((it) => it.durationMs ?? 0)
    return {
      ...loop,
      beforeMs: loop.beforeMs * 10,
      iterations: loop.iterations.map((it, i) => ({
        ...it,
        durationMs: (times[(i + turn) % times.length] as number) * factor,
        nested: [],
      })),
    }
  })
  const stretchedRun: RecordedRun = { ...run, timeline }
  const request = { ...group.request, run: stretchedRun }
  const plan = planRun(request)
  if (plan.status !== 'planned') throw new Error(plan.reason)
  return { ...row, plans: [{ ...group, request, plan }], estimateMs: plan.estimateMs }
}
