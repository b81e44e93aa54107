import { test } from 'tap'
import { parsePredicate } from '../../lib/query/predicate.js'
import { executeBackfill } from '../../lib/repository/backfill/execute-backfill.js'
import { planBackfill } from '../../lib/repository/backfill/plan-backfill.js'
import { backfill, fromScratch, open, project, storedValues, train } from '../support/training.js'
import { withoutAnalysis } from '../support/unanalysed.js'
import { cli } from '../unit/cli/harness.js'

/** Nothing of `seen` is checkpointed; `wanted` may read it. */
const script = (wanted = '', place: 'in' | 'behind' = 'behind') => `import * as flor from 'git-flor'
flor.seed(7)
const weights = new Float64Array(4)
const seen = []
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4, 5])) {
  for (const step of flor.loop('step', [0, 1, 2])) {
    for (const end = performance.now() + 3; performance.now() < end; );
    weights[step] += Math.random()
    ${place === 'in' ? wanted : ''}
  }
  ${place === 'behind' ? wanted : ''}
  seen.push(weights[0])
}
`

for (const [place, level] of [
  ['behind', 'skip'],
  ['in', 'run'],
] as const) {
  test(`a level that a check refutes is not stored, and the run is executed from its start: ${level}`, async (t) => {
    const repo = project(t, { 'train.js': script() })
    train(repo)
    train(repo)
    repo.write('train.js', script("flor.log('count', seen.length)", place))
    const { flor } = open(t, repo)
    const request = { names: ['count'], where: parsePredicate('epoch >= 2') }
    const plan = await planBackfill(flor, request, { workers: 2, check: 'always' })
    t.match(plan.rows, [{ plans: [{ plan: { level: 'full' } }] }, {}], 'the analysis sees it')
    const blind = withoutAnalysis(plan)
    t.match(blind.rows, [{ plans: [{ plan: { level } }] }, {}])
    const started: string[] = []
    const { reports, values } = await executeBackfill(flor, blind, {
      onStart: ({ aim }) => started.push(aim),
    })
    // Two iterations, and the same from the start.
    t.ok(started.filter((it) => it === 'check').length <= 3, 'once for both runs')
    t.equal(reports.length, 2)
    t.equal(values, place === 'in' ? 24 : 8)
    for (const [i, report] of reports.entries()) {
      if (report.status !== 'done') throw new Error(report.reason)
      t.match(report.check, { status: 'differs', reason: /`count` differs at epoch=1.*checkpoint it/ })
      t.equal(
        report.fidelity.status,
        'identical',
        'a run that is executed from its start has its checkpoints again',
      )
      const stored = (await storedValues(flor, report.entry, ['count'])).count ?? {}
      const row = blind.rows[i]
      if (row?.status !== 'planned') throw new Error(row?.status)
      const truth = fromScratch(t, repo, row.patched, report.entry).count ?? {}
      t.strictSame(stored, Object.fromEntries(Object.entries(truth).filter(([key]) => key in stored)))
    }
    const [entry] = reports.map((it) => it.entry)
    const headers =
      entry === undefined ? [] : ((await (await flor.index()).entry(entry.run))?.backfills ?? [])
    t.match(headers, [{ level: 'full', check: { status: 'differs' } }])
  })
}

test('values that a check confirms are stored at the level, and say so', async (t) => {
  const repo = project(t, { 'train.js': script() })
  train(repo)
  repo.write('train.js', script("flor.log('sum', weights[0] + weights[1])"))
  const { flor } = open(t, repo)
  const { plan, outcome } = await backfill(flor, ['sum'], { where: 'epoch >= 2', check: 'always' })
  t.match(plan.rows, [{ plans: [{ plan: { level: 'skip' }, checks: [{ level: 'skip' }] }] }])
  const [row] = plan.rows
  const ofPlan =
    row?.status === 'planned'
      ? row.plans.map((it) => it.plan.estimateMs + (it.checks?.[0]?.estimateMs ?? 0))
      : []
  t.strictSame(ofPlan, [plan.estimateMs], 'the estimate has the time of the check')
  t.ok(plan.schedule.durationMs >= plan.estimateMs)
  t.match(outcome.reports, [{ check: { status: 'same', iterations: ['epoch=1', 'epoch=4'] } }])
  const [report] = outcome.reports
  if (report?.status !== 'done') throw new Error(report?.reason)
  await flor.close()
  const shown = await command(repo.path, ['show', '--backfill', report.id])
  t.match(
    shown,
    /^checked: +2 values at epoch=1 and epoch=4 are the same with what comes before executed, too$/m,
  )
  t.match(JSON.parse(await command(repo.path, ['show', '--backfill', report.id, '--json'])), {
    check: { status: 'same', compared: 2 },
  })
})

test('--no-check and flor.check keep checks from being made, a check that finds nothing logged cannot tell', async (t) => {
  const repo = project(t, { 'train.js': script() })
  train(repo)
  repo.write('train.js', script("flor.log('sum', weights[0])"))
  const first = JSON.parse(
    await command(repo.path, ['backfill', 'sum', '--yes', '--json', '--no-check']),
  ) as { tasks: readonly object[] }
  t.equal(first.tasks.length, 1)
  t.notOk(Object.hasOwn(first.tasks[0] ?? {}, 'check'))
  repo.git('config', 'flor.check', 'never')
  repo.write('train.js', script("flor.log('total', weights[1])"))
  t.notMatch(await command(repo.path, ['backfill', 'total', '--yes']), /checked/)
  repo.git('config', 'flor.check', 'always')
  repo.write('train.js', script("flor.log('product', weights[2])"))
  t.match(
    await command(repo.path, ['backfill', 'product', '--yes']),
    /^checked: 2 values at epoch=1 and epoch=4 are the same/m,
  )
  repo.write('train.js', script("if (epoch === 2) flor.log('rare', weights[2])"))
  t.notMatch(await command(repo.path, ['backfill', 'rare', '--yes']), /checked/)
})

async function command(cwd: string, argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await cli(cwd, [...argv])
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}
