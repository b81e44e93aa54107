import type { ObjectStore } from '../../git/object-store.js'
import {
  type CheckedLevel,
  type CheckMode,
  type LevelCheck,
  planLevelCheck,
} from '../../replay/level-check.js'
import { longestFirst, simulate } from '../../replay/scheduler.js'
import type { ReplayTask } from '../../replay/task.js'
import type { BackfillRow, BackfillSchedule, GroupPlan, PlannedRow } from './backfill-plan.js'
import { type ScheduledRows, type ScheduleOptions, scheduleRows } from './schedule-rows.js'

/** A check, and the group of statements in whose run it is made. */
export interface PlannedCheck {
  readonly group: GroupPlan
  readonly check: LevelCheck
}

/** What is checked together: the same statements in the same source (the tree of the patched commit, and the script), whichever runs they are replayed in. */
export interface SourceChecks {
  /** All replays of the source that begin at checkpoints: their values wait for the checks. */
  readonly groups: readonly GroupPlan[]
  /** One for each level, in the first run in which that is cheap enough. */
  readonly checks: readonly PlannedCheck[]
}

/** So many runs of one source are looked at for one whose check is cheap. */
const MOST_LOOKED_AT = 5

/** Which levels are checked, and in which runs. Sources in which no check is cheap enough are left out. */
export async function planChecks(
  rows: readonly PlannedRow[],
  objects: ObjectStore,
  mode: CheckMode,
): Promise<readonly SourceChecks[]> {
  if (mode === 'never') return []
  const bySource = new Map<string, GroupPlan[]>()
  for (const row of rows) {
    const groups = row.plans.filter((it) => checkedLevels(it).length > 0)
    if (groups.length === 0) continue
    const { tree } = await objects.readCommit(row.patched)
    for (const group of groups) {
      const { kind, loops, outerLoops } = group.request.position
      const where = [kind, outerLoops, ...loops, '', ...group.names]
      const key = [tree, row.entry.header.script, ...where].join('\0')
      bySource.set(key, [...(bySource.get(key) ?? []), group])
    }
  }
  return [...bySource.values()].flatMap((groups) => {
    const checks = checksOf(groups, mode)
    return checks.length === 0 ? [] : [{ groups, checks }]
  })
}

/** The rows, each with the checks that are made in its run. */
function withChecks(rows: readonly BackfillRow[], sources: readonly SourceChecks[]): readonly BackfillRow[] {
  const planned = sources.flatMap((it) => it.checks)
  return rows.map((row) => {
    if (row.status !== 'planned') return row
    const plans = row.plans.map((group): GroupPlan => {
      const checks = planned.filter((it) => it.group === group).map((it) => it.check)
      return checks.length === 0 ? group : { ...group, checks }
    })
    const checkMs = plans.flatMap((it) => it.checks ?? []).reduce((sum, it) => sum + it.estimateMs, 0)
    return checkMs === 0 ? row : { ...row, plans, estimateMs: row.estimateMs + checkMs }
  })
}

/** How many work at once where checks are made beside the replays that wait for them, as far as more workers are allowed than the plan has use for. */
export function workersWithChecks(workers: number, allowed: number, checks: number): number {
  return Math.min(Math.max(workers, allowed), workers + checks)
}

/** From the start to the last value stored, checks being made first. Rows have their checks. */
function durationWithChecks(
  rows: readonly BackfillRow[],
  { workers, allowed }: Pick<BackfillSchedule, 'workers' | 'allowed'>,
): number {
  const groups = rows.flatMap((row) => (row.status === 'planned' ? row.plans : []))
  const checks = groups.flatMap((it) => it.checks ?? [])
  const tasks = groups.flatMap((it) => it.plan.tasks).sort(longestFirst)
  const collectMs = groups[0]?.request.costs?.collectMs
  const crew = { workers: workersWithChecks(workers, allowed, checks.length) }
  return simulate([...checks, ...tasks], collectMs === undefined ? crew : { ...crew, collectMs })
}

/** So often rows are left out to make room in a budget for the checks of the others. */
const MOST_PASSES = 4

/** As {@link scheduleRows}, the time of checks included. */
export async function scheduleWithChecks(
  found: readonly BackfillRow[],
  objects: ObjectStore,
  mode: CheckMode,
  options: ScheduleOptions,
): Promise<ScheduledRows> {
  const { budgetMs } = options
  for (let pass = 1, reservedMs = 0; ; pass++) {
    const room = budgetMs === undefined ? {} : { budgetMs: Math.max(0, budgetMs - reservedMs) }
    const scheduled = scheduleRows(found, { ...options, ...room })
    const planned = scheduled.rows.filter((row) => row.status === 'planned')
    const rows = withChecks(scheduled.rows, await planChecks(planned, objects, mode))
    const durationMs = durationWithChecks(rows, scheduled.schedule)
    const overMs = budgetMs === undefined ? 0 : durationMs - budgetMs
    if (overMs <= 0 || planned.length === 0 || pass === MOST_PASSES) {
      const schedule = { ...scheduled.schedule, durationMs }
      return { rows, schedule: budgetMs === undefined ? schedule : { ...schedule, budgetMs } }
    }
    reservedMs += overMs
  }
}

/** A level that relies upon checkpoints, in a task that can be held against others. What a trial has allowed has been compared already. */
export function levelToCheck({ level }: ReplayTask): CheckedLevel | undefined {
  return level === 'skip' || level === 'run' ? level : undefined
}

function checkedLevels({ plan }: GroupPlan): readonly CheckedLevel[] {
  return [...new Set(plan.tasks.flatMap((it) => levelToCheck(it) ?? []))]
}

function checksOf(groups: readonly GroupPlan[], mode: CheckMode): PlannedCheck[] {
  const found: PlannedCheck[] = []
  for (const level of new Set(groups.flatMap(checkedLevels))) {
    for (const group of groups.filter((it) => checkedLevels(it).includes(level)).slice(0, MOST_LOOKED_AT)) {
      const check = planLevelCheck(group.request, level, mode)
      if (check === undefined) continue
      found.push({ group, check })
      break
    }
  }
  return found
}
