import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { parsePredicate } from '../../lib/query/predicate.js'
import { executeBackfill } from '../../lib/repository/backfill/execute-backfill.js'
import { planBackfill } from '../../lib/repository/backfill/plan-backfill.js'
import { verify } from '../../lib/repository/verify.js'
import { temporaryFolder } from '../support/environment.js'
import { backfill, fromScratch, open, project, storedValues, train } from '../support/training.js'
import {
  ended,
  isRunning,
  leftovers,
  pidsIn,
  seedOf,
  start,
  story,
  until,
  valuesBySeed,
} from '../support/waiting-replays.js'

test('two workers give the values of one, over several runs of which one fails', async (t) => {
  const repo = story(t, [1, 2, 3], { breaks: 2 })
  const { flor } = open(t, repo)
  const { plan, outcome } = await backfill(flor, ['wanted'], { workers: 2 })
  const failed = outcome.reports.filter((it) => it.status === 'failed')
  t.ok(failed.length > 0)
  for (const report of failed)
    t.match(report, { reason: /exit code 1/, output: /it breaks/, id: /^\w+-\w+$/ })
  t.strictSame([...new Set(failed.map((it) => seedOf(it.entry)))], [2])
  for (const report of outcome.reports)
    if (report.status === 'done') t.match(report.fidelity, { status: 'identical' })
  for (const row of plan.rows) {
    if (row.status !== 'planned') throw new Error(row.status)
    const stored = await storedValues(flor, row.entry, ['wanted'])
    if (seedOf(row.entry) === 2) continue
    t.strictSame(stored, { wanted: fromScratch(t, repo, row.patched, row.entry).wanted })
  }
  t.strictSame((await verify(flor)).findings, [])
  t.strictSame(leftovers(repo), [])

  const alone = story(t, [1, 3])
  await backfill(open(t, alone).flor, ['wanted'], { workers: 1 })
  await flor.refresh()
  const [one, two] = [await valuesBySeed(t, alone), await valuesBySeed(t, repo)]
  for (const seed of [1, 3]) t.strictSame(two.get(seed), one.get(seed), `seed ${seed}`)

  // What exists is not computed again, what failed is.
  const again = await backfill(flor, ['wanted'], { workers: 2 })
  t.ok(again.outcome.reports.every((it) => it.status === 'failed' && seedOf(it.entry) === 2))
})

test('one long run is cut, each part starts at its checkpoint, and every context is had once', async (t) => {
  const repo = story(t, [1])
  const { flor } = open(t, repo)
  const costs = {
    script: 'train.js',
    host: hostname(),
    level: 'run',
    workers: 3,
    expectedMs: 100,
    processMs: 100,
  }
  // Where starting a process costs little beside the iterations, cutting pays.
  writeFileSync(
    join(repo.path, '.git/flor/replay-costs.json'),
    JSON.stringify({ version: 1, replays: [{ ...costs, aroundMs: 0, collectMs: 0 }] }),
  )
  const { plan, outcome } = await backfill(flor, ['wanted'], { workers: 3 })
  const [row] = plan.rows
  if (row?.status !== 'planned') throw new Error('not planned')
  t.equal(row.plans[0]?.plan.level, 'run', row.plans[0]?.plan.reason ?? '')
  t.ok(outcome.reports.length >= 2, `${outcome.reports.length} parts`)
  const stored = await storedValues(flor, row.entry, ['wanted'])
  t.strictSame(stored, { wanted: fromScratch(t, repo, row.patched, row.entry).wanted })
  t.equal(Object.values(stored.wanted ?? {}).flat().length, 18)
  t.equal(outcome.values, 18)
})

