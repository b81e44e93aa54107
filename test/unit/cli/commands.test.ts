import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { COMMANDS } from '../../../lib/cli/commands/index.js'
import { displayWidth } from '../../../lib/cli/render/width.js'
import { temporaryFolder } from '../../support/environment.js'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordRun } from './record-run.js'

t.test('every command explains itself within 80 columns', async (t) => {
  for (const { name, load } of COMMANDS) {
    const { stdout, exitCode, stderr } = await cli('/', [name, '-h'])
    t.equal(exitCode, 0)
    t.equal(stderr, '')
    t.match(stdout, new RegExp(`^usage: git flor ${name}\\b`))
    for (const line of stdout.split('\n')) t.ok(displayWidth(line) <= 80, `${name}: ${line}`)
    const command = await load()
    t.equal(command.name, name)
    t.ok(command.examples.length > 0, `${name} has an example`)
    for (const spec of Object.values(command.options)) {
      if (spec.type === 'string') t.match(spec.argument, /^<.+>$/)
    }
    t.equal((await cli('/', ['help', name])).stdout, stdout)
    t.equal((await cli('/', [name, '--help'])).stdout, stdout)
  }
  const overview = await cli('/', ['-h'])
  for (const { name } of COMMANDS.filter((entry) => entry.isHidden !== true))
    t.match(overview.stdout, new RegExp(`^ {4}${name}\\b`, 'm'))
  for (const line of overview.stdout.split('\n')) t.ok(displayWidth(line) <= 80, line)
})

t.test('no command, an unknown one, and the version', async (t) => {
  t.equal((await cli('/', [])).exitCode, 129)
  const unknown = await cli('/', ['lgo'])
  t.equal(unknown.exitCode, 129)
  t.match(unknown.stderr, /'lgo' is not a git flor command\nhint: did you mean git flor log\?/)
  t.equal((await cli('/', ['--nope'])).exitCode, 129)
  t.match((await cli('/', ['--version'])).stdout, /^git-flor version \d+\.\d+\.\d+\n$/)
})

t.test('outside a repository each command says so', async (t) => {
  const folder = temporaryFolder(t)
  for (const args of [['log'], ['show'], ['verify'], ['init'], ['push'], ['gc'], ['seal']]) {
    const { exitCode, stderr, stdout } = await cli(folder, args)
    t.equal(exitCode, 128, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, /^error: not a git repository.*\nhint: git init /)
  }
})

t.test('-C and --git-dir lead to another repository', async (t) => {
  const repo = repository(t).commit('one')
  const run = await recordRun(repo.path)
  const args = ['log', '--oneline']
  t.match((await cli('/', ['-C', repo.path, ...args])).stdout, run.slice(0, 7))
  t.match((await cli('/', [`-C${repo.path}`, '-C', '.git', ...args])).stdout, run.slice(0, 7))
  t.match((await cli('/', [`--git-dir=${repo.path}/.git`, ...args])).stdout, run.slice(0, 7))
  t.equal(process.env.GIT_DIR, undefined, 'nothing of it is left behind')
})

t.test('show tells everything of a run, named in any way', async (t) => {
  const repo = repository(t).write('train.js', '1').commit('one')
  const run = await recordRun(repo.path, {
    args: { lr: 0.01 },
    epochs: { loss: [3, 1] },
    once: { device: 'cpu' },
  })
  for (const name of [[], [run], [run.slice(0, 7)], ['latest'], ['HEAD']]) {
    const { stdout, exitCode } = await cli(repo.path, ['show', ...name])
    t.equal(exitCode, 0)
    t.match(stdout, new RegExp(`^run ${run}\n`))
  }
  const { stdout } = await cli(repo.path, ['show', run])
  t.match(stdout, /^command: {4}node train\.js$/m)
  t.match(stdout, /^code: {7}main$/m)
  t.match(stdout, /^ {4}lr {2}0\.01$/m)
  t.match(stdout, /^ {4}loss +epoch +2 +3 +1 +1 +3 +█▁$/m)
  const json = JSON.parse((await cli(repo.path, ['show', '--json', run])).stdout)
  t.equal(json.runs[0].run, run)
})

