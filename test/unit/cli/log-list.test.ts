import t from 'tap'
import { displayWidth } from '../../../lib/cli/render/width.js'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordBackfill, recordRun } from './record-run.js'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 23, 12)

/** Three runs: a clean one, one of edited code that failed, one that was killed. */
const story = async (t: Parameters<typeof repository>[0]) => {
  const repo = repository(t).write('train.js', '// 1\n').commit('one')
  const first = await recordRun(repo.path, {
    startedMs: NOW - 72 * HOUR,
    args: { lr: 0.01, opt: 'adam' },
    epochs: { loss: [2.31, 1.2, 0.083], val_acc: [0.9, 0.974, 0.971] },
  })
  repo.write('train.js', '// 2\n')
  const second = await recordRun(repo.path, {
    startedMs: NOW - 26 * HOUR,
    args: { lr: 0.5, opt: 'sgd' },
    epochs: { loss: [2.3, Number.NaN] },
    end: { status: 'failed', exitCode: 3, durationMs: 72_000 },
  })
  repo.commit('two')
  const third = await recordRun(repo.path, {
    script: 'other/train.js',
    startedMs: NOW - 2 * HOUR,
    end: { status: 'interrupted', signal: 'SIGKILL', durationMs: 900 },
  })
  return { repo, first, second, third }
}

t.test('runs are listed newest first, with code, arguments and the course of each metric', async (t) => {
  const { repo, first, second, third } = await story(t)
  const { stdout, exitCode, stderr } = await cli(repo.path, ['log'], { nowMs: NOW })
  t.equal(stderr, '')
  t.equal(exitCode, 0)
  const short = (run: string): string => run.slice(0, 7)
  t.strictSame(
    stdout.split('\n'),
    [
      `run ${short(third)}  other/train.js  2 hours ago   900ms  main           ✗ SIGKILL`,
      `run ${short(second)}  train.js        26 hours ago  1m12s  main~1 +edits  ✗ exit 3`,
      '    lr=0.5 opt=sgd',
      '    loss 2.3 → NaN  ▄',
      `run ${short(first)}  train.js        3 days ago      41s  main~1`,
      '    lr=0.01 opt=adam',
      '    loss 2.31 → 0.083  █▅▁   val_acc 0.9 → 0.971 (best 0.974)  ▁██',
      '',
    ].map((line) => line),
  )
})

t.test('no line is wider than the terminal, even one of 40 columns', async (t) => {
  const { repo } = await story(t)
  await recordRun(repo.path, {
    args: { note: 'long '.repeat(40), model: '模型'.repeat(30), x: '\u001b[2J\u202e' },
    epochs: { ['name_'.repeat(5)]: [1, 2] },
  })
  for (const columns of [40, 60, 80]) {
    const { stdout } = await cli(repo.path, ['log'], { nowMs: NOW, terminal: true, columns })
    for (const line of stdout.split('\n')) {
      t.ok(displayWidth(line) <= columns, `${columns}: ${line}`)
    }
    t.notMatch(stdout, /[\u001b\u202e]/, 'stored control characters are not printed')
  }
})

t.test('options choose runs', async (t) => {
  const { repo, first, second, third } = await story(t)
  const listed = async (...args: string[]): Promise<string[]> => {
    const { stdout } = await cli(repo.path, ['log', '--json', ...args], { nowMs: NOW })
    return JSON.parse(stdout).runs.map((it: { run: string }) => it.run)
  }
  t.strictSame(await listed(), [third, second, first])
  t.strictSame(await listed('-n', '1'), [third])
  t.strictSame(await listed('-2'), [third, second])
  t.strictSame(await listed('-n0'), [])
  t.strictSame(await listed('--status', 'failed'), [second])
  t.strictSame(await listed('--script', 'train.js'), [third, second, first])
  t.strictSame(await listed('--script=other/train.js'), [third])
  t.strictSame(await listed('--since', '2026-11-21 00:00'), [third, second])
  t.strictSame(await listed('--until', '2026-11-21 00:00'), [first])
  const { stdout: started } = await cli(repo.path, ['log', '-n1', '--format', '%(started:unix)'], {
    nowMs: NOW,
  })
  t.strictSame(
    await listed('--until', `@${started.trim()}`),
    [third, second, first],
    'the last second is meant, too',
  )
  t.strictSame(await listed('--where', 'lr < 0.1'), [first])
  t.strictSame(await listed('--where', 'max(val_acc) > 0.97'), [first])
  t.strictSame(await listed('--sort', 'lr'), [first, second, third])
  t.strictSame(await listed('--sort', '-lr', '-n', '1'), [second])
})

