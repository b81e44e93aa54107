// What queries cost with many runs. usage: node dist/test/bench/log.js [--keep-index] [1k] [10k] [100k]
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { indexDir } from '../../lib/git/location.js'
import { openObjectStore } from '../../lib/git/open-store.js'
import { publish } from '../../lib/git/shards.js'
import { FlorRepository } from '../../lib/repository/flor-repository.js'
import { encodeSegment } from '../../lib/segment/segment-codec.js'
import { type Corpus, corpusOf, runCommit } from './log/corpus.js'
import { madeSegment } from './log/made-run.js'
import { type BenchRow, formatBench, median, timed } from './table.js'

const ROUNDS = 15
/** Without building the index anew, which takes minutes for 100k runs. */
const isIndexKept = process.argv.includes('--keep-index')
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
const built = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** `1k` and the like. @throws Error */
function parseSize(text: string): number {
  const match = /^(\d+)(k?)$/.exec(text)
  if (match === null) throw new Error(`not a number of runs: ${text}`)
  return Number(match[1]) * (match[2] === 'k' ? 1000 : 1)
}

interface Asked {
  readonly what: string
  readonly args: readonly string[]
  /** Times an empty node program, by the number of runs. */
  readonly goals: Readonly<Record<number, number>>
}

const ASKED: readonly Asked[] = [
  { what: 'git flor log -h (start-up alone)', args: ['flor', 'log', '-h'], goals: {} },
  { what: 'git flor log -n 20', args: ['flor', 'log', '-n', '20'], goals: { 1e3: 1.6, 1e4: 1.7, 1e5: 2 } },
  {
    what: 'git flor log --where … --sort … -n 20',
    args: ['flor', 'log', '--where', 'lr > 0.01', '--sort', 'max(val_acc)', '-n', '20'],
    goals: { 1e3: 2, 1e4: 3, 1e5: 6 },
  },
]

/** Measures one repository: commands through git against an empty program through git, one after the other, many times. */
async function benchCorpus(corpus: Corpus): Promise<BenchRow[]> {
  const { count } = corpus
  const rows: BenchRow[] = isIndexKept ? [] : [await rebuilding(corpus)]
  const bin = mkdtempSync(join(tmpdir(), 'flor-bin-'))
  process.once('exit', () => rmSync(bin, { recursive: true, force: true }))
  symlinkSync(join(built, 'command/git-flor.js'), join(bin, 'git-flor'))
  writeFileSync(join(bin, 'git-empty'), `#!${process.execPath}\n0\n`)
  chmodSync(join(bin, 'git-empty'), 0o755)
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }
  const git = (args: readonly string[]): Buffer =>
    execFileSync('git', args, { cwd: corpus.path, env, maxBuffer: 1 << 30 })
  const one = runCommit(count - 1, count, corpus.base, treeOf(corpus)).oid
  const asked = [
    ...ASKED,
    {
      what: 'pivot of one metric of one run',
      args: ['flor', 'log', 'loss', '--where', `run = '${one}'`, '--csv'],
      goals: { 1e3: 1.8, 1e4: 1.8, 1e5: 2 },
    },
  ]
  for (const { what, args, goals } of asked) {
    const times: number[] = []
    const empty: number[] = []
    // Once for what is compiled and cached, then in turns.
    git(args)
    for (let round = 0; round < ROUNDS; round++) {
      times.push(timed(() => git(args)))
      empty.push(timed(() => git(['empty'])))
    }
    const ratio = median(times) / median(empty)
    const goal = goals[count]
    rows.push({
      what: `${what}, ${count} runs`,
      measured: `${median(times).toFixed(0)} ms = ${ratio.toFixed(2)} x`,
      baseline: `empty node through git: ${median(empty).toFixed(0)} ms`,
      goal: goal === undefined ? '' : `<= ${goal} x`,
      reached: goal !== undefined && ratio <= goal,
    })
  }
  if (count === 1000) {
    const times = Array.from({ length: 5 }, () => timed(() => git(['flor', 'log', 'loss', '--csv'])))
    rows.push({
      what: 'pivot of one metric of 1000 runs (1M values) to CSV',
      measured: `${median(times).toFixed(0)} ms`,
      baseline: '',
      goal: '<= 1000 ms',
      reached: median(times) <= 1000,
    })
  }
  rows.push(await foldingOne(corpus), ...sizes(corpus))
  return rows
}

