import fc from 'fast-check'
import t from 'tap'
import { csvField, csvRecord } from '../../lib/cli/formats/csv.js'
import { blockToFields, blockToText } from '../../lib/cli/views/block-fields.js'
import type { LogValue } from '../../lib/model/value.js'
import type { BlockColumn } from '../../lib/query/pivot-table.js'

const fieldOf = (value: LogValue | undefined): string => csvRecord([csvField(value)])

const number = fc.oneof(
  { weight: 20, arbitrary: fc.double({ noDefaultInfinity: true, noNaN: true }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  },
  {
    weight: 5,
    arbitrary: fc.constantFrom(0, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 123456789012345680000, -1.5),
  },
)
const value = fc.oneof(number, fc.string({ unit: 'grapheme' }), fc.constant(null), fc.bigInt(), fc.boolean())

/** A column of `count` rows, and what each of them has. */
function columnOf(
  count: number,
): fc.Arbitrary<{ column: BlockColumn; rows: readonly (LogValue | undefined)[] }> {
  const listOf = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: count, maxLength: count })
  return fc.oneof(
    value.map((one) => ({ column: { kind: 'constant' as const, value: one }, rows: Array(count).fill(one) })),
    listOf(fc.oneof(fc.nat(200), fc.nat(2 ** 31 - 1))).map((numbers) => ({
      column: { kind: 'loop' as const, numbers: Int32Array.from(numbers), labels: undefined },
      rows: numbers,
    })),
    listOf(fc.tuple(fc.nat(200), fc.option(fc.oneof(fc.string(), fc.double()), { nil: undefined }))).map(
      (pairs) => ({
        column: {
          kind: 'loop' as const,
          numbers: pairs.map(([it]) => it),
          labels: pairs.map(([, label]) => label),
        },
        rows: pairs.map(([it, label]) => label ?? it),
      }),
    ),
    listOf(number).map((numbers) => ({
      column: { kind: 'values' as const, values: Float64Array.from(numbers) },
      rows: numbers,
    })),
    listOf(value).map((values) => ({ column: { kind: 'values' as const, values }, rows: values })),
    fc
      .tuple(fc.array(number, { minLength: 1, maxLength: 4 }), listOf(fc.integer({ min: -1, max: 3 })))
      .map(([numbers, places]) => {
        const join = Int32Array.from(places, (at) => Math.min(at, numbers.length - 1))
        const column = { kind: 'values' as const, values: Float64Array.from(numbers), join }
        return { column, rows: Array.from(join, (at) => numbers[at]) }
      }),
  )
}

t.test('the rows of a block are what each value by itself is written as', async (t) => {
  const block = fc
    .nat(30)
    .chain((count) => fc.tuple(fc.constant(count), fc.array(columnOf(count), { minLength: 1, maxLength: 4 })))
  fc.assert(
    fc.property(block, fc.constantFrom('\n', '\0'), ([count, made], end) => {
      const columns = made.map(({ column }) => column)
      const written = Buffer.concat([...blockToFields({ count, columns }, { separator: ',', end, fieldOf })])
      const expected = Array.from(
        { length: count },
        (_, row) => made.map(({ rows }) => fieldOf(rows[row])).join(',') + end,
      )
      t.equal(written.toString(), expected.join(''))
      t.equal(blockToText({ count, columns }, { separator: ',', end, fieldOf }), expected.join(''))
    }),
    { numRuns: 500 },
  )
})

t.test('pieces keep what they are, and numbers go on where the last piece ended', async (t) => {
  const numbers = Float64Array.from({ length: 10_000 }, (_, i) => (i === 5000 ? Number.NaN : i / 7))
  const columns = [{ kind: 'values' as const, values: numbers }]
  const pieces = [...blockToFields({ count: 10_000, columns }, { separator: ',', end: '\n', fieldOf })]
  t.ok(pieces.length > 1)
  t.equal(Buffer.concat(pieces).toString(), [...numbers].map((it) => `${fieldOf(it)}\n`).join(''))

  const long = 'é'.repeat(300_000)
  const wide = { kind: 'values' as const, values: [long, 'x', long] }
  const text = Buffer.concat([
    ...blockToFields({ count: 3, columns: [wide] }, { separator: ',', end: '\n', fieldOf }),
  ])
  t.equal(text.toString(), `${long}\nx\n${long}\n`)
})
