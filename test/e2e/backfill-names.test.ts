import { test } from 'tap'
import { backfill, open, project, train } from '../support/training.js'

const script = (wanted: string) => `import * as flor from 'git-flor'
flor.seed(1)
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const step of flor.loop('step', [0, 1, 2])) weights[step % 2] += Math.random()
  ${wanted}
}
`
const sum = "flor.log('sum', weights[0] + weights[1])"

test('a value that exists is not computed again, asked for alone or with others', async (t) => {
  const repo = project(t, { 'train.js': script('') })
  train(repo)
  const { flor } = open(t, repo)
  const valuesOf = async (wanted: string, names: readonly string[]): Promise<number> => {
    repo.write('train.js', script(wanted))
    return (await backfill(flor, names)).outcome.values
  }
  const first = "flor.log('first', weights[0])"
  t.equal(await valuesOf(`${sum}\n  ${first}`, ['sum', 'first']), 6)
  t.equal(await valuesOf(`${sum}\n  ${first}`, ['sum']), 0, 'it came with the other')
  t.equal(await valuesOf(sum, ['sum']), 0, 'the other is gone')
  t.equal(
    await valuesOf("flor.log('sum', weights[1] - weights[0])", ['sum']),
    3,
    'it means something else now',
  )
})
