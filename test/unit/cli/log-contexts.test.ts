import t from 'tap'
import { project, train } from '../../support/training.js'
import { cli } from './harness.js'

const script = `import * as flor from 'git-flor'
const k = flor.arg('k', 0)
flor.arg('run', 'exp1')
flor.log('acc', 0.1)
for (const epoch of flor.loop('epoch', [0, 1, 2])) flor.log('acc', [0.5, 0.9, 0.7][epoch] - k / 10)
`

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
