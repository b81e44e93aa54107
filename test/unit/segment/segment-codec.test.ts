import { crc32, deflateSync } from 'node:zlib'
import { test } from 'tap'
import { encodeRuns } from '../../../lib/segment/integer-runs.js'
import { decodeNumbers, encodeNumbers } from '../../../lib/segment/number-codec.js'
import type { ExternalColumn, RecordSegment, StoredColumn } from '../../../lib/segment/segment.js'
import { decodeExternal, decodeSegments, encodeSegment } from '../../../lib/segment/segment-codec.js'
import { summarize } from '../../../lib/segment/summary.js'
import { encodeDocument } from '../../../lib/segment/value-codec.js'
import { column, epochSteps, recordSegment } from './sample-segment.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A frame as the layout says, around any document. */
function framed(document: object): Buffer {
  const payload = encodeDocument(document)
  const head = Buffer.from('89464c4f520000000000000000', 'hex')
  head.writeUInt32LE(payload.length, 5)
  head.writeUInt32LE(crc32(payload), 9)
  return Buffer.concat([head, payload, Buffer.of(0xff)])
}

test('the worked examples of the layout', async (t) => {
  t.equal(hex(encodeRuns(Int32Array.of(0, 0, 0, 1, 1, 1))), '000302010002')
  t.equal(hex(encodeRuns(Int32Array.of(0, 1, 2, 0, 1, 2))), '0001020203010202')
  t.equal(hex(encodeNumbers(Float64Array.of(1, 2, 4))), '00020204')
  t.equal(hex(encodeNumbers(Float64Array.of(0.5, 1.5))), '010000000000c03f3f')
  t.equal(hex(framed({})), '89464c4f5201000000ad6cba3f80ff')
})

test('numbers come back to the bit in every encoding', async (t) => {
  const cases = [
    [0, -0],
    [2 ** 31 - 1, -(2 ** 31)],
    [2 ** 31],
    [0.1, NaN, Infinity],
    [NaN, -Infinity, 0.5],
    [],
  ]
  for (const numbers of cases) {
    const back = decodeNumbers(encodeNumbers(Float64Array.from(numbers)))
    t.ok(back.length === numbers.length && numbers.every((n, i) => Object.is(back[i], n)), String(numbers))
  }
})

test('a numeric record of a training run takes at most six bytes once packed', async (t) => {
  const contexts = epochSteps(10, 100)
  const random = mulberry(7)
  const curve = (start: number): Float64Array =>
    Float64Array.from({ length: contexts.count }, (_, row) =>
      Math.fround(start * Math.exp(-row / 300) + 0.05 * random()),
    )
  const columns = [
    column('loss', contexts, curve(2.3)),
    column('acc', contexts, curve(1)),
    column('norm', contexts, curve(9)),
  ]
  const bare = deflateSync(encodeSegment(recordSegment([])).note).length
  const perRecord =
    (deflateSync(encodeSegment(recordSegment(columns)).note).length - bare) / (3 * contexts.count)
  t.ok(perRecord <= 6, `${perRecord.toFixed(2)} bytes a record`)
})

test('columns of one shape share one context table', async (t) => {
  const values = new Float64Array(1000).fill(1)
  const size = (count: number): number =>
    encodeSegment(
      recordSegment(Array.from({ length: count }, (_, i) => column(`c${i}`, epochSteps(10, 100), values))),
    ).note.length
  t.ok(size(2) - size(1) === size(3) - size(2), 'a second column costs no table')
  t.equal(
    decodeSegments(encodeSegment(recordSegment([column('a', epochSteps(2, 2), [1n, 'x', null, true])])).note)
      .quarantined.length,
    0,
  )
})

test('a note stays within its budget: the largest columns lie outside, their summaries inside', async (t) => {
  const contexts = epochSteps(10, 100)
  const small = column('small', contexts, new Float64Array(1000).fill(3))
  const large = column(
    'large',
    contexts,
    Float64Array.from({ length: 1000 }, (_, i) => Math.sin(i)),
  )
  const { note, external } = encodeSegment(recordSegment([large, small]), { noteBudgetBytes: 4000 })
  t.ok(note.length <= 4000, `${note.length} bytes`)
  const { segments } = decodeSegments(note)
  const [first, second] = (segments[0] as RecordSegment).columns as [ExternalColumn, StoredColumn]
  t.equal(first.file, external[0]?.file)
  t.equal(first.summary.count, 1000)
  t.same(second, small)
  t.same(decodeExternal(external[0]?.data as Uint8Array), large)
})

