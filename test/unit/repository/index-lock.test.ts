import { test } from 'tap'
import { RunIndex } from '../../../lib/db/run-index.js'
import { executeBackfill } from '../../../lib/repository/backfill/execute-backfill.js'
import { planBackfill } from '../../../lib/repository/backfill/plan-backfill.js'
import { open, project, runsOf, train } from '../../support/training.js'

const script = (wanted: string): string => `import * as flor from 'git-flor'
flor.seed(1)
const weights = new Float64Array(1)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1])) {
  weights[0] += Math.random()
  flor.log('loss', weights[0])${wanted}
}
`

test('while a plan waits for an answer, and while it is executed, other commands have the index', async (t) => {
  const repo = project(t, { 'train.js': script('') })
  for (const seed of [1, 2]) train(repo, { args: ['--flor', `seed=${seed}`] })
  repo.write('train.js', script(`\n  flor.log('wanted', weights[0] * 2)`))
  const { flor } = open(t, repo)
  const plan = await planBackfill(flor, { names: ['wanted'] })
  const folder = `${flor.florDir}/index`
  const between = await RunIndex.open(folder, { waitMs: 0 })
  await between.close()
  let isOver = false
  const looks: Promise<boolean>[] = []
  const look = async (): Promise<boolean> => {
    // Storing what the replay before gave takes the index for a moment.
    const index = await RunIndex.open(folder, { waitMs: 10_000 })
    await index.close()
    return !isOver
  }
  await executeBackfill(flor, plan, { onStart: () => void looks.push(look()) })
  isOver = true
  t.equal(looks.length, 2)
  const [first] = await Promise.all(looks)
  t.ok(first, 'while replays are executed')
  t.equal((await runsOf(flor)).length, 2)
})
