import { readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { type Test, test } from 'tap'
import { argumentFact, summaryFact, Told } from '../../../lib/db/facts.js'
import type { RunEntry } from '../../../lib/db/run-entry.js'
import { RunIndex } from '../../../lib/db/run-index.js'
import { asOid, type Oid } from '../../../lib/model/oid.js'
import type { BackfillSegment, RecordSegment, Segment, StoredColumn } from '../../../lib/segment/segment.js'
import { column, epochSteps, recordSegment } from '../segment/sample-segment.js'

const oid = (n: number): Oid => asOid(n.toString(16).padStart(40, '0'))
const NO_TIPS = new Map<string, Oid>()
const loss = column('loss', epochSteps(2, 2), Float64Array.of(4, 3, 2, 1))

function record(
  n: number,
  columns: readonly StoredColumn[] = [loss],
  overrides: Partial<RecordSegment> = {},
): RecordSegment {
  const plain = recordSegment(columns, { run: oid(n), id: `run-${n}` })
  return { ...plain, header: { ...plain.header, startedMs: 1000 * n }, ...overrides }
}

function backfill(n: number, id: string, columns: readonly StoredColumn[]): BackfillSegment {
  return {
    v: 1,
    id,
    run: oid(n),
    kind: 'backfill',
    columns,
    backfill: {
      patched: oid(0xabc),
      level: 'run',
      fidelity: { status: 'identical', compared: 4, equal: 4 },
      startedMs: 5,
      durationMs: 1,
      host: 'h',
      user: 'u',
      versions: {},
      names: ['norm'],
      statements: [],
      executed: ['epoch=0'],
    },
  }
}

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'flor-index-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'index')
}

async function openIndex(t: Test): Promise<RunIndex> {
  const index = await RunIndex.open(await temporaryFolder(t))
  t.teardown(() => index.close())
  return index
}

const fold = (index: RunIndex, ...segments: Segment[]): Promise<void> =>
  index.fold({ tips: NO_TIPS, segments: segments.map((segment) => ({ segment, writer: 'w1' })) })

async function listed(
  index: RunIndex,
  options: { limit?: number; newestFirst?: boolean } = {},
): Promise<RunEntry[]> {
  const entries: RunEntry[] = []
  for await (const entry of index.runs(options)) entries.push(entry)
  return entries
}

test('runs are listed by their start', async (t) => {
  const index = await openIndex(t)
  await fold(index, record(2), record(16), record(1))
  t.same(
    (await listed(index)).map(({ run }) => run),
    [oid(1), oid(2), oid(16)],
  )
  t.same(
    (await listed(index, { newestFirst: true, limit: 2 })).map(({ run }) => run),
    [oid(16), oid(2)],
  )
  t.equal(await index.count(), 3)
})

test('an entry tells everything but values', async (t) => {
  const index = await openIndex(t)
  const segment = record(1, [loss], {
    args: [{ name: 'lr', value: 0.1, origin: 'default' }],
    checkpoints: [1, 2].map((i) => ({
      point: { kind: 'E', context: [{ loop: 'epoch', pass: 0, index: i }] },
      files: [{ name: 'model.safetensors', sha256: 'ab'.repeat(32), sizeBytes: 100 }],
      state: new Uint8Array(5),
      costMs: 1,
    })),
  })
  await fold(index, segment, backfill(1, 'b1', [column('norm', epochSteps(2, 1), Float64Array.of(7, 8))]))
  const entry = await index.entry(oid(1))
  t.match(entry, {
    header: segment.header,
    end: segment.end,
    args: segment.args,
    writers: ['w1'],
    checkpoints: { count: 2, sizeBytes: 110 },
    metrics: [
      {
        name: 'loss',
        loops: ['epoch', 'step'],
        summary: { count: 4, min: 1 },
        origin: { kind: 'recorded', segment: 'run-1' },
      },
      { name: 'norm', origin: { kind: 'backfilled', segment: 'b1', patched: oid(0xabc), level: 'run' } },
    ],
    backfills: [{ id: 'b1', names: ['norm'] }],
  })
  t.same(entry?.metrics[0]?.summary, loss.summary)
  t.equal(await index.entry(oid(9)), undefined)
})

