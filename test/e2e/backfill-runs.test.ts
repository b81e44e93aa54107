import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Test, test } from 'tap'
import type { RunEntry } from '../../lib/db/run-entry.js'
import type { FlorRepository } from '../../lib/repository/flor-repository.js'
import { verify } from '../../lib/repository/verify.js'
import type { TestRepository } from '../support/repository.js'
import {
  backfill,
  fromScratch,
  open,
  project,
  startTraining,
  storedValues,
  type Training,
  train,
  type Values,
} from '../support/training.js'

/** What every script here begins with: a model that draws random numbers in each step. */
const head = `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 1))
const weights = new Float64Array(2)
function step(i) {
  for (const end = performance.now() + 4; performance.now() < end; );
  weights[i % 2] += Math.random() - 0.3
  return weights[0] * weights[1]
}
`

interface Checked {
  readonly run: RunEntry
  readonly stored: Values
  readonly truth: Values
  readonly flor: FlorRepository
  readonly levels: string
}

/** Backfills `names` in the newest run of a repository, and compares with an execution of the patched commit from the start. */
async function check(
  t: Test,
  repo: TestRepository,
  names: readonly string[],
  options: { readonly where?: string; readonly isTruth?: (context: string) => boolean } = {},
): Promise<Checked> {
  const { flor, notices } = open(t, repo)
  const { where, isTruth = () => true } = options
  const { plan, outcome } = await backfill(flor, names, where === undefined ? {} : { where })
  t.strictSame(
    notices.filter((it) => it.kind !== 'sealed-interrupted'),
    [],
  )
  const [row] = plan.rows
  if (row?.status !== 'planned')
    throw new Error(`not planned: ${row?.status === 'refused' ? row.reason : row?.status}`)
  for (const report of outcome.reports) {
    if (report.status === 'failed') t.fail(`${report.reason}\n${report.output}`)
    else t.not(report.fidelity.status, 'diverged', JSON.stringify(report.fidelity.first))
  }
  const run = row.entry
  const truth = fromScratch(t, repo, row.patched, run)
  const stored = await storedValues(flor, run, names)
  const expected: Values = {}
  for (const name of names) {
    expected[name] = Object.fromEntries(Object.entries(truth[name] ?? {}).filter(([at]) => isTruth(at)))
  }
  t.strictSame(stored, expected, row.plans.map((it) => `${it.plan.level}: ${it.plan.reason}`).join('\n'))
  t.strictSame((await verify(flor)).findings, [])
  const again = await backfill(flor, names, where === undefined ? {} : { where })
  t.equal(again.outcome.values, 0, 'nothing is left to do')
  return { run, stored, truth, flor, levels: row.plans.map((it) => it.plan.level).join() }
}

function record(t: Test, before: string, training: Training = {}): TestRepository {
  const repo = project(t, { 'train.js': before })
  train(repo, training)
  return repo
}

const add = (text: string, behind: string, statement: string): string => {
  if (!text.includes(behind)) throw new Error(`no ${behind}`)
  return text.replace(behind, `${behind}\n${statement}`)
}

test('a run that was killed: iterations that ended are had, the one it died in is not', async (t) => {
  const text = `${head}flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4, 5, 6, 7])) {
  for (const i of flor.loop('step', [0, 1])) step(i)
  flor.log('loss', weights[0])
  console.log(epoch)
  if (flor.arg('waits', true) && epoch === 3) await new Promise((resolve) => setTimeout(resolve, 60_000))
}
`
  const repo = project(t, { 'train.js': text })
  const child = startTraining(repo)
  if (child.stdout !== null)
    for await (const line of createInterface({ input: child.stdout })) if (line === '3') break
  child.kill('SIGKILL')
  await once(child, 'exit')
  repo.write('train.js', add(text, `flor.log('loss', weights[0])`, `  flor.log('wanted', weights[1])`))
  const { flor } = open(t, repo)
  const { plan, outcome } = await backfill(flor, ['wanted'])
  const [row] = plan.rows
  if (row?.status !== 'planned') throw new Error('not planned')
  t.match(row.plans[0]?.plan.excluded, [{ reason: /ended in it/ }])
  t.match(outcome.reports, [{ status: 'done', values: 3, fidelity: { status: 'identical' } }])
  t.strictSame(Object.keys((await storedValues(flor, row.entry, ['wanted'])).wanted ?? {}), [
    'epoch=0',
    'epoch=1',
    'epoch=2',
  ])
  const again = await backfill(flor, ['wanted'])
  t.strictSame(again.outcome.reports, [], 'what cannot be had is not tried again')
})

