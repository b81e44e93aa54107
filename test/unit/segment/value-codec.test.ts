import { test } from 'tap'
import { type LogValue, Tensor } from '../../../lib/model/value.js'
import { toLogValue } from '../../../lib/segment/to-log-value.js'
import { decodeDocument, decodeValue, encodeDocument, encodeValue } from '../../../lib/segment/value-codec.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const roundTrip = (value: LogValue): LogValue => decodeValue(encodeValue(value))

test('numbers survive to the bit', async (t) => {
  for (const n of [
    0,
    -0,
    1,
    -1,
    0.1,
    2 ** 31,
    2 ** 32,
    -(2 ** 33),
    2 ** 53 - 1,
    2 ** 53,
    1e300,
    Infinity,
    -Infinity,
    NaN,
  ])
    t.ok(Object.is(roundTrip(n), n), String(n))
  t.ok(Object.is((roundTrip({ a: [1, -0] }) as { a: number[] }).a[1], -0), 'a negative zero inside')
})

test('the worked example of the format', async (t) => {
  t.equal(hex(encodeValue({ lr: -0, n: 300n })), '82a26c72cb8000000000000000a16ed5012c01')
})

test('big integers of any size stay big integers, and integer numbers stay numbers', async (t) => {
  for (const n of [
    0n,
    1n,
    -1n,
    127n,
    128n,
    -128n,
    -129n,
    255n,
    256n,
    2n ** 63n,
    -(2n ** 63n),
    2n ** 64n,
    -(3n ** 500n),
  ])
    t.equal(roundTrip(n), n, String(n))
  t.equal(roundTrip(12), 12)
})

test('dates keep their millisecond, and invalid dates stay invalid', async (t) => {
  for (const ms of [0, 1, -1, 1234567890123, -62135596800001, 8.64e15, -8.64e15])
    t.equal((roundTrip(new Date(ms)) as Date).getTime(), ms)
  t.ok(Number.isNaN((roundTrip(new Date(NaN)) as Date).getTime()))
})

test('timestamps of other writers are read in all three sizes', async (t) => {
  t.same(decodeValue(Buffer.from('d6ff00000005', 'hex')), new Date(5000))
  t.same(decodeValue(Buffer.from('d7ff077359400000000a', 'hex')), new Date(10031))
})

test('typed arrays keep their type', async (t) => {
  const arrays = [
    new Int8Array([-1, 2]),
    new Uint8Array([1, 255]),
    new Uint8ClampedArray([3]),
    new Int16Array([-300]),
    new Uint16Array([60000]),
    new Int32Array([-70000]),
    new Uint32Array([4e9]),
    new Float32Array([0.5, -0]),
    new Float64Array([NaN, -0, 0.1]),
    new BigInt64Array([-5n]),
    new BigUint64Array([2n ** 64n - 1n]),
    new Float64Array(0),
  ]
  for (const array of arrays) {
    const back = roundTrip(array)
    t.equal(back?.constructor, array.constructor)
    t.same(back, array)
  }
  t.same(
    roundTrip(new Float64Array([1, 2, 3, 4]).subarray(1, 3)),
    new Float64Array([2, 3]),
    'a view into a larger buffer',
  )
  t.equal((decodeValue(Buffer.from(encodeValue(new Uint8Array([1])))) as object).constructor, Uint8Array)
})

test('tensors keep dtype and shape', async (t) => {
  const tensor = new Tensor('float32', [2, 2], new Float32Array([1, 2, 3, 4]))
  const back = roundTrip({ grads: [tensor] }) as unknown as { grads: Tensor[] }
  t.ok(back.grads[0] instanceof Tensor)
  t.same(back.grads[0], tensor)
})

test('a __proto__ key is an ordinary key and pollutes nothing', async (t) => {
  const value = JSON.parse('{"a": 1, "__proto__": {"polluted": true}}') as LogValue
  const back = roundTrip(value) as Record<string, LogValue>
  t.ok(Object.hasOwn(back, '__proto__'))
  t.equal(Object.getPrototypeOf(back), Object.prototype)
  t.same(Object.keys(back), ['a', '__proto__'])
  t.equal(({} as Record<string, unknown>).polluted, undefined)
})

test('documents leave undefined properties out', async (t) => {
  t.same(decodeDocument(encodeDocument({ a: undefined, b: 1 })), { b: 1 })
})

test('damaged bytes throw a RangeError and allocate nothing', async (t) => {
  const nestedHeaders = Buffer.concat(Array.from({ length: 50_000 }, () => Buffer.from('dd00100000', 'hex')))
  const cases = [
    '',
    'c1',
    'dd7fffffff',
    'df7fffffff',
    'c6ffffffff00',
    'a3ff',
    '0101',
    'd403ff',
    'c70403080000',
    'c70204c0c0',
    'c70105c0',
  ]
  t.throws(() => decodeValue(nestedHeaders), RangeError)
  for (const text of cases) t.throws(() => decodeValue(Buffer.from(text, 'hex')), RangeError, text)
  t.equal(
    decodeValue(Buffer.from('d41100', 'hex')),
    '<extension 17>',
    'an unknown extension is shown, not fatal',
  )
})

test('what a user logs is normalised', async (t) => {
  const same = (input: unknown, value: LogValue, lossless = true): void => {
    t.same(toLogValue(input), { value, lossless })
  }
  same(new Map([['a', 1]]), { a: 1 })
  same(new Map([[1, 'a']]), [[1, 'a']])
  same(new Set([1, 2]), [1, 2])
  same(Object(3), 3)
  same(Object('x'), 'x')
  same(undefined, null)
  same({ a: undefined, b: [undefined] }, { a: null, b: [null] })
  same(Object.create(null, { x: { value: 1, enumerable: true } }), { x: 1 })
  same({ toJSON: () => ({ k: 1 }) }, { k: 1 })
  same(
    new (class Point {
      x = 1
    })(),
    { x: 1 },
    false,
  )
  same(
    new (class Opaque {
      #x = 1
      toString() {
        return `opaque ${this.#x}`
      }
    })(),
    'opaque 1',
    false,
  )
  same(new Error('boom'), 'Error: boom', false)
  same(Symbol('s'), 'Symbol(s)', false)
  same('half \ud800', 'half \ufffd', false)
  same(Buffer.from([1]), new Uint8Array([1]))
  const cycle: unknown[] = [1]
  cycle.push(cycle)
  same(cycle, [1, '[circular]'], false)
  same(
    {
      get bad() {
        throw new Error('no')
      },
    },
    '[object Object]',
    false,
  )
  const shared = { n: 1 }
  same([shared, shared], [{ n: 1 }, { n: 1 }])
  t.equal(typeof toLogValue(() => 1).value, 'string')
})

test('deep nesting is stored as text and can be encoded', async (t) => {
  let deep: unknown = 1
  for (let i = 0; i < 5000; i++) deep = { deep }
  const { value, lossless } = toLogValue(deep)
  t.equal(lossless, false)
  t.same(roundTrip(value), value)
})

test('TensorFlow.js tensors are known by their shape', async (t) => {
  const tensor = { shape: [1, 2], dtype: 'float32', dataSync: () => new Float32Array([1, 2]) }
  t.same(toLogValue(tensor).value, new Tensor('float32', [1, 2], new Float32Array([1, 2])))
  const words = { shape: [2, 1], dtype: 'string', dataSync: () => ['a', 'b'] }
  t.same(toLogValue(words).value, [['a'], ['b']])
  const gone = {
    shape: [1],
    dtype: 'float32',
    dataSync() {
      throw new Error('disposed')
    },
  }
  t.equal(toLogValue(gone).lossless, false)
})
