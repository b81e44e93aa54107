import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Turn } from '../../../lib/replay/turn.js'
import { type Job, runJobs } from '../../../lib/replay/worker-pool.js'

/** A job that notes when it begins and ends, and how many were going on. */
class Site {
  readonly begun: string[] = []
  readonly workers = new Set<number>()
  #running = 0
  most = 0

  job(name: string, estimateMs: number, next: readonly Job[] = [], then: () => void = () => {}): Job {
    return {
      estimateMs,
      run: async (worker) => {
        this.begun.push(name)
        this.workers.add(worker)
        this.most = Math.max(this.most, ++this.#running)
        await sleep(5)
        this.#running--
        then()
        return next
      },
    }
  }
}

t.test('the longest job is taken first, and no more at once than there are workers', async (t) => {
  const site = new Site()
  await runJobs([site.job('a', 1), site.job('b', 3), site.job('c', 2), site.job('d', 4)], 2)
  t.strictSame(site.begun, ['d', 'b', 'c', 'a'])
  t.equal(site.most, 2)
  t.strictSame([...site.workers].sort(), [0, 1])
})

t.test('what a job calls for is done, before shorter ones that wait', async (t) => {
  const site = new Site()
  const more = [site.job('long', 9), site.job('short', 1)]
  await runJobs([site.job('first', 10, more), site.job('middle', 5)], 1)
  t.strictSame(site.begun, ['first', 'long', 'middle', 'short'])
})

t.test('after an abort nothing is begun, and what was begun is waited for', async (t) => {
  const site = new Site()
  const abort = new AbortController()
  let ended = 0
  const count = () => {
    ended++
  }
  const first = site.job('a', 3, [], () => abort.abort())
  await runJobs([first, site.job('b', 2, [], count), site.job('c', 1, [], count)], 2, abort.signal)
  t.strictSame(site.begun, ['a', 'b'])
  t.equal(ended, 1)
})

t.test('an error ends it once the others have ended', async (t) => {
  const site = new Site()
  const fails: Job = {
    estimateMs: 9,
    run: async () => {
      throw new Error('broken')
    },
  }
  await t.rejects(runJobs([fails, site.job('b', 2), site.job('c', 1)], 2), { message: 'broken' })
  t.strictSame(site.begun, ['b'])
})

t.test('turns are taken in order, whether they end well or not', async (t) => {
  const turn = new Turn()
  const done: number[] = []
  const take = (n: number, ms: number) => turn.take(() => sleep(ms).then(() => done.push(n)))
  const first = take(1, 10)
  const bad = turn.take(() => Promise.reject(new Error('no')))
  void take(2, 1)
  await t.rejects(bad)
  await turn.idle()
  await first
  t.strictSame(done, [1, 2])
})