t.test('a run that does not exist, and one that is not unique', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path)
  await recordRun(repo.path)
  const missing = await cli(repo.path, ['show', 'zz'])
  t.equal(missing.exitCode, 1)
  t.match(missing.stderr, /no run is called "zz"\nhint: git flor log --oneline/)
  const ambiguous = await cli(repo.path, ['show', 'HEAD'])
  t.equal(ambiguous.exitCode, 1)
  t.match(
    ambiguous.stderr,
    /could mean 2 runs\n {4}[0-9a-f]{7,} .*train\.js\n {4}[0-9a-f]{7,} .*train\.js\nhint: /,
  )
})

t.test('diff compares arguments, metrics and code', async (t) => {
  const repo = repository(t).write('train.js', 'let a\n').commit('one')
  const older = await recordRun(repo.path, { args: { lr: 0.01, seed: 7 }, epochs: { loss: [3, 1] } })
  repo.write('train.js', 'let b\n')
  const newer = await recordRun(repo.path, {
    args: { lr: 0.5, seed: 7 },
    epochs: { loss: [3, 0.5] },
    once: { norm: 2 },
  })
  const { stdout, exitCode } = await cli(repo.path, ['diff', older, newer])
  t.equal(exitCode, 0)
  t.match(stdout, /^ {4}lr +0\.01 +0\.5$/m)
  t.notMatch(stdout, /seed/)
  t.match(stdout, /^ {4}loss +1 +0\.5 +-0\.5$/m)
  t.match(stdout, /^ {4}norm +– +2$/m)
  t.match(stdout, /^-let a\n\+let b$/m)
  t.notMatch((await cli(repo.path, ['diff', '--no-code', older, newer])).stdout, /let a/)
  t.match((await cli(repo.path, ['diff', '--stat', older, newer])).stdout, /train\.js \| 2 \+-/)
  t.equal((await cli(repo.path, ['diff', older])).exitCode, 129)
})

t.test('show draws series, tells where time went and what the code has other than its base', async (t) => {
  const repo = repository(t).write('train.js', 'let a\n').commit('one')
  const loss = Array.from({ length: 30 }, (_, i) => 1 / (i + 1))
  await recordRun(repo.path, { epochs: { loss } })
  repo.write('train.js', 'let a\nlet b\n')
  const run = await recordRun(repo.path, { epochs: { loss, acc: loss } })
  for (const columns of [40, 80]) {
    const { stdout } = await cli(repo.path, ['show'], { columns, env: { LC_ALL: 'C.UTF-8' } })
    t.match(stdout, columns === 80 ? /^ {4}loss 1 → 0\.0333 +acc 1 → 0\.0333$/m : /^ {4}loss 1 → 0\.0333$/m)
    t.match(stdout, /^ {8}.1 ┤⢣/m)
    t.match(stdout, /^code, to its base\n {4}train\.js \| 1 \+\n/m)
    t.match(stdout, new RegExp(`^git switch --detach ${run.slice(0, 7)}`, 'm'))
    for (const line of stdout.split('\n')) {
      if (!line.startsWith('git ')) t.ok(displayWidth(line) <= Math.max(columns, 44), line)
    }
  }
  t.notMatch((await cli(repo.path, ['show', '--no-charts'])).stdout, /┤|[|] *$/m)
  const earlier = await cli(repo.path, ['show', 'latest~1'])
  t.notMatch(earlier.stdout, /to its base/, 'the code was that of its base')
  const [json] = JSON.parse((await cli(repo.path, ['show', '--json'])).stdout).runs
  t.match(json, { run, loops: [], changedFiles: [{ path: 'train.js', added: 1, deleted: 0 }] })
  const none = await cli(repo.path, ['show', 'latest~2'])
  t.equal(none.exitCode, 1)
  t.match(none.stderr, /there is no run latest~2: 2 were recorded/)
})

