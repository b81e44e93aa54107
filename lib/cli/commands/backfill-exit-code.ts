import type { BackfillPlan, TaskReport } from '../../repository/backfill/backfill-plan.js'
import { ExitCode } from '../errors/hints.js'

/** Of a plan that is not executed. Nothing to do is success, unless runs that lack values were refused. */
export function exitCodeWithoutWork({ rows }: BackfillPlan): number {
  const has = (status: string): boolean => rows.some((row) => row.status === status)
  if (has('planned')) return ExitCode.ok
  if (has('deferred')) return ExitCode.partial
  return has('refused') ? ExitCode.failed : ExitCode.ok
}

/** Of a plan that was executed, by how its tasks ended. */
export function exitCodeAfter(plan: BackfillPlan, reports: readonly TaskReport[]): number {
  const failed = reports.filter((report) => report.status === 'failed')
  const isDeferred = plan.rows.some((row) => row.status === 'deferred')
  if (isDeferred)
    return failed.length === reports.length && failed.length > 0 ? ExitCode.failed : ExitCode.partial
  const isLacking = failed.length > 0 || plan.rows.some((row) => row.status === 'refused')
  if (!isLacking) return ExitCode.ok
  return reports.length > failed.length ? ExitCode.partial : ExitCode.failed
}
