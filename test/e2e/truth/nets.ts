import type { Test } from 'tap'
import type { RunEntry } from '../../../lib/db/run-entry.js'
import type { Column } from '../../../lib/model/column.js'
import { parsePredicate } from '../../../lib/query/predicate.js'
import type { Position } from '../../../lib/replay/source-project.js'
import type { TaskDone } from '../../../lib/repository/backfill/backfill-plan.js'
import { executeBackfill } from '../../../lib/repository/backfill/execute-backfill.js'
import { planBackfill } from '../../../lib/repository/backfill/plan-backfill.js'
import type { FlorRepository } from '../../../lib/repository/flor-repository.js'
import { loadColumns } from '../../../lib/repository/load-columns.js'
import { fromScratch, open, project, train, valuesOf } from '../../support/training.js'
import { withoutAnalysis } from '../../support/unanalysed.js'
import type { Attack } from './attack.js'

/** What stands below the analysis, and whether it held a script that was given no analysis at all. */
export interface Nets {
  /** What the analysis makes of it. */
  readonly analysis: string
  /** The level that was believed in its place. */
  readonly believed: string
  /** Whether values of that level were wrong. */
  readonly isWrong: boolean
  /** Which nets told of it: the check of the level, recorded values that came out otherwise, checkpoints that did. */
  readonly check: boolean
  readonly values: boolean
  readonly states: boolean
}

/**
 * Carries an attack out as if the analysis had found nothing, once with a check of the level and once without. Whatever is stored after a check that differs must be the truth. Undefined for
 * scripts that are refused, or not replayed from checkpoints even then.
 */
export async function netsOf(
  t: Test,
  { before, wanted, files = {}, where }: Attack,
): Promise<Nets | undefined> {
  const repo = project(t, { ...files, 'train.js': before })
  train(repo)
  repo.write('train.js', wanted)
  const { flor } = open(t, repo)
  const request = { names: ['wanted'], ...(where === undefined ? {} : { where: parsePredicate(where) }) }
  const plan = await planBackfill(flor, request)
  const [row] = plan.rows
  if (row?.status !== 'planned') return undefined
  const blind = withoutAnalysis(plan, assumedPosition(where))
  const [blindRow] = blind.rows
  const believed = blindRow?.status === 'planned' ? blindRow.plans.map((it) => it.plan.level).join() : ''
  if (!/^(?:skip|run|suffix)$/.test(believed)) return undefined

  const truth = fromScratch(t, repo, row.patched, row.entry).wanted ?? {}
  const isTrue = async (report: TaskDone): Promise<boolean> => {
    const stored = await storedBy(flor, row.entry, report.id)
    return Object.entries(stored).every(([context, values]) => values.join() === truth[context]?.join())
  }
  const checked = await done(flor, blind, 'always')
  const check = checked?.check?.status === 'differs'
  if (checked !== undefined && check)
    t.ok(await isTrue(checked), 'what is stored after a check that differs is the truth')
  const unchecked = await done(flor, blind, 'never')
  const { fidelity } = unchecked ?? {}
  return {
    analysis: row.plans.map((it) => it.plan.level).join(),
    believed,
    isWrong: unchecked !== undefined && !(await isTrue(unchecked)),
    check,
    values: fidelity !== undefined && fidelity.equal < fidelity.compared,
    states: fidelity?.states !== undefined && fidelity.states.equal < fidelity.states.compared,
  }
}

/** Where the analysis cannot tell where a statement stands, the script's author can. */
function assumedPosition(where: string | undefined): Position {
  return where === undefined
    ? { kind: 'suffix', loops: [], outerLoops: 0, why: 'behind the main loop' }
    : { kind: 'iteration', loops: ['epoch'], outerLoops: 0, why: 'in `epoch`' }
}

/** Undefined where the script failed: nothing wrong is stored then. */
async function done(
  flor: FlorRepository,
  plan: Parameters<typeof executeBackfill>[1],
  check: 'always' | 'never',
): Promise<TaskDone | undefined> {
  const { reports } = await executeBackfill(flor, { ...plan, check })
  return reports.find((it) => it.status === 'done')
}

async function storedBy(
  flor: FlorRepository,
  run: RunEntry,
  segment: string,
): Promise<Record<string, string[]>> {
  const entry = (await (await flor.index()).entry(run.run)) ?? run
  const columns: Column[] = []
  for (const { column, origin } of await loadColumns(flor, entry, 'wanted')) {
    if (origin.segment === segment) columns.push(column)
  }
  return valuesOf(columns).wanted ?? {}
}

/** A table of what each net told, in Markdown. */
export function formatNets(rows: ReadonlyMap<string, Nets>): string[] {
  const mark = (is: boolean): string => (is ? 'yes' : '')
  return [
    '| script | analysis | believed | wrong | check | values | state |',
    '|---|---|---|---|---|---|---|',
    ...[...rows].map(
      ([name, { analysis, believed, isWrong, check, values, states }]) =>
        `| ${name} | ${analysis} | ${believed} | ${mark(isWrong)} | ${mark(check)} | ${mark(values)} | ${mark(states)} |`,
    ),
  ]
}