t.test('diff hands options to git diff, obeys its settings, and knows where the user stands', async (t) => {
  const repo = repository(t).write('sub/train.js', 'let a\n').write('b.js', '1\n').commit('one')
  await recordRun(repo.path, { args: { lr: 1 } })
  // Bytes that are no UTF-8 have to come through as they are.
  repo.write('sub/train.js', Buffer.from('let \xe9\n', 'latin1')).write('b.js', '2\n')
  await recordRun(repo.path, { args: { momentum: 1 } })
  const diff = async (...args: string[]) => cli(repo.path, ['diff', 'latest~1', 'latest', ...args])
  const all = await diff()
  t.match(all.stdout, /^ {4}lr +1 +–$/m)
  t.match(all.stdout, /^ {4}momentum +– +1$/m)
  t.match(all.stdout, /^environment .*\n {4}base +main [0-9a-f]{7} +main [0-9a-f]{7} \+edits$/m)
  t.match((await diff('--name-only')).stdout, /^b\.js\nsub\/train\.js$/m)
  t.match((await diff('--stat', '--', 'b.js')).stdout, /^ b\.js \| 2 \+-\n 1 file changed/m)
  t.match((await diff('-S', 'let a', '--name-only')).stdout, /code\nsub\/train\.js\n$/)
  t.equal((await diff('--exit-code')).exitCode, 1)
  t.equal((await diff('--', 'nothing')).stdout.endsWith('code\n    no difference\n'), true)
  const below = await cli(join(repo.path, 'sub'), [
    'diff',
    'latest~1',
    'latest',
    '--name-only',
    '--',
    'train.js',
  ])
  t.match(below.stdout, /code\nsub\/train\.js\n$/)
  const unknown = await diff('--bogus')
  t.equal(unknown.exitCode, 129)
  t.match(unknown.stderr, /^error: git diff: .*bogus/)
  repo.config('diff.external', 'echo external').config('color.diff', 'always')
  t.match((await diff()).stdout, /^external b\.js/m)
  repo.do('config', '--unset', 'diff.external').config('diff.noprefix', 'true')
  const settings = await cli(repo.path, ['diff', 'latest~1', 'latest'], { env: { NO_COLOR: '' } })
  t.match(settings.stdout, /\u001b\[1mdiff --git b\.js b\.js/)
  const json = JSON.parse((await diff('--json')).stdout)
  t.match(json, {
    kind: 'difference',
    args: [
      { name: 'lr', before: 1 },
      { name: 'momentum', after: 1 },
    ],
    files: [{ path: 'b.js', added: 1, deleted: 1 }, { path: 'sub/train.js' }],
  })
  t.equal((await diff('--json', '--stat')).exitCode, 129)
})

t.test('propagate carries a statement between plain files', async (t) => {
  const folder = repository(t).path
  const repo = repository(t, { path: folder })
  repo.write('old.js', "import * as flor from 'git-flor'\nlet x = 1\nuse(x)\n")
  repo.write('new.js', "import * as flor from 'git-flor'\nlet x = 1\nflor.log('x', x)\nuse(x)\n")
  const args = ['propagate', '--from', 'new.js', '--name', 'x', '--to', 'old.js']
  const placed = await cli(folder, args)
  t.equal(placed.exitCode, 0, placed.stderr)
  t.equal(placed.stdout, repo.read('new.js'))
  const diff = await cli(folder, [...args, '--diff'])
  t.match(diff.stdout, /^--- a\/old\.js\n\+\+\+ b\/old\.js\n@@ .*@@\n(?: .*\n)*\+flor\.log\('x', x\)$/m)
  await cli(folder, [...args, '-o', 'out.js'])
  t.equal(repo.read('out.js'), repo.read('new.js'))
  const unwritable = await cli(folder, [...args, '-o', 'no/such/folder.js'])
  t.equal(unwritable.exitCode, 1)
  t.match(unwritable.stderr, /^error: cannot write 'no\/such\/folder\.js'\ncaused by: ENOENT/)
  repo.commit('old').write('old.js', 'changed')
  const fromGit = await cli(folder, ['propagate', '--from', 'new.js', '--line', '3', '--to', 'HEAD:old.js'])
  t.equal(fromGit.stdout, repo.read('new.js'))
  repo.write('other.js', 'export const nothing = 1\n')
  const declined = await cli(folder, ['propagate', '--from', 'new.js', '--name', 'x', '--to', 'other.js'])
  t.equal(declined.exitCode, 1)
  t.match(declined.stderr, /^declined: /)
  const absent = await cli(folder, ['propagate', '--from', 'new.js', '--name', 'y', '--to', 'old.js'])
  t.equal(absent.exitCode, 1)
  t.match(absent.stderr, /new\.js does not log 'y'\nhint: did you mean x\?/)
  t.equal((await cli(folder, ['propagate', '--from', 'new.js'])).exitCode, 129)
  t.match(
    (await cli(folder, ['propagate', '--from', 'no.js', '--name', 'x', '--to', 'old.js'])).stderr,
    /cannot read 'no\.js'/,
  )
})

t.test('propagate names the statement that was meant, or says what to type', async (t) => {
  const repo = repository(t)
  const run = (...args: string[]) => cli(repo.path, ['propagate', '--to', 'old.js', ...args])
  repo.write('old.js', "import * as flor from 'git-flor'\nlet x = 1\nuse(x)\nlet y = 2\nuse(y)\n")
  repo.write(
    'new.js',
    "import * as flor from 'git-flor'\nlet x = 1\nflor.log('x', x)\nuse(x)\nlet y = 2\n\nflor.log('x', y)\nuse(y)\n",
  )
  const all = await run('--from', 'new.js', '--name', 'x')
  t.match(all.stdout, /log\('x', x\)[\s\S]*log\('x', y\)/, 'a name that occurs twice is carried twice')
  const one = await run('--from', 'new.js', '--name', 'x', '--line', '7')
  t.equal(one.stdout, repo.read('old.js').replace('let y = 2\n', "let y = 2\nflor.log('x', y)\n"))
  const other = await run('--from', 'new.js', '--name', 'x', '--line', '8')
  t.equal(other.exitCode, 1)
  t.match(other.stderr, /new\.js does not log 'x' on line 8\nhint: 'x' is logged on lines 3, 7\n/)
  t.match(
    (await run('--from', 'new.js', '--line', '6')).stderr,
    /no statement on line 6 of new\.js\nhint: git flor propagate --line 5 …/,
  )
  repo.write('one-line.js', "import*as flor from'git-flor';let x=1;flor.log('x',x);flor.log('z',x);use(x)")
  t.match(
    (await run('--from', 'one-line.js', '--line', '1')).stderr,
    /line 1 of one-line\.js holds 2 statements\nhint: git flor propagate --name x …/,
  )
  t.match((await run('--from', 'new.js', '--name', 'unheard of')).stderr, /\nhint: it logs x\n/)
  t.equal((await run('--from', 'new.js', '--name', 'x', '--json', '--diff')).exitCode, 129)
})

t.test('propagate tells programs what it did as JSON, and as a patch to the byte', async (t) => {
  const repo = repository(t)
  repo.write('old.js', "import * as flor from 'git-flor'\r\nlet x = 1\r\nuse(x)\r\n")
  repo.write('new.js', "import * as flor from 'git-flor'\nlet y = 1\nflor.log('x', y)\nuse(y)\n")
  const args = ['propagate', '--from', 'new.js', '--name', 'x', '--to', 'old.js']
  const { stdout } = await cli(repo.path, [...args, '--json'])
  t.match(JSON.parse(stdout), {
    version: 1,
    kind: 'propagation',
    path: 'old.js',
    status: 'placed',
    insertions: [{ line: 3, kind: 'statement', text: "flor.log('x', x)" }],
    renames: { y: 'x' },
    explanation: { placements: [{ newerLine: 3, olderLine: 3 }] },
  })
  const exists = await cli(repo.path, [...args.slice(0, -1), 'new.js', '--json'])
  t.match(JSON.parse(exists.stdout), { status: 'exists', line: 3 })
  repo.write('bad.js', 'let x = 1\n<<<<<<< HEAD\nlet y\n=======\n')
  const declined = await cli(repo.path, [...args.slice(0, -1), 'bad.js', '--json'])
  t.equal(declined.exitCode, 1)
  t.match(JSON.parse(declined.stdout), {
    status: 'declined',
    reason: 'does-not-parse',
    message: /bad\.js:2:1: a conflict marker/,
    candidates: [2],
  })
  t.match((await cli(repo.path, [...args, '--diff'])).stdout, "\n+flor.log('x', x)\r\n")
  t.match((await cli(repo.path, [...args, '--diff'], { terminal: true })).stdout, "\n+flor.log('x', x)\\r\n")
})

t.test('propagate refuses files that it could not keep to the byte', async (t) => {
  const repo = repository(t)
  repo.write('new.js', "flor.log('x', 1)\n")
  writeFileSync(join(repo.path, 'latin1.js'), Buffer.from("use()\nlet a = '\xe9'\n", 'latin1'))
  const { exitCode, stdout, stderr } = await cli(repo.path, [
    'propagate',
    ...['--from', 'new.js', '--name', 'x', '--to', 'latin1.js'],
  ])
  t.same([exitCode, stdout], [1, ''])
  t.match(stderr, /latin1\.js is not text in UTF-8 \(line 2\)\nhint: iconv /)
})

t.test('verify, reindex and gc say what they did', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { epochs: { loss: [1] } })
  t.match((await cli(repo.path, ['verify'])).stdout, /^1 run, 1 segment, 0 checkpoints: all sound$/m)
  t.equal((await cli(repo.path, ['reindex'])).stdout, '1 run\n')
  t.equal((await cli(repo.path, ['gc'])).stdout, 'nothing to remove\n')
  t.equal((await cli(repo.path, ['seal'])).stdout, '')
})

