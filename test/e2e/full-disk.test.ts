import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryFolder } from '../support/environment.js'
import { repository } from '../support/repository.js'
import { project, train } from '../support/training.js'
import { gitFlor } from './run-support.js'

const TRAINING = `import * as flor from 'git-flor'
for (const epoch of flor.loop('epoch', [0, 1])) flor.log('loss', epoch)
console.log('trained')
`

/** A folder that is a file system of its own, of 4 MiB or read-only; undefined where none can be mounted. */
function mounted(t: Test, options: readonly string[], folder: string): string | undefined {
  mkdirSync(folder, { recursive: true })
  if (spawnSync('mount', [...options, folder]).status !== 0) return undefined
  t.teardown(() => void spawnSync('umount', ['-l', folder]))
  return folder
}

/** Writes until nothing fits any more. */
function fill(folder: string): void {
  const path = join(folder, 'fill')
  for (const size of [65536, 4096]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
    } catch {
      // Full, but for less than that.
    }
  }
}

t.test(
  'output that finds no room ends a command with its reason, whatever the command',
  { skip: !existsSync('/dev/full') && 'there is no /dev/full' },
  async (t) => {
    const repo = project(t, { 'train.js': TRAINING })
    train(repo)
    const commands = [
      'log',
      'log loss --csv',
      'log --json',
      'log loss --parquet',
      'show',
      'plot loss',
      'verify',
      'log -h',
    ]
    for (const command of commands) {
      const line = `git flor ${command} >/dev/full`
      const { status, stderr } = spawnSync('sh', ['-c', line], { cwd: repo.path, encoding: 'utf8' })
      t.equal(status, 128, command)
      t.match(stderr, /^error: the output cannot be written\ncaused by: ENOSPC: /, command)
    }
    const file = gitFlor(repo.path, 'log', 'loss', '--csv', '-o', '/dev/full')
    t.equal(file.status, 1)
    t.match(file.stderr, /^error: cannot write '\/dev\/full'\ncaused by: ENOSPC/)
  },
)

t.test(
  'on a full disk reading works, training goes on, and what cannot be written is told without a trace',
  async (t) => {
    const folder = mounted(t, ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs'], join(temporaryFolder(t), 'small'))
    if (folder === undefined) return t.comment('skipped: mounting a small file system is not allowed here')
    const repo = repository(t, { path: folder }).write('a', '').commit('a')
    gitFlor(folder, 'run', '-q', '--capture', 'echo', 'loss=1')
    fill(folder)
    t.match(gitFlor(folder, 'log').stdout, /^run [0-9a-f]{7} {2}echo loss=1 /)
    const ran = gitFlor(folder, 'run', '--capture', 'sh', '-c', 'echo loss=2; exit 3')
    t.equal(ran.stdout, 'loss=2\n')
    t.equal(ran.status, 3)
    t.match(ran.stderr, /^warning: nothing is recorded: ENOSPC/)
    const refused = gitFlor(folder, 'init')
    t.equal(refused.status, 128)
    t.match(refused.stderr, /^error: ENOSPC: no space left on device, write\nhint: df -h \. /)
    t.strictSame(
      readdirSync(join(folder, '.git/hooks')).filter((name) => name.endsWith('.tmp')),
      [],
      'half a hook is none',
    )
    rmSync(join(folder, 'fill'))
    t.equal(gitFlor(folder, 'init').status, 0)
    t.match(gitFlor(folder, 'verify').stdout, /all sound/)
    t.equal(repo.git('status', '--porcelain'), '')
  },
)

t.test(
  'in a repository that is read-only everything is read, and writing is refused by its reason',
  async (t) => {
    const repo = project(t, { 'train.js': TRAINING })
    train(repo)
    gitFlor(repo.path, 'log')
    const folder = mounted(t, ['--bind', repo.path], join(temporaryFolder(t), 'ro'))
    if (folder === undefined || spawnSync('mount', ['-o', 'remount,ro,bind', folder]).status !== 0)
      return t.comment('skipped: mounting is not allowed here')
    for (const command of [
      ['log'],
      ['log', 'loss', '--csv'],
      ['show'],
      ['plot', 'loss'],
      ['verify'],
      ['gc'],
    ]) {
      const { status, stderr } = gitFlor(folder, ...command)
      t.strictSame([status, stderr], [0, ''], command.join(' '))
    }
    for (const command of [['reindex'], ['init'], ['backfill', 'loss', '--dry-run']]) {
      const { status, stderr } = gitFlor(folder, ...command)
      t.equal(status, 128, command.join(' '))
      t.match(stderr, /^error: EROFS: read-only file system, .*\n$/, command.join(' '))
    }
    const ran = gitFlor(folder, 'run', 'sh', '-c', 'echo hi; exit 4')
    t.strictSame([ran.status, ran.stdout], [4, 'hi\n'])
    t.match(ran.stderr, /^warning: nothing is recorded: EROFS/)
  },
)
