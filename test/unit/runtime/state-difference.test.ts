import t from 'tap'
import { captureState } from '../../../lib/runtime/state/capture.js'
import { documentDifference, type StateDocument } from '../../../lib/runtime/state/difference.js'
import { decodeDocument, encodeDocument } from '../../../lib/segment/value-codec.js'

const document = (roots: Record<string, object>): StateDocument =>
  decodeDocument(encodeDocument(captureState(roots).document)) as StateDocument

const difference = (before: Record<string, object>, now: Record<string, object>, tolerance = 0) =>
  documentDifference(document(before), document(now), tolerance)

t.test('the same objects are the same, in whatever order their properties were made', async (t) => {
  const shared = { k: [1, Number.NaN] }
  t.equal(difference({ a: { x: shared, y: shared } }, { a: { y: shared, x: shared } }), undefined)
  t.equal(
    difference(
      { a: [1n, new Date(5), 'x', null, undefined] },
      { a: [1n, new Date(5), 'x', null, undefined] },
    ),
    undefined,
  )
  t.equal(difference({ a: new Map([['k', new Set([1])]]) }, { a: new Map([['k', new Set([1])]]) }), undefined)
})

t.test('the first difference is told by its path', async (t) => {
  t.match(difference({ a: { best: { loss: 1 } } }, { a: { best: { loss: 2 } } }), {
    name: 'a.best.loss',
    recorded: 1,
    replayed: 2,
  })
  t.match(difference({ a: [1, [2, 3]] }, { a: [1, [2, 4]] }), { name: 'a[1][1]', recorded: 3, replayed: 4 })
  t.match(difference({ a: { x: 1 } }, { a: { x: 1, y: 2 } }), {
    name: 'a.y',
    recorded: 'nothing',
    replayed: 2,
  })
  t.match(difference({ a: {} }, { a: {}, b: {} }), { name: 'b' })
  t.match(difference({ a: [0] }, { a: [-0] }), { name: 'a[0]' })
  t.match(difference({ a: [1, 2] }, { a: [1] }), { name: 'a' })
  t.match(difference({ a: new Map([[1, 2]]) }, { a: new Map([[1, 3]]) }), {
    name: 'a[0]',
    recorded: 2,
    replayed: 3,
  })
})

t.test('objects that were one and are two now differ, and the other way round', async (t) => {
  const one = { v: 1 }
  t.ok(difference({ a: [one, one] }, { a: [{ v: 1 }, { v: 1 }] }))
  t.ok(difference({ a: [{ v: 1 }, { v: 1 }] }, { a: [one, one] }))
})

t.test('numbers within the tolerance count only where nothing else differs', async (t) => {
  t.match(difference({ a: [1] }, { a: [1.001] }, 0.01), { name: 'a[0]', isWithin: true })
  t.match(difference({ a: [1, 1] }, { a: [1.001, 2] }, 0.01), { name: 'a[1]', isWithin: false })
})
