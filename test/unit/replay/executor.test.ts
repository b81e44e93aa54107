import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { florDir, worktreesDir } from '../../../lib/git/location.js'
import { contextKey } from '../../../lib/model/context.js'
import type { ReplayJob, TaskOutcome } from '../../../lib/replay/executor.js'
import { readOutcome } from '../../../lib/replay/outcome.js'
import type { ReplayTask } from '../../../lib/replay/task.js'
import type { TestRepository } from '../../support/repository.js'
import { executorOf, project, type Recording, record } from './recorded-project.js'

const whole: ReplayTask = {
  level: 'full',
  wanted: [[]],
  executed: [],
  loops: [],
  checkpoints: [],
  estimateMs: 0,
  reason: '',
}

function jobOf(run: Recording, more: Partial<ReplayJob> = {}): ReplayJob {
  return { header: run.header, args: run.args, patched: run.header.run, task: whole, ...more }
}

const logged = (outcome: TaskOutcome) =>
  Object.fromEntries(readOutcome(outcome).columns.map((it) => [it.name, [...it.values]]))

const prologue = `
import * as flor from 'git-flor'
import fs from 'node:fs'
`

t.test('writes of a replayed script never reach the files of the user', async (t) => {
  const repo = project(t, {
    'kept.txt': 'kept',
    'train.js': `${prologue}
fs.mkdirSync('out', { recursive: true })
flor.log('before', [fs.existsSync('result.txt'), fs.existsSync('out/model.bin'), fs.existsSync('kept.txt')])
fs.writeFileSync('result.txt', 'new')
fs.writeFileSync(new URL('./out/model.bin', import.meta.url), 'new')
fs.rmSync('kept.txt', { force: true })
fs.writeFileSync('train.js', '// overwritten')
`,
  })
  const text = repo.read('train.js')
  const run = record(repo)
  repo.write('train.js', text).write('kept.txt', 'mine').write('out/model.bin', 'mine').remove('result.txt')
  const before = repo.fingerprint()
  const executor = executorOf(t, repo)
  for (const time of ['first', 'second']) {
    const outcome = await executor.execute(jobOf(run))
    t.match(outcome, { status: 'completed', exitCode: 0 }, outcome.output)
    t.strictSame(
      logged(outcome).before,
      [[false, false, true]],
      `${time}: nothing of an earlier task is seen`,
    )
    await executor.discard(outcome)
  }
  t.strictSame(repo.fingerprint(), before)
  t.equal(readdirSync(worktreesDir(repo.location)).length, 1, 'one worktree served both')
  await executor.close()
  t.strictSame(readdirSync(worktreesDir(repo.location)), [])
  t.strictSame(readdirSync(join(florDir(repo.location), 'replays')), [])
})

t.test(
  'node_modules of the root and of workspaces are linked; flor.link is shared, flor.copy copied',
  async (t) => {
    const repo = project(t, {
      'packages/model/package.json': '{"type":"module","name":"model"}',
      'packages/model/index.js': "export { size } from 'sizes'\n",
      'train.js': `${prologue}
import { size } from './packages/model/index.js'
flor.log('size', size)
flor.log('digits', fs.readFileSync('data/digits.txt', 'utf8'))
flor.log('cache', fs.readFileSync('out/cache/a.txt', 'utf8'))
fs.writeFileSync('out/cache/a.txt', 'changed')
`,
    })
    repo
      .write('packages/model/node_modules/sizes/package.json', '{"type":"module","exports":"./index.js"}')
      .write('packages/model/node_modules/sizes/index.js', 'export const size = 3\n')
      .write('data/digits.txt', '0123')
      .write('out/cache/a.txt', 'cached')
    const run = record(repo)
    repo.write('out/cache/a.txt', 'cached')
    const executor = executorOf(t, repo, { link: ['data/'], copy: ['out/cache', 'not/there'] })
    for (let i = 0; i < 2; i++) {
      const outcome = await executor.execute(jobOf(run))
      t.strictSame(logged(outcome), { size: [3], digits: ['0123'], cache: ['cached'] }, outcome.output)
    }
    t.equal(repo.read('out/cache/a.txt'), 'cached')
    t.equal(repo.read('data/digits.txt'), '0123')
    await executor.close()
    t.equal(repo.read('data/digits.txt'), '0123', 'links are removed, not followed')
    t.ok(existsSync(join(repo.path, 'node_modules/git-flor')))
  },
)

t.test('a file that is not there is named, with whether linking it would help', async (t) => {
  const repo = project(t, { 'train.js': `${prologue}flor.log('x', 1)\nfs.readFileSync('data/digits.txt')\n` })
  repo.write('data/digits.txt', '0')
  const run = record(repo)
  const executor = executorOf(t, repo)
  const outcome = await executor.execute(jobOf(run))
  t.match(outcome, {
    status: 'failed',
    exitCode: 1,
    output: /ENOENT/,
    missing: { path: 'data/digits.txt', kind: 'file', isInWorkingTree: true },
  })
  t.strictSame(logged(outcome), { x: [1] }, 'what was logged before is there')
  repo.remove('data')
  t.match(await executor.execute(jobOf(run)), { missing: { isInWorkingTree: false } })
  repo.remove('node_modules')
  t.match(await executor.execute(jobOf(run)), { missing: { path: 'git-flor', kind: 'package' } })
})

