import { test } from 'tap'
import type { RunEntry } from '../../../lib/db/run-entry.js'
import { runLookup } from '../../../lib/query/run-lookup.js'
import { RunValues, usesWithValues, wholeRunLookup } from '../../../lib/query/run-values.js'
import { type Logged, SampleRuns } from './sample-runs.js'

/** Logged before the loop, in it, at the end of each epoch, and after it. */
const story: readonly Logged[] = [
  ['', 'acc', 1],
  ['epoch=0/step=0', 'acc', 2],
  ['epoch=0/step=1', 'acc', 3],
  ['epoch=0', 'acc', 4],
  ['epoch=1', 'acc', 5],
  ['epoch=1/step=0', 'acc', 6],
  ['', 'acc', 7],
]

/** As an early version wrote it. */
const withoutOrder = (runs: SampleRuns): SampleRuns => {
  const old = new SampleRuns()
  const metrics = (runs.entries[0] as RunEntry).metrics.map((metric) => {
    const { firstAt: _, lastAt: __, ...summary } = metric.summary
    return { ...metric, summary }
  })
  old.entries.push({ ...(runs.entries[0] as RunEntry), metrics })
  return Object.assign(old, {
    load: async (entry: RunEntry, name: string) =>
      (await runs.load(entry, name)).map(({ column: { order: _, ...column }, origin }) => ({
        column,
        origin,
      })),
  })
}

test('the first and the last value of a name are those that were logged first and last', async (t) => {
  const runs = new SampleRuns().run('1', story)
  const uses = ['first(acc)', 'last(acc)', 'first(acc) by epoch', 'last(acc) by epoch']
  t.strictSame(await runs.lines(uses), [
    'run epoch first(acc) last(acc) first(acc) by epoch last(acc) by epoch',
    '1 0 1 7 2 4',
    '1 1 1 7 5 6',
  ])
  const lookup = runLookup(runs.entries[0] as RunEntry)
  t.strictSame([lookup('acc'), lookup('acc', 'first'), lookup('acc', 'last')], [7, 1, 7])
  t.strictSame(await new SampleRuns().run('1', story.slice(0, -1)).lines(['last(acc)']), [
    'run last(acc)',
    '1 6',
  ])
})

test('what was logged last inside an iteration stands for it there', async (t) => {
  const logged: readonly Logged[] = [
    ['epoch=0/eval=0', 'x', 'first'],
    ['epoch=0/train=0', 'x', 'second'],
    ['epoch=0/eval=1', 'x', 'third'],
    ['epoch=0', 'lr', 5],
  ]
  const runs = new SampleRuns().run('1', logged)
  t.strictSame(await runs.lines('lr', { where: "x = 'third'" }), ['run epoch lr', '1 0 5'])
})

test('of runs without an order, columns go in the order in which they were first logged', async (t) => {
  const old = withoutOrder(new SampleRuns().run('1', story))
  t.strictSame(await old.lines(['first(acc)', 'last(acc)']), ['run first(acc) last(acc)', '1 1 5'])
  const lookup = runLookup(old.entries[0] as RunEntry)
  t.strictSame([lookup('acc', 'first'), lookup('acc')], [1, 5])
})

test('replays of parts of a run are put together in the order of their iterations', async (t) => {
  const runs = new SampleRuns()
    .run('1', [['epoch=0', 'loss', 1]])
    .backfill('1', 'b1', 'identical', 10, [
      ['epoch=0', 'norm', 5],
      ['epoch=1', 'norm', 6],
    ])
    .backfill('1', 'b2', 'identical', 5, [
      ['epoch=2', 'norm', 7],
      ['epoch=3', 'norm', 8],
    ])
  t.strictSame(await runs.lines(['first(norm)', 'last(norm)']), ['run first(norm) last(norm)', '1 5* 8*'])
  const entry = runs.entries[0] as RunEntry
  t.throws(() => runLookup(entry)('norm'), { code: 'UNSUPPORTED' }, 'no summary tells')
  const values = new RunValues(entry, runs.load)
  const uses = usesWithValues(entry, [{ name: 'norm' }, { name: 'loss' }])
  t.strictSame(uses, [{ name: 'norm', aggregate: 'last' }])
  await values.load(uses)
  t.equal(wholeRunLookup(entry, values)('norm'), 8)
})
