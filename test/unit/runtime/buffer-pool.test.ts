import { test } from 'tap'
import { BufferPool } from '../../../lib/runtime/checkpoint/buffer-pool.js'

test('what came back is lent again, the smallest that is large enough', async (t) => {
  const pool = new BufferPool(1000)
  const [small, large] = [pool.lend(100), new SharedArrayBuffer(300)]
  pool.giveBack(large)
  pool.giveBack(small)
  t.equal(pool.freeBytes, 400)
  t.equal(pool.ready(100), 2)
  t.equal(pool.ready(101), 1)
  t.equal(pool.lend(90), small)
  t.equal(pool.lend(90), large)
  const third = pool.lend(90)
  t.equal(third.byteLength, 90)
  t.equal(pool.freeBytes, 0)
})

test('what is kept stays below the bound, and few', async (t) => {
  const pool = new BufferPool(1000)
  pool.giveBack(new SharedArrayBuffer(1001))
  t.equal(pool.freeBytes, 0, 'too large by itself')
  for (const size of [600, 300, 200]) pool.giveBack(new SharedArrayBuffer(size))
  t.equal(pool.freeBytes, 900)
  t.equal(pool.ready(300), 2, 'the smallest went')
  for (let i = 0; i < 10; i++) pool.giveBack(new SharedArrayBuffer(10))
  t.ok(pool.ready(0) <= 4)
  t.equal(pool.ready(300), 2)
  pool.giveBack(new SharedArrayBuffer(0))
  t.equal(pool.lend(0).byteLength > 0, true, 'an empty one is never kept')
  pool.clear()
  t.equal(pool.freeBytes, 0)
  t.equal(pool.ready(0), 0)
})

test('state that grows finds room most of the time', async (t) => {
  const pool = new BufferPool(1_000_000)
  let made = 0
  const seen = new WeakSet<SharedArrayBuffer>()
  for (let size = 1000; size < 10_000; size += 100) {
    const buffer = pool.lend(size)
    if (!seen.has(buffer)) made++
    seen.add(buffer)
    t.ok(buffer.byteLength >= size)
    pool.giveBack(buffer)
  }
  t.ok(made <= 8, `${made} buffers for 90 sizes`)
})

test('slack for growing state is not taken beyond the bound', async (t) => {
  const pool = new BufferPool(1000)
  pool.lend(500)
  t.equal(pool.lend(600).byteLength, 900)
  t.equal(pool.lend(800).byteLength, 800)
})
