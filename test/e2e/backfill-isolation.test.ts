import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { open, project, runsOf, storedValues, train } from '../support/training.js'
import { cli } from '../unit/cli/harness.js'

const head = `import * as flor from 'git-flor'
import fs from 'node:fs'
const weights = new Float64Array(2)
flor.seed(1)
flor.checkpointing({ weights })
`

test('a script that writes, and deletes, all over its tree leaves the user’s files alone', async (t) => {
  const script = `${head}
const beside = (path) => new URL(path, import.meta.url)
const seen = ['weights.json', 'out/model.bin', 'node_modules/.cache/x', 'node_modules/made/index.js'].map((it) => fs.existsSync(it))
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  weights[0] += Math.random()
  fs.writeFileSync(beside('./weights.json'), JSON.stringify([...weights]))
  fs.mkdirSync('out', { recursive: true })
  fs.appendFileSync('out/model.bin', weights)
  fs.rmSync('notes.txt', { force: true })
  fs.mkdirSync('node_modules/.cache', { recursive: true })
  fs.writeFileSync('node_modules/.cache/x', 'cached')
  fs.mkdirSync('node_modules/made', { recursive: true })
  fs.writeFileSync('node_modules/made/index.js', 'made')
  fs.appendFileSync('data/log.txt', 'copied')
  fs.writeFileSync('train.js', '// gone')
  flor.log('loss', weights[0])
}
flor.log('seen', seen)
`
  const repo = project(t, { 'train.js': script, 'notes.txt': 'kept' })
  repo.write('.gitignore', 'node_modules/\nout/\ndata/\n').commit('ignored folders')
  repo.config('flor.copy', 'data').write('data/log.txt', 'mine\n')
  train(repo)
  repo
    .write('train.js', script)
    .write('notes.txt', 'mine')
    .write('out/model.bin', 'mine')
    .write('weights.json', 'mine')
    .write('data/log.txt', 'mine\n')
    .write('node_modules/.cache/x', 'mine')
    .remove('node_modules/made')
  // Gives the clone its writer, in its own configuration.
  await cli(repo.path, ['log'])
  const before = repo.fingerprint()
  const done = await cli(repo.path, [
    'backfill',
    'weights[0] * 2 as twice',
    '--in',
    'epoch',
    '--yes',
    '--json',
  ])
  t.equal(done.exitCode, 0, done.stderr)
  t.match(JSON.parse(done.stdout), { values: 3, tasks: [{ status: 'done' }] })
  t.strictSame(repo.fingerprint(), before)
  t.notOk(existsSync(join(repo.path, 'node_modules/made')))
})

test('a script that writes into a package is told of, and one that writes beside the packages is not', async (t) => {
  const script = (folder: string): string => `${head}import { place } from 'writer'
for (const epoch of flor.loop('epoch', [0, 1])) {
  weights[0] += Math.random()
  fs.mkdirSync('node_modules/.vite', { recursive: true })
  fs.writeFileSync('node_modules/.vite/deps', 'cached')
  fs.rmSync('node_modules/.bin/tool', { force: true })
  fs.writeFileSync(place + '/${folder}', String(epoch))
  flor.log('loss', weights[0])
}
`
  const told = async (path: string): Promise<string> => {
    const repo = project(t, { 'train.js': script(path) })
    repo
      .write('node_modules/writer/package.json', '{"name":"writer","type":"module","exports":"./index.js"}')
      .write('node_modules/writer/index.js', 'export const place = import.meta.dirname\n')
      .write('node_modules/writer/data/old.txt', '')
      .write('node_modules/.bin/tool', '')
    train(repo)
    // The training did all that in the user's own folders, as it should.
    repo
      .write('node_modules/.bin/tool', '')
      .remove('node_modules/.vite')
      .remove(`node_modules/writer/${path}`)
    const done = await cli(repo.path, ['backfill', 'weights[0] as w', '--in', 'epoch', '--yes'])
    t.equal(done.exitCode, 0, done.stderr)
    t.ok(existsSync(join(repo.path, 'node_modules/.bin/tool')), 'links to commands are the replay’s own')
    t.notOk(existsSync(join(repo.path, 'node_modules/.vite')), 'and so are caches')
    return done.stderr
  }
  t.match(await told('cache.json'), /warning: node_modules\/writer\/cache\.json changed while replays ran/)
  t.match(await told('data/new.txt'), /warning: node_modules\/writer\/data changed while replays ran/)
  t.notMatch(await told('../../out.txt'), /changed while replays ran/)
})

test('a replay that takes longer than --timeout is ended, and its run reported', async (t) => {
  const script = `${head}for (const epoch of flor.loop('epoch', [0, 1])) {
  await new Promise((resolve) => setTimeout(resolve, process.env.RECORDS === '1' ? 1 : 60_000))
  flor.log('loss', epoch)
}
`
  const repo = project(t, { 'train.js': script })
  train(repo, { env: { RECORDS: '1' } })
  const startedMs = Date.now()
  const { stdout, stderr, exitCode } = await cli(repo.path, [
    'backfill',
    'epoch as e',
    '--in',
    'epoch',
    '--timeout',
    '1s',
    '--yes',
  ])
  t.equal(exitCode, 1, stdout)
  t.match(stderr, /failed: it took longer than 1 s/)
  t.ok(Date.now() - startedMs < 30_000)
})

test('packages that are folders of the project are those of the run’s own version', async (t) => {
  const script = `import { factor } from 'model'\n${head}for (const epoch of flor.loop('epoch', [1, 2])) {
  weights[0] += epoch * factor
  flor.log('loss', weights[0])
}
`
  const repo = project(t, {
    'train.js': script,
    'packages/model/package.json': '{"name":"model","type":"module","exports":"./index.js"}',
    'packages/model/index.js': 'export const factor = 2\n',
  })
  symlinkSync('../packages/model', join(repo.path, 'node_modules/model'))
  train(repo)
  // Today the package has another folder, and another factor.
  repo.remove('packages/model').remove('node_modules/model')
  repo
    .write('libs/model/package.json', '{"name":"model","type":"module","exports":"./index.js"}')
    .write('libs/model/index.js', 'export const factor = 3\n')
    .commit('the package was moved')
  symlinkSync('../libs/model', join(repo.path, 'node_modules/model'))
  train(repo)
  const done = await cli(repo.path, ['backfill', 'weights[0] + 1 as more', '--in', 'epoch', '--yes'])
  t.equal(done.exitCode, 0, done.stderr)
  const { flor } = open(t, repo)
  const [old, young] = await runsOf(flor)
  if (old === undefined || young === undefined) throw new Error('two runs were recorded')
  t.strictSame(await storedValues(flor, old, ['more']), { more: { 'epoch=0': ['3'], 'epoch=1': ['7'] } })
  t.strictSame(await storedValues(flor, young, ['more']), { more: { 'epoch=0': ['4'], 'epoch=1': ['10'] } })
  for (const run of [old, young]) t.match(run.backfills, [{ fidelity: { status: 'identical' } }])
})
