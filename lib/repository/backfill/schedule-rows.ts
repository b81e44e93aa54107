import { planRun } from '../../replay/planner.js'
import { type Crew, type Divisible, type Schedule, schedule } from '../../replay/scheduler.js'
import type { PlannedRun, ReplayTask } from '../../replay/task.js'
import type { BackfillRow, BackfillSchedule, DeferredRow, GroupPlan, PlannedRow } from './backfill-plan.js'

export interface ScheduleOptions {
  readonly workers: number
  /** Wall-clock time that may be spent. */
  readonly budgetMs?: number
}

export interface ScheduledRows {
  readonly rows: readonly BackfillRow[]
  readonly schedule: BackfillSchedule
}

/**
 * Cuts the replays of planned rows for so many workers. With a budget, whole runs are taken, the newest first, as long as everything taken ends in time by
 * estimate; one that does not fit is deferred, and older ones may still fit. Pure.
 */
export function scheduleRows(rows: readonly BackfillRow[], options: ScheduleOptions): ScheduledRows {
  const planned = rows.filter((row) => row.status === 'planned').map((row) => new RowWork(row))
  const taken = options.budgetMs === undefined ? planned : fitting(planned, options, options.budgetMs)
  const found = scheduleOf(taken, options.workers)
  const parts = [...found.parts]
  const settled = new Map<BackfillRow, BackfillRow>(planned.map((it) => [it.row, it.deferred()]))
  for (const work of taken) settled.set(work.row, work.divided(parts.splice(0, work.groups.length)))
  return {
    rows: rows.map((row) => settled.get(row) ?? row),
    schedule: {
      workers: options.workers,
      durationMs: found.durationMs,
      ...(options.budgetMs === undefined ? {} : { budgetMs: options.budgetMs }),
    },
  }
}

function fitting(planned: readonly RowWork[], { workers }: ScheduleOptions, budgetMs: number): RowWork[] {
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
