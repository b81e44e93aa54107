import { availableParallelism } from 'node:os'
import { test } from 'tap'
import { contention, type TimedReplay } from '../../../lib/repository/backfill/contention.js'

const replay = (workers: number, processMs: number, more: Partial<TimedReplay> = {}): TimedReplay => ({
  script: 'train.js',
  host: 'box',
  level: 'run',
  workers,
  expectedMs: 1000,
  processMs,
  ...more,
})

test('one worker contends with nobody', async (t) => {
  t.equal(contention([], 1), 1)
  t.equal(contention([replay(1, 3000), replay(2, 9000)], 1), 1)
})

test('before anything was measured, busy processors are taken to be a little slower, and crowded ones to take turns', async (t) => {
  const processors = availableParallelism()
  if (processors > 1) {
    t.ok(contention([], 2) > 1)
    t.ok(contention([], processors) < 1.3)
    t.ok(contention([], 2) <= contention([], processors))
  }
  t.ok(contention([], 3 * processors) >= 3)
  t.ok(contention([], 3 * processors) < 4)
})

test('it is what the same work took beside others, against alone', async (t) => {
  t.equal(contention([replay(1, 1000), replay(2, 1300)], 2), 1.3)
  t.equal(contention([replay(1, 500), replay(1, 1500), replay(2, 1250)], 2), 1.25)
  t.equal(contention([replay(1, 1000), replay(2, 900)], 2), 1, 'nobody is faster for company')
  t.equal(contention([replay(1, 1000), replay(2, 1300), replay(4, 2500)], 4), 2.5)
})

test('processes that keep several processors busy take turns earlier', async (t) => {
  const processors = availableParallelism()
  const known = [replay(1, 1000), replay(processors, 1000)]
  t.equal(contention(known, processors, 1), 1)
  t.equal(contention(known, processors, 1.5), processors > 1 ? 1.5 : 1)
  t.equal(contention(known, processors, 0.1), 1, 'who waits takes nothing from others')
  // What taking turns explains is not learned as the machine's.
  const busy = [replay(1, 1000, { busy: 1.5 }), replay(processors, 1500, { busy: 1.5 })]
  if (processors > 1) t.equal(contention(busy, processors, 1), 1)
})

test('only replays of one script, run and level are compared', async (t) => {
  const assumed = contention([], 2)
  for (const more of [{ script: 'other.js' }, { host: 'laptop' }, { level: 'skip' }] as const)
    t.equal(contention([replay(1, 1000), replay(2, 5000, more)], 2), assumed)
  t.equal(contention([replay(1, 1000), replay(4, 2500)], 2), assumed, 'with as many workers')
})

test('what was seen over longer work weighs more', async (t) => {
  const long = { script: 'long.js', expectedMs: 99_000 }
  const seen = [replay(1, 1000), replay(2, 3000), replay(1, 99_000, long), replay(2, 99_000 * 1.2, long)]
  t.ok(Math.abs(contention(seen, 2) - (0.99 * 1.2 + 0.01 * 3)) < 1e-9)
  const once = [
    ...seen.slice(0, 2),
    replay(1, 99_000, long),
    replay(2, 40, { script: 'long.js', expectedMs: 10 }),
  ]
  t.ok(Math.abs(contention(once, 2) - 3) < 0.05, 'a glimpse of one side says little')
})

test('replays that were expected to take nothing say nothing', async (t) => {
  const nothing = { expectedMs: 0 }
  t.equal(contention([replay(1, 50, nothing), replay(2, 50, nothing)], 2), contention([], 2))
  t.ok(Number.isFinite(contention([replay(1, 0), replay(2, 100)], 2)))
})
