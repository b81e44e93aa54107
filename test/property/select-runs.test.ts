import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { test } from 'tap'
import { keyTime } from '../../lib/db/keys.js'
import type { RunEntry } from '../../lib/db/run-entry.js'
import { RunIndex } from '../../lib/db/run-index.js'
import { isFlorError } from '../../lib/model/errors.js'
import { asOid } from '../../lib/model/oid.js'
import type { RunStatus } from '../../lib/model/run.js'
import type { LogValue } from '../../lib/model/value.js'
import { holds, parsePredicate, parseSort } from '../../lib/query/predicate.js'
import { runLookup } from '../../lib/query/run-lookup.js'
import { compareKeys } from '../../lib/query/sort-rows.js'
import { type RunCriteria, selectRuns } from '../../lib/repository/select-runs.js'
import type { BackfillSegment, RecordSegment, Segment, StoredColumn } from '../../lib/segment/segment.js'
import { column, epochSteps, recordSegment } from '../unit/segment/sample-segment.js'

const NAMES = ['a', 'b', 'max(a)', 'status', 'lr'] as const

/** Values of every kind that predicates tell apart, and ones that are not kept beside the entry. */
const VALUES: readonly LogValue[] = [
  ...[0, -0, 1, 2, 2.5, Number.NaN, Number.POSITIVE_INFINITY, 'x', 'xy', '', '2026-01-01', true, false, null],
  ...[
    1n,
    2n,
    2n ** 300n,
    new Date('2026-01-01'),
    new Date(Number.NaN),
    'y'.repeat(300),
    [1],
    new Float64Array(2),
  ],
]

/** Draws that depend on nothing but the seed: one history for all questions. */
function drawing(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const draw = drawing(7)
const anyOf = <T>(from: readonly T[]): T => from[draw(from.length)] as T
const someNames = (): string[] => NAMES.filter(() => draw(3) === 0)

function columns(names: readonly string[]): StoredColumn[] {
  return names.map((name) => {
    const depth = draw(2)
    const shape = depth === 0 ? epochSteps(2, 2) : epochSteps(1, 3)
    const values = Array.from({ length: shape.count }, () => anyOf(VALUES))
    const isNumeric = values.every((value) => typeof value === 'number')
    return column(name, shape, isNumeric ? Float64Array.from(values as number[]) : values)
  })
}

function record(n: number): RecordSegment {
  const names = someNames()
  // Some names twice: only their entries tell which of the columns counts.
  const twice = names.filter(() => draw(4) === 0)
  const plain = recordSegment(columns([...names, ...twice]), {
    run: asOid((draw(2 ** 30) * 2 ** 12 + n).toString(16).padStart(40, 'a')),
    id: `run-${n}`,
    args: someNames().map((name) => ({ name, value: anyOf(VALUES), origin: 'default' })),
    end: { status: anyOf<RunStatus>(['completed', 'failed', 'interrupted']), durationMs: draw(5000) },
  })
  const { script: _, ...header } = plain.header
  const script = anyOf([undefined, 'train.js', 'sub/train.js', `${'deep/'.repeat(60)}train.js`])
  // Few times for many runs: which of equals comes first counts.
  const startedMs = 1000 * draw(150) + draw(2) / 2
  return { ...plain, header: { ...header, startedMs, ...(script && { script }) } }
}

function backfill(run: RecordSegment, id: string): BackfillSegment {
  return {
    v: 1,
    id,
    run: run.run,
    kind: 'backfill',
    columns: columns([anyOf(NAMES)]),
    backfill: {
      patched: asOid('abc'.padStart(40, '0')),
      level: 'run',
      fidelity: { status: anyOf(['identical', 'diverged'] as const), compared: 4, equal: 4 },
      startedMs: draw(100),
      durationMs: 1,
      host: 'h',
      user: 'u',
      versions: {},
      names: [],
      statements: [],
      executed: [],
    },
  }
}

/** Runs in full blocks, in a block that is not full, in none yet, changed after they were put into one, and ones not listed. */
async function history(folder: string): Promise<RunIndex> {
  const index = await RunIndex.open(folder)
  const fold = (segments: readonly Segment[]): Promise<void> =>
    index.fold({ tips: new Map(), segments: segments.map((segment) => ({ segment, writer: 'w' })) })
  const runs = Array.from({ length: 1140 }, (_, n) => record(n))
  await fold(runs.slice(0, 540))
  await fold([
    ...runs.slice(540, 1090),
    ...runs.slice(1090, 1100).map((run, i) => backfill(run, `orphan-${i}`)),
  ])
  await fold(runs.slice(0, 30).map((run, i) => backfill(run, `late-${i}`)))
  await fold(runs.slice(1100))
  return index
}

/** What selectRuns promises, by looking at every entry. */
function bySearch(entries: readonly RunEntry[], criteria: RunCriteria): RunEntry[] {
  const { sinceMs, untilMs, script, status, limit = Number.POSITIVE_INFINITY } = criteria
  const where = criteria.where === undefined ? undefined : parsePredicate(criteria.where)
  const sort = criteria.sort === undefined ? undefined : parseSort(criteria.sort)
  if (limit === 0) return []
  const found: RunEntry[] = []
  for (const entry of entries) {
    if (sort === undefined && found.length >= limit) break
    const { header, end } = entry
    if (sinceMs !== undefined && header.startedMs < sinceMs) continue
    if (untilMs !== undefined && header.startedMs >= untilMs) continue
    if (status?.includes(end.status) === false) continue
    const isOf = (path: string): boolean => `/${header.script}`.endsWith(`/${path}`)
    if (script !== undefined && !script.some(isOf)) continue
    if (where === undefined || holds(where, runLookup(entry))) found.push(entry)
  }
  if (sort === undefined) return found
  const keyed = found.map((entry) => {
    const lookup = runLookup(entry)
    return { entry, keys: sort.map(({ name, aggregate }) => lookup(name, aggregate)) }
  })
  return keyed
    .sort((a, b) => compareKeys(a.keys, b.keys, sort))
    .map(({ entry }) => entry)
    .slice(0, limit)
}

async function outcome(answer: () => Promise<RunEntry[]> | RunEntry[]): Promise<unknown> {
  try {
    return (await answer()).map(({ run }) => run)
  } catch (error) {
    if (!isFlorError(error)) throw error
    return [error.code, error.message]
  }
}

const name = fc.constantFrom(
  ...NAMES.map((it) => `"${it}"`),
  'started',
  'script',
  'duration',
  'run',
  'host',
  'never',
)
const use = fc.oneof(
  { weight: 3, arbitrary: name },
  fc
    .tuple(fc.constantFrom('first', 'last', 'min', 'max', 'mean', 'count', 'p50'), name)
    .map(([aggregate, of]) => `${aggregate}(${of})`),
)
const literal = fc.constantFrom('0', '1', '2', '-1', "'x'", "''", 'true', 'null', '2026-01-01', "'train.js'")
const test1 = fc.oneof(
  fc
    .tuple(use, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), fc.oneof(literal, use))
    .map((parts) => parts.join(' ')),
  fc
    .tuple(
      use,
      fc.constantFrom('is null', 'is not null', 'is nan', "like 'x%'", "in (1, 'x')", 'between 0 and 2'),
    )
    .map((parts) => parts.join(' ')),
)
const { predicate } = fc.letrec<{ predicate: string }>((tie) => ({
  predicate: fc.oneof(
    { maxDepth: 2 },
    test1,
    fc
      .tuple(tie('predicate'), fc.constantFrom('and', 'or'), tie('predicate'))
      .map((parts) => parts.join(' ')),
    tie('predicate').map((inside) => `not (${inside})`),
  ),
}))
const key = fc.tuple(fc.constantFrom('', '-'), use).map((parts) => parts.join(''))
const criteria: fc.Arbitrary<RunCriteria> = fc.record(
  {
    where: predicate,
    sort: fc.array(key, { minLength: 1, maxLength: 2 }).map((keys) => keys.join(', ')),
    limit: fc.constantFrom(0, 1, 5, 30, 1100),
    sinceMs: fc.integer({ min: 0, max: 160_000 }),
    untilMs: fc.integer({ min: 0, max: 160_000 }),
    script: fc.subarray(['train.js', 'sub/train.js'], { minLength: 1 }),
    status: fc.subarray<RunStatus>(['failed', 'completed'], { minLength: 1 }),
  },
  { requiredKeys: [] },
)