t.test('push and fetch join two clones; without a remote they say so', async (t) => {
  const remote = repository(t, { bare: true })
  const one = repository(t).write('a', '1').commit('one').do('remote', 'add', 'origin', remote.path)
  const alone = await cli(repository(t).path, ['push'])
  t.equal(alone.exitCode, 1)
  t.match(alone.stderr, /no remote\nhint: git remote -v/)
  t.match((await cli(one.path, ['push'])).stderr, /nothing to push/)
  const run = await recordRun(one.path, { epochs: { loss: [1, 2] } })
  one.do('push', '-q', 'origin', 'main')
  const pushed = await cli(one.path, ['push'])
  t.equal(pushed.exitCode, 0, pushed.stderr)
  t.match(pushed.stderr, /pushed runs to origin/)
  t.match((await cli(one.path, ['push'])).stderr, /origin has everything/)
  const two = repository(t).do('remote', 'add', 'origin', remote.path)
  t.match((await cli(two.path, ['fetch'])).stderr, /fetched from 1 writer of origin: 1 run now/)
  t.match((await cli(two.path, ['fetch'])).stderr, /nothing new on origin/)
  t.match((await cli(two.path, ['log', '--oneline'])).stdout, run.slice(0, 7))
  t.match((await cli(two.path, ['fetch', 'nowhere'])).stderr, /no remote called "nowhere"/)
  one.do('remote', 'set-url', 'origin', join(remote.path, 'gone'))
  for (const command of ['push', 'fetch']) {
    const { exitCode, stderr } = await cli(one.path, [command])
    t.equal(exitCode, 128)
    t.match(stderr, /^hint: git remote -v /m)
  }
})

