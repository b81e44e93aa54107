import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryFolder } from '../support/environment.js'
import { project } from '../support/training.js'

const command = fileURLToPath(new URL('../../command/git-flor.js', import.meta.url))

/** The bundled command in PATH, so that `git flor` finds it; the ends of runs are left to it. */
const bin = temporaryFolder(undefined, 'flor-bin-')
mkdirSync(bin, { recursive: true })
symlinkSync(command, join(bin, 'git-flor'))
process.env.PATH = `${bin}:${process.env.PATH}`

const gitFlor = (cwd: string, ...args: string[]) =>
  spawnSync('git', ['flor', ...args], { cwd, encoding: 'utf8', env: { ...process.env, FLOR_SEAL: 'later' } })

const TRAINING = `import * as flor from 'git-flor'
const lr = flor.arg('lr', 0.1)
for (const epoch of flor.loop('epoch', [0, 1, 2])) flor.log('loss', lr / (epoch + 1))
`

t.test('git flor run records a run, whose arguments it set, and answers its exit code', async (t) => {
  const repo = project(t, { 'train.js': TRAINING, 'fail.js': `${TRAINING}process.exit(7)\n` })
  const ran = gitFlor(repo.path, 'run', '--set', 'lr=0.5', '--', 'node', 'train.js')
  t.equal(ran.status, 0, ran.stderr)
  t.match(ran.stderr, /^recorded run [0-9a-f]{7}: 3 values$/m, 'it prints nothing')
  const table = gitFlor(repo.path, 'log', 'lr', 'loss', '--csv')
  t.match(table.stdout, /^run,epoch,lr,loss\n[0-9a-f]{40},0,0\.5,0\.5\n/)
  const failed = gitFlor(repo.path, 'run', 'node', 'fail.js')
  t.equal(failed.status, 7)
  t.match(failed.stderr, /recorded run [0-9a-f]{7}: 3 values \(exit 7\)/)
})

t.test(
  'a script that logs nothing is recorded from outside; without a repository it is run all the same',
  async (t) => {
    const repo = project(t, { 'plain.js': 'console.log("out"); process.exit(3)\n' })
    const ran = gitFlor(repo.path, 'run', 'node', 'plain.js')
    t.equal(ran.status, 3)
    t.equal(ran.stdout, 'out\n')
    t.match(ran.stderr, /^recorded run [0-9a-f]{7}: 4 B of output \(exit 3\)\nhint: git flor run --capture/)
    t.equal(gitFlor(repo.path, 'run', 'no-such-program').status, 127)
    const outside = gitFlor(temporaryFolder(t), 'run', 'node', '-e', 'process.exit(4)')
    t.equal(outside.status, 4, 'outside a repository')
    t.match(outside.stderr, /^warning: nothing is recorded: /)
  },
)

t.test('signals reach the training, which is recorded as ended by them', async (t) => {
  const later = "setTimeout(() => console.log('up'), 300)\nsetInterval(() => {}, 1000)\n"
  const repo = project(t, { 'train.js': TRAINING + later })
  const child = spawn('git-flor', ['run', 'node', 'train.js'], {
    cwd: repo.path,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FLOR_SEAL: 'later' },
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)))
  child.kill('SIGTERM')
  t.equal(await ended, 128 + 15)
  const { runs } = JSON.parse(gitFlor(repo.path, 'log', '--json').stdout)
  t.match(runs, [{ status: 'interrupted', signal: 'SIGTERM' }])
})

t.test('a training that was killed is recorded as killed', async (t) => {
  const repo = project(t, { 'train.js': `${TRAINING}process.kill(process.pid, 'SIGKILL')\n` })
  t.equal(gitFlor(repo.path, 'run', '-q', '--', 'node', 'train.js').status, 128 + 9)
  const { runs } = JSON.parse(gitFlor(repo.path, 'log', '--json').stdout)
  t.match(runs, [{ status: 'interrupted', signal: 'SIGKILL' }])
})

t.test('git flor works below the top, with git -C, with --git-dir, and into a closed pipe', async (t) => {
  const repo = project(t, { 'train.js': TRAINING, 'sub/file': '' })
  gitFlor(repo.path, 'run', '-q', '--', 'node', 'train.js')
  const run = JSON.parse(gitFlor(join(repo.path, 'sub'), 'show', '--json').stdout).runs[0].run
  const elsewhere = temporaryFolder(t)
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: elsewhere, encoding: 'utf8', env: { ...process.env, NO_COLOR: '' } })
  t.match(git('-C', repo.path, 'flor', 'log', '--oneline'), run.slice(0, 7))
  t.match(git(`--git-dir=${repo.path}/.git`, 'flor', 'log', '--oneline'), run.slice(0, 7))
  t.match(git('-C', repo.path, '-c', 'color.ui=always', 'flor', 'log'), /\u001b\[33mrun/)
  const piped = spawnSync('bash', ['-c', 'set -o pipefail; git flor log loss --csv | head -n1; echo $?'], {
    cwd: repo.path,
    encoding: 'utf8',
  })
  t.equal(piped.stderr, '')
  t.match(piped.stdout, /^run,epoch,loss\n(?:0|141)\n$/)
})

t.test('HEAD, index, branch and files are the same bytes after everything', async (t) => {
  const repo = project(t, { 'train.js': TRAINING })
  repo
    .write('staged', 'x')
    .do('add', 'staged')
    .write('untracked', 'y')
    .write('train.js', `${TRAINING}// edited\n`)
  // The clone's name is chosen with its first run.
  repo.config('flor.writer', 'tester')
  const before = repo.fingerprint()
  gitFlor(repo.path, 'run', '-q', '--', 'node', 'train.js')
  for (const args of [['log'], ['log', 'loss'], ['show'], ['verify'], ['gc'], ['reindex'], ['seal']]) {
    t.equal(gitFlor(repo.path, ...args).status, 0, args.join(' '))
  }
  t.strictSame(repo.fingerprint(), before)
})