const endless = `${prologue}
flor.log('x', 1)
if (flor.arg('hang', false)) {
  const { spawn } = await import('node:child_process')
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'flor-test-grandchild'], { stdio: 'inherit' })
  console.log('hanging')
  for (;;) if (fs.existsSync('never')) break
}
`

t.test(
  'a replay that takes too long is ended, and so is one that is aborted, with all it started',
  async (t) => {
    const repo = project(t, { 'train.js': endless })
    const run = record(repo)
    const executor = executorOf(t, repo)
    const args = [{ name: 'hang', value: true, origin: 'command-line' as const }]
    const late = await executor.execute(jobOf(run, { args, timeoutMs: 1000 }))
    t.match(late, { status: 'timed-out', output: /hanging/ })
    t.ok(late.durationMs < 5000)
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 800)
    t.match(await executor.execute(jobOf(run, { args }), { signal: abort.signal }), { status: 'aborted' })
    t.match(await executor.execute(jobOf(run, { args }), { signal: abort.signal }), {
      status: 'aborted',
      durationMs: 0,
    })
    const alive = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    if (alive.status === 0) t.notMatch(alive.stdout, /flor-test-grandchild/)
  },
)

t.test('the command line is that of the run: options of node, arguments, working directory', async (t) => {
  const repo = project(t, {
    'sub/train.js': `${prologue}flor.log('how', [process.argv.slice(2).join(), process.execArgv.join(), fs.existsSync('train.js')])
flor.log('env', Object.keys(process.env).filter((it) => /^(GIT_DIR|FLOR_ARGS|FLOR_REPLAY)$/.test(it)).join())\n`,
  })
  const recorded = spawnSync(
    process.execPath,
    ['--no-warnings', 'train.js', '--flor', 'lr=1', join(repo.path, 'x')],
    {
      cwd: join(repo.path, 'sub'),
      env: { ...process.env, FLOR_SEAL: 'later' },
      encoding: 'utf8',
    },
  )
  t.equal(recorded.status, 0, recorded.stderr)
  const run = readRecorded(repo)
  const executor = executorOf(t, repo)
  const outcome = await executor.execute(jobOf(run))
  const worktree = join(worktreesDir(repo.location), readdirSync(worktreesDir(repo.location))[0] as string)
  t.strictSame(
    logged(outcome),
    { how: [[`--flor,lr=1,${worktree}/x`, '--no-warnings', true]], env: [''] },
    outcome.output,
  )
})

t.test('only runs of node scripts can be executed', async (t) => {
  const repo = project(t, { 'train.js': `${prologue}flor.log('x', 1)\n` })
  const run = record(repo)
  const executor = executorOf(t, repo)
  const python = { ...run.header, argv: ['python3', 'train.py'], script: 'train.py' }
  await t.rejects(executor.execute(jobOf(run, { header: python })), {
    code: 'UNSUPPORTED',
    data: { program: 'python3' },
  })
})

t.test('two tasks at once have a worktree each', async (t) => {
  const repo = project(t, {
    'train.js': `${prologue}flor.log('cwd', process.cwd())\nawait new Promise((done) => setTimeout(done, 300))\n`,
  })
  const run = record(repo)
  const executor = executorOf(t, repo)
  const [a, b] = await Promise.all([executor.execute(jobOf(run)), executor.execute(jobOf(run))])
  t.not(logged(a as TaskOutcome).cwd?.[0], logged(b as TaskOutcome).cwd?.[0])
})

t.test('worktrees of a process that was killed are cleared away by the next one', async (t) => {
  const repo = project(t, { 'train.js': `${prologue}flor.log('x', 1)\n` })
  const run = record(repo)
  const dead = join(worktreesDir(repo.location), '999999-0')
  repo.do(
    'worktree',
    'add',
    '--quiet',
    '--detach',
    '--lock',
    '--reason',
    `git-flor 999999@${(await import('node:os')).hostname()}`,
    dead,
  )
  mkdirSync(join(worktreesDir(repo.location), 'half-made'))
  writeFileSync(join(worktreesDir(repo.location), 'half-made/file'), '')
  const executor = executorOf(t, repo)
  t.match(await executor.execute(jobOf(run)), { status: 'completed' })
  t.equal(readdirSync(worktreesDir(repo.location)).length, 1)
  t.notMatch(repo.git('worktree', 'list'), /999999/)
})

function readRecorded(repo: TestRepository): Recording {
  const folder = join(florDir(repo.location), 'spool')
  const result = readOutcome({
    status: 'completed',
    spool: join(folder, readdirSync(folder)[0] as string),
    durationMs: 0,
    output: '',
  })
  if (result.header === undefined || result.end === undefined) throw new Error('nothing was recorded')
  return { ...result, header: result.header, end: result.end }
}

t.test('it is told which iteration a replay is in', async (t) => {
  const repo = project(t, {
    'train.js': `${prologue}
for (const fold of flor.loop('fold', [0, 1])) {
  for (const step of flor.loop('step', [0, 1])) flor.log('x', step)
  await new Promise((resolve) => setTimeout(resolve, 1500))
}
`,
  })
  const run = record(repo)
  const executor = executorOf(t, repo)
  const places = new Set<string>()
  await executor.execute(jobOf(run), { onPlace: (place) => places.add(contextKey(place)) })
  t.ok(places.has('fold=1'), [...places].join())
})
