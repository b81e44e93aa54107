import { type Test, test } from 'tap'
import { faithfulBackfill } from '../support/faithful-backfill.js'
import { fromScratch, open, project, runsOf, storedValues, train } from '../support/training.js'

/** How the main loop gets its items: a plain array, a generator that draws random numbers, and one that waits, too. */
const sources = {
  array: 'for (const item of flor.loop("epoch", [5, 6, 7, 8].slice(0, epochs)))',
  generator: 'for (const item of flor.loop("epoch", drawn()))',
  asynchronous: 'for await (const item of flor.loop("epoch", later()))',
}
type Source = keyof typeof sources

/** Stochastic gradient descent with momentum by hand; `wanted` adds a statement at each kind of place. */
function script(source: Source, isWanted: boolean): string {
  const want = (statement: string): string => (isWanted ? statement : DELETED)
  const text = `import * as flor from 'git-flor'

const epochs = flor.arg('epochs', 4)
const lr = flor.arg('lr', 0.05)
flor.seed(flor.arg('seed', 7))

const data = Array.from({ length: 24 }, () => {
  const x = [Math.random(), Math.random(), 1]
  return { x, y: 2 * x[0] - x[1] + 0.1 * Math.random() }
})
const weights = new Float64Array(3)
const velocity = new Float32Array(3)

function* drawn() {
  for (let i = 0; i < epochs; i++) yield Math.random()
}
async function* later() {
  for (const item of drawn()) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    yield item * Math.random()
  }
}
const norm = (vector) => Math.hypot(...vector)
function step(row, rate) {
  // Long enough that leaving it out is worth a restore.
  for (const end = performance.now() + 3; performance.now() < end; );
  const error = row.x.reduce((sum, x, k) => sum + x * weights[k], 0) - row.y
  ${want("flor.log('in_function', error * rate)")}
  for (let k = 0; k < 3; k++) {
    velocity[k] = 0.9 * velocity[k] - rate * error * row.x[k]
    weights[k] += velocity[k]
  }
  return error * error
}

${want("flor.log('before', data[0].y + norm(weights))")}
flor.checkpointing({ weights, velocity })
${sources[source]} {
  ${want("flor.log('first', norm(weights))")}
  const rate = lr / (1 + item)
  let loss = 0
  for (const i of flor.loop('step', [1, 2, 3, 4, 5])) {
    const row = data[Math.floor(Math.random() * data.length)]
    loss = step(row, rate)
    ${want("flor.log('inside', [loss, velocity[0], i])")}
  }
  ${want("flor.log('after', norm(velocity))")}
  for (const _ of flor.loop('eval', [0, 1])) flor.log('probe', weights[0] * Math.random())
  flor.log('loss', loss)
  ${want("flor.log('late', weights.slice())")}
}
${want("flor.log('end', norm(weights))")}
flor.log('final', weights)
`
  return text
    .split('\n')
    .filter((line) => line.trim() !== DELETED)
    .join('\n')
}

/** A line that is not there. */
const DELETED = '///'

const names = ['before', 'first', 'in_function', 'inside', 'after', 'late', 'end']

async function compare(t: Test, source: Source, checkpoints: 'all' | 'none' | 'adaptive'): Promise<void> {
  const repo = project(t, { 'train.js': script(source, false) })
  train(repo, { checkpoints, args: ['--flor', 'lr=0.03', '--flor', 'seed=11'] })
  repo.write('train.js', script(source, true))
  const { flor, notices } = open(t, repo)
  const { row } = await faithfulBackfill(t, flor, names)
  const run = row.entry
  t.strictSame(notices, [])
  const truth = fromScratch(t, repo, row.patched, run)
  const wanted = Object.fromEntries(names.map((name) => [name, truth[name]]))
  t.strictSame(
    await storedValues(flor, run, names),
    wanted,
    'every value is that of an execution from scratch',
  )
  t.equal(Object.keys(wanted.inside ?? {}).length, 20)
  t.strictSame(await storedValues(flor, run, ['loss', 'probe'], 'recorded'), {
    loss: truth.loss,
    probe: truth.probe,
  })
}

for (const source of Object.keys(sources) as Source[]) {
  for (const checkpoints of ['all', 'none', 'adaptive'] as const) {
    if (checkpoints === 'adaptive' && source !== 'generator') continue
    test(`values wanted at every kind of place are exact: source ${source}, checkpoints ${checkpoints}`, (t) =>
      compare(t, source, checkpoints))
  }
}

test('each name wanted alone is exact, too', async (t) => {
  const repo = project(t, { 'train.js': script('generator', false) })
  train(repo)
  repo.write('train.js', script('generator', true))
  const { flor } = open(t, repo)
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  const levels: Record<string, string> = {}
  for (const name of names) {
    const { row, levels: reached } = await faithfulBackfill(t, flor, [name])
    Object.assign(levels, reached)
    const truth = fromScratch(t, repo, row.patched, run)
    t.strictSame(await storedValues(flor, run, [name]), { [name]: truth[name] }, name)
  }
  t.strictSame(levels, {
    before: 'prefix',
    first: 'skip',
    in_function: 'run',
    inside: 'run',
    after: 'skip',
    late: 'skip',
    // What the generator does behind its last item is not executed at `suffix`.
    end: 'full',
  })
})
