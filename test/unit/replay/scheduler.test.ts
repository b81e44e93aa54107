import fc from 'fast-check'
import t from 'tap'
import { divide, type ItemCost } from '../../../lib/replay/divide.js'
import { type Divisible, type Piece, schedule, simulate } from '../../../lib/replay/scheduler.js'
import { cheapestCut, longestItem, lowerBound } from '../../bench/replay/lower-bound.js'

interface Part extends Piece {
  readonly work: number
  readonly items: readonly number[]
}

/** Iterations behind a prefix that each part pays for itself. */
function workOf(work: number, prefixMs: number, iterations: readonly number[]): Divisible<Part> {
  return {
    maxParts: iterations.length,
    pieces(parts) {
      const costs = iterations.map((ms): ItemCost => ({ firstMs: prefixMs + ms, nextMs: ms }))
      const starts = divide(costs, parts)
      return starts.map((start, i) => {
        const items = iterations.map((_, at) => at).slice(start, starts[i + 1])
        const estimateMs = items.reduce((sum, at) => sum + (iterations[at] as number), prefixMs)
        return { work, items, estimateMs }
      })
    },
  }
}

const times = (count: number, ms: number): number[] => Array.from({ length: count }, () => ms)

t.test('one long run is cut into as many parts as there are workers', async (t) => {
  const found = schedule([workOf(0, 10, times(8, 100))], { workers: 2 })
  t.strictSame(found.parts, [2])
  t.equal(found.durationMs, 410)
})

t.test('a prefix as long as all iterations does not keep work from being cut', async (t) => {
  const found = schedule([workOf(0, 350, [110, 75, 137, 63, 61, 74])], { workers: 3 })
  t.equal(found.order.length, 3)
  t.ok(found.durationMs < 560, `${found.durationMs}`)
})

t.test('the longest piece comes first, whatever run it belongs to', async (t) => {
  const found = schedule([workOf(0, 0, [100]), workOf(1, 0, [300]), workOf(2, 0, [200])], { workers: 2 })
  t.strictSame(
    found.order.map((it) => it.work),
    [1, 2, 0],
  )
  t.equal(found.durationMs, 300)
})

t.test(
  'nothing is cut where the prefix costs more than is saved, or where workers have enough to do',
  async (t) => {
    t.strictSame(schedule([workOf(0, 1000, times(4, 10))], { workers: 4 }).parts, [1])
    const many = Array.from({ length: 40 }, (_, i) => workOf(i, 50, times(10, 10)))
    t.strictSame(schedule(many, { workers: 2 }).parts, times(40, 1))
  },
)

t.test('one long run among short ones is cut, and the short ones are not', async (t) => {
  const works = [workOf(0, 5, times(4, 10)), workOf(1, 5, times(100, 10)), workOf(2, 5, times(4, 10))]
  const { parts, durationMs } = schedule(works, { workers: 4 })
  t.equal(parts[0], 1)
  t.equal(parts[2], 1)
  t.ok((parts[1] as number) >= 3, `${parts}`)
  t.ok(durationMs < 400, `${durationMs}`)
})

t.test('storing values one after another is part of the time', async (t) => {
  const pieces = times(4, 10).map((estimateMs) => ({ estimateMs }))
  t.equal(simulate(pieces, { workers: 4 }), 10)
  t.equal(simulate(pieces, { workers: 4, collectMs: 20 }), 90)
  // Cutting would only make more to store.
  t.strictSame(schedule([workOf(0, 0, times(8, 10))], { workers: 8, collectMs: 100 }).parts, [1])
})

t.test('parts are cut where the costs are, and never one more than asked for', async (t) => {
  const even = (ms: readonly number[]) => ms.map((it): ItemCost => ({ firstMs: it, nextMs: it }))
  t.strictSame(divide(even([9, 3, 3, 3]), 2), [0, 1])
  t.strictSame(divide(even([1, 1, 1, 1]), 2), [0, 2])
  t.strictSame(divide([], 3), [])
  // Beginning at the third would mean to execute the first two again.
  t.strictSame(
    divide(
      [
        { firstMs: 5, nextMs: 5 },
        { firstMs: 10, nextMs: 5 },
        { firstMs: 15, nextMs: 5 },
      ],
      3,
    ),
    [0],
  )
})

