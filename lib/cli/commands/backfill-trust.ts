import { inRepository } from '../../git/location.js'
import { git } from '../../git/process.js'
import type { BackfillPlan, BackfillRow } from '../../repository/backfill/backfill-plan.js'
import type { CommandContext } from '../context.js'
import { counted } from '../render/number.js'

/**
 * Asks, once for each other writer whose code would be executed, whether that may be; agreement is kept in the clone's own
 * configuration (`flor.trust`). Where nobody can be asked, the plan is left as it is and its execution will refuse.
 */
export async function confirmTrust(context: CommandContext, plan: BackfillPlan): Promise<BackfillPlan> {
  if (!context.canAsk) return plan
  const trusted = new Set<string>()
  for (const [writer, rows] of untrustedWriters(plan)) {
    const users = [...new Set(rows.map(({ entry }) => `${entry.header.user} on ${entry.header.host}`))]
    const scripts = [...new Set(rows.map(({ entry }) => entry.header.script ?? entry.header.argv.join(' ')))]
    context.note(
      `${counted(rows.length, 'run')} recorded by writer ${writer} (${users.join(', ')}) would be executed: ${scripts.join(', ')}`,
    )
    if (!(await context.ask(`Trust code recorded by ${writer} from now on?`))) continue
    const { location } = await context.repository()
    await git(['config', '--local', '--add', 'flor.trust', writer], inRepository(location))
    trusted.add(writer)
  }
  const settle = (row: BackfillRow): BackfillRow =>
    row.status === 'planned' && row.untrusted.some((writer) => trusted.has(writer))
      ? { ...row, untrusted: [] }
      : row
  return { ...plan, rows: plan.rows.map(settle) }
}

function untrustedWriters(plan: BackfillPlan): Map<string, BackfillRow[]> {
  const writers = new Map<string, BackfillRow[]>()
  for (const row of plan.rows) {
    if (row.status !== 'planned') continue
    for (const writer of row.untrusted) writers.set(writer, [...(writers.get(writer) ?? []), row])
  }
  return writers
}
