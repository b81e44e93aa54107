import { test } from 'tap'
import { labelOf } from '../../../lib/model/context.js'

test('every number but the index is a label, and -0 is 0', (t) => {
  for (const item of [0.1, -3, 1e-7, 1e21, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY, -Infinity]) {
    t.strictSame(labelOf(item, 0), item)
  }
  t.equal(labelOf(4, 4), undefined)
  t.equal(labelOf(0, 1), 0)
  t.ok(Object.is(labelOf(-0, 1), 0))
  t.equal(labelOf(-0, 0), undefined)
  t.end()
})

test('truth values and big integers are labels that say what they are', (t) => {
  t.equal(labelOf(true, 0), 'true')
  t.equal(labelOf(false, 1), 'false')
  t.equal(labelOf(7n, 0), 7)
  t.equal(labelOf(7n, 7), undefined)
  t.equal(labelOf(2n ** 53n + 1n, 0), '9007199254740993')
  t.end()
})

test('short texts are labels, long ones and all other items are not', (t) => {
  t.equal(labelOf('', 0), '')
  t.equal(labelOf('x'.repeat(64), 0), 'x'.repeat(64))
  t.equal(labelOf('x'.repeat(65), 0), undefined)
  t.equal(labelOf(10n ** 64n, 0), undefined)
  for (const item of [null, undefined, {}, [1], new Date(0), () => 1, Symbol('x')])
    t.equal(labelOf(item, 0), undefined)
  t.end()
})
