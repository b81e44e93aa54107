import t from 'tap'
import { extentOf } from '../../../../lib/cli/plot/chart.js'
import { niceTicks, scaleFor } from '../../../../lib/cli/plot/scale.js'

const labels = (min: number, max: number, ticks: number, more = {}): string[] =>
  scaleFor({ min, max, unshown: 0 }, { ticks, ...more }).ticks.map((tick) => tick.label)

t.test('ticks stand at round numbers, with the digits that tell them apart', async (t) => {
  t.strictSame(labels(0, 1, 5), ['0', '0.2', '0.4', '0.6', '0.8', '1.0'])
  t.strictSame(labels(0.1, 0.3, 2), ['0.1', '0.2', '0.3'])
  t.strictSame(labels(-3, 3, 3), ['-2', '0', '2'])
  t.strictSame(labels(1e-7, 5e-7, 4), ['1e-7', '2e-7', '3e-7', '4e-7', '5e-7'])
  t.strictSame(labels(0, 4e9, 2), ['0', '2e9', '4e9'])
  t.strictSame(labels(0.45, 1, 2), ['0.5', '1.0'], 'two at least')
  t.strictSame(labels(1000.001, 1000.004, 3), ['1000.001', '1000.002', '1000.003', '1000.004'])
})

t.test('between whole numbers there are no ticks where only those mean something', async (t) => {
  t.strictSame(labels(0, 2, 10, { isWhole: true }), ['0', '1', '2'])
  t.strictSame(
    niceTicks(0.2, 0.7, 5, true).map((tick) => tick.value),
    [0.2],
  )
})

t.test('one value alone gets room around it and a tick of its own', async (t) => {
  const scale = scaleFor({ min: 3, max: 3, unshown: 0 }, { ticks: 4 })
  t.equal(scale.position(3), 0.5)
  t.strictSame(scale.ticks, [{ value: 3, label: '3' }])
  t.equal(scaleFor({ min: 0, max: 0, unshown: 0 }, { ticks: 4 }).position(0), 0.5)
})

t.test('the largest numbers there are do not overflow', async (t) => {
  const scale = scaleFor({ min: -Number.MAX_VALUE, max: Number.MAX_VALUE, unshown: 0 }, { ticks: 4 })
  t.equal(scale.position(-Number.MAX_VALUE), 0)
  t.equal(scale.position(0), 0.5)
  t.equal(scale.position(Number.MAX_VALUE), 1)
  t.ok(scale.ticks.length >= 2)
  for (const { value } of scale.ticks) t.ok(Number.isFinite(value))
})

t.test('a logarithmic scale has powers of ten, and no place for zero and below', async (t) => {
  t.strictSame(labels(0.001, 1000, 10, { isLog: true }), ['0.001', '0.01', '0.1', '1', '10', '100', '1000'])
  t.strictSame(labels(1, 8, 3, { isLog: true }), ['1', '2', '5'])
  const scale = scaleFor({ min: 0.01, max: 100, unshown: 0 }, { ticks: 5, isLog: true })
  t.equal(scale.position(1), 0.5)
  t.ok(Number.isNaN(scale.position(0)) && Number.isNaN(scale.position(-1)))
})

t.test('an extent is that of the finite numbers, and counts what a logarithm cannot show', async (t) => {
  const values = [Float64Array.of(Number.NaN, 2, Number.POSITIVE_INFINITY), Float64Array.of(-1, 0, 5)]
  t.strictSame(extentOf(values), { min: -1, max: 5, unshown: 0 })
  t.strictSame(extentOf(values, true), { min: 2, max: 5, unshown: 2 })
  t.strictSame(extentOf([Float64Array.of(Number.NaN)]), { unshown: 0 })
})
