import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { test } from 'tap'
import type { RunEntry } from '../../lib/db/run-entry.js'
import { alignRows, rowsAlong } from '../../lib/query/aligned-rows.js'
import { groupCells, type LoadedColumn } from '../../lib/query/cell-groups.js'
import { type RunRow, rowsOfRun } from '../../lib/query/run-rows.js'
import { columnsOf, type Logged } from '../unit/query/sample-runs.js'

const ENTRY = { backfills: [] } as unknown as RunEntry

/** Values of one name: in a chain of loops mostly, in the order of iterations mostly, some of them left out. */
const logged = (name: string): fc.Arbitrary<Logged[]> => {
  const places = fc.oneof(
    { weight: 4, arbitrary: fc.constant('epoch=E/step=S') },
    { weight: 4, arbitrary: fc.constant('epoch=E') },
    { weight: 2, arbitrary: fc.constant('') },
    { weight: 1, arbitrary: fc.constant('epoch=E/eval=S') },
    { weight: 1, arbitrary: fc.constant('epoch=E/step#1=S') },
  )
  const presence = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 })
  const isFull = fc.integer({ min: 0, max: 4 })
  return fc.tuple(places, presence, isFull, fc.boolean()).map(([place, present, full, isTurned]) => {
    const all = [0, 1, 2, 3, 4, 5].map((i): Logged => {
      const at = place.replace('E', String(i >> 1)).replace('S', String(i & 1))
      return [at, name, i]
    })
    const some = all.filter(([at], i) => {
      const isFirst = all.findIndex(([other]) => other === at) === i
      return full > 0 ? isFirst : present[i]
    })
    return isTurned && full === 0 ? some.reverse() : some
  })
}

const shown = (rows: Iterable<RunRow>): unknown[] =>
  [...rows].map(({ table, row, ordinal, cells }) => ({
    loops: table.loops,
    at: table.loops.map((_, i) => [table.passes[i]?.[row] ?? 0, table.indices[i]?.[row]]),
    ordinal,
    values: cells.map((cell) => cell?.value),
  }))

test('rows that are read along the columns are those that maps would give, wherever they are given', async (t) => {
  let given = 0
  fc.assert(
    fc.property(logged('a'), logged('b'), logged('c'), (a, b, c) => {
      const names = [a, b, c].filter((list) => list.length > 0)
      const loaded = names.map((list): LoadedColumn[] =>
        columnsOf(list).map((column) => ({ column, origin: { kind: 'recorded', segment: 's' } })),
      )
      const constant = { kind: 'constant', cell: { value: 'k' } } as const
      const aligned = alignRows([
        ...loaded.map((columns) => ({ kind: 'columns', columns }) as const),
        constant,
      ])
      if (aligned === undefined || aligned === 'none') return true
      const rows = shown(rowsAlong(aligned))
      if (names.length > 1) given++
      const cells = loaded.map((columns) => ({ kind: 'cells', cells: groupCells(ENTRY, columns) }) as const)
      return names.length === 0 || isDeepStrictEqual(rows, shown(rowsOfRun([...cells, constant])))
    }),
    { numRuns: 2000 },
  )
  t.ok(given > 100, `${given} of them were`)
})