test('columns come with their origin, from where they lie', async (t) => {
  const index = await openIndex(t)
  const norm = column('norm', epochSteps(2, 1), Float64Array.of(7, 8))
  const strings = column('norm', epochSteps(1, 1), ['x'])
  const { summary } = loss
  const outside = { name: 'weights', loops: ['epoch'], summary, file: 'run-1-2' }
  await fold(
    index,
    { ...record(1, [loss, strings]), columns: [loss, strings, outside] },
    backfill(1, 'b1', [norm]),
  )
  const entry = (await index.entry(oid(1))) as RunEntry
  t.same(
    (await index.columns(entry, 'norm')).map(({ column, origin }) => [origin.kind, column]),
    [
      ['recorded', strings],
      ['backfilled', norm],
    ],
  )
  t.same(
    (await index.columns(entry, 'weights')).map(({ column }) => column),
    [outside],
  )
  t.same(
    (await index.columns(entry, 'loss')).map(({ column }) => column),
    [loss],
  )
  t.same(await index.columns(entry, 'never'), [])
  const asked = await Promise.all(
    ['loss', 'never', 'norm', 'weights'].map((name) => index.columns(entry, name)),
  )
  t.same(
    asked.map((columns) => columns.length),
    [1, 0, 2, 1],
    'asked for at once',
  )
})

test('a backfill that arrives before its run is listed with it', async (t) => {
  const index = await openIndex(t)
  await fold(index, backfill(1, 'b1', [loss]))
  t.same(await listed(index), [])
  t.same(await index.findByPrefix('0'), [])
  await fold(index, record(1, []))
  t.same(
    (await listed(index)).map(({ metrics }) => metrics.length),
    [1],
  )
})

test('names are counted over runs, arguments apart', async (t) => {
  const index = await openIndex(t)
  await fold(
    index,
    record(1),
    record(2, [loss, loss], { args: [{ name: 'lr', value: 1, origin: 'set' }] }),
    record(3, []),
  )
  t.same(await index.names(), [
    { name: 'loss', kind: 'value', runs: 2 },
    { name: 'lr', kind: 'argument', runs: 1 },
  ])
})

test('runs are found by the beginning of their oid', async (t) => {
  const index = await openIndex(t)
  const runs = ['abc1', 'abc2', 'abd0'].map((hex) => asOid(hex.padEnd(40, '0')))
  await fold(index, ...runs.map((run, i) => ({ ...record(i + 1), run })))
  t.same(await index.findByPrefix('abc'), runs.slice(0, 2))
  t.same(await index.findByPrefix(runs[2] as string), [runs[2]])
  t.same(await index.findByPrefix('f'), [])
  t.same(await index.findByPrefix('../'), [])
})

test('what replay planning needs is read without values', async (t) => {
  const index = await openIndex(t)
  const segment = record(1, [loss], {
    timeline: [
      { context: [], loop: 'epoch', pass: 0, role: 'main', beforeMs: 1, iterations: [], exhausted: true },
    ],
  })
  await fold(index, segment, backfill(1, 'b1', []))
  const { columns, ...rest } = segment
  t.same(await index.recordSegment(oid(1)), rest)
  t.same(await index.segmentIds(oid(1)), ['b1', 'run-1'])
})

test('tips are kept over closing', async (t) => {
  const folder = await temporaryFolder(t)
  const index = await RunIndex.open(folder)
  await index.fold({
    tips: new Map([
      ['refs/notes/flor/a', oid(1)],
      ['refs/notes/flor/b', oid(2)],
    ]),
    segments: [],
  })
  await index.fold({ tips: new Map([['refs/notes/flor/a', oid(3)]]), segments: [] })
  await index.close()
  const again = await RunIndex.open(folder)
  t.same([...(await again.tips())].sort(), [
    ['refs/notes/flor/a', oid(3)],
    ['refs/notes/flor/b', oid(2)],
  ])
  t.equal(again.wasReset, false)
  await again.close()
})

test('a second opener waits, and says so in the end', async (t) => {
  const folder = await temporaryFolder(t)
  const first = await RunIndex.open(folder)
  await t.rejects(RunIndex.open(folder, { waitMs: 30 }), { code: 'INDEX_LOCKED', data: { path: folder } })
  const second = RunIndex.open(folder, { waitMs: 5000 })
  await first.close()
  await (await second).close()
})

