import t from 'tap'
import { csvField, csvRecord } from '../../../lib/cli/formats/csv.js'
import { toJson } from '../../../lib/cli/formats/json.js'
import { Tensor } from '../../../lib/model/value.js'

t.test('JSON holds what JSON lacks in the documented forms', async (t) => {
  const cases: [Parameters<typeof toJson>[0], string][] = [
    [Number.NaN, '"NaN"'],
    [Number.POSITIVE_INFINITY, '"Infinity"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [2n ** 70n, '"1180591620717411303424"'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Date(Number.NaN), 'null'],
    [Float32Array.of(1, Number.NaN), '[1,"NaN"]'],
    [BigInt64Array.of(-1n), '["-1"]'],
    [new Tensor('int32', [2], Int32Array.of(1, 2)), '{"dtype":"int32","shape":[2],"data":[1,2]}'],
    [{ a: undefined, b: [null, true] }, '{"b":[null,true]}'],
    ['\u001b[2J\u009b', '"\\u001b[2J\\u009b"'],
  ]
  for (const [value, text] of cases) {
    t.equal(toJson(value), text)
    t.doesNotThrow(() => JSON.parse(toJson(value)))
  }
  t.ok(Object.is(JSON.parse(toJson(-0)), -0), 'negative zero survives')
})

t.test('CSV quotes what would break a record, and keeps numbers exact', async (t) => {
  t.equal(csvRecord(['a', 'b,c', 'say "x"', 'two\nlines', ' pad']), 'a,"b,c","say ""x""","two\nlines"," pad"')
  t.equal(csvField(0.1 + 0.2), '0.30000000000000004')
  t.equal(csvField(Number.NaN), 'NaN')
  t.equal(csvField(Number.NEGATIVE_INFINITY), '-inf')
  t.equal(csvField(undefined), undefined)
  t.equal(csvField(null), undefined)
  t.equal(csvRecord([undefined, '', 'x']), ',"",x', 'an empty text is not the same as no value')
  t.equal(csvField([1, 2]), '[1,2]')
  t.equal(csvField(false), 'false')
})
