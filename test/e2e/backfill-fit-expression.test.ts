import { test } from 'tap'
import { checkExpressions } from '../support/check-expressions.js'
import { fitScript } from '../support/fit-script.js'
import { project, train } from '../support/training.js'
import { cli } from '../unit/cli/harness.js'

/** A training by fit; `callbacks` are the functions that it calls. */
const script = (callbacks: string, name = 'model'): string =>
  fitScript(`const ${name} = build()
const history = await fit(${name}, points, targets, { epochs: 3, batchSize: 12, verbose: 0, callbacks: {
${callbacks}
} })
flor.log('final', norm(${name}.getWeights()))`)

const callbacks = `  async onBatchEnd(batch, logs) {
    console.log(batch)
  },
  onEpochEnd: (epoch, logs) => {
    console.log(epoch)
  },`

test('an expression in a loop that fit makes stands at the end of the callback that fit calls there', async (t) => {
  const repo = project(t, { 'train.js': script(callbacks, 'net') })
  train(repo)
  repo.write('train.js', script(callbacks)).commit('a longer name')
  train(repo, { args: ['--flor', 'seed=6'] })
  const epochs = '[epoch, logs.loss, norm(model.getWeights())] as at_epoch'
  await checkExpressions(t, repo, [epochs, '--in', 'epoch'], ['at_epoch'])
  await checkExpressions(t, repo, ['logs.loss * batch as at_batch', '--in', 'batch'], ['at_batch'])
  const table = await cli(repo.path, ['log', 'at_epoch', 'at_batch'])
  t.match(table.stdout, /^run +epoch +batch/m)
})

test('a loop that fit makes and nothing is called in is refused, and so is one of two callbacks', async (t) => {
  const ask = async (given: string, loop: string): Promise<string> => {
    const repo = project(t, { 'train.js': script(given) })
    train(repo)
    const { exitCode, stderr } = await cli(repo.path, ['backfill', '1 as x', '--in', loop, '--yes'])
    t.equal(exitCode, 1)
    return stderr
  }
  const none = await ask('  onEpochEnd: (epoch) => console.log(epoch)', 'epoch')
  t.match(
    none,
    /"epoch" is a loop of git-flor\/tfjs, and the working tree has no callback onEpochEnd with a body/,
  )
  t.match(none, /hint: --at <file>:<line>/)
  t.match(await ask(`${callbacks}\n}, other: { onEpochEnd() {}`, 'epoch'), /several loops are called "epoch"/)
  t.match(await ask(callbacks, 'fold'), /no flor loop of the working tree is called "fold"/)
})
