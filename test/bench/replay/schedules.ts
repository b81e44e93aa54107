import type { Context } from '../../../lib/model/context.js'
import type { ItemCost } from '../../../lib/replay/divide.js'
import { planRun } from '../../../lib/replay/planner.js'
import type { RecordedRun } from '../../../lib/replay/timeline.js'
import type { BackfillRow, PlannedRow } from '../../../lib/repository/backfill/backfill-plan.js'
import { planBackfill } from '../../../lib/repository/backfill/plan-backfill.js'
import { scheduleRows } from '../../../lib/repository/backfill/schedule-rows.js'
import { FlorRepository } from '../../../lib/repository/flor-repository.js'
import { train } from '../../support/training.js'
import type { BenchRow } from '../table.js'
import { computing, inProject, STATEMENT } from './bed.js'
import { longestItem, lowerBound } from './lower-bound.js'

const RUNS = 40
const EPOCHS = 50
/** What an epoch takes on the average: as in a real training, and however busy the machine was that recorded how they differ. */
const EPOCH_MS = 30_000

/**
 * Schedules of the real planner for many workers. One training is recorded for real; 40 runs of it, each with its epochs in another order and at another
 * speed, stand for a history. The ideal is what no schedule can beat (lower-bound.ts): epochs are not cut, each part repeats what stands before the loop,
 * and values are stored one after another. What an even share would be, as if none of that were so, is printed beside it.
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
  const before = process.cpuUsage()
  const { schedule, rows: scheduled } = scheduleRows(rows, { workers })
  const { user, system } = process.cpuUsage(before)
  const planned = rows.filter((row) => row.status === 'planned')
  const evenMs = planned.reduce((sum, row) => sum + row.estimateMs, 0) / workers
  const collectMs = planned[0]?.plans[0]?.request.costs?.collectMs
  const costs = planned.map(itemCosts)
  const idealMs = lowerBound(costs, {
    workers,
    ...(collectMs === undefined ? {} : { collectMs }),
  })
  const parts = scheduled.reduce(
    (sum, row) => sum + (row.status === 'planned' ? (row.plans[0]?.plan.tasks.length ?? 0) : 0),
    0,
  )
  const share = idealMs / schedule.durationMs
  return {
    what: `${RUNS} runs of ${EPOCHS} epochs on ${workers} workers, simulated (${parts} parts)`,
    measured: `${share.toFixed(2)} of ideal: ${minutes(schedule.durationMs)}`,
    baseline: `ideal ${minutes(idealMs)}, an epoch ${minutes(longestItem(costs))}, even share ${minutes(evenMs)}; planned in ${((user + system) / 1000).toFixed(0)} ms of CPU`,
    goal: '>= 0.9',
    reached: share >= 0.9,
  }
}

const minutes = (ms: number): string => `${(ms / 60_000).toFixed(2)} min`

/** What the planner says that each epoch costs by itself, and behind the one before it. */
function itemCosts({ plans }: PlannedRow): ItemCost[] {
  const [group] = plans
  const contexts = group?.plan.tasks.flatMap((it) => it.wanted) ?? []
  const costOf = (wanted: readonly Context[]): number => {
    if (group === undefined) return 0
    const plan = planRun({ ...group.request, wanted, splits: 1 })
    if (plan.status !== 'planned') throw new Error(plan.reason)
    return plan.estimateMs
  }
  const alone = contexts.map((context) => costOf([context]))
  return contexts.map((context, at) => {
    const before = contexts[at - 1]
    const firstMs = alone[at] as number
    if (before === undefined) return { firstMs, nextMs: firstMs }
    return { firstMs, nextMs: costOf([before, context]) - (alone[at - 1] as number) }
  })
}

function stretched(row: PlannedRow, turn: number): PlannedRow {
  const [group] = row.plans
  if (group === undefined) throw new Error('no plan')
  const { run } = group.request
  // Runs differ: the speed of each between 0.5 and 1.5 of the mean.
  const speed = 0.5 + ((turn * 7) % RUNS) / RUNS
  const timeline = run.timeline.map((loop) => {
    const times = loop.iterations.map((it) => it.durationMs ?? 0)
    const factor = (speed * EPOCH_MS * times.length) / times.reduce((sum, ms) => sum + ms, 0)
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