test('a lost CURRENT file, a damaged manifest and an older format start an empty index', async (t) => {
  const damages: [string, (folder: string) => void | Promise<void>][] = [
    ['CURRENT is gone', (folder) => rmSync(join(folder, 'CURRENT'))],
    ['CURRENT is garbage', (folder) => writeFileSync(join(folder, 'CURRENT'), 'nonsense')],
    [
      'a file lies in its place',
      (folder) => {
        rmSync(folder, { recursive: true })
        writeFileSync(folder, '')
      },
    ],
    [
      'a link to nothing lies in its place',
      (folder) => {
        rmSync(folder, { recursive: true })
        symlinkSync(`${folder}-gone`, folder)
      },
    ],
    [
      'the manifest is gone',
      (folder) => {
        for (const name of readdirSync(folder)) if (name.startsWith('MANIFEST')) rmSync(join(folder, name))
      },
    ],
    [
      'an older format',
      async (folder) => {
        const level = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
        await level.put('format', Uint8Array.of(0x81, 0xa7, ...Buffer.from('version'), 2))
        await level.close()
      },
    ],
  ]
  for (const [what, damage] of damages) {
    const folder = await temporaryFolder(t)
    const index = await RunIndex.open(folder)
    t.equal(index.wasReset, false, 'a new index was not reset')
    await fold(index, record(1))
    await index.close()
    // What was written since the last opening would be recovered from LevelDB's log, and rightly.
    await (await RunIndex.open(folder)).close()
    await damage(folder)
    const again = await RunIndex.open(folder)
    t.equal(again.wasReset, true, what)
    t.same(await listed(again), [])
    t.equal((await again.tips()).size, 0)
    await fold(again, record(1))
    t.equal((await listed(again)).length, 1)
    await again.close()
  }
})

