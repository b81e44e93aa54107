import fc from 'fast-check'
import t from 'tap'
import { align, longestIncreasing } from '../../../lib/propagate/align.js'
import { diff } from '../../../lib/propagate/diff.js'

const sequences = fc.tuple(fc.array(fc.nat(6)), fc.array(fc.nat(6)))

t.test('matches are equal elements, in order on both sides', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(sequences, ([first, second]) => {
        let a = 0
        let b = 0
        for (const match of diff(first, second)) {
          if (match.a < a || match.b < b || match.length < 1) throw new Error('out of order')
          for (let i = 0; i < match.length; i++)
            if (first[match.a + i] !== second[match.b + i]) throw new Error('unequal')
          a = match.a + match.length
          b = match.b + match.length
        }
      }),
    ),
  )
})

t.test('an insertion into distinct elements is found exactly', async (t) => {
  t.same(diff([1, 2, 3, 4], [1, 2, 9, 3, 4]), [
    { a: 0, b: 0, length: 2 },
    { a: 2, b: 3, length: 2 },
  ])
})

t.test('every unchanged run of a long sequence is found, however many changes lie between', async (t) => {
  const first = Array.from({ length: 40_000 }, (_, i) => i)
  const second = first.map((element) => (element % 13 === 5 ? element + 100_000 : element))
  const matched = diff(first, second).reduce((sum, { length }) => sum + length, 0)
  t.equal(matched, first.filter((element) => element % 13 !== 5).length)
})

t.test('rare elements anchor before frequent ones', async (t) => {
  const matches = diff([0, 0, 7, 0], [0, 7, 0, 0])
  t.ok(matches.some(({ a, b, length }) => a <= 2 && 2 < a + length && b + (2 - a) === 1))
})

t.test('the alignment keeps order and takes the larger sum', async (t) => {
  const table = [
    [0.9, 0.6],
    [0.6, 0],
  ]
  t.same(
    align(2, 2, (i, j) => table[i]?.[j] ?? 0, 0.5).map(([i, j]) => [i, j]),
    [[0, 0]],
  )
  t.same(longestIncreasing([3, 1, 2, 5, 4]), [1, 2, 4])
})
