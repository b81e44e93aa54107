import { test } from 'tap'
import { backfill, fromScratch, open, project, storedValues, train } from '../support/training.js'

const script = (wanted: string) => `import * as flor from 'git-flor'
flor.seed(1)
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  const losses = []
  for (const step of flor.loop('step', [0, 1, 2])) {
    for (const end = performance.now() + 5; performance.now() < end; );
    weights[step % 2] += Math.random()
    losses.push(weights[0])
  }
  console.log(losses.at(-1).toFixed(3))
  ${wanted}
}
`

test('a script that cannot do without its nested loops is replayed with them', async (t) => {
  const repo = project(t, { 'train.js': script('') })
  train(repo, { checkpoints: 'all' })
  repo.write('train.js', script("flor.log('sum', weights[0] + weights[1])"))
  const { flor } = open(t, repo)
  const { plan, outcome } = await backfill(flor, ['sum'])
  const [row] = plan.rows
  if (row?.status !== 'planned') throw new Error('not planned')
  t.strictSame(
    row.plans.map((it) => it.plan.level),
    ['skip'],
  )
  t.strictSame(
    outcome.reports.map((it) => it.status),
    ['done'],
  )
  const { sum } = fromScratch(t, repo, row.patched, row.entry)
  t.strictSame(await storedValues(flor, row.entry, ['sum']), { sum })
})