test('listing reads entries and nothing else; damage elsewhere is told and repaired by the next opening', async (t) => {
  const folder = await temporaryFolder(t)
  const index = await RunIndex.open(folder)
  await fold(index, ...Array.from({ length: 30 }, (_, i) => record(i + 1)))
  await index.close()
  const level = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
  for await (const key of level.keys()) if (/^[rsvf]\//.test(key)) await level.put(key, Uint8Array.of(0xc1))
  await level.close()

  const damaged = await RunIndex.open(folder)
  t.equal((await listed(damaged, { limit: 20, newestFirst: true })).length, 20)
  await t.rejects(damaged.entry(oid(1)), /damaged/)
  await damaged.close()
  const again = await RunIndex.open(folder)
  t.equal(again.wasReset, true)
  await again.close()
})

test('an index that is emptied keeps its lock, and takes in everything anew', async (t) => {
  const folder = await temporaryFolder(t)
  const index = await RunIndex.open(folder)
  await fold(index, ...Array.from({ length: 30 }, (_, i) => record(i + 1)))
  const other = RunIndex.open(folder)
  await index.empty()
  t.same(await listed(index), [])
  t.equal((await index.tips()).size, 0)
  t.equal(await index.count(), 0)
  await fold(index, record(7))
  await index.close()
  const found = await other
  t.equal(found.wasReset, false, 'others find an index that was never gone')
  t.same(
    (await listed(found)).map(({ run }) => run),
    [oid(7)],
  )
  await found.close()
})

test('an index of which nothing can be read is emptied all the same', async (t) => {
  const folder = await temporaryFolder(t)
  const first = await RunIndex.open(folder)
  await fold(first, ...Array.from({ length: 30 }, (_, i) => record(i + 1)))
  await first.close()
  // The second opening moves what the first wrote into tables.
  const index = await RunIndex.open(folder)
  const tables = readdirSync(folder).filter((name) => name.endsWith('.ldb'))
  t.ok(tables.length > 0)
  // In place: LevelDB has them mapped into memory.
  for (const name of tables) {
    const { size } = statSync(join(folder, name))
    writeFileSync(join(folder, name), Buffer.alloc(size, 0xa5), { flag: 'r+' })
  }
  await index.empty()
  t.same(await listed(index), [])
  await fold(index, record(7))
  await index.close()
  const again = await RunIndex.open(folder)
  t.equal(again.wasReset, false)
  t.same(
    (await listed(again)).map(({ run }) => run),
    [oid(7)],
  )
  await again.close()
})

test('folds of one process do not lose each other', async (t) => {
  const index = await openIndex(t)
  await Promise.all(Array.from({ length: 10 }, (_, i) => fold(index, backfill(1, `b${i}`, []), record(1))))
  t.equal((await index.entry(oid(1)))?.backfills.length, 10)
})

test('an index of a newer format stays as it is, and another one beside it is used', async (t) => {
  const folder = await temporaryFolder(t)
  const level = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
  await level.put('format', Uint8Array.of(0x81, 0xa7, ...Buffer.from('version'), 99))
  await level.put('theirs', Uint8Array.of(1))
  await level.close()
  for (const expected of [0, 1]) {
    const index = await RunIndex.open(folder)
    t.equal(index.wasReset, false)
    t.not(index.folder, folder)
    t.equal(await index.count(), expected)
    await fold(index, record(1))
    await index.close()
  }
  const again = new Level<string, Uint8Array>(folder, { valueEncoding: 'view' })
  t.same(await again.keys().all(), ['format', 'theirs'])
  await again.close()
})

test('a released index is free for others, and reading goes on where it was', async (t) => {
  const folder = await temporaryFolder(t)
  const index = await RunIndex.open(folder)
  await fold(index, ...Array.from({ length: 100 }, (_, i) => record(i + 1)))
  const seen: string[] = []
  for await (const { run } of index.runs({ newestFirst: true })) {
    if (seen.length % 10 === 0) {
      await index.release()
      const other = await RunIndex.open(folder, { waitMs: 0 })
      await fold(other, record(101 + seen.length))
      await other.close()
    }
    seen.push(run)
  }
  t.same(
    seen,
    Array.from({ length: 100 }, (_, i) => oid(100 - i)),
  )
  t.equal(await index.count(), 110)
  await index.close()
})

test('a released index that was made anew meanwhile is not read with numbers of the old one', async (t) => {
  const folder = await temporaryFolder(t)
  const index = await RunIndex.open(folder)
  await fold(index, record(1), record(2))
  await index.facts([])
  await index.release()
  rmSync(folder, { recursive: true })
  const other = await RunIndex.open(folder)
  await fold(other, record(2), record(1))
  await other.close()
  await t.rejects(index.entriesAt([0]), /made anew/)
  await index.close()
})

test('facts are in their block or wait, and tell the same', async (t) => {
  const index = await openIndex(t)
  const many = Array.from({ length: 600 }, (_, i) =>
    record(i + 1, [loss], { args: [{ name: 'lr', value: i / 10, origin: 'default' }] }),
  )
  await fold(index, ...many.slice(0, 500))
  t.equal((await index.facts([])).fresh.size, 500)
  await fold(index, ...many.slice(500))
  const moved = await index.facts([argumentFact('lr'), summaryFact('max', 'loss')])
  t.equal(moved.fresh.size, 0)
  t.same(
    [0, 1, 599].map((nr) => moved.at(argumentFact('lr'), nr)),
    [0, 0.1, 59.9],
  )
  t.equal(moved.at(summaryFact('max', 'loss'), 3), 4)
  t.equal(moved.at(argumentFact('never'), 3), Told.absent)
  await fold(index, backfill(1, 'b1', [loss]))
  const changed = await index.facts([argumentFact('lr')])
  t.same([...changed.fresh.keys()], [0])
})

test('runs are read one after another, and those of which nothing can be read leave nothing', async (t) => {
  const index = await openIndex(t)
  const read: string[] = []
  const found = (n: number, segments: readonly Segment[]) => ({
    run: oid(n) as string as RunEntry['run'],
    segments: () => {
      read.push(`run ${n}`)
      return segments.map((segment) => ({ segment, writer: 'w' }))
    },
  })
  const tips = new Map([['refs/notes/flor/w', oid(9)]])
  await index.foldRuns({ tips, runs: [found(1, []), found(2, [record(2)]), found(3, [])] })
  t.strictSame(read, ['run 1', 'run 2', 'run 3'], 'each once')
  t.equal((await index.facts([])).size, 1, 'they have no number')
  t.equal(await index.count(), 1)
  t.equal(await index.entry(oid(1) as string as RunEntry['run']), undefined)
  t.strictSame(await index.tips(), tips)
})