test('selecting runs by their facts gives what looking at every entry gives, errors included', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'flor-select-'))
  const index = await history(join(folder, 'index'))
  t.teardown(async () => {
    await index.close()
    await rm(folder, { recursive: true, force: true })
  })
  const entries: RunEntry[] = []
  for await (const entry of index.runs({ newestFirst: true })) entries.push(entry)
  t.equal(entries.length, await index.count())
  t.equal(entries.length, 1130)
  t.ok(
    new Set(entries.map(({ header }) => keyTime(header.startedMs))).size < entries.length,
    'some are equal',
  )
  const seen = { found: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(criteria, async (asked) => {
      const expected = await outcome(() => bySearch(entries, asked))
      const actual = await outcome(async () => {
        const found: RunEntry[] = []
        for await (const entry of selectRuns(index, asked)) found.push(entry)
        return found
      })
      if (JSON.stringify(expected).includes('PREDICATE_TYPE')) seen.refused++
      else if ((expected as unknown[]).length > 0) seen.found++
      if (JSON.stringify(actual) !== JSON.stringify(expected)) {
        throw new Error(
          `${JSON.stringify(actual).slice(0, 400)}\ninstead of\n${JSON.stringify(expected).slice(0, 400)}`,
        )
      }
    }),
    { numRuns: 60 },
  )
  t.ok(seen.found > 2 && seen.refused > 1, JSON.stringify(seen))
})

test('a predicate that begins by naming runs reads the entries of these alone', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'flor-select-'))
  const index = await RunIndex.open(join(folder, 'index'))
  t.teardown(async () => {
    await index.close()
    await rm(folder, { recursive: true, force: true })
  })
  const runs = ['abc1', 'abc2', 'abd0'].map((hex, i) => {
    const run = asOid(hex.padEnd(40, '0'))
    return recordSegment([], { run, id: `r${i}` })
  })
  await index.fold({ tips: new Map(), segments: runs.map((segment) => ({ segment, writer: 'w' })) })
  let read = 0
  const facts = index.facts.bind(index)
  index.facts = (...args) => {
    read++
    return facts(...args)
  }
  const select = async (where: string): Promise<string[]> => {
    const found: string[] = []
    for await (const { run } of selectRuns(index, { where })) found.push(run.slice(0, 4))
    return found
  }
  t.same(await select(`run = '${runs[1]?.run}' and status = 'completed'`), ['abc2'])
  t.same(await select(`run in ('${runs[2]?.run}', 'nonsense') and status = 'completed'`), ['abd0'])
  t.same(await select(`run like 'abc%'`), ['abc2', 'abc1'])
  t.equal(read, 0)
  t.same(await select(`run like 'ab_0%'`), ['abd0'])
  t.equal(read, 1, 'here any run can be meant')
})
