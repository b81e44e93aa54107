import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { repository } from '../support/repository.js'
import { project } from '../support/training.js'
import { gitFlor, newestRun } from './run-support.js'

const LOGGING = `import * as flor from 'git-flor'
for (const epoch of flor.loop('epoch', [0, 1])) flor.log('loss', 1 / (epoch + 1))
console.log('printed=5')
`

t.test(
  'a shell script that knows nothing of git-flor is recorded: code, command, end and output',
  async (t) => {
    const repo = repository(t)
      .write('train.sh', 'echo "to $1"\necho oops >&2\nexit 3\n', 0o755)
      .commit('train')
    repo.write('train.sh', '#!/bin/sh\necho "to $1"\necho oops >&2\nexit 3\n', 0o755)
    const ran = gitFlor(repo.path, 'run', './train.sh', 'a b')
    t.equal(ran.status, 3)
    t.equal(ran.stdout, 'to a b\n')
    t.match(ran.stderr, /^oops\nrecorded run [0-9a-f]{7}: 12 B of output \(exit 3\)\n/)
    const run = newestRun(repo.path)
    t.match(run, {
      argv: ['./train.sh', 'a b'],
      script: 'train.sh',
      status: 'failed',
      exitCode: 3,
      clean: false,
      observed: true,
      output: { sizeBytes: 12, lineCount: 2, keptBytes: 12 },
      metrics: [],
    })
    t.notOk('capture' in run)
    t.equal(
      repo.git('show', `${run.run}:train.sh`),
      repo.read('train.sh').trim(),
      'the code is the one that ran',
    )
    const output = gitFlor(repo.path, 'show', '--output', 'latest')
    t.strictSame(output.stdout.split('\n').sort(), ['', 'oops', 'to a b'])
    t.equal(repo.git('for-each-ref', 'refs/flor/pending'), '')
  },
)

t.test('metrics are captured where that is asked for, and marked as captured', async (t) => {
  const script = `for e in 1 2; do
  echo "Epoch $e/2"
  printf '\\r 1/2 loss=9'; printf '\\r 2/2 loss=9\\rloss=0.%s\\n' $e
  echo '{"step": 5, "acc": 0.5}'
  echo "score of 7$e"
done
`
  const repo = repository(t).write('train.sh', script).commit('train')
  t.equal(gitFlor(repo.path, 'run', '-q', 'sh', 'train.sh').status, 0)
  t.strictSame(newestRun(repo.path).metrics, [], 'not by itself')

  repo.config('flor.pattern', 'score of (?<score>\\d+)').config('flor.capture', 'true')
  const ran = gitFlor(repo.path, 'run', 'sh', 'train.sh')
  t.match(ran.stderr, /recorded run [0-9a-f]{7}: 6 values/)
  t.match(newestRun(repo.path), {
    capture: { patterns: ['pairs', 'fields', 'json', 'table', 'score of (?<score>\\d+)'] },
    metrics: [
      { name: 'loss', loops: ['epoch'], count: 2, first: 0.1, last: 0.2, origin: { kind: 'captured' } },
      { name: 'acc', loops: ['epoch', 'step'], count: 2, origin: { kind: 'captured' } },
      { name: 'score', loops: ['epoch'], first: 71, last: 72 },
    ],
  })
  t.match(gitFlor(repo.path, 'log', 'score', 'loss', '--csv', '-n', '2').stdout, /,1,71,0\.1\n.*,2,72,0\.2\n/)
  t.match(gitFlor(repo.path, 'show').stdout, /^metrics, captured from the output \(pairs/m)

  t.equal(gitFlor(repo.path, 'run', '-q', '--no-capture', 'sh', 'train.sh').status, 0)
  t.notOk('capture' in newestRun(repo.path), 'the command line counts more than the configuration')
  t.equal(gitFlor(repo.path, 'run', '-q', '--capture=json', 'sh', 'train.sh').status, 0)
  t.match(newestRun(repo.path).metrics, [{ name: 'acc' }, { name: 'score' }])
  const refused = gitFlor(repo.path, 'run', '--capture=jsn', 'sh', '-c', 'touch started')
  t.equal(refused.status, 129)
  t.match(refused.stderr, /there is no pattern "jsn"/)
  t.notOk(existsSync(join(repo.path, 'started')), 'nothing is started')
})

t.test('a program that records itself makes one run, which gets the output', async (t) => {
  const repo = project(t, { 'train.js': LOGGING })
  const ran = gitFlor(repo.path, 'run', '--capture', 'node', 'train.js')
  t.equal(ran.stdout, 'printed=5\n')
  t.match(
    ran.stderr,
    /^recorded run [0-9a-f]{7}: 2 values, 10 B of output\nnote: 1 value in the output left out/,
  )
  const { runs } = JSON.parse(gitFlor(repo.path, 'log', '--json').stdout)
  t.equal(runs.length, 1)
  t.match(runs[0], { output: { sizeBytes: 10 }, metrics: [{ name: 'loss', origin: { kind: 'recorded' } }] })
  t.notOk('observed' in runs[0])
  t.equal(gitFlor(repo.path, 'show', '--output').stdout, 'printed=5\n')
  t.equal(repo.git('for-each-ref', 'refs/flor/pending'), '')
  t.strictSame(readdirSync(join(repo.path, '.git/flor/spool')), [])
})

t.test('of several runs of one command none gets the output, and the user is told', async (t) => {
  const repo = project(t, { 'train.js': LOGGING })
  const ran = gitFlor(repo.path, 'run', 'sh', '-c', 'node train.js; node train.js')
  t.match(ran.stderr, /the output belongs to none of them: the command recorded 2 runs of its own/)
  const { runs } = JSON.parse(gitFlor(repo.path, 'log', '--json').stdout)
  t.equal(runs.length, 2)
  t.notOk(runs.some((run: object) => 'output' in run))
})

t.test('a git flor run inside another one is one run', async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  t.equal(gitFlor(repo.path, 'run', '-q', 'git', 'flor', 'run', '-q', 'echo', 'hello').status, 0)
  const { runs } = JSON.parse(gitFlor(repo.path, 'log', '--json').stdout)
  t.match(runs, [{ argv: ['echo', 'hello'], output: { sizeBytes: 6 } }])
  t.equal(runs.length, 1)
})

