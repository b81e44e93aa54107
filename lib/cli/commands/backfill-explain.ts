import type { Expression } from '../../query/predicate.js'
import type { BackfillRequest } from '../../repository/backfill/backfill-plan.js'
import { type PlanOptions, planBackfill } from '../../repository/backfill/plan-backfill.js'
import { resolveRun } from '../../repository/resolve-run.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { formatRowExplanation } from '../views/backfill-explanation.js'
import { formatStatements } from '../views/backfill-statements.js'

/** Prints what a backfill would do in one run: where statements go, how it is replayed, and why. Executes nothing. */
export async function explainBackfill(
  context: CommandContext,
  request: BackfillRequest,
  name: string,
  planning: Pick<PlanOptions, 'check'>,
): Promise<number> {
  const repository = await context.repository()
  const { run } = await resolveRun(repository, name)
  const isThisRun: Expression = {
    kind: 'binary',
    operator: '=',
    left: { kind: 'name', name: 'run', at: 0 },
    right: { kind: 'literal', value: run, at: 0 },
    at: 0,
  }
  const where: Expression =
    request.where === undefined
      ? isThisRun
      : { kind: 'binary', operator: 'and', left: isThisRun, right: request.where, at: 0 }
  const { rows, wanted } = await planBackfill(repository, { ...request, where }, planning)
  const row = rows.find(({ entry }) => entry.run === run)
  if (row === undefined) {
    await context.out.lines([`run ${run.slice(0, 7)}: the predicate holds nowhere in it`])
    return ExitCode.ok
  }
  const layout = { columns: context.columns, style: await context.style() }
  const statements = wanted.made === undefined ? [] : [...formatStatements(wanted, layout), '']
  await context.out.lines([...statements, ...formatRowExplanation(row, layout)])
  return ExitCode.ok
}