test('segments are found between stray bytes, which are reported', async (t) => {
  const one = recordSegment([], { id: 'one' })
  const two = recordSegment([], { id: 'two' })
  const note = Buffer.concat([
    Buffer.from('\n\n'),
    encodeSegment(one).note,
    Buffer.from('stray'),
    encodeSegment(two).note,
    Buffer.from('\n'),
  ])
  const { segments, quarantined } = decodeSegments(note)
  t.same(
    segments.map(({ id }) => id),
    ['one', 'two'],
  )
  t.match(quarantined, [
    { code: 'SEGMENT_CORRUPT', offset: 2 + encodeSegment(one).note.length, sizeBytes: 5 },
  ])
  t.match(decodeSegments(Buffer.from('a note by hand')).quarantined, [{ offset: 0, sizeBytes: 14 }])
  t.same(decodeSegments(new Uint8Array(0)), { segments: [], quarantined: [] })
})

test('a segment of a later version is left alone', async (t) => {
  t.match(decodeSegments(framed({ v: 2, id: 'x' })), {
    segments: [],
    quarantined: [{ code: 'SEGMENT_TOO_NEW', reason: /version 2/ }],
  })
})

test('what a note claims about itself is checked', async (t) => {
  const valid = recordSegment([])
  const table = { loops: ['a'], count: 1, indices: [encodeRuns(Int32Array.of(0))] }
  const summary = { count: 1, first: 1, last: 1 }
  const bad: [string, object][] = [
    ['no object name', { run: 'HEAD' }],
    ['arguments', { args: { length: 1 } }],
    [
      'a file name that leaves its folder',
      { columns: [{ name: 'x', loops: [], summary, file: '../../hooks/x' }] },
    ],
    [
      'more contexts than values',
      {
        tables: [{ ...table, count: 2e9 }],
        columns: [{ name: 'x', table: 0, summary, values: Buffer.of(0, 2) }],
      },
    ],
    ['a table that is not there', { columns: [{ name: 'x', table: 7, summary, values: Buffer.of(0, 2) }] }],
    [
      'a negative index',
      {
        tables: [{ ...table, indices: [Buffer.of(1, 1)] }],
        columns: [{ name: 'x', table: 0, summary, values: Buffer.of(0, 2) }],
      },
    ],
    [
      'endless runs',
      {
        tables: [{ ...table, indices: [Buffer.from('00ffffffffffff7f', 'hex')] }],
        columns: [{ name: 'x', table: 0, summary, values: Buffer.of(0, 2) }],
      },
    ],
  ]
  const deep = {
    loops: new Array(300).fill('a'),
    count: 100_000,
    indices: new Array(300).fill(Buffer.from('00a08d06', 'hex')),
  }
  const ones = Buffer.alloc(100_001)
  bad.push([
    'more cells than notes have',
    { tables: [deep], columns: [{ name: 'x', table: 0, summary, values: ones }] },
  ])
  t.equal(
    decodeSegments(framed({ ...valid, tables: [] })).segments.length,
    1,
    'the base of all cases is fine',
  )
  for (const [what, change] of bad)
    t.equal(decodeSegments(framed({ ...valid, tables: [], ...change })).quarantined.length, 1, what)
})

test('a summary says what a column holds', async (t) => {
  t.same(summarize(Float64Array.of(2, NaN, -1, Infinity, 5)), {
    count: 5,
    first: 2,
    last: 5,
    min: -1,
    minRow: 2,
    max: Infinity,
    maxRow: 3,
    mean: 2,
    nanCount: 1,
    sample: Float64Array.of(2, NaN, -1, Infinity, 5),
  })
  t.same(summarize(['a', null]), { count: 2, first: 'a', last: null })
  t.match(summarize(['a', 4, true, 9]), { min: 4, minRow: 1, max: 9, maxRow: 3, mean: 6.5 })
  t.match(summarize(Float64Array.of(NaN)), { nanCount: 1, min: undefined, mean: undefined })
  const long = summarize(Float64Array.from({ length: 1001 }, (_, i) => i)).sample
  t.equal(long?.length, 64)
  t.equal(long?.[0], 0)
  t.equal(long?.[63], 1000)
  t.equal(summarize([new Float64Array(1000)]).first, '[Float64Array of 1000]')
})

function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

test('iterations of which nothing is known but their number take no room', async (t) => {
  const at = (index: number) => ({ context: [{ loop: 'step', pass: 0, index }], nested: [] })
  const timed = { ...at(20_000), durationMs: 5 }
  const iterations = [
    ...Array.from({ length: 20_000 }, (_, i) => at(i)),
    timed,
    at(20_001),
    at(30_000),
    at(30_001),
  ]
  const loop = {
    context: [],
    loop: 'step',
    pass: 0,
    role: 'main',
    beforeMs: 1,
    exhausted: true,
    iterations,
  } as const
  const segment = { ...recordSegment([]), timeline: [loop] }
  const { note } = encodeSegment(segment)
  t.ok(note.length < 2000, `${note.length} bytes`)
  t.strictSame(decodeSegments(note).segments, [segment])

  const text = Buffer.from(note).indexOf(Buffer.of(0xcd, 20_000 >> 8, 20_000 & 255))
  t.ok(text > 0, 'the number stands in the note')
})