t.test('a run that ends by commit() is sealed while its process goes on', async (t) => {
  const script = `import * as flor from 'git-flor'
flor.log('a', 1)
flor.commit()
setTimeout(() => {}, 60_000)
`
  const repo = project(t, { 'serve.js': script })
  const child = spawn('git', ['flor', 'run', '-q', 'node', 'serve.js'], { cwd: repo.path, stdio: 'ignore' })
  const ended = new Promise((resolve) => child.on('close', resolve))
  for (let tries = 0; tries < 100; tries++) {
    const { runs } = JSON.parse(gitFlor(repo.path, 'log', '--json').stdout || '{"runs":[]}')
    if (runs.length > 0) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.match(newestRun(repo.path), { metrics: [{ name: 'a' }] })
  child.kill('SIGTERM')
  await ended
  t.equal(JSON.parse(gitFlor(repo.path, 'log', '--json').stdout).runs.length, 1)
})

t.test('signals that programs give a meaning of their own go to the command', async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  const script =
    "trap 'exit 5' USR1; trap 'exit 6' USR2; trap 'exit 7' QUIT; echo ready; while :; do sleep 0.1; done"
  for (const [signal, code] of [
    ['SIGUSR1', 5],
    ['SIGUSR2', 6],
    ['SIGQUIT', 7],
  ] as const) {
    const child = spawn('git-flor', ['run', '-q', 'sh', '-c', script], {
      cwd: repo.path,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (piece) => (said += piece))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill(signal)
    t.equal(await new Promise((resolve) => child.on('exit', resolve)), code, signal)
    t.notMatch(said, /debugger/i)
  }
})

t.test('a git flor run that is killed leaves what was printed by then, and one run', async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  const child = spawn('git-flor', ['run', '-q', 'sh', '-c', 'echo early; echo $PPID; sleep 30'], {
    cwd: repo.path,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  await new Promise((resolve) => setTimeout(resolve, 1500))
  child.kill('SIGKILL')
  await new Promise((resolve) => child.on('exit', resolve))
  t.match(newestRun(repo.path), { status: 'interrupted', observed: true })
  t.match(gitFlor(repo.path, 'show', '--output').stdout, /^early\n/)
  child.stdout.destroy()
})

t.test('large and binary output passes through to the byte, and is kept within limits', async (t) => {
  const print = `const { randomFillSync } = require('node:crypto')
for (let i = 0; i < 300; i++) process.stdout.write(randomFillSync(Buffer.alloc(100_000)))
`
  const repo = repository(t).write('print.cjs', print).commit('print')
  repo.config('flor.outputLimit', '10k').config('flor.outputLines', '6')
  const shell = (line: string) => spawnSync('bash', ['-c', line], { cwd: repo.path, encoding: 'utf8' }).stdout
  repo.write('data', Buffer.concat([Buffer.alloc(3_000_000, 'x\0\xff'), Buffer.from('äöü\r\n')]))
  t.equal(shell('git flor run -q cat data | sha256sum'), shell('sha256sum < data'))
  shell('git flor run -q node print.cjs | wc -c')
  t.match(newestRun(repo.path), { output: { sizeBytes: 30_000_000 } })
  t.ok((newestRun(repo.path).output as { keptBytes: number }).keptBytes <= 10 * 1024)

  const lines = gitFlor(repo.path, 'run', '-q', 'seq', '1000')
  t.equal(lines.stdout.length, 3893)
  const shown = gitFlor(repo.path, 'show', '--output')
  t.equal(shown.stdout, '1\n2\n3\n998\n999\n1000\n')
  t.match(shown.stderr, /left out/)
})

t.test('a reader that goes away ends the command as it would without us', async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  const line = 'git flor run -q yes | head -n1; echo $PIPESTATUS'
  const ran = spawnSync('bash', ['-c', line], { cwd: repo.path, encoding: 'utf8', timeout: 30_000 })
  t.equal(ran.stdout, 'y\n141\n')
  t.match(newestRun(repo.path), { status: 'interrupted', signal: 'SIGPIPE' })
  const own = `git flor run -q sh -c 'yes; exit 3' | head -n1; echo $PIPESTATUS`
  const third = spawnSync('bash', ['-c', own], { cwd: repo.path, encoding: 'utf8', timeout: 30_000 })
  t.equal(third.stdout, 'y\n3\n', 'a shell has an exit code of its own')
})

t.test(
  'where its output finds no room a command keeps its exit code, and ends with 1 where it went well',
  { skip: !existsSync('/dev/full') && 'there is no /dev/full' },
  async (t) => {
    const repo = repository(t).write('a', '').commit('a')
    for (const [line, status] of [
      ['echo hi', 1],
      ['echo hi; exit 3', 3],
      ['seq 100000; exit 4', 4],
      ['seq 100000', 141],
    ] as const) {
      const ran = spawnSync('bash', ['-c', `git flor run -q sh -c '${line}; exit $?' > /dev/full`], {
        cwd: repo.path,
        encoding: 'utf8',
      })
      t.equal(ran.status, status, line)
      t.match(ran.stderr, /^error: the output of the command cannot be written: ENOSPC: .*\n$/, line)
    }
    t.match(newestRun(repo.path), { status: 'failed', exitCode: 141 })
  },
)

t.test(
  'a last line without line feed is captured as a preview shows it, unless it may be cut short',
  async (t) => {
    const repo = repository(t).write('a', '').commit('a')
    const captured = (line: string): unknown => {
      gitFlor(repo.path, 'run', '-q', '--capture', 'sh', '-c', line)
      const { metrics } = newestRun(repo.path) as unknown as { metrics: { name: string; last: number }[] }
      return metrics.map(({ name, last }) => `${name}=${last}`)
    }
    t.strictSame(captured('printf "a=1\\nloss=0.25"'), ['a=1', 'loss=0.25'])
    t.strictSame(
      captured('printf "a=1\\nloss=0.25"; exit 3'),
      ['a=1', 'loss=0.25'],
      'a failure prints whole lines',
    )
    t.strictSame(captured('printf "a=1\\nloss=0.2"; kill -9 $$'), ['a=1'])
    t.strictSame(
      captured('sh -c \'printf "a=1\\nloss=0.2"; kill -9 $$\'; exit $?'),
      ['a=1'],
      'as a shell tells it',
    )
    t.strictSame(
      captured('printf "a=1\\nloss=0.2"; sleep 5 & exit 0'),
      ['a=1'],
      'somebody goes on writing it',
    )
    const preview = spawnSync('git', ['flor', 'capture', '--preview', '-'], {
      cwd: repo.path,
      input: 'a=1\nloss=0.25',
      encoding: 'utf8',
    })
    t.match(preview.stdout, /^a .*\nloss .*0\.25/m)
  },
)

t.test('what cannot be started is told as git and shells tell it, and recorded nowhere', async (t) => {
  const repo = repository(t).write('text', 'x').commit('a')
  const missing = gitFlor(repo.path, 'run', '--', 'no-such-command', '-x')
  t.strictSame(
    [missing.status, missing.stderr],
    [127, 'error: cannot run no-such-command: No such file or directory\n'],
  )
  const refused = gitFlor(repo.path, 'run', './text')
  t.equal(refused.status, 126)
  t.match(refused.stderr, /^error: cannot run \.\/text: Permission denied\nhint: chmod \+x \.\/text /)
  t.equal(gitFlor(repo.path, 'run', '.').status, 127)
  t.equal(gitFlor(repo.path, 'run', '/').status, 126)
  t.equal(JSON.parse(gitFlor(repo.path, 'log', '--json').stdout || '{"runs":[]}').runs.length, 0)
})

t.test('exit codes and signals pass through, whatever stands between', async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  const endings = [
    ['exit 77', 77],
    ['exit 255', 255],
    ['kill -TERM $$', 143],
    ['kill -9 $$', 137],
  ] as const
  for (const [line, status] of endings) {
    t.equal(gitFlor(repo.path, 'run', '-q', 'sh', '-c', line).status, status, line)
  }
  t.match(newestRun(repo.path), { status: 'interrupted', signal: 'SIGKILL' })
  t.equal(gitFlor(repo.path, 'run', '-q', '--no-output', 'sh', '-c', 'exit 77').status, 77)
  t.equal(gitFlor(repo.path, 'run', '-q', '--no-output', 'sh', '-c', 'kill -ABRT $$').status, 134)
})

