import t from 'tap'
import { formatDifferences } from '../../../lib/cli/views/backfill-environment.js'
import type { RunEntry } from '../../../lib/db/run-entry.js'
import type { RunHeader } from '../../../lib/model/run.js'
import { findDifferences } from '../../../lib/repository/backfill/environment-differences.js'
import { planBackfill } from '../../../lib/repository/backfill/plan-backfill.js'
import { open, project, runsOf, train } from '../../support/training.js'

const style = { warn: (text: string) => text } as Parameters<typeof formatDifferences>[1]['style']

t.test('what a run had otherwise is told in one line for all runs that had it', async (t) => {
  const repo = project(t, { 'train.js': "import * as flor from 'git-flor'\nflor.log('x', 1)\n" })
  repo.write('node_modules/lib/package.json', '{"version":"2.0.0"}').write('package-lock.json', '{}').commit()
  for (let i = 0; i < 3; i++) train(repo)
  const { flor } = open(t, repo)
  const [one, two, three] = (await runsOf(flor)) as [RunEntry, RunEntry, RunEntry]
  const tree = repo.oid('HEAD^{tree}')
  t.strictSame(await findDifferences(flor, [one, two, three], { tree, installs: false }), [])

  const changed = (entry: RunEntry, header: Partial<RunHeader>): RunEntry => ({
    ...entry,
    header: { ...entry.header, ...header },
  })
  const older = { ...one.header.versions, node: '18.0.0', arch: 'riscv64' }
  const entries = [
    changed(one, { versions: older }),
    changed(two, {
      versions: older,
      lockFile: { path: 'package-lock.json', oid: repo.oid('HEAD:train.js') },
    }),
    changed(three, {
      versions: { ...three.header.versions, lib: '1.0.0', gone: '1.0.0', 'git-flor': '0.0.1' },
    }),
  ]
  const found = await findDifferences(flor, entries, { tree, installs: false })
  const node = process.versions.node
  t.strictSame(
    formatDifferences(found, {
      columns: 200,
      style,
      short: (run) => (run === one.run ? 'A' : run === two.run ? 'B' : 'C'),
    }),
    [
      `note: A, B ran on Node 18.0.0, and are replayed on ${node}`,
      `note: A, B ran on riscv64, and are replayed on ${process.arch}`,
      'note: B ran with another package-lock.json; --install installs what it names',
      'note: C ran with other packages (lib 1.0.0, now 2.0.0; gone 1.0.0, not installed now)',
    ],
  )
  const installing = await findDifferences(flor, entries, { tree, installs: true })
  t.strictSame(
    installing.map(({ kind }) => kind),
    ['node', 'arch'],
    'what will be installed is no difference',
  )
})

t.test('of runs that the budget leaves out, nothing is told', async (t) => {
  const script = (statement = '') => `import * as flor from 'git-flor'
for (const epoch of flor.loop('epoch', [0, 1])) {
  const x = 2 * epoch
  flor.log('x', x)
${statement}}
`
  const repo = project(t, { 'train.js': script() })
  repo.write('package-lock.json', '{}').commit()
  train(repo)
  repo.write('package-lock.json', '{"lockfileVersion":3}').write('train.js', script("  flor.log('y', x)\n"))
  const { flor } = open(t, repo)
  const all = await planBackfill(flor, { names: ['y'] })
  t.match([all.rows.map((row) => row.status), all.differences], [['planned'], [{ kind: 'packages' }]])
  const none = await planBackfill(flor, { names: ['y'] }, { budgetMs: 1 })
  t.strictSame([none.rows.map((row) => row.status), none.differences], [['deferred'], []])
})
