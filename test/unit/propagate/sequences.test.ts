import fc from 'fast-check'
import t from 'tap'
import { SequenceInterner } from '../../../lib/propagate/sequences.js'

t.test('equal sequences get equal numbers, different ones different numbers, counted from 0', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 4 })), (sequences) => {
        const interner = new SequenceInterner()
        const numbers = new Map<string, number>()
        for (const sequence of sequences) {
          const id = interner.id([99, ...sequence, 99], 1, sequence.length + 1)
          const known = numbers.get(sequence.join())
          if (id !== (known ?? numbers.size)) throw new Error(`${sequence.join()} is ${id}`)
          numbers.set(sequence.join(), id)
        }
      }),
    ),
  )
})

t.test('numbers stay the same while the table grows', async (t) => {
  const interner = new SequenceInterner()
  const count = 20_000
  for (let i = 0; i < count; i++) interner.id([i, i >> 3], 0, 2)
  let wrong = 0
  for (let i = 0; i < count; i++) if (interner.id([i, i >> 3], 0, 2) !== i) wrong++
  t.equal(wrong, 0)
  t.equal(interner.id(new Array(100_000).fill(1), 0, 100_000), count, 'a long sequence fits too')
})
