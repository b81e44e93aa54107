// What sealing, and listing runs, cost. usage: node dist/test/bench/repository.js
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureWriterSync } from '../../lib/git/config.js'
import { openObjectStore } from '../../lib/git/open-store.js'
import { publish } from '../../lib/git/shards.js'
import type { RunOid } from '../../lib/model/oid.js'
import type { RecordSegment } from '../../lib/segment/segment.js'
import { decodeSegments, encodeSegment } from '../../lib/segment/segment-codec.js'
import { temporaryFolder } from '../support/environment.js'
import { repository, type TestRepository } from '../support/repository.js'
import { type BenchRow, formatBench, median, timed } from './table.js'

const ROUNDS = 9
const built = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const command = join(built, 'command/git-flor.js')

/** Measures sealing and `git flor log`. */
export async function benchRepository(): Promise<BenchRow[]> {
  return [sealing(), ...(await listing())]
}

/** From a spool of 100,000 records to refs, by the command that a training starts at its end. */
function sealing(): BenchRow {
  const folder = trainingFolder(`import * as flor from 'git-flor'
    for (const epoch of flor.loop('epoch', Array(10).keys()))
      for (const step of flor.loop('step', Array(10_000).keys())) flor.log('loss', step / 3)`)
  const times: number[] = []
  const empty: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    execFileSync(process.execPath, ['train.mjs'], {
      cwd: folder.path,
      env: { ...process.env, FLOR_SEAL: 'later' },
    })
    times.push(timed(() => node([command, 'seal', '--quiet'], folder)))
    empty.push(timed(() => node(['-e', '0'], folder)))
  }
  return {
    what: 'sealing a run of 100k records',
    measured: `${median(times).toFixed(0)} ms`,
    baseline: `empty node: ${median(empty).toFixed(0)} ms`,
    goal: '<= 400 ms',
    reached: median(times) <= 400,
  }
}

/** Through `git`, as people type it, with the index up to date. */
async function listing(): Promise<BenchRow[]> {
  const folder = trainingFolder(`import * as flor from 'git-flor'
    flor.arg('lr', 0.01)
    for (const epoch of flor.loop('epoch', Array(10).keys())) {
      for (const step of flor.loop('step', Array(100).keys())) { flor.log('loss', 1 / (step + 1)); flor.log('norm', step) }
      flor.log('val_acc', epoch / 10)
    }`)
  execFileSync(process.execPath, ['train.mjs'], {
    cwd: folder.path,
    env: { ...process.env, FLOR_SEAL: 'later' },
  })
  node([command, 'seal', '--quiet'], folder)
  await multiply(folder, 100)
  const bin = temporaryFolder()
  symlinkSync(command, join(bin, 'git-flor'))
  writeFileSync(join(bin, 'git-empty'), `#!${process.execPath}\n0\n`)
  chmodSync(join(bin, 'git-empty'), 0o755)
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}` }
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: folder.path, env, encoding: 'utf8' })
  const listed = git('flor', 'log', '--oneline').trim().split('\n').length
  if (listed < 100) throw new Error(`${listed} runs are listed`)
  const commands = {
    'git flor log': ['flor', 'log'],
    'git flor log -n 20': ['flor', 'log', '-n', '20'],
    'git flor log val_acc': ['flor', 'log', 'val_acc'],
  }
  return Object.entries(commands).map(([what, args]): BenchRow => {
    const times: number[] = []
    const empty: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      times.push(timed(() => git(...args)))
      empty.push(timed(() => git('empty')))
    }
    const ratio = median(times) / median(empty)
    return {
      what: `${what}, 100 runs`,
      measured: `${median(times).toFixed(0)} ms = ${ratio.toFixed(2)} x`,
      baseline: `empty node through git: ${median(empty).toFixed(0)} ms`,
      goal: what === 'git flor log' ? '<= 2 x' : '',
      reached: ratio <= 2,
    }
  })
}

/** Copies of the one run, under other names and times: what is listed does not depend on how runs were made. */
async function multiply(folder: TestRepository, count: number): Promise<void> {
  const store = await openObjectStore(folder.location)
  const writer = ensureWriterSync(folder.location)
  const [line = ''] = folder.git('notes', `--ref=flor/${writer}`, 'list').split('\n')
  const [blob = '', original = ''] = line.split(' ')
  const [note] = await store.readBlobs([blob as RunOid])
  const segment = decodeSegments(note as Uint8Array).segments[0] as RecordSegment
  for (let i = 1; i < count; i++) {
    const run = folder.git(
      'commit-tree',
      `${original}^{tree}`,
      '-p',
      `${original}^`,
      '-m',
      `run ${i}`,
    ) as RunOid
    const id = `${segment.id}-${i}`
    const header = { ...segment.header, id, run, startedMs: segment.header.startedMs - i * 60_000 }
    const copy: RecordSegment = { ...segment, id, run, header }
    await publish(folder.location, store, writer, {
      run,
      segment: encodeSegment(copy).note,
      hasSegment: () => false,
      files: [],
      keepAlive: [],
    })
  }
  await store.close()
}

function trainingFolder(script: string): TestRepository {
  const folder = repository()
    .write('.gitignore', 'node_modules/\n')
    .write('train.mjs', script)
    .commit('train')
  mkdirSync(join(folder.path, 'node_modules/git-flor'), { recursive: true })
  folder.write('node_modules/git-flor/package.json', '{"type":"module","exports":"./index.js"}')
  folder.write(
    'node_modules/git-flor/index.js',
    `export * from '${new URL('../../lib/runtime/index.js', import.meta.url).href}'\n`,
  )
  return folder
}

function node(args: readonly string[], folder: TestRepository): void {
  execFileSync(process.execPath, args, { cwd: folder.path, stdio: ['ignore', 'ignore', 'inherit'] })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(formatBench(await benchRepository()))
