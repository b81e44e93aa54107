import type { RunEntry } from '../../db/run-entry.js'
import type { ReplayLevel } from '../../model/run.js'
import type { ReplayCosts } from '../../replay/costs.js'
import { planRun } from '../../replay/planner.js'
import { type Crew, type Divisible, type Schedule, schedule } from '../../replay/scheduler.js'
import type { PlannedRun, ReplayTask } from '../../replay/task.js'
import type { BackfillRow, BackfillSchedule, DeferredRow, GroupPlan, PlannedRow } from './backfill-plan.js'

export interface ScheduleOptions {
  readonly workers: number
  /** Wall-clock time that may be spent. */
  readonly budgetMs?: number
  /** What replays of a run cost at a level, with so many at once; absent: what the rows' requests say, which is taken to hold for `workers`. */
  readonly costsFor?: (entry: RunEntry, workers: number, level: ReplayLevel) => ReplayCosts
}

export interface ScheduledRows {
  readonly rows: readonly BackfillRow[]
  readonly schedule: BackfillSchedule
}

/**
 * Cuts the replays of planned rows for so many workers. With a budget, whole runs are taken, the newest first, as long as everything taken ends in time by
 * estimate; one that does not fit is deferred, and older ones may still fit. Workers for whom there is no work disturb nobody: where there are some, everything is
 * estimated, and cut, anew for those that are left. Pure, but for what `costsFor` does.
 */
export function scheduleRows(rows: readonly BackfillRow[], options: ScheduleOptions): ScheduledRows {
  const { costsFor, workers } = options
  let [found, busy] = scheduleFor(rows, options, workers)
  for (let tried = workers; costsFor !== undefined && busy < tried; ) {
    // With more than fit into the budget at once nothing fits.
    tried = Math.max(1, busy === 0 ? tried >> 1 : busy)
    const recosted = rows.map((row) =>
      row.status === 'planned' ? atCosts(row, (level) => costsFor(row.entry, tried, level)) : row,
    )
    ;[found, busy] = scheduleFor(recosted, options, tried)
    if (tried === 1) break
  }
  return found
}

/** The schedule for so many workers, and how many of them have something to do. */
function scheduleFor(
  rows: readonly BackfillRow[],
  options: ScheduleOptions,
  workers: number,
): [ScheduledRows, number] {
  const { budgetMs } = options
  const planned = rows.filter((row) => row.status === 'planned').map((row) => new RowWork(row))
  const taken = budgetMs === undefined ? planned : fitting(planned, workers, budgetMs)
  const { parts: all, order, durationMs } = scheduleOf(taken, workers)
  const parts = [...all]
  const settled = new Map<BackfillRow, BackfillRow>(planned.map((it) => [it.row, it.deferred()]))
  for (const work of taken) settled.set(work.row, work.divided(parts.splice(0, work.groups.length)))
  const found = {
    rows: rows.map((row) => settled.get(row) ?? row),
    schedule: {
      workers,
      allowed: options.workers,
      durationMs,
      ...(budgetMs === undefined ? {} : { budgetMs }),
    },
  }
  const isEmpty = planned.length === 0
  return [found, isEmpty ? workers : Math.min(workers, order.length)]
}

/** The same replays, at other costs: levels do not depend on these. */
function atCosts(row: PlannedRow, costsAt: (level: ReplayLevel) => ReplayCosts): PlannedRow {
  const plans = row.plans.map((group): GroupPlan => {
    const request = { ...group.request, costs: costsAt(group.plan.level) }
    const plan = planRun(request)
    return plan.status === 'planned' ? { ...group, request, plan } : group
  })
  return { ...row, plans, estimateMs: plans.reduce((sum, { plan }) => sum + plan.estimateMs, 0) }
}

function fitting(planned: readonly RowWork[], workers: number, budgetMs: number): RowWork[] {
  let taken: RowWork[] = []
  let workMs = 0
  for (const work of planned) {
    // No schedule is shorter than the work shared out evenly.
    if ((workMs + work.row.estimateMs) / workers > budgetMs) continue
    if (scheduleOf([...taken, work], workers).durationMs > budgetMs) continue
    taken = [...taken, work]
    workMs += work.row.estimateMs
  }
  return taken
}

function scheduleOf(works: readonly RowWork[], workers: number): Schedule<ReplayTask> {
  const collectMs = works[0]?.groups[0]?.collectMs
  const crew: Crew = collectMs === undefined ? { workers } : { workers, collectMs }
  return schedule(
    works.flatMap((it) => it.groups),
    crew,
  )
}

class RowWork {
  readonly groups: readonly GroupDivision[]

  constructor(readonly row: PlannedRow) {
    this.groups = row.plans.map((group) => new GroupDivision(group))
  }

  divided(parts: readonly number[]): PlannedRow {
    const plans = this.groups.map((it, i) => it.group(parts[i] ?? 1))
    return { ...this.row, plans, estimateMs: plans.reduce((sum, { plan }) => sum + plan.estimateMs, 0) }
  }

  deferred(): DeferredRow {
    const { untrusted: _, ...row } = this.row
    return { ...row, status: 'deferred' }
  }
}

/** The replay of one group of statements in one run, and its divisions. */
class GroupDivision implements Divisible<ReplayTask> {
  readonly maxParts: number
  readonly #plans = new Map<number, PlannedRun>()

  constructor(private readonly whole: GroupPlan) {
    const { level, tasks } = whole.plan
    this.#plans.set(1, whole.plan)
    this.maxParts = level === 'skip' || level === 'run' ? Math.max(...tasks.map((it) => it.wanted.length)) : 1
  }

  get collectMs(): number | undefined {
    return this.whole.request.costs?.collectMs
  }

  pieces(parts: number): readonly ReplayTask[] {
    return this.#planOf(parts).tasks
  }

  group(parts: number): GroupPlan {
    return parts === 1
      ? this.whole
      : { ...this.whole, request: { ...this.whole.request, splits: parts }, plan: this.#planOf(parts) }
  }

  #planOf(parts: number): PlannedRun {
    const known = this.#plans.get(parts)
    if (known !== undefined) return known
    const plan = planRun({ ...this.whole.request, splits: parts })
    const usable = plan.status === 'planned' ? plan : this.whole.plan
    this.#plans.set(parts, usable)
    return usable
  }
}
