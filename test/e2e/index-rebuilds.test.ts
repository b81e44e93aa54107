import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { test } from 'tap'
import { indexDir } from '../../lib/git/location.js'
import type { TestRepository } from '../support/repository.js'
import { project, startTraining, train } from '../support/training.js'

// Many processes at once, on a machine that may be busy.
t.setTimeout(180_000)

const main = fileURLToPath(new URL('../../bin/git-flor.js', import.meta.url))

const TRAINING = `import * as flor from 'git-flor'
for (const epoch of flor.loop('epoch', [0, 1])) flor.log('loss', epoch)
`

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const flor = (repo: TestRepository, ...args: string[]): Promise<Ended> =>
  ended(spawn(process.execPath, [main, ...args], { cwd: repo.path, stdio: ['ignore', 'pipe', 'pipe'] }))

async function ended(child: ChildProcess): Promise<Ended> {
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (data) => {
      text[name] += data
    })
  }
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { status, ...text }
}

function withRuns(count: number): TestRepository {
  const repo = project(t, { 'train.js': TRAINING })
  for (let i = 0; i < count; i++) train(repo)
  return repo
}

test('the index is made anew several times at once, beside queries and a training, and all are right', async (t) => {
  const repo = withRuns(3)
  t.strictSame(await flor(repo, 'reindex'), { status: 0, stdout: '3 runs\n', stderr: '' })
  for (let round = 0; round < 3; round++) {
    const training = startTraining(repo, { env: { FLOR_SEAL: '' } })
    const commands = [
      ['reindex'],
      ['log', '--csv', 'loss'],
      ['reindex'],
      ['log', '--format=%(run)'],
      ['reindex'],
    ]
    const results = await Promise.all([ended(training), ...commands.map((args) => flor(repo, ...args))])
    for (const [i, { status, stderr }] of results.entries())
      t.strictSame([status, stderr], [0, ''], String(['training', ...commands][i]))
    for (const at of [1, 3, 5]) t.match(results[at]?.stdout, /^[3-6] runs\n$/)
    const lines = results[2]?.stdout.trimEnd().split('\n').length ?? 0
    t.ok([3, 4, 5, 6].map((runs) => 1 + 2 * runs).includes(lines), `whole runs: ${lines} lines`)
  }
  t.equal((await flor(repo, 'log', '--format=%(run)')).stdout.trimEnd().split('\n').length, 6)
})

test('a damaged index is repaired by several commands at once, and all are right', async (t) => {
  const repo = withRuns(2)
  const damages: [string, (folder: string) => void][] = [
    ['no CURRENT', (folder) => rmSync(join(folder, 'CURRENT'))],
    ['a CURRENT of rubbish', (folder) => writeFileSync(join(folder, 'CURRENT'), 'rubbish')],
    ['no manifest', (folder) => removeAll(folder, /^MANIFEST/)],
    ['manifests and tables of rubbish', (folder) => spoilAll(folder, /^MANIFEST|\.(?:ldb|log)$/)],
  ]
  for (const [what, damage] of damages) {
    // The second opening moves what the first wrote into tables: LevelDB's log alone would be recovered, and rightly.
    await flor(repo, 'reindex')
    await flor(repo, 'log')
    damage(indexDir(repo.location))
    const results = await Promise.all(Array.from({ length: 4 }, () => flor(repo, 'log', '--format=%(run)')))
    for (const { status, stdout } of results) {
      t.equal(status, 0, what)
      t.equal(stdout.trimEnd().split('\n').length, 2, what)
    }
    t.match(results.map(({ stderr }) => stderr).join(''), /it is rebuilt/, what)
    t.strictSame((await flor(repo, 'log', '--format=%(run)')).stderr, '', what)
  }
})

const removeAll = (folder: string, names: RegExp): void => {
  for (const name of readdirSync(folder)) if (names.test(name)) rmSync(join(folder, name))
}

const spoilAll = (folder: string, names: RegExp): void => {
  for (const name of readdirSync(folder))
    if (names.test(name)) writeFileSync(join(folder, name), 'rubbish'.repeat(99))
}
