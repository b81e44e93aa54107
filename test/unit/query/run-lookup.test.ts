import { test } from 'tap'
import type { RunEntry } from '../../../lib/db/run-entry.js'
import { aggregateValues } from '../../../lib/query/aggregate.js'
import { runLookup } from '../../../lib/query/run-lookup.js'
import { sortKeyed } from '../../../lib/query/sort-rows.js'
import { SampleRuns } from './sample-runs.js'

const runs = new SampleRuns()
  .run(
    '1',
    [
      ['epoch=0', 'loss', 3],
      ['epoch=1', 'loss', 1],
      ['epoch=2', 'loss', 2],
    ],
    { lr: 0.1, loss: 9, status: 'custom' },
  )
  .backfill('1', 'b1', 'diverged', 1, [['epoch=0', 'norm', 5]])
  .backfill('1', 'b2', 'identical', 0, [['epoch=0', 'norm', 6]])
const lookup = runLookup(runs.entries[0] as RunEntry)

test('of a run as a whole, a name is its last value, an argument, or an attribute', async (t) => {
  t.equal(lookup('loss'), 2)
  t.equal(lookup('lr'), 0.1)
  t.equal(lookup('status'), 'custom', 'an argument hides an attribute')
  t.equal(lookup('host'), 'h')
  t.equal(lookup('duration'), 41)
  t.same(lookup('started'), new Date(1_700_000_000_000))
  t.equal(lookup('missing'), undefined)
  t.equal(lookup('toString'), undefined)
})

test('aggregates come from summaries', async (t) => {
  t.same(
    (['first', 'last', 'min', 'max', 'mean', 'count'] as const).map((aggregate) => lookup('loss', aggregate)),
    [3, 2, 1, 3, 2, 3],
  )
  t.throws(() => lookup('norm', 'max'), { code: 'UNSUPPORTED' }, 'of two replays only the values tell')
  t.throws(() => lookup('norm'), { code: 'UNSUPPORTED' }, 'nor which one is the last')
  t.same([lookup('lr', 'max'), lookup('lr', 'count'), lookup('missing', 'count')], [0.1, 1, 0])
  t.throws(() => lookup('loss', 'mean', 'epoch'), { code: 'UNSUPPORTED', data: { name: 'loss' } })
  t.throws(() => lookup('loss', 'p50'), { code: 'UNSUPPORTED', data: { name: 'loss' } })
})

test('values are aggregated', async (t) => {
  const values = [4, Number.NaN, 'x', 1, Number.POSITIVE_INFINITY, 3]
  t.same(
    (['first', 'last', 'min', 'max', 'count', 'p50'] as const).map((aggregate) =>
      aggregateValues(values, aggregate),
    ),
    [4, 3, 1, Number.POSITIVE_INFINITY, 6, 3.5],
  )
  t.equal(aggregateValues([4, 1, 1, Number.POSITIVE_INFINITY], 'mean'), 2)
  t.equal(aggregateValues([1e308, 1e308, -1e308], 'mean'), 1e308 / 3)
  const wide = [2n ** 64n, 5, -(2n ** 64n), 2n ** 64n + 1n]
  t.strictSame(
    (['min', 'max', 'mean', 'p50'] as const).map((aggregate) => aggregateValues(wide, aggregate)),
    [-(2n ** 64n), 2n ** 64n + 1n, (2 ** 64 + 6) / 4, 2 ** 63],
    'big integers count as numbers do',
  )
  t.equal(aggregateValues([3n, 1n, 2n], 'p50'), 2n)
  t.equal(aggregateValues([1e308, 1.5e308], 'p50'), 1.25e308)
  t.equal(aggregateValues([5, 1, 9], 'p50'), 5)
  for (const aggregate of ['first', 'last', 'min', 'max', 'mean', 'p50'] as const)
    t.equal(aggregateValues([], aggregate), undefined)
})

test('kinds of values stand apart when sorted, in either direction', async (t) => {
  const values = ['b', undefined, 2, Number.NaN, 1n, 'a', null, new Date(0), true]
  const sorted = (descending: boolean): unknown[] =>
    sortKeyed(
      values.map((item) => ({ item, keys: [item] })),
      [{ name: 'x', descending }],
    )
  t.same(sorted(false), [1n, 2, new Date(0), true, 'a', 'b', Number.NaN, undefined, null])
  t.same(sorted(true), [2, 1n, new Date(0), true, 'b', 'a', Number.NaN, undefined, null])
})
