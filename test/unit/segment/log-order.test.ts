import { test } from 'tap'
import { wantedColumns } from '../../../lib/replay/outcome.js'
import { withinAny } from '../../../lib/replay/select-rows.js'
import type { StoredColumn } from '../../../lib/segment/segment.js'
import { isExternal } from '../../../lib/segment/segment.js'
import { decodeExternal, decodeSegments, encodeSegment } from '../../../lib/segment/segment-codec.js'
import { columnsOf, type Logged } from '../query/sample-runs.js'
import { recordSegment } from './sample-segment.js'

const story: readonly Logged[] = [
  ['', 'acc', 0.1],
  ['epoch=0/step=0', 'acc', 0.2],
  ['', 'lr', 1],
  ['epoch=0', 'acc', 0.3],
  ['epoch=1/step=0', 'acc', 'none'],
  ['epoch=1', 'acc', 0.5],
  ['', 'acc', 0.6],
]

const told = (columns: readonly StoredColumn[]) =>
  columns.map(({ name, contexts, order, summary }) => ({
    of: `${name} ${contexts.loops.join('/')}`.trim(),
    order: order && [...order],
    ends: [summary.firstAt, summary.lastAt],
  }))

const ORDERS = [
  { of: 'acc', order: [0, 5], ends: [0, 5] },
  { of: 'acc epoch/step', order: [1, 3], ends: [1, 3] },
  { of: 'lr', order: undefined, ends: [undefined, undefined] },
  { of: 'acc epoch', order: [2, 4], ends: [2, 4] },
]

test('a name that is logged in several contexts keeps the order of all its values', async (t) => {
  t.strictSame(told(columnsOf(story)), ORDERS)
})

test('the order is stored with the values, in the note and outside of it', async (t) => {
  const segment = recordSegment(columnsOf(story))
  const [inside] = decodeSegments(encodeSegment(segment).note).segments
  t.strictSame(told(inside?.columns as readonly StoredColumn[]), ORDERS)
  const again = decodeSegments(encodeSegment({ ...segment, columns: inside?.columns ?? [] }).note).segments
  t.strictSame(told(again[0]?.columns as readonly StoredColumn[]), ORDERS, 'copied')

  const outside = encodeSegment(segment, { noteBudgetBytes: 0 })
  t.strictSame(told(outside.external.map(({ data }) => decodeExternal(data))), ORDERS)
  const [reference] = decodeSegments(outside.note).segments
  t.ok(reference?.columns.every(isExternal))
  t.same([reference?.columns[0]?.summary.firstAt, reference?.columns[0]?.summary.lastAt], [0, 5])
})

test('rows that are kept of a replay keep their order', async (t) => {
  const epoch = [{ loop: 'epoch', pass: 0, index: 1 }]
  t.ok(withinAny([epoch])(epoch))
  t.strictSame(told(wantedColumns(columnsOf(story), { wanted: [epoch] }, ['acc'])), [
    { of: 'acc epoch/step', order: [3], ends: [3, 3] },
    { of: 'acc epoch', order: [4], ends: [4, 4] },
  ])
})