t.test('a process in the background that keeps the output open is not waited for', async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  const startedMs = Date.now()
  const ran = gitFlor(repo.path, 'run', 'sh', '-c', 'echo start; sleep 30 & exit 2')
  t.ok(Date.now() - startedMs < 20_000)
  t.equal(ran.status, 2)
  t.equal(ran.stdout, 'start\n')
  t.match(ran.stderr, /a process that is still running has the output open/)
})

t.test('programs find pipes where ours are pipes, and our own streams with --no-output', async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  const probe = 'test -p /dev/stdout && echo pipe; echo x > /dev/stdout; test -t 1 || echo no terminal'
  t.equal(gitFlor(repo.path, 'run', '-q', 'sh', '-c', probe).stdout, 'pipe\nx\nno terminal\n')
  t.equal(gitFlor(repo.path, 'run', '-q', '--no-output', 'echo', 'x').stdout, 'x\n')
  t.notOk('output' in newestRun(repo.path))
  const missing = gitFlor(repo.path, 'show', '--output')
  t.equal(missing.status, 1)
  t.match(missing.stderr, /was not recorded/)
})

t.test('control characters in an output reach no terminal when it is shown', async (t) => {
  const repo = repository(t).write('a', '').commit('a')
  gitFlor(repo.path, 'run', '-q', 'printf', '\\033[31mred\\033[0m\\tx\\a\\n')
  t.match(gitFlor(repo.path, 'show', '--output').stdout, /^red\tx[^\x07]+\n$/)
})

t.test('backfill refuses runs that were recorded from outside', async (t) => {
  const repo = project(t, { 'train.js': 'console.log(Math.random())\n' })
  gitFlor(repo.path, 'run', '-q', 'node', 'train.js')
  repo.write('train.js', "import * as flor from 'git-flor'\nflor.log('x', 1)\nconsole.log(Math.random())\n")
  t.match(gitFlor(repo.path, 'backfill', 'x', '--dry-run').stdout, /refused: it was recorded from outside/)
})
