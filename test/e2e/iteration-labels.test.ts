import { readFileSync, writeFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import t, { test } from 'tap'

import {
  backfill,
  open,
  project,
  runsOf,
  spoolFile,
  spoolNames,
  storedValues,
  train,
} from '../support/training.js'
import { cli } from '../unit/cli/harness.js'

// Trainings and replays are processes of their own, on a machine that may be busy.
t.setTimeout(120_000)

const sweep = (wanted = '') => `import * as flor from 'git-flor'
const total = { score: 0 }
flor.checkpointing({ total })
for (const rate of flor.loop('rate', [0.1, 0.01, 1, 0.01])) {
  total.score += rate * 1000
  flor.log('score', rate * 1000)
  ${wanted}
}
`
const HALF = "flor.log('half', rate / 2)"

test('items that are fractions are shown and compared as they are, never as their numbers in the loop', async (t) => {
  const repo = project(t, { 'train.js': sweep() })
  train(repo)
  const lines = async (...options: string[]) => {
    const { stdout } = await cli(repo.path, ['log', '--format=%(rate) %(score)', ...options, 'rate', 'score'])
    return stdout.trimEnd().split('\n')
  }
  t.strictSame(await lines(), ['0.1 100', '0.01 10', '1 1000', '0.01 10'])
  t.strictSame(await lines('--where', 'rate >= 1'), ['1 1000'])
  t.strictSame(await lines('--where', 'rate < 0.05'), ['0.01 10', '0.01 10'])
})

test('a backfill finds iterations by their fractions, and two of one label by their numbers', async (t) => {
  const repo = project(t, { 'train.js': sweep() })
  train(repo)
  repo.write('train.js', sweep(HALF))
  const { flor } = open(t, repo)
  const { outcome } = await backfill(flor, ['half'], { where: 'rate < 0.05' })
  t.match(outcome.reports, [{ status: 'done', fidelity: { status: 'identical' } }])
  const [run] = await runsOf(flor)
  const found = await storedValues(flor, run as never, ['half'])
  t.strictSame(found, { half: { 'rate=1': ['0.005'], 'rate=3': ['0.005'] } })
})

test('a run that knows its iterations by their numbers alone is replayed, and compared with what it recorded', async (t) => {
  const repo = project(t, { 'train.js': sweep() })
  train(repo)
  const [spool = ''] = spoolNames(repo)
  t.equal(dropFractionalLabels(spoolFile(repo, spool)), 3)
  repo.write('train.js', sweep(HALF))
  const { flor } = open(t, repo)
  const { outcome } = await backfill(flor, ['half'])
  t.match(outcome.reports, [{ status: 'done', fidelity: { status: 'identical', compared: 4, equal: 4 } }])
  const [run] = await runsOf(flor)
  t.strictSame(await storedValues(flor, run as never, ['half']), {
    half: { 'rate=0': ['0.05'], 'rate=1': ['0.005'], 'rate=2': ['0.5'], 'rate=3': ['0.005'] },
  })
  await flor.close()
  const { stdout } = await cli(repo.path, ['log', '--format=%(rate) %(score) %(half)', 'score', 'half'])
  t.equal(
    stdout,
    '0 100 0.05\n1 10 0.005\n1 1000 0.5\n3 10 0.005\n',
    'as the run itself calls its iterations',
  )
  const alone = await cli(repo.path, ['log', '--format=%(rate) %(half)', 'half'])
  t.equal(alone.stdout, '0 0.05\n1 0.005\n1 0.5\n3 0.005\n')
})

/**
 * Makes of a spool what runtimes wrote that took whole numbers alone for labels: `[3, index]` of each `[3, index, float64]`. Answers how many
 * there were.
 */
function dropFractionalLabels(path: string): number {
  const file = readFileSync(path)
  const frames: Buffer[] = []
  let dropped = 0
  for (let at = 0; at < file.length; ) {
    const end = at + 8 + file.readUInt32LE(at)
    let payload = file.subarray(at + 8, end)
    for (let i = 0; i + 12 <= payload.length; i++) {
      if (payload[i] !== 0x93 || payload[i + 1] !== 3 || payload[i + 3] !== 0xcb) continue
      const bare = Buffer.from([0x92, 3, payload[i + 2] as number])
      payload = Buffer.concat([payload.subarray(0, i), bare, payload.subarray(i + 12)])
      dropped++
    }
    const head = Buffer.alloc(8)
    head.writeUInt32LE(payload.length, 0)
    head.writeUInt32LE(crc32(payload), 4)
    frames.push(head, payload)
    at = end
  }
  writeFileSync(path, Buffer.concat(frames))
  return dropped
}
