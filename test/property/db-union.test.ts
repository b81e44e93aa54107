import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { test } from 'tap'
import type { FoundSegment } from '../../lib/db/fold.js'
import { RunIndex } from '../../lib/db/run-index.js'
import { asOid } from '../../lib/model/oid.js'
import type { Segment } from '../../lib/segment/segment.js'
import { backfillSegmentOf, comparable, recordSegmentOf } from './segment-arbitraries.js'

/** Segments of three runs, some of them twice, from three writers. */
const runs = ['1', '2', '3'].map((digit) => asOid(digit.repeat(40)))
const segments: fc.Arbitrary<FoundSegment[]> = fc
  .tuple(
    ...runs.flatMap((run, i) => [
      recordSegmentOf(run, `r${i}`, i * 500),
      backfillSegmentOf(run, `b${i}`),
      backfillSegmentOf(run, `c${i}`),
    ]),
  )
  .chain((all) =>
    fc.array(
      fc.record({ segment: fc.constantFrom<Segment>(...all), writer: fc.constantFrom('w1', 'w2', 'w3') }),
      { maxLength: 12 },
    ),
  )

/** The folds of one history, in batches of the given sizes, read back as one value. */
async function foldAndRead(found: readonly FoundSegment[], batchSize: number): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'flor-union-'))
  const index = await RunIndex.open(join(folder, 'index'))
  try {
    for (let at = 0; at < found.length; at += batchSize)
      await index.fold({ tips: new Map(), segments: found.slice(at, at + batchSize) })
    const listed = []
    for await (const entry of index.runs()) {
      const names = [...new Set(entry.metrics.map(({ name }) => name))]
      const columns = await Promise.all(names.map((name) => index.columns(entry, name)))
      listed.push({ entry, columns: columns.flat() })
    }
    return { listed, names: await index.names() }
  } finally {
    await index.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What the index must say, computed from nothing but the set of segments. */
function naive(found: readonly FoundSegment[]): { runs: string[]; metrics: string[][]; writers: string[][] } {
  const listed = runs.filter((run) =>
    found.some(({ segment }) => segment.run === run && segment.kind === 'record'),
  )
  const segmentsOf = (run: string): Segment[] => {
    const all = new Map(
      found.filter(({ segment }) => segment.run === run).map(({ segment }) => [segment.id, segment]),
    )
    return [...all.values()].sort((a, b) => startOf(a) - startOf(b) || (a.id < b.id ? -1 : 1))
  }
  return {
    runs: listed,
    metrics: listed.map((run) =>
      segmentsOf(run).flatMap((segment) => segment.columns.map(({ name }) => name)),
    ),
    writers: listed.map((run) =>
      [...new Set(found.filter(({ segment }) => segment.run === run).map(({ writer }) => writer))].sort(),
    ),
  }
}

/** Recorded segments stand before backfills, those in the order of their start. */
const startOf = (segment: Segment): number => (segment.kind === 'record' ? -1 : segment.backfill.startedMs)

test('folding is commutative, associative and idempotent, and agrees with the set of segments', async () => {
  await fc.assert(
    fc.asyncProperty(
      segments,
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat()),
      async (found, batchSize, order) => {
        const shuffled = [...found, ...found.slice(0, 3)]
          .map((one) => ({ one, at: order.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one)
        const straight = (await foldAndRead(found, 100)) as {
          listed: { entry: { run: string; metrics: { name: string }[]; writers: string[] } }[]
        }
        const other = await foldAndRead(shuffled, batchSize)
        const seen = {
          runs: straight.listed.map(({ entry }) => entry.run),
          metrics: straight.listed.map(({ entry }) => entry.metrics.map(({ name }) => name)),
          writers: straight.listed.map(({ entry }) => entry.writers),
        }
        return (
          isDeepStrictEqual(comparable(straight), comparable(other)) && isDeepStrictEqual(seen, naive(found))
        )
      },
    ),
    { numRuns: 40 },
  )
})

test('two segments of one id end as one, whichever comes first', async () => {
  await fc.assert(
    fc.asyncProperty(recordSegmentOf(runs[0]!, 'same'), recordSegmentOf(runs[0]!, 'same'), async (a, b) => {
      const found = [a, b].map((segment) => ({ segment, writer: 'w' }))
      const [one, other] = [await foldAndRead(found, 1), await foldAndRead(found.reverse(), 1)]
      return isDeepStrictEqual(comparable(one), comparable(other))
    }),
    { numRuns: 30 },
  )
})
