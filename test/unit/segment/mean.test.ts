import fc from 'fast-check'
import { test } from 'tap'
import { Mean } from '../../../lib/segment/mean.js'
import { summarize } from '../../../lib/segment/summary.js'

const meanOf = (...values: (number | bigint)[]): number | undefined => {
  const mean = new Mean()
  for (const value of values) mean.add(value)
  return mean.value
}

const BITS = 1074n

/** A finite number as so many times 2^-1074, which every one of them is exactly. */
function exactly(n: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, n)
  const bits = view.getBigUint64(0)
  const exponent = (bits >> 52n) & 0x7ffn
  const fraction = bits & 0xfffffffffffffn
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return bits >> 63n === 1n ? -size : size
}

/** Whether the mean is the exact one, but for its last digits. */
function isNear(mean: number, values: readonly (number | bigint)[]): boolean {
  const sum = values.reduce<bigint>(
    (all, it) => all + (typeof it === 'bigint' ? it << BITS : exactly(it)),
    0n,
  )
  const error = exactly(mean) * BigInt(values.length) - sum
  const size = sum < 0n ? -sum : sum
  const most = size / 2n ** 50n + BigInt(values.length)
  return (error < 0n ? -error : error) <= most
}

test('numbers of any size have a mean, and what is not finite does not count', async (t) => {
  t.equal(meanOf(1e308, 1e308), 1e308)
  t.equal(meanOf(1e308, -1e308), 0)
  t.equal(meanOf(-1e308, 1e308, 3), 1)
  t.equal(meanOf(Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE), Number.MAX_VALUE)
  t.equal(meanOf(-Number.MAX_VALUE, -Number.MAX_VALUE), -Number.MAX_VALUE)
  t.equal(meanOf(5e-324, 5e-324), 5e-324)
  t.equal(meanOf(1e16, 1, -1e16), 1 / 3)
  t.equal(meanOf(1e100, 1, 0.5, -1e100), 1.5 / 4)
  t.equal(meanOf(1, Number.NaN, Number.POSITIVE_INFINITY, 3), 2)
  t.equal(meanOf(Number.NaN), undefined)
})

test('big integers are summed exactly, also with numbers', async (t) => {
  t.equal(meanOf(2n ** 64n, -(2n ** 64n), 3n), 1)
  t.equal(meanOf(2n ** 64n, -(2 ** 64), 1.5), 0.5)
  t.equal(meanOf(10n ** 400n, -(10n ** 400n) + 8n), 4)
  t.equal(meanOf(10n ** 308n, 10n ** 308n), 1e308)
  t.equal(meanOf(10n ** 400n), undefined, 'no number can hold it')
})

test('a mean is that of the exact sum', async () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
  const wide = fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n })
  const list = fc.array(fc.oneof(finite, finite, wide), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(list, (values) => {
      // Where nearly everything cancels out, sixteen more digits than a number has are not enough.
      const size = values.reduce<number>((most, it) => Math.max(most, Math.abs(Number(it))), 0)
      const mean = meanOf(...values) as number
      return isNear(mean, values) || Math.abs(mean) < size * 1e-13
    }),
  )
})

test('the summary of a column goes over big integers as over numbers', async (t) => {
  t.match(summarize([5, 2n ** 64n, -(2n ** 70n), 'x', Number.NaN]), {
    min: -(2n ** 70n),
    minRow: 2,
    max: 2n ** 64n,
    maxRow: 1,
    nanCount: 1,
  })
  t.match(summarize([9007199254740993n, 9007199254740992]), { min: 9007199254740992, minRow: 1 })
  t.strictSame(summarize([7n, 9n]).sample, Float64Array.of(7, 9))
})