t.test('a note that cannot be read is told, and verify recommended once', async (t) => {
  const repo = repository(t).commit('one')
  for (const _ of [1, 2]) {
    const run = await recordRun(repo.path, { epochs: { loss: [1] } })
    const ref = repo.git('for-each-ref', '--format=%(refname)', 'refs/notes/flor').trim()
    repo.do('notes', `--ref=${ref}`, 'add', '-f', '-m', 'rubbish', run)
  }
  const hints = (text: string) => text.split('\nhint: git flor verify ').length - 1
  const { stderr } = await cli(repo.path, ['reindex'])
  t.equal(stderr.match(/cannot be read/g)?.length, 2 + 1, stderr)
  t.equal(hints(stderr), 1)
  repo.remove('.git/flor/index')
  t.equal(hints((await cli(repo.path, ['verify'])).stderr), 0)
})

t.test('init sets up once and takes everything back', async (t) => {
  const repo = repository(t).commit('one').do('remote', 'add', 'origin', '/nowhere')
  const before = repo.read('.git/config')
  t.match((await cli(repo.path, ['init'])).stdout, /fetch: \+refs\/notes\/flor/)
  t.match((await cli(repo.path, ['init'])).stdout, /nothing to do/)
  t.equal((await cli(repo.path, ['init', '--undo'])).exitCode, 0)
  t.match((await cli(repo.path, ['init', '--undo'])).stdout, /nothing to undo/)
  t.equal(repo.git('config', '--get-all', 'remote.origin.fetch'), '+refs/heads/*:refs/remotes/origin/*')
  t.ok(before.length > 0)
})

t.test('a hook never fails', async (t) => {
  const repo = repository(t).commit('one')
  for (const name of ['post-commit', 'post-rewrite', 'post-merge', 'post-checkout']) {
    t.strictSame(await cli(repo.path, ['hook', name]), { exitCode: 0, stdout: '', stderr: '' })
  }
  const failing = await cli(repo.path, ['hook', 'pre-push', 'nowhere', 'url'])
  t.equal(failing.exitCode, 0)
  t.match(failing.stderr, /^git flor: pre-push: /)
  t.equal((await cli(repo.path, ['hook', 'pre-frob'])).exitCode, 129)
})
