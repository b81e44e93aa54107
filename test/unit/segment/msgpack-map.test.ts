import fc from 'fast-check'
import t from 'tap'
import { replaceMembers } from '../../../lib/segment/msgpack-map.js'
import { decodeDocument, encodeDocument } from '../../../lib/segment/value-codec.js'

const value = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.array(fc.oneof(fc.string(), fc.integer(), fc.uint8Array({ maxLength: 40 })), { maxLength: 20 }),
  fc.dictionary(
    fc.string().filter((key) => key !== '__proto__'),
    fc.double({ noNaN: true }),
    { maxKeys: 20, noNullPrototype: true },
  ),
)
const keys = fc.constantFrom('v', 'id', 'tables', 'columns', 'header', 'a'.repeat(31))

t.test('a map with members replaced reads as the map that has them', async (t) => {
  fc.assert(
    fc.property(
      fc.dictionary(keys, value, { noNullPrototype: true }),
      value,
      value,
      (map, tables, columns) => {
        const document = { ...map, tables: map.tables ?? 0, columns: map.columns ?? 0 }
        const replaced = replaceMembers(
          encodeDocument(document),
          new Map([
            ['columns', encodeDocument(columns)],
            ['tables', encodeDocument(tables)],
          ]),
        )
        t.ok(replaced)
        const expected = { ...document, tables, columns }
        const read = decodeDocument(replaced as Uint8Array) as object
        t.strictSame(read, expected)
        t.strictSame(Object.keys(read), Object.keys(expected), 'in the same order')
      },
    ),
    { numRuns: 300 },
  )
})

t.test('large maps are read as small ones are', async (t) => {
  const document = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, i]))
  const replaced = replaceMembers(encodeDocument(document), new Map([['k299', encodeDocument('last')]]))
  t.strictSame(decodeDocument(replaced as Uint8Array), { ...document, k299: 'last' })
})

t.test('what cannot be copied part by part is left to be encoded as a whole', async (t) => {
  const some = new Map([['a', encodeDocument(1)]])
  t.equal(replaceMembers(encodeDocument([1, 2]), some), undefined, 'a list')
  t.equal(replaceMembers(encodeDocument({ b: 1 }), some), undefined, 'without the member')
  t.equal(replaceMembers(encodeDocument({ a: 1, é: 2 }), some), undefined, 'a key that is not ASCII')
  t.equal(replaceMembers(encodeDocument({ a: 1, ['k'.repeat(32)]: 2 }), some), undefined, 'a long key')
  const twice = Uint8Array.of(0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2)
  t.equal(replaceMembers(twice, some), undefined, 'the member twice')
  t.equal(replaceMembers(new Uint8Array(0), some), undefined, 'nothing')
})