t.test('the bound below which no schedule can be: examples', async (t) => {
  const work = (prefixMs: number, iterations: readonly number[]) =>
    iterations.map((ms): ItemCost => ({ firstMs: prefixMs + ms, nextMs: ms }))
  const near = (found: number, expected: number, what: string) =>
    t.ok(found <= expected + 1e-9 && found > expected * 0.999, `${what}: ${found}`)
  near(lowerBound([work(0, times(8, 100))], { workers: 2 }), 400, 'an even share')
  near(lowerBound([work(10, times(8, 100))], { workers: 2 }), 410, 'each part repeats the prefix')
  near(lowerBound([work(50, [300, 10, 10])], { workers: 9 }), 350, 'what cannot be cut')
  near(
    lowerBound([work(0, times(4, 10))], { workers: 4, collectMs: 20 }),
    50,
    'the second worker stores after the first',
  )
  t.equal(longestItem([work(50, [300, 10]), work(0, [320])]), 350)
  // The second is reached through the first more cheaply than alone.
  t.equal(
    longestItem([
      [
        { firstMs: 5, nextMs: 5 },
        { firstMs: 100, nextMs: 7 },
      ],
    ]),
    12,
  )
  t.equal(cheapestCut(work(10, [5, 5, 5]), 100), 25)
  t.equal(cheapestCut(work(10, [5, 5, 5]), 20), 35)
  t.equal(cheapestCut(work(10, [5, 5, 5]), 14), Number.POSITIVE_INFINITY)
})

const works = fc.array(
  fc.record({
    prefixMs: fc.integer({ min: 0, max: 300 }),
    iterations: fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 24 }),
  }),
  { minLength: 1, maxLength: 12 },
)
const crews = fc.record({ workers: fc.integer({ min: 1, max: 40 }), collectMs: fc.constantFrom(0, 7, 60) })

t.test('property: every wanted iteration is in exactly one piece', async () => {
  fc.assert(
    fc.property(works, crews, (all, crew) => {
      const { order } = schedule(
        all.map((it, i) => workOf(i, it.prefixMs, it.iterations)),
        crew,
      )
      const planned = order.flatMap((piece) => piece.items.map((at) => `${piece.work}/${at}`)).sort()
      const wanted = all.flatMap((it, i) => it.iterations.map((_, at) => `${i}/${at}`)).sort()
      return planned.length === wanted.length && planned.every((it, i) => it === wanted[i])
    }),
  )
})

t.test(
  'property: no schedule is shorter than the bound, and without cuts to be found the bound is no lower than its parts',
  async () => {
    fc.assert(
      fc.property(works, crews, (all, crew) => {
        const items = all.map(({ prefixMs, iterations }) =>
          iterations.map((ms): ItemCost => ({ firstMs: prefixMs + ms, nextMs: ms })),
        )
        const bound = lowerBound(items, crew)
        const { durationMs } = schedule(
          all.map((it, i) => workOf(i, it.prefixMs, it.iterations)),
          crew,
        )
        const single = simulate(
          items.flatMap((it) => it.map(({ firstMs }) => ({ estimateMs: firstMs }))),
          crew,
        )
        const least = Math.max(
          longestItem(items),
          items.reduce((sum, it) => sum + cheapestCut(it, 1e9), 0) / crew.workers,
        )
        return bound <= durationMs + 1e-6 && bound <= single + 1e-6 && bound >= least * 0.999
      }),
      { numRuns: 300 },
    )
  },
)

t.test(
  'property: workers are never slower than one, nor than without cuts, nor faster than the work allows',
  async () => {
    fc.assert(
      fc.property(works, crews, (all, crew) => {
        const divisible = all.map((it, i) => workOf(i, it.prefixMs, it.iterations))
        const found = schedule(divisible, crew)
        const whole = divisible.flatMap((it) => it.pieces(1)).sort((a, b) => b.estimateMs - a.estimateMs)
        const serialMs = simulate(whole, { ...crew, workers: 1 })
        const uncutMs = simulate(whole, crew)
        const workedMs = found.order.reduce((sum, it) => sum + it.estimateMs, 0)
        const longestMs = Math.max(...found.order.map((it) => it.estimateMs))
        const least = Math.max(workedMs / crew.workers, longestMs) + crew.collectMs
        return (
          found.durationMs <= serialMs &&
          found.durationMs <= uncutMs &&
          found.durationMs >= least - 1e-6 &&
          found.order.every((it, i) => i === 0 || it.estimateMs <= (found.order[i - 1] as Part).estimateMs)
        )
      }),
    )
  },
)

t.test('property: a cut is made only where it shortens the whole', async () => {
  fc.assert(
    fc.property(works, crews, (all, crew) => {
      const divisible = all.map((it, i) => workOf(i, it.prefixMs, it.iterations))
      const found = schedule(divisible, crew)
      for (const [i, parts] of found.parts.entries()) {
        if (parts === 1) continue
        const fewer = divisible.flatMap((it, at) => it.pieces(at === i ? 1 : (found.parts[at] as number)))
        const sorted = fewer.sort((a, b) => b.estimateMs - a.estimateMs)
        if (simulate(sorted, crew) <= found.durationMs) return false
      }
      return true
    }),
  )
})