const treeOf = (corpus: Corpus) =>
  execFileSync('git', ['rev-parse', 'HEAD^{tree}'], {
    cwd: corpus.path,
    encoding: 'utf8',
  }).trim() as Corpus['base']

/** From the notes alone, in this process. */
async function rebuilding(corpus: Corpus): Promise<BenchRow> {
  rmSync(indexDir(corpus.location), { recursive: true, force: true })
  const flor = FlorRepository.open(corpus.path)
  const before = process.cpuUsage()
  const start = performance.now()
  const index = await flor.index()
  const ms = performance.now() - start
  const { user, system } = process.cpuUsage(before)
  const listed = await index.count()
  if (listed < corpus.count) throw new Error(`${listed} runs are listed`)
  await flor.close()
  const rate = (1000 * listed) / ms
  return {
    what: `building the index of ${listed} runs`,
    measured: `${rate.toFixed(0)} runs/s, ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MB`,
    baseline: `${((user + system) / listed).toFixed(0)} us of processor time a run`,
    goal: '>= 2000 runs/s',
    reached: rate >= 2000,
  }
}

/** What a command takes longer when there is a new run: published for real, one after the other. */
async function foldingOne(corpus: Corpus): Promise<BenchRow> {
  const tree = treeOf(corpus)
  const times: number[] = []
  const idle: number[] = []
  const first = Date.now() % 1e9
  for (let round = 0; round < 7; round++) {
    const n = corpus.count + first + round
    const { oid, data } = runCommit(n, corpus.count, corpus.base, tree)
    execFileSync('git', ['hash-object', '-w', '-t', 'commit', '--stdin'], { cwd: corpus.path, input: data })
    const store = await openObjectStore(corpus.location)
    const segment = madeSegment(n, corpus.count, oid, corpus.base)
    await publish(corpus.location, store, corpus.writer, {
      run: oid,
      segment: encodeSegment(segment).note,
      hasSegment: () => false,
      files: [],
      keepAlive: [],
    })
    await store.close()
    for (const list of [times, idle]) {
      const flor = FlorRepository.open(corpus.path)
      const start = performance.now()
      await flor.index()
      list.push(performance.now() - start)
      await flor.close()
    }
  }
  const ms = median(times) - median(idle)
  return {
    what: `folding one new run into ${corpus.count}`,
    measured: `${ms.toFixed(0)} ms`,
    baseline: `opening with nothing new: ${median(idle).toFixed(0)} ms`,
    goal: '<= 40 ms',
    reached: ms <= 40,
  }
}

function sizes({ path, location, records, noteBytes }: Corpus): BenchRow[] {
  const packs = join(path, '.git/objects/pack')
  const packed = sizeOf(packs, (name) => name.endsWith('.pack'))
  const index = sizeOf(indexDir(location), (name) => !/^LOG/.test(name))
  const each = (bytes: number): string => `${(bytes / records).toFixed(2)} bytes`
  return [
    {
      what: 'a record in a packed repository',
      measured: each(packed),
      baseline: `in the note as it is: ${each(noteBytes)}`,
      goal: '<= 6 bytes',
      reached: packed / records <= 6,
    },
    { what: 'a record in the index', measured: each(index), baseline: '', goal: '', reached: true },
  ]
}

function sizeOf(folder: string, isCounted: (name: string) => boolean): number {
  return readdirSync(folder)
    .filter(isCounted)
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

for (const size of wanted.length === 0 ? ['1k', '10k'] : wanted) {
  const corpus = await corpusOf(parseSize(size))
  const rows = await benchCorpus(corpus)
  console.log(
    `load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
  )
  console.log(`${formatBench(rows)}\n`)
}
