import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { test } from 'tap'
import { RunIndex } from '../../lib/db/run-index.js'
import { asOid } from '../../lib/model/oid.js'
import type { LoadedColumn } from '../../lib/query/cell-groups.js'
import { pivot } from '../../lib/query/pivot.js'
import type { PivotTable } from '../../lib/query/pivot-table.js'
import { parsePredicate } from '../../lib/query/predicate.js'
import type { Segment } from '../../lib/segment/segment.js'
import { decodeSegments, encodeSegment } from '../../lib/segment/segment-codec.js'
import { columnsOf, type Logged } from '../unit/query/sample-runs.js'
import { recordSegment } from '../unit/segment/sample-segment.js'

/** Records of one run: names a, b, c in contexts of up to two loops, some of them several times in one. */
const logged: fc.Arbitrary<Logged[]> = fc.array(
  fc.tuple(
    fc.oneof(
      fc.constant(''),
      fc.nat({ max: 3 }).map((e) => `epoch=${e}`),
      fc
        .tuple(fc.nat({ max: 3 }), fc.nat({ max: 2 }), fc.nat({ max: 1 }))
        .map(([e, s, pass]) => `epoch=${e}/step${pass === 0 ? '' : '#1'}=${s}`),
      fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 1 })).map(([e, s]) => `epoch=${e}/eval=${s}`),
    ),
    fc.constantFrom('a', 'b', 'c'),
    fc.integer({ min: -9, max: 9 }),
  ),
  { minLength: 1, maxLength: 25 },
)

const segmentOf = (records: readonly Logged[], n: number): Segment =>
  recordSegment(columnsOf(records), { run: asOid(String(n).padStart(40, '0')), id: `run-${n}` })

/** Through notes and the index, as a command does it. */
async function query(
  segments: readonly Segment[],
  names: readonly string[],
  where?: string,
): Promise<PivotTable> {
  const folder = await mkdtemp(join(tmpdir(), 'flor-query-'))
  const index = await RunIndex.open(join(folder, 'index'))
  try {
    const note = Buffer.concat(segments.map((segment) => encodeSegment(segment).note))
    const found = decodeSegments(note).segments.map((segment) => ({ segment, writer: 'w' }))
    await index.fold({ tips: new Map(), segments: found })
    return await pivot({
      names,
      entries: index.runs(),
      load: async (entry, name) => (await index.columns(entry, name)) as LoadedColumn[],
      ...(where !== undefined && { where: parsePredicate(where) }),
    })
  } finally {
    await index.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** A row by the titles of its columns, blank ones left out. */
const rowsOf = ({ columns, rows }: PivotTable): Record<string, unknown>[] =>
  rows.map(({ cells }) =>
    Object.fromEntries(
      columns.flatMap(({ name }, i) => (cells[i] === undefined ? [] : [[name, cells[i]?.value]])),
    ),
  )

const only = (...names: string[]): string[] => names

test('one name through notes, index and pivot is what was logged, no more and no less', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(logged, { minLength: 1, maxLength: 3 }),
      fc.option(fc.integer({ min: -9, max: 9 })),
      async (runs, least) => {
        const segments = runs.map(segmentOf)
        if (!runs.flat().some(([, name]) => name === 'a')) return true
        const table = await query(segments, only('a'), least === null ? undefined : `a >= ${least}`)
        const shown = rowsOf(table).map(
          (row) => `${row.run} ${row.epoch}/${row.step ?? row.eval}/${row['step#']} ${row.a}`,
        )
        const hasSecondPass = table.columns.some(({ name }) => name === 'step#')
        const naive = runs.flatMap((records, n) => {
          const own = records.filter(
            ([, name, value]) => name === 'a' && (least === null || Number(value) >= least),
          )
          return own.map(([at, , value]) => `${segments[n]?.run} ${placeOf(at, hasSecondPass)} ${value}`)
        })
        return isDeepStrictEqual(shown.sort(), naive.sort())
      },
    ),
    { numRuns: 60 },
  )
})

function placeOf(at: string, hasSecondPass: boolean): string {
  const [, epoch] = /epoch=(\d+)/.exec(at) ?? []
  const [, , pass = '0', step] = /(step|eval)(?:#(\d))?=(\d+)/.exec(at) ?? []
  const isStep = at.includes('step')
  return `${epoch}/${step}/${hasSecondPass && isStep ? pass : undefined}`
}

test('nothing that was logged is missing from a table of several names', async () => {
  await fc.assert(
    fc.asyncProperty(logged, async (records) => {
      const names = [...new Set(records.map(([, name]) => name))]
      const rows = rowsOf(await query([segmentOf(records, 1)], names))
      return records.every(([at, name, value]) =>
        rows.some(
          (row) => row[name] === value && (at === '' || row.epoch === Number(/epoch=(\d+)/.exec(at)?.[1])),
        ),
      )
    }),
    { numRuns: 60 },
  )
})
