import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { temporaryFolder } from '../support/environment.js'
import { project, train } from '../support/training.js'

const bin = temporaryFolder(undefined, 'flor-bin-')
symlinkSync(fileURLToPath(new URL('../../command/git-flor.js', import.meta.url)), join(bin, 'git-flor'))
process.env.PATH = `${bin}:${process.env.PATH}`

const TRAINING = `import * as flor from 'git-flor'
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1])) { weights[0] += 1; flor.log('loss', epoch) }
`

function git(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync('git', args, { cwd, encoding: 'utf8', env: { ...process.env, ...env } })
}

t.test('a repository is found as git finds it', (t) => {
  const repo = project(t, { 'train.js': TRAINING, 'sub/file': '' })
  train(repo)
  const sees = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void => {
    const { stdout, stderr } = git(cwd, [...args, '--oneline'], env)
    t.match(stdout, /^[0-9a-f]{7}.*train\.js/, `${args.join(' ')}: ${stderr}`)
  }
  sees(repo.path, ['flor', 'log'])
  sees(join(repo.path, 'sub'), ['flor', 'log'])
  sees('/', ['-C', repo.path, 'flor', 'log'])
  sees('/', ['flor', '-C', repo.path, '-C', 'sub', 'log'])
  sees('/', [`--git-dir=${join(repo.path, '.git')}`, 'flor', 'log'])
  sees('/', ['flor', '--git-dir', join(repo.path, '.git'), 'log'])
  sees(repo.path, ['flor', '-C', 'sub', '--git-dir=../.git', 'log'])
  sees('/', ['flor', 'log'], { GIT_DIR: join(repo.path, '.git') })
  sees(join(repo.path, '.git'), ['flor', 'log'])
  sees(join(repo.path, '.git/refs'), ['flor', 'log'])
  const linked = temporaryFolder(t)
  repo.do('worktree', 'add', '-q', '--detach', join(linked, 'wt'))
  sees(join(linked, 'wt'), ['flor', 'log'])
  sees(join(linked, 'wt/sub'), ['flor', 'log'])
  const bare = join(temporaryFolder(t), 'bare.git')
  repo.do('clone', '-q', '--mirror', repo.path, bare)
  sees(bare, ['flor', 'log'])
  t.match(git(repo.path, ['-c', 'flor.jobs=none', 'flor', 'backfill', 'x', '--dry-run']).stderr, /flor\.jobs/)
  t.end()
})

t.test('paths behind an alias, and in a linked worktree, are those of the folder one stands in', (t) => {
  const repo = project(t, { 'train.js': TRAINING, 'sub/file': '' })
  train(repo)
  repo
    .config('alias.fl', '!git flor')
    .config('alias.down', '!cd "$GIT_PREFIX" && git flor')
    .config('alias.plain', 'flor')
  const linked = join(temporaryFolder(t), 'wt')
  repo.do('worktree', 'add', '-q', '--detach', linked)
  let count = 0
  for (const [top, alias] of [
    [repo.path, 'fl'],
    [repo.path, 'down'],
    [repo.path, 'plain'],
    [linked, 'fl'],
    [linked, 'plain'],
  ] as const) {
    const name = `out${count++}`
    const { stderr, status } = git(join(top, 'sub'), [alias, 'checkpoint', '--extract', name])
    t.equal(status, 0, `${alias}: ${stderr}`)
    t.ok(
      existsSync(join(top, 'sub', name)),
      `${alias} in ${top === linked ? 'a linked worktree' : 'the main one'}`,
    )
    t.notOk(existsSync(join(top, name)))
  }
  t.end()
})

t.test(
  "another user's repository is refused as git refuses it, with git's own advice",
  {
    skip: process.getuid?.() !== 0 && 'only root can give a repository away',
  },
  (t) => {
    const repo = project(t, { 'train.js': TRAINING })
    chownSync(repo.path, 12_345, 12_345)
    chownSync(join(repo.path, '.git'), 12_345, 12_345)
    const { status, stderr } = git(repo.path, ['flor', 'log'], { SUDO_UID: undefined })
    t.equal(status, 128, stderr)
    t.match(stderr, /dubious ownership/)
    t.match(stderr, /git config --global --add safe\.directory/)
    t.end()
  },
)

t.test('a Node that is too old is refused by name', (t) => {
  const preload = join(temporaryFolder(t), 'old.cjs')
  spawnSync('sh', [
    '-c',
    `echo "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.1' } })" > '${preload}'`,
  ])
  const ran = git('/', ['flor', 'log'], { NODE_OPTIONS: `--require=${preload}` })
  t.equal(ran.status, 128)
  t.match(ran.stderr, /^fatal: git-flor needs Node 20\.19 or newer/)
  t.match(ran.stderr, process.execPath)
  t.end()
})
