import { rmSync } from 'node:fs'
import { test } from 'tap'
import { checkpointsDir } from '../../lib/git/location.js'
import { parsePredicate } from '../../lib/query/predicate.js'
import { executeBackfill } from '../../lib/repository/backfill/execute-backfill.js'
import { planBackfill } from '../../lib/repository/backfill/plan-backfill.js'
import { backfill, open, project, train } from '../support/training.js'
import { withoutAnalysis } from '../support/unanalysed.js'

/** A training that logs nothing but, maybe, what is wanted; `momentum` is given to `checkpointing` or not. */
const script = (checkpointed: string, wanted = '') => `import * as flor from 'git-flor'
flor.seed(7)
const weights = new Float64Array(64).fill(1)
const momentum = new Float64Array(64)
const progress = { epochs: 0 }
flor.checkpointing({ weights, progress${checkpointed} })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4])) {
  for (const step of flor.loop('step', [0, 1])) {
    const gradient = Math.random() - 0.5
    for (const k of weights.keys()) {
      momentum[k] = 0.9 * momentum[k] + gradient
      weights[k] -= 0.1 * momentum[k]
    }
    ${wanted}
  }
  progress.epochs++
}
`
const wanted = "flor.log('gradient', gradient)"

test('a replay that logs nothing again is compared with the checkpoints that the run took', async (t) => {
  const repo = project(t, { 'train.js': script(', momentum') })
  train(repo)
  repo.write('train.js', script(', momentum', wanted))
  const { flor } = open(t, repo)
  const { outcome } = await backfill(flor, ['gradient'], { where: 'epoch = 3' })
  const [report] = outcome.reports
  t.match(report, {
    status: 'done',
    fidelity: { status: 'identical', compared: 0, states: { compared: 2, equal: 2 } },
  })
})

test('state that comes out otherwise marks the values, whichever of it, and whether or not its file is here', async (t) => {
  const repo = project(t, { 'train.js': script('') })
  train(repo)
  repo.write('train.js', script('', wanted))
  const { flor } = open(t, repo)
  const request = { names: ['gradient'], where: parsePredicate('epoch = 3') }
  const plan = withoutAnalysis(await planBackfill(flor, request))
  const { reports } = await executeBackfill(flor, plan)
  const first = { name: 'weights[0]', context: 'epoch=3', isState: true }
  t.match(reports, [{ fidelity: { status: 'diverged', states: { equal: 0 }, first } }])

  // The hash tells it without the file of the checkpoint that is compared with.
  repo.write('train.js', script('', "flor.log('again', gradient)"))
  const more = await planBackfill(flor, { names: ['again'], where: parsePredicate('epoch = 3') })
  const { location } = flor
  const record = more.rows[0]?.status === 'planned' ? more.rows[0].plans[0]?.request.run : undefined
  const kept = new Set(
    record?.checkpoints
      .filter((it) => it.point.context[0]?.index === 2)
      .flatMap((it) => it.files.map((file) => file.sha256)),
  )
  for (const { sha256 } of record?.checkpoints.flatMap((it) => it.files) ?? []) {
    if (kept.has(sha256)) continue
    for (const folder of [checkpointsDir(location), `${location.commonDir}/lfs/objects`]) {
      rmSync(`${folder}/${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`, { force: true })
    }
  }
  const again = withoutAnalysis(
    await planBackfill(flor, { names: ['again'], where: parsePredicate('epoch = 3') }),
  )
  const second = await executeBackfill(flor, again)
  t.match(second.reports, [
    { fidelity: { status: 'diverged', first: { name: 'weights', recorded: /^[0-9a-f]{64}$/ } } },
  ])
})

test('a tolerance goes for checkpointed numbers, too', async (t) => {
  const repo = project(t, { 'train.js': script('') })
  train(repo)
  repo.write('train.js', script('', wanted))
  const { flor } = open(t, repo)
  const plan = withoutAnalysis(
    await planBackfill(flor, { names: ['gradient'], where: parsePredicate('epoch = 3') }),
  )
  const { reports } = await executeBackfill(flor, plan, { tolerance: 10 })
  t.match(reports, [{ fidelity: { status: 'within-tolerance', states: { compared: 2, equal: 0 } } }])
})

test('a run that is executed from its start is compared all along', async (t) => {
  const repo = project(t, { 'train.js': script(', momentum') })
  train(repo)
  // The statement draws: everything behind it comes out otherwise.
  repo.write('train.js', script(', momentum', "flor.log('noise', Math.random())"))
  const { flor } = open(t, repo)
  const { plan, outcome } = await backfill(flor, ['noise'])
  t.match(plan.rows, [{ plans: [{ plan: { level: 'full' } }] }])
  const [report] = outcome.reports
  if (report?.status !== 'done') throw new Error(report?.reason)
  t.equal(report.fidelity.status, 'diverged')
  // As many as the time allows.
  t.ok((report.fidelity.states?.compared ?? 0) > 1)
  t.equal(report.fidelity.states?.equal, 0)
})