test('workers that have nothing to do count neither in the estimate, nor in what is learned of replays', async (t) => {
  // What is carried along, and not checkpointed, makes a run one piece of work.
  const script = (statement = '') => `import * as flor from 'git-flor'
flor.arg('seed', 1)
let carried = 0
flor.checkpointing({ weights: new Float64Array(2) })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  for (const end = performance.now() + 20; performance.now() < end; );
  carried += epoch
  ${statement}
}
`
  const repo = project(t, { 'train.js': script() })
  for (const seed of [1, 2]) train(repo, { args: ['--flor', `seed=${seed}`] })
  repo.write('train.js', script("flor.log('wanted', carried)"))
  const { flor } = open(t, repo)
  const planFor = (workers: number, where?: string) =>
    planBackfill(
      flor,
      { names: ['wanted'], ...(where === undefined ? {} : { where: parsePredicate(where) }) },
      { workers },
    )
  const estimateOf = async (workers: number, where?: string) =>
    (await planFor(workers, where)).schedule.durationMs
  const plan = await planFor(64, 'seed = 1')
  t.match(plan.rows, [{ plans: [{ plan: { level: 'full' } }] }])
  t.match(plan.schedule, { workers: 1, allowed: 64 })
  t.equal(plan.schedule.durationMs, await estimateOf(1, 'seed = 1'))
  t.match((await planFor(64)).schedule, { workers: 2, allowed: 64 })
  t.equal(await estimateOf(64), await estimateOf(2))
  await executeBackfill(flor, plan)
  t.match(JSON.parse(readFileSync(join(flor.florDir, 'replay-costs.json'), 'utf8')), {
    replays: [{ workers: 1 }],
  })
})

test('more workers than fit into a budget at once are not a reason to do nothing', async (t) => {
  const repo = story(t, [1, 2])
  const { flor } = open(t, repo)
  const budgetMs = 2 * (await planBackfill(flor, { names: ['wanted'] }, { workers: 1 })).schedule.durationMs
  const plan = await planBackfill(flor, { names: ['wanted'] }, { workers: 1000, budgetMs })
  t.ok(plan.rows.some((row) => row.status === 'planned'))
  t.ok(plan.schedule.durationMs <= budgetMs)
})

const isLinux = process.platform === 'linux'

test('kill -9 loses nothing that was stored, its replays end, and the next command clears away', {
  skip: !isLinux,
}, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1, 2, 3], { folder })
  const child = start(repo)
  await until('replays wait', () => pidsIn(folder).length >= 2)
  process.kill(child.pid as number, 'SIGKILL')
  await ended(child)
  t.ok(leftovers(repo).length >= 2, 'a killed process cannot clear away')
  const orphans = pidsIn(folder)
  writeFileSync(join(folder, 'go'), '')
  await until('its replays have ended', () => !orphans.some(isRunning))
  const before = await valuesBySeed(t, repo)
  const next = start(repo)
  t.equal(await ended(next), 0, next.text())
  t.strictSame(leftovers(repo), [])
  const after = await valuesBySeed(t, repo)
  for (const [seed, { wanted = {} }] of before) {
    for (const [at, values] of Object.entries(wanted)) t.strictSame(after.get(seed)?.wanted?.[at], values)
  }
  for (const seed of [1, 2, 3]) t.equal(Object.keys(after.get(seed)?.wanted ?? {}).length, 18, `seed ${seed}`)
  const { flor } = open(t, repo)
  t.strictSame((await verify(flor)).findings, [])
})

test('a replay that hangs when its command was killed is ended by the next command', {
  skip: !isLinux,
}, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1], { folder })
  const child = start(repo)
  await until('replays wait', () => pidsIn(folder).length >= 1)
  process.kill(child.pid as number, 'SIGKILL')
  await ended(child)
  const orphans = pidsIn(folder)
  t.ok(orphans.every(isRunning), 'they wait in the middle of an iteration, where they do not look')
  const next = start(repo)
  await until('the old ones were ended', () => !orphans.some(isRunning))
  writeFileSync(join(folder, 'go'), '')
  t.equal(await ended(next), 0, next.text())
  t.strictSame(leftovers(repo), [])
})
