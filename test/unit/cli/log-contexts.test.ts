import t from 'tap'
import { project, train } from '../../support/training.js'
import { cli } from './harness.js'

const script = `import * as flor from 'git-flor'
const k = flor.arg('k', 0)
flor.arg('run', 'exp1')
flor.log('acc', 0.1)
for (const epoch of flor.loop('epoch', [0, 1, 2])) flor.log('acc', [0.5, 0.9, 0.7][epoch] - k / 10)
`

t.test('one line tells of a name that was logged before, in and after its loop, by time', async (t) => {
  const repo = project(t, {
    'train.js': `import * as flor from 'git-flor'
flor.log('acc', 0.1)
for (const epoch of flor.loop('epoch', [0, 1, 2])) flor.log('acc', 0.5 + epoch / 10)
flor.log('acc', 0.2)
flor.log('size', 2n ** 64n)
flor.log('size', 5)
`,
  })
  train(repo)
  train(repo)
  const { stdout } = await cli(repo.path, [
    'log',
    'first(acc)',
    'last(acc)',
    'min(size)',
    'max(size)',
    '--tsv',
  ])
  t.match(stdout, /\t0\.1\t0\.2\t5\t18446744073709551616\n/)
  for (const where of ['acc = 0.2', 'first(acc) = 0.1', 'max(size) = 18446744073709551616'])
    t.equal((await cli(repo.path, ['log', '--where', where, '--format=x'])).stdout, 'x\nx\n', where)

  const shown = (await cli(repo.path, ['show', 'latest'], { columns: 140 })).stdout
  t.match(shown, /^ +acc +–, epoch +5 +0\.1 +0\.2 +0\.1 +0\.7/m)
  t.equal(shown.match(/^ +acc +/gm)?.length, 1)
  const [, before = '', after = ''] =
    /acc +(\S+) +(\S+)/.exec((await cli(repo.path, ['diff', 'latest~1', 'latest'])).stdout) ?? []
  t.strictSame([before, after], ['0.2', '0.2'])
  const { metrics } = JSON.parse((await cli(repo.path, ['diff', '--json', 'latest~1', 'latest'])).stdout)
  t.match(metrics[0], { name: 'acc', after: { shapes: [[], ['epoch']], count: 5, first: 0.1, last: 0.2 } })
  const listed = JSON.parse((await cli(repo.path, ['log', '--json', '-n', '1'])).stdout).runs[0].metrics
  t.match(listed, [
    { name: 'acc', loops: [], firstAt: 0, lastAt: 4 },
    { name: 'acc', loops: ['epoch'], firstAt: 1, lastAt: 3 },
    { name: 'size', max: '18446744073709551616' },
  ])
  const note = repo.git('log', '-1', '--notes=flor-summary/*', '--format=%N')
  t.match(note, /: acc 0\.2, size 5;/)
})

t.test('lists and tables agree about a name that a run logged before its loop and in it', async (t) => {
  const repo = project(t, { 'train.js': script })
  train(repo)
  train(repo, { args: ['--flor', 'k=1'] })
  const lines = async (...args: string[]): Promise<string[]> => {
    const { stdout, stderr } = await cli(repo.path, ['log', ...args])
    t.equal(stderr, '')
    return stdout.trimEnd().split('\n')
  }
  const format =
    '%(args:k) %(metric:acc:first) %(metric:acc:last) %(metric:acc:min) %(metric:acc:max) %(metric:acc:count)'
  const uses = ['k', ...['first', 'last', 'min', 'max', 'count'].map((it) => `${it}(acc)`)]
  const listed = await lines(`--format=${format}`)
  const [, ...rows] = await lines(...uses, '--tsv')
  t.strictSame(
    rows.map((row) => row.split('\t').slice(1).join(' ')),
    listed,
  )
  t.equal(listed[1], '0 0.1 0.7 0.1 0.9 4')
  t.strictSame(await lines('--where', 'max(acc) > 0.85', '--format=%(args:k)'), ['0'])
  t.strictSame(
    await lines('--where', 'mean(acc) > 0.5', '--format=%(args:k)'),
    ['0'],
    'by the values themselves',
  )
  t.strictSame(await lines('--sort', '-max(acc)', '--format=%(args:k)'), ['0', '1'])

  const [newest = ''] = await lines('-n', '1', '--format=%(run)')
  t.equal((await lines(newest, 'acc', '--tsv')).length, 5, 'an argument called run does not hide the run')
})
