import { type Test, test } from 'tap'
import type { TestRepository } from '../support/repository.js'
import { fromScratch, open, project, runsOf, storedValues, train } from '../support/training.js'
import { cli } from '../unit/cli/harness.js'

/** A training; what is logged of its weights is asked for later. */
const script = (
  body: { readonly weights?: string; readonly helper?: string; readonly isOld?: boolean } = {},
): string => {
  const { weights = 'weights', helper = '', isOld = false } = body
  return `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 3))
${helper}const ${weights} = new Float64Array(4)
flor.checkpointing({ ${weights} })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  for (const step of flor.loop('step', [0, 1, 2])) {
    ${weights}[step] += Math.random() - 0.25
${isOld ? '' : '    // a step is done\n'}  }
  flor.log('loss', ${weights}[0] * ${weights}[1])
}
flor.log('final', ${weights}[2])
`
}

/** An old version with other names, and today's: both were trained. */
function story(t: Test, today = script()): TestRepository {
  const repo = project(t, { 'train.js': script({ weights: 'w', isOld: true }) })
  train(repo)
  repo.write('train.js', today).commit('longer names')
  train(repo, { args: ['--flor', 'seed=4'] })
  return repo
}

/** Backfills by the command, and compares every run's values with an execution of its patched commit from the start. */
async function check(
  t: Test,
  repo: TestRepository,
  request: readonly string[],
  names: readonly string[],
): Promise<void> {
  // The first command gives the clone its writer, in its own configuration.
  await cli(repo.path, ['log'])
  const before = repo.fingerprint()
  const done = await cli(repo.path, ['backfill', ...request, '--yes', '--json'])
  t.equal(done.exitCode, 0, done.stderr)
  const { tasks, refused } = JSON.parse(done.stdout)
  t.strictSame(refused, [])
  for (const { status, fidelity } of tasks) {
    t.equal(status, 'done')
    t.equal(fidelity.status, 'identical')
  }
  t.strictSame(repo.fingerprint(), before, 'no file of the user was written')
  const { flor } = open(t, repo)
  const runs = await runsOf(flor)
  t.equal(runs.length, 2, 'the run of today’s code is among them')
  for (const run of runs) {
    const { backfills } = (await (await flor.index()).entry(run.run)) ?? run
    const made = backfills.find((it) => names.every((name) => it.names.includes(name)))
    if (made === undefined) throw new Error('not backfilled')
    const truth = fromScratch(t, repo, made.patched, run)
    const stored = await storedValues(flor, run, names)
    for (const name of names) {
      t.ok(Object.keys(stored[name] ?? {}).length > 0, `${name} has values`)
      t.strictSame(stored[name], truth[name], name)
    }
  }
  // Until it is closed, other commands wait for the index.
  await flor.close()
  const again = await cli(repo.path, ['backfill', ...request, '--yes'])
  t.match(again.stdout, /nothing to do: no value is missing/)
}

test('an expression before a line, in all runs, those of today’s code included', async (t) => {
  const repo = story(t)
  await check(t, repo, ['Math.hypot(...weights) as wnorm', '--at', 'train.js:10'], ['wnorm'])
  const table = await cli(repo.path, ['log', 'wnorm'])
  t.match(table.stdout, /^run +epoch +wnorm\*$/m)
})

test('several expressions at the end of a loop’s body, under quoted names', async (t) => {
  const request = 'weights.slice(0, 2) as "head/0", [epoch, weights[3]] as pair where epoch >= 0'
  await check(t, story(t), [request, '--in', 'epoch'], ['head/0', 'pair'])
})

test('at the end of the nested loop, and behind the main loop', async (t) => {
  const repo = story(t)
  await check(t, repo, ['weights[step] as moved', '--in', 'step'], ['moved'])
  await check(t, repo, ['weights.length as size', '--at', 'train.js:12'], ['size'])
})

test('a helper of today’s file comes along', async (t) => {
  const helper = 'const norm = (list) => Math.sqrt(list.reduce((sum, x) => sum + x * x, 0))\n'
  await check(t, story(t, script({ helper })), ['norm(weights) as wnorm', '--in', 'epoch'], ['wnorm'])
})

test('the runtime is imported where the file of the place does not do so', async (t) => {
  const model = 'export function change(weights, step) {\n  weights[step] += Math.random() - 0.25\n}\n'
  const today = script()
    .replace("'git-flor'\n", "'git-flor'\nimport { change } from './model.js'\n")
    .replace('weights[step] += Math.random() - 0.25', 'change(weights, step)')
  const repo = project(t, { 'train.js': today, 'model.js': model })
  train(repo)
  repo.write('train.js', `${today}// the end\n`).commit()
  train(repo)
  await check(t, repo, ['weights[step] as before', '--at', 'model.js:2'], ['before'])
})
