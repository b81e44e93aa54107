import { test } from 'tap'
import { backfill, fromScratch, open, project, runsOf, storedValues, train } from '../support/training.js'

const head = "import * as flor from 'git-flor'\n"

const network = (exported: string, wanted = ''): string => `${exported}function init(size) {
  return Array.from({ length: size }, () => Float64Array.from({ length: size }, () => Math.random() - 0.5))
}

${exported}function update(layer, input, target, rate) {
  const output = layer.map((row) => Math.tanh(row.reduce((sum, w, i) => sum + w * input[i], 0)))
  const errors = output.map((y, i) => y - target[i])
${wanted}  for (const [i, row] of layer.entries()) {
    for (let j = 0; j < row.length; j++) row[j] -= rate * errors[i] * (1 - output[i] ** 2) * input[j]
  }
  return errors.reduce((sum, e) => sum + e * e, 0)
}
`

const training = (wanted = ''): string => `flor.seed(flor.arg('seed', 3))
const rate = flor.arg('lr', 0.1)
const layer = init(3)
flor.checkpointing({ layer })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  let loss = 0
  for (const step of flor.loop('step', [0, 1, 2, 3])) {
    const input = [Math.random(), Math.random(), 1]
    loss += update(layer, input, [input[1], input[0], 0], rate)
  }
${wanted}  flor.log('loss', loss)
}
`

test('values of a statement in a file that was split off later are those of the patched old file', async (t) => {
  const repo = project(t, { 'train.js': `${head}\n${network('')}\n${training()}` })
  train(repo)
  repo
    .write('src/network.js', network('export '))
    .write('train.js', `${head}import { init, update } from './src/network.js'\n\n${training()}`)
    .commit('the network has a file of its own')
  train(repo, { args: ['--flor', 'lr=0.2'] })
  const error = "  flor.log('error', Math.max(...errors.map(Math.abs)))\n"
  const weight =
    "  flor.log('weight', layer[0][0] * update(layer.map((row) => row.slice()), [1, 1, 1], [0, 0, 0], rate))\n"
  repo
    .write('src/network.js', `${head}\n${network('export ', error)}`)
    .write('train.js', `${head}import { init, update } from './src/network.js'\n\n${training(weight)}`)
  const { flor } = open(t, repo)
  // Asked for apart: the second statement logs the first one's name, too.
  for (const [name, count] of [
    ['error', 12],
    ['weight', 3],
  ] as const) {
    const { plan, outcome } = await backfill(flor, [name])
    t.match(outcome.reports, [{ status: 'done' }, { status: 'done' }], name)
    const [oldest] = await runsOf(flor)
    const row = plan.rows.find(({ entry }) => entry.run === oldest?.run)
    if (oldest === undefined || row?.status !== 'planned') throw new Error(`${name} was not planned`)
    t.match(row.files, [{ oldPath: 'train.js' }])
    const stored = await storedValues(flor, oldest, [name])
    t.equal(Object.values(stored[name] ?? {}).flat().length, count)
    const truth = fromScratch(t, repo, row.patched, oldest)
    t.strictSame(stored, { [name]: truth[name] })
  }
})
