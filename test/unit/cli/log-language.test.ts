import t from 'tap'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordBackfill, recordRun } from './record-run.js'

const log = async (cwd: string, ...args: string[]) => cli(cwd, ['log', ...args])
const listed = async (cwd: string, where: string) => log(cwd, '--where', where, '--format=%(args:k)')

t.test('runs in which a name is of another kind are passed over, with one warning', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { args: { k: 0, opt: 'adam' }, epochs: { x: [1, 'none', 5] } })
  await recordRun(repo.path, { args: { k: 1, opt: 3 }, epochs: { x: [2, 4] } })
  await recordRun(repo.path, { args: { k: 2, opt: 'sgd', name: 'a' }, epochs: { x: ['none'] } })

  const bySummary = await listed(repo.path, 'opt > 2')
  t.match(bySummary, { exitCode: 0, stdout: '1\n' })
  t.equal(bySummary.stderr.match(/warning: /g)?.length, 1)
  t.match(
    bySummary.stderr,
    /warning: passed over .*: opt \(the text '(?:adam|sgd)'\) cannot be compared with the number 2\n/,
  )
  t.match(await listed(repo.path, "opt = 'adam'"), { stdout: '0\n' })
  t.match(await listed(repo.path, 'opt is text'), { stdout: '2\n0\n', stderr: '' })
  t.match(await listed(repo.path, 'p50(x) >= 3 and opt > 2'), { stdout: '1\n' }, 'by values')
  t.match(await listed(repo.path, 'opt > 2 and lr > 1'), { exitCode: 1, stderr: /no run has logged "lr"/ })

  const table = await log(repo.path, 'k', 'x', '--where', 'x >= 4', '--tsv')
  t.strictSame(
    table.stdout.split('\n').map((line) => line.split('\t').slice(1).join(' ')),
    ['epoch k x', '1 1 4', '2 0 5', ''],
  )
  t.match(
    table.stderr,
    /^warning: passed over where it is so: x \(the text 'none'\) cannot be compared with the number 4\n$/,
  )
  t.match(
    (await cli(repo.path, ['plot', 'x', '--where', 'x >= 2', '--charset=ascii'])).stderr,
    /^warning: passed over/,
  )

  for (const command of [['log'], ['log', 'k'], ['log', 'x'], ['log', '--sort=k'], ['plot', 'x']]) {
    const { exitCode, stderr } = await cli(repo.path, [...command, '--where', 'name > 1'])
    t.equal(exitCode, 1, command.join(' '))
    t.match(stderr, /error: name \(the text 'a'\) cannot be compared with the number 1/)
  }
})

t.test('a run is found by the beginning of its oid, as log prints it', async (t) => {
  const repo = repository(t).commit('one')
  const runs = [
    await recordRun(repo.path, { args: { k: 0 } }),
    await recordRun(repo.path, { args: { k: 1 } }),
  ]
  const short = runs[0]?.slice(0, 7) as string
  t.equal((await listed(repo.path, `run = '${short}'`)).stdout, '0\n')
  t.equal((await listed(repo.path, `run = '${short.toUpperCase()}' and k >= 0`)).stdout, '0\n')
  t.equal((await listed(repo.path, `k >= 0 and run = '${short}'`)).stdout, '0\n', 'not by its key')
  t.equal((await listed(repo.path, `run in ('${short}', '${runs[1]}')`)).stdout, '1\n0\n')
  t.equal((await listed(repo.path, `run != '${short}'`)).stdout, '1\n')
  t.match(await listed(repo.path, "run = 'zz'"), { stdout: '', stderr: 'no run fits\n' })
  t.match((await log(repo.path, 'k', '--where', `run = '${short}'`, '--tsv')).stdout, /^run\tk\n\w+\t0\n$/)
  const base = repo.git('rev-parse', '--short', 'HEAD').trim()
  t.equal((await listed(repo.path, `commit = '${base}'`)).stdout, '1\n0\n')

  const { exitCode, stderr } = await cli(repo.path, ['plot', short])
  t.equal(exitCode, 129)
  t.match(stderr, new RegExp(`'${short}' is a run.*\\nhint: git flor plot <name> --where "run = '${short}'"`))
})

t.test('options that choose runs may be repeated', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { args: { k: 0, lr: 1 }, epochs: { x: [1] } })
  await recordRun(repo.path, { args: { k: 1, lr: 2 }, epochs: { x: [2] } })
  await recordRun(repo.path, { args: { k: 2, lr: 1 }, epochs: { x: [3] } })
  const found = async (...args: string[]): Promise<string> =>
    (await log(repo.path, ...args, '--format=%(args:k)')).stdout.split('\n').join('')
  t.equal(await found('--where', 'k > 0', '--where', 'lr < 2 or k = 0'), '2', 'all predicates hold')
  t.equal(await found('--where', '-k < 0', '--where=lr = 2'), '1')
  t.equal(await found('--sort', 'lr', '--sort', '-k'), '201', 'the first key counts first')
  t.equal(await found('--status=failed', '--status=completed'), '210', 'one of them')
  t.equal(await found('--script=nosuch.js', '--script=train.js'), '210')
  t.equal(await found('--author=nobody', '--author=.'), '210')
  t.equal(await found('--author=nobody', '--author=noone'), '')
  t.equal(
    (await log(repo.path, 'x', '--where', 'k > 0', '--where=lr=1', '--csv')).stdout.split('\n')[1]?.slice(-4),
    ',0,3',
  )

  const { exitCode, stderr } = await log(repo.path, '--where', 'k > 0', '--where', 'k >')
  t.equal(exitCode, 1)
  t.match(stderr, /\n {4}k >\n/, 'the one that cannot be read')
  t.match(await log(repo.path, '--status=failed', '--status=nosuch'), {
    exitCode: 129,
    stderr: /not 'nosuch'/,
  })
})

