import type { Test } from 'tap'
import type { PlannedRow } from '../../lib/repository/backfill/backfill-plan.js'
import type { FlorRepository } from '../../lib/repository/flor-repository.js'
import { backfill } from './training.js'

/** What {@link faithfulBackfill} found in the plan of the newest run. */
export interface FaithfulBackfill {
  readonly row: PlannedRow
  /** The level at which each name is had. */
  readonly levels: Readonly<Record<string, string>>
}

/**
 * Backfills names where every replay must end well and give again what was recorded. Tells the levels, with their reasons, as comments. Levels are not checked unless that is
 * asked for: the analysis alone has to be right.
 * @throws Error where the newest run is not planned, or a replay fails
 */
export async function faithfulBackfill(
  t: Test,
  flor: FlorRepository,
  names: readonly string[],
  options: NonNullable<Parameters<typeof backfill>[2]> = {},
): Promise<FaithfulBackfill> {
  const { plan, outcome } = await backfill(flor, names, { check: 'never', ...options })
  const [row] = plan.rows
  if (row?.status !== 'planned') throw new Error(`not planned: ${JSON.stringify(row)}`)
  const levels: Record<string, string> = {}
  for (const { names: grouped, plan } of row.plans) {
    t.comment(`${grouped.join()}: ${plan.level}, ${plan.reason}`)
    for (const name of grouped) levels[name] = plan.level
  }
  for (const report of outcome.reports) {
    if (report.status !== 'done') throw new Error(`${report.reason}: ${report.output}`)
    if (report.check?.status === 'differs') t.fail(`refuted by a check: ${report.check.reason}`)
    if (report.fidelity.status !== 'unchecked') t.equal(report.fidelity.status, 'identical')
  }
  return { row, levels }
}