test('a run that failed with an exception', async (t) => {
  const text = `${head}flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4])) {
  for (const i of flor.loop('step', [0, 1])) step(i)
  flor.log('loss', weights[0])
  if (epoch === 3) throw new Error('diverged')
}
`
  const repo = record(t, text, { expectExit: 1 })
  repo.write('train.js', add(text, `flor.log('loss', weights[0])`, `  flor.log('wanted', weights[1])`))
  const { run } = await check(t, repo, ['wanted'], { isTruth: (at) => at !== 'epoch=3' })
  t.match(run.end, { status: 'failed', exitCode: 1 })
})

test('a run that stopped early by break, wanted in it and behind it', async (t) => {
  const text = `${head}flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [10, 20, 30, 40, 50])) {
  let loss = 0
  for (const i of flor.loop('step', [0, 1, 2])) loss = step(i)
  flor.log('loss', loss)
  if (epoch === 40) break
}
flor.log('final', weights)
`
  const repo = record(t, text)
  repo.write(
    'train.js',
    add(
      add(text, `flor.log('loss', loss)`, `  flor.log('inside', weights[1])`),
      `flor.log('final', weights)`,
      `flor.log('behind', weights[0])`,
    ),
  )
  await check(t, repo, ['inside', 'behind'])
})

test('outer loops, each iteration of which trains anew', async (t) => {
  const text = `${head}const folds = flor.arg('folds', 3)
for (const fold of flor.loop('fold', Array.from({ length: folds }, (_, i) => i))) {
  weights.fill(Math.random())
  flor.log('start', weights[0])
  flor.checkpointing({ weights })
  for (const epoch of flor.loop('epoch', [0, 1, 2])) {
    for (const i of flor.loop('step', [0, 1])) flor.log('loss', step(i))
    flor.log('norm', Math.hypot(...weights))
  }
  flor.log('end', weights[1])
}
`
  const repo = record(t, text)
  repo.write(
    'train.js',
    add(
      add(
        add(text, `flor.log('start', weights[0])`, `  flor.log('first', weights[1])`),
        `flor.log('norm', Math.hypot(...weights))`,
        `    flor.log('each', weights[0])`,
      ),
      `flor.log('end', weights[1])`,
      `  flor.log('last', weights[0] * 2)`,
    ),
  )
  await check(t, repo, ['first', 'each', 'last'])
  train(repo.write('train.js', text), { args: ['--flor', 'seed=9'] })
})

test('two main loops one behind the other, wanted in the second, between and behind them', async (t) => {
  const text = `${head}flor.checkpointing({ weights })
for (const epoch of flor.loop('warmup', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) step(i)
  flor.log('warm', weights[0])
}
flor.log('middle', weights[0])
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) step(i)
  flor.log('loss', weights[0])
}
flor.log('final', weights[1])
`
  const repo = record(t, text)
  repo.write(
    'train.js',
    add(
      add(
        add(text, `flor.log('middle', weights[0])`, `flor.log('between', weights[1])`),
        `flor.log('loss', weights[0])`,
        `  flor.log('second', weights[1])`,
      ),
      `flor.log('final', weights[1])`,
      `flor.log('behind', weights[0])`,
    ),
  )
  await check(t, repo, ['between', 'second', 'behind'])
})