t.test('JSON tells what the text cannot', async (t) => {
  const { repo, second } = await story(t)
  const { stdout } = await cli(repo.path, ['log', '--json', '--status=failed'])
  const { version, kind, runs } = JSON.parse(stdout)
  t.equal(version, 1)
  t.equal(kind, 'runs')
  t.match(runs[0], {
    run: second,
    base: repo.oid('HEAD~1'),
    clean: false,
    status: 'failed',
    exitCode: 3,
    started: new Date(NOW - 26 * HOUR).toISOString(),
    args: [{ name: 'lr', value: 0.5, origin: 'default' }, {}],
    metrics: [{ name: 'loss', loops: ['epoch'], count: 2, first: 2.3, last: 'NaN', nanCount: 1 }],
  })
})

t.test('one line a run', async (t) => {
  const { repo, first } = await story(t)
  const { stdout } = await cli(repo.path, ['log', '--oneline'], { nowMs: NOW })
  const lines = stdout.trimEnd().split('\n')
  t.equal(lines.length, 3)
  t.equal(lines[2], `${first.slice(0, 7)} train.js lr=0.01 opt=adam`)
  t.match(lines[1], /✗ exit 3 train.js/)
})

t.test('backfilled metrics are marked, and the mark explained', async (t) => {
  const { repo, first } = await story(t)
  const fidelity = { status: 'identical', compared: 3, equal: 3 } as const
  await recordBackfill(repo.path, first, { norm: [1, 2] }, { patched: first, fidelity })
  await recordBackfill(
    repo.path,
    first,
    { worse: [1, 2] },
    { patched: first, fidelity: { ...fidelity, status: 'diverged', equal: 1 } },
  )
  const { stdout } = await cli(repo.path, ['log', '--where', 'lr = 0.01'])
  t.match(stdout, /norm\* 1 → 2/)
  t.match(stdout, /worse! 1 → 2/)
  t.match(stdout, /^\* backfilled$/m)
  t.match(stdout, /^! backfilled by a replay that did not reproduce/m)
})

t.test('colour comes only where it is asked for, and moves nothing', async (t) => {
  const { repo } = await story(t)
  const plain = await cli(repo.path, ['log'], { nowMs: NOW })
  const coloured = await cli(repo.path, ['log', '--color'], { nowMs: NOW })
  t.notMatch(plain.stdout, /\u001b/)
  t.match(coloured.stdout, /\u001b\[33mrun /)
  t.equal(coloured.stdout.replace(/\u001b\[\d*m/g, ''), plain.stdout)
  const env = { NO_COLOR: '' }
  repo.config('color.ui', 'always')
  t.match((await cli(repo.path, ['log'], { nowMs: NOW, env })).stdout, /\u001b/)
  t.notMatch((await cli(repo.path, ['log'], { nowMs: NOW, env: { NO_COLOR: '1' } })).stdout, /\u001b/)
  t.notMatch((await cli(repo.path, ['--no-color', 'log'], { nowMs: NOW, env })).stdout, /\u001b/)
  repo.config('color.flor', 'false')
  t.notMatch((await cli(repo.path, ['log'], { nowMs: NOW, env })).stdout, /\u001b/)
})

t.test('a closed pipe ends the command quietly with 141', async (t) => {
  const { repo } = await story(t)
  const result = await cli(repo.path, ['log'], { closeAfter: 0 })
  t.equal(result.exitCode, 141)
  t.equal(result.stderr, '')
})

t.test('what is missing is said, with the next command', async (t) => {
  const empty = repository(t)
  const nothing = await cli(empty.path, ['log'])
  t.equal(nothing.exitCode, 1)
  t.match(nothing.stderr, /^error: no runs have been recorded here\nhint: git flor run/)
  t.strictSame(JSON.parse((await cli(empty.path, ['log', '--json'])).stdout).runs, [])

  const { repo } = await story(t)
  const unknown = await cli(repo.path, ['log', '--where', 'lrr > 1'])
  t.equal(unknown.exitCode, 1)
  t.match(unknown.stderr, /no run has logged "lrr"\nhint: did you mean lr\?/)
  const none = await cli(repo.path, ['log', '--where', 'lr > 100'])
  t.equal(none.exitCode, 0)
  t.match(none.stderr, /no run fits/)
  const syntax = await cli(repo.path, ['log', '--where', 'lr >> 3'])
  t.equal(syntax.exitCode, 1)
  t.match(syntax.stderr, /\n {4}lr >> 3\n {8}\^\n/)
})
