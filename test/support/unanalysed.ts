import { planRun } from '../../lib/replay/planner.js'
import type { Position, Verdict } from '../../lib/replay/source-project.js'
import type { BackfillPlan, GroupPlan, PlannedRow } from '../../lib/repository/backfill/backfill-plan.js'

const believed: Verdict = { verdict: 'sound', reason: 'nobody looked' }

/**
 * The plan that a backfill would have if the analysis had found nothing against any level: what nets below it catch is seen without it. `at` replaces a position that it
 * could not tell; all recorded names count as reproduced.
 */
export function withoutAnalysis(plan: BackfillPlan, at?: Position): BackfillPlan {
  return { ...plan, rows: plan.rows.map((row) => (row.status === 'planned' ? unanalysed(row, at) : row)) }
}

function unanalysed(row: PlannedRow, at: Position | undefined): PlannedRow {
  const names = row.entry.metrics.filter((it) => it.origin.kind === 'recorded').map((it) => it.name)
  const plans = row.plans.map((group): GroupPlan => {
    const position =
      at !== undefined && group.request.position.kind === 'unknown' ? at : group.request.position
    const request = { ...group.request, position, soundness: { skip: believed, restore: believed } }
    const planned = planRun(request)
    if (planned.status !== 'planned') throw new Error(planned.reason)
    return { ...group, request, plan: planned, comparable: { skip: [], restore: names } }
  })
  return { ...row, plans }
}