test('a statement that logs in some iterations only is not computed again and again', async (t) => {
  const text = `${head}flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  for (const i of flor.loop('step', [0, 1])) step(i)
  flor.log('loss', weights[0])
}
`
  const repo = record(t, text)
  repo.write(
    'train.js',
    add(text, `flor.log('loss', weights[0])`, `  if (epoch % 2 === 1) flor.log('wanted', -0 * weights[1])`),
  )
  const { stored } = await check(t, repo, ['wanted'])
  t.strictSame(Object.keys(stored.wanted ?? {}), ['epoch=1', 'epoch=3'])
})

test('a name that is logged in an iteration and in a loop inside it', async (t) => {
  const text = `${head}flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) {
    step(i)
    flor.log('loss', weights[0])
  }
  flor.log('norm', Math.hypot(...weights))
}
`
  const repo = record(t, text)
  const once = add(text, `flor.log('loss', weights[0])`, `    flor.log('wanted', weights[1])`)
  repo.write(
    'train.js',
    add(once, `flor.log('norm', Math.hypot(...weights))`, `  flor.log('wanted', weights[1] * 2)`),
  )
  const { levels } = await check(t, repo, ['wanted'])
  t.equal(levels, 'run')
})

test('a name that is logged everywhere at once', async (t) => {
  const text = `${head}flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) {
    step(i)
    flor.log('loss', weights[0])
  }
  flor.log('norm', Math.hypot(...weights))
}
flor.log('final', weights[0])
`
  const repo = record(t, text)
  repo.write(
    'train.js',
    add(
      add(
        add(text, `flor.log('loss', weights[0])`, `    flor.log('wanted', weights[1])`),
        `flor.log('norm', Math.hypot(...weights))`,
        `  flor.log('wanted', weights[1] * 2)`,
      ),
      `flor.log('final', weights[0])`,
      `flor.log('wanted', 'over')`,
    ),
  )
  await check(t, repo, ['wanted'])
})

test('code that was never committed, a script and a working directory in folders, and a new name of the script', async (t) => {
  const helper = `export const weights = new Float64Array(2)\nexport function step(i) { weights[i] += Math.random(); return weights[i] }\n`
  const text = `import { readFileSync } from 'node:fs'
import * as flor from 'git-flor'
import { step, weights } from '../lib/model.js'
flor.seed(flor.arg('seed', 1))
const scale = Number(readFileSync('scale.txt', 'utf8'))
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) flor.log('loss', step(i) * scale)
  flor.log('norm', Math.hypot(...weights))
}
`
  const repo = project(t, { 'work/scale.txt': '2', 'readme.txt': 'r' })
  repo.write('src/train.js', text).write('lib/model.js', helper).write('work/scale.txt', '3')
  train(repo, { script: '../src/train.js', cwd: 'work' })
  repo.commit('now committed').do('mv', 'src/train.js', 'src/fit.js')
  repo.write(
    'src/fit.js',
    add(text, `flor.log('norm', Math.hypot(...weights))`, `  flor.log('wanted', weights[0] * scale)`),
  )
  repo.write('work/scale.txt', '1000')
  const { run } = await check(t, repo, ['wanted'])
  t.match(run.header, { script: 'src/train.js', cwd: 'work', clean: false })
})

test('values too many for a note', async (t) => {
  const text = `import * as flor from 'git-flor'
flor.seed(1)
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1])) {
  for (const i of flor.loop('step', Array(40_000).keys())) {
    weights[i % 2] += Math.random()
    flor.log('loss', weights[0] / 3)
  }
  flor.log('norm', weights[0])
}
`
  const repo = record(t, text)
  repo.write(
    'train.js',
    add(text, `flor.log('loss', weights[0] / 3)`, `    flor.log('wanted', Math.sqrt(weights[1]))`),
  )
  const { stored, truth } = await check(t, repo, ['wanted'])
  t.equal(Object.keys(stored.wanted ?? {}).length, 80_000)
  t.equal(Object.keys(truth.loss ?? {}).length, 80_000)
  const runs = repo.git('for-each-ref', '--format=%(refname)', 'refs/flor/runs')
  t.equal(
    repo.paths(runs).filter((path) => path.includes('/columns/')).length,
    2,
    'both names lie outside of notes',
  )
})
