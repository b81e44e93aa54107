import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { asOid, type RunOid } from '../../../lib/model/oid.js'
import { defaultCosts, expectedMs, taskCost } from '../../../lib/replay/costs.js'
import { CostRecord, keepTimings, type ReplayTiming } from '../../../lib/repository/backfill/cost-record.js'
import { keepFailure, listFailures, readFailure } from '../../../lib/repository/backfill/failure-record.js'
import { repository } from '../../support/repository.js'
import { open } from '../../support/training.js'

const timing = (more: Partial<ReplayTiming> = {}): ReplayTiming => ({
  script: 'train.js',
  host: 'box',
  level: 'run',
  workers: 1,
  expectedMs: 1000,
  processMs: 1000,
  aroundMs: 30,
  collectMs: 20,
  ...more,
})
const end = { durationMs: 1000 }
const run = { header: { script: 'train.js', host: 'box' }, end }
const of = (more: Partial<typeof run.header>) => ({ header: { ...run.header, ...more }, end })

t.test('estimates follow what replays of this machine took', async (t) => {
  const { flor } = open(t, repository(t))
  t.match(await CostRecord.read(flor).then((it) => it.costsFor(run, 1)), {
    scale: 1,
    aroundMs: defaultCosts.aroundMs,
  })
  await keepTimings(flor, [timing({ processMs: 2000 })])
  const costs = (await CostRecord.read(flor)).costsFor(run, 1, 'run')
  t.match(costs, { scale: 2, aroundMs: 30, collectMs: 20 })
  const started = { bootMs: 300, setupMs: 100 }
  t.equal(taskCost(costs, started, 1000), 30 + 2 * 1200)
  t.equal(expectedMs(costs, taskCost(costs, started, 1000)), 1200)
})

t.test('like is asked first, and of other hosts nothing is known', async (t) => {
  const { flor } = open(t, repository(t))
  await keepTimings(flor, [
    timing({ processMs: 1500 }),
    timing({ processMs: 1200, workers: 2 }),
    timing({ processMs: 3000, level: 'skip' }),
    timing({ processMs: 500, script: 'other.js' }),
    timing({ processMs: 9000, host: 'cluster' }),
  ])
  const record = await CostRecord.read(flor)
  t.equal(record.costsFor(run, 1, 'run').scale, 1.5)
  t.equal(record.costsFor(run, 2, 'run').scale, 1.2)
  t.equal(record.costsFor(run, 1, 'skip').scale, 3)
  t.equal(record.costsFor(of({ script: 'other.js' }), 1, 'run').scale, 0.5)
  t.equal(record.costsFor(of({ host: 'laptop' }), 1, 'run').scale, 1)
  const crowd = availableParallelism() * 4
  const { scale } = record.costsFor(of({ host: 'laptop' }), crowd, 'run')
  t.ok(scale >= 4 && scale < 5, 'workers take turns')
})

t.test(
  'what is known of a script alone holds for two workers as contention was seen with others',
  async (t) => {
    const { flor } = open(t, repository(t))
    await keepTimings(flor, [
      timing({ processMs: 1500 }),
      timing({ processMs: 2100, workers: 2, aroundMs: 90, collectMs: 40 }),
      timing({ processMs: 2000, script: 'other.js' }),
    ])
    const record = await CostRecord.read(flor)
    t.equal(record.costsFor(of({ script: 'other.js' }), 1, 'run').scale, 2)
    t.equal(record.costsFor(of({ script: 'other.js' }), 2, 'run').scale.toFixed(6), '2.800000')
    t.equal(record.costsFor(of({ host: 'laptop' }), 2, 'run').scale.toFixed(6), '1.400000')
    t.match(record.costsFor(run, 1), { aroundMs: 30, collectMs: 20 })
    t.match(
      record.costsFor(run, 2),
      { aroundMs: 90, collectMs: 40 },
      'workers that begin at once wait for one another',
    )
  },
)

t.test('a script that was only seen with two workers is faster alone', async (t) => {
  const { flor } = open(t, repository(t))
  await keepTimings(flor, [
    timing({ processMs: 1000, script: 'other.js' }),
    timing({ processMs: 1250, workers: 2, script: 'other.js' }),
    timing({ processMs: 2500, workers: 2 }),
  ])
  t.equal((await CostRecord.read(flor)).costsFor(run, 1, 'run').scale.toFixed(6), '2.000000')
})

t.test('a record that is damaged, or another version, is one that says nothing', async (t) => {
  const { flor } = open(t, repository(t))
  mkdirSync(flor.florDir, { recursive: true })
  for (const text of [
    '{',
    '[]',
    '{"version":2,"replays":[]}',
    '{"version":1,"replays":[null,{"expectedMs":"x"}]}',
  ]) {
    writeFileSync(join(flor.florDir, 'replay-costs.json'), text)
    t.equal((await CostRecord.read(flor)).costsFor(run, 1).scale, 1, text)
  }
  await keepTimings(
    flor,
    Array.from({ length: 500 }, () => timing()),
  )
  const kept = JSON.parse(readFileSync(join(flor.florDir, 'replay-costs.json'), 'utf8'))
  t.equal(kept.replays.length, 200)
})

t.test('the newest hundred failures are kept', async (t) => {
  const { flor } = open(t, repository(t))
  const run = asOid('ab'.repeat(20)) as unknown as RunOid
  const failure = { run, patched: run, names: ['x'], wanted: ['epoch=1'], reason: 'it broke' }
  const ids: string[] = []
  for (let i = 0; i < 105; i++) ids.push((await keepFailure(flor, { ...failure, output: `${i}` })) ?? '')
  const kept = await listFailures(flor)
  t.equal(kept.length, 100)
  t.ok(ids.includes(kept[0] as string))
  t.match(await readFailure(flor, ids.at(-1) as string), { output: '104', reason: 'it broke' })
  writeFileSync(join(flor.florDir, 'failures', `${ids.at(-1)}.json`), '{"version":1}')
  await t.rejects(readFailure(flor, ids.at(-1) as string), { code: 'FILE_UNREADABLE' })
})