t.test('a loop is no name of whole runs, and no aggregate goes over it', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { args: { k: 0 }, epochs: { x: [1, 2] } })
  for (const command of [['log'], ['query', 'select 1 from runs']]) {
    const { exitCode, stderr } = await cli(repo.path, [...command, '--where', 'epoch = 0'])
    t.equal(exitCode, 1)
    t.match(
      stderr,
      /error: epoch has a value for each epoch, and none for a run as a whole\nhint: git flor log 'last/,
    )
  }
  t.match(await log(repo.path, '--sort=-epoch'), { exitCode: 1, stderr: /epoch has a value for each epoch/ })
  t.match(await log(repo.path, 'k', '--where', 'epoch = 0'), {
    exitCode: 1,
    stderr: /epoch is finer than the rows/,
  })
  t.match(await log(repo.path, 'count(epoch)'), { exitCode: 1, stderr: /"epoch" is a loop/ })
  t.match(await log(repo.path, 'k', 'nosuch', '-n1'), { exitCode: 1, stderr: /no run has logged "nosuch"/ })
  t.match(await log(repo.path, 'x', '--sort=nosuch', '-n1'), {
    exitCode: 1,
    stderr: /no run has logged "nosuch"/,
  })
  t.match(await cli(repo.path, ['plot', 'x', '--where', 'nosuch > 1']), { exitCode: 1, stderr: /"nosuch"/ })
  t.match(await log(repo.path, 'x', '--until=2000-01-01'), { exitCode: 0, stderr: 'no row fits\n' })
})

t.test('what was meant is said', async (t) => {
  const repo = repository(t).commit('one')
  const run = await recordRun(repo.path, { args: { lr: 1 }, epochs: { 'val/acc': [0.5], loss: [1, 2] } })
  await recordBackfill(
    repo.path,
    run,
    { norm: [1, 2] },
    {
      patched: run,
      fidelity: { status: 'identical', compared: 1, equal: 1 },
    },
  )
  const cases: [args: string[], hint: RegExp][] = [
    [['--where', 'val/acc > 0.4'], /hint: did you mean "val\/acc"\?/],
    [['lr', '--where', 'lr > 0 and max(loss) < 5 and val/acc > 0.4'], /hint: did you mean "val\/acc"\?/],
    [['--where', 'max(val/acc) > 0.4'], /hint: .*"val\/acc"/],
    [['--sort', 'val/acc'], /hint: .*"val\/acc"/],
    [
      ['--where', 'maxx(loss) > 0.4'],
      /there is no function maxx\n.*\n.*\nhint: did you mean max\? max\(loss\)/,
    ],
    [['avg(loss)'], /hint: did you mean mean\(loss\)\?/],
    [['maxx(los)'], /hint: did you mean max\(loss\)\?/],
    [['--where', 'los > 1'], /hint: did you mean loss\?/],
    [['lr', '--where', "statu = 'failed'"], /hint: did you mean status\?/],
    [['--since=garbage'], /'garbage' is not a date\nhint: .*'2 weeks ago'/],
    [['--until', 'soon'], /'soon' is not a date/],
    [
      ['--where', 'lr > 0 and script = other'],
      /no run has logged "other"\nhint: texts stand in single quotes: script = 'other'/,
    ],
  ]
  for (const [args, hint] of cases) {
    const { exitCode, stderr } = await log(repo.path, ...args)
    t.not(exitCode, 0, args.join(' '))
    t.match(stderr, hint)
  }
  for (const since of [
    '2 weeks ago',
    'yesterday',
    '2026-01-01',
    'last monday',
    'noon',
    'Nov 1 2026',
    '3.days.ago',
  ])
    t.equal((await log(repo.path, `--until=now`, `--since=${since}`)).exitCode, 0, since)
  t.equal((await log(repo.path, '--where', 'norm = 2', '--format=x')).stdout, 'x\n')

  repo.git('config', 'color.flor', 'bogus')
  const { exitCode, stderr } = await log(repo.path)
  t.equal(exitCode, 128)
  t.match(
    stderr,
    /bad value for color\.flor: "bogus" is none of always.*\nhint: git config --show-origin color\.flor/,
  )
  repo.git('config', 'color.flor', 'Auto')
  t.equal((await log(repo.path)).exitCode, 0)
})
