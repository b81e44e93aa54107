import fc from 'fast-check'
import t from 'tap'
import { thinOut } from '../../../../lib/cli/plot/thin-out.js'

const upTo = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => i)

t.test('of a million points a few thousand are left, and no peak is lost', async (t) => {
  const count = 1_000_000
  const y = Float64Array.from({ length: count }, (_, i) => Math.sin(i / 1e5))
  y[123_456] = 50
  y[777_777] = -50
  const { stretches } = thinOut(upTo(count), y, (x) => Math.floor(x / 10_000))
  t.equal(stretches.length, 1)
  const points = stretches[0]?.points ?? []
  t.ok(points.length <= 400, String(points.length))
  for (const kept of [0, 123_456, 777_777, count - 1]) t.ok(points.includes(kept), String(kept))
})

t.test('NaN is a gap, and infinities are told apart from it', async (t) => {
  const y = Float64Array.of(1, Number.NaN, 2, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 4)
  const { stretches, infinite } = thinOut(upTo(7), y, (x) => x)
  t.strictSame(
    stretches.map(({ points }) => [...points]),
    [[0], [2, 3], [6]],
  )
  t.strictSame([...infinite], [4, 5])
})

t.test(
  'what is left of each column has its extremes and its ends, in order, whatever the values',
  async () => {
    const values = fc.array(fc.oneof(fc.double(), fc.constant(Number.NaN)), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 20 }), (list, width) => {
        const y = Float64Array.from(list)
        const { stretches } = thinOut(upTo(y.length), y, (x) => Math.floor(x / width))
        const kept = stretches.flatMap(({ points }) => points)
        if (kept.some((at, i) => i > 0 && at <= (kept[i - 1] as number))) return false
        const finite = list.filter(Number.isFinite)
        const shown = kept.map((at) => y[at] as number)
        const sameMax = finite.length === 0 || Math.max(...finite) === Math.max(...shown)
        const sameMin = finite.length === 0 || Math.min(...finite) === Math.min(...shown)
        return sameMax && sameMin && shown.every(Number.isFinite)
      }),
    )
  },
)
