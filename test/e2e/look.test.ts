import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { skipWithoutDuckDb as skip } from '../support/duckdb.js'
import { temporaryFolder } from '../support/environment.js'
import { project } from '../support/training.js'

const bin = temporaryFolder(undefined, 'flor-bin-')
mkdirSync(bin, { recursive: true })
symlinkSync(fileURLToPath(new URL('../../command/git-flor.js', import.meta.url)), join(bin, 'git-flor'))
process.env.PATH = `${bin}:${process.env.PATH}`

const gitFlor = (cwd: string, ...args: string[]) =>
  spawnSync('git', ['flor', ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', COLUMNS: '80', FLOR_SEAL: 'later' },
  })

const TRAINING = `import * as flor from 'git-flor'
const lr = flor.arg('lr', 0.1)
const w = new Float64Array(4)
flor.checkpointing({ w })
for (const fold of flor.loop('fold', ['a', 'b'])) {
  for (const epoch of flor.loop('epoch', [1, 2, 3, 4])) {
    w[0] += lr
    flor.log('loss', w[0] / epoch)
  }
  flor.log('score', w[0])
}
`

t.test(
  'what a training recorded is shown, compared and drawn by the command as it is installed',
  async (t) => {
    const repo = project(t, { 'train.js': TRAINING })
    for (const lr of ['0.1', '0.2']) {
      const ran = gitFlor(repo.path, 'run', '-q', '--set', `lr=${lr}`, '--', 'node', 'train.js')
      t.equal(ran.status, 0, ran.stderr)
    }
    const shown = gitFlor(repo.path, 'show', 'latest')
    t.equal(shown.status, 0, shown.stderr)
    t.match(shown.stdout, /^time\n {4}loop .*\n(?: {4}.*\n)* {4}fold +2 /m)
    t.match(shown.stdout, /^ {6}epoch +8 /m, 'of nested loops, all iterations')
    t.match(gitFlor(repo.path, 'diff', 'latest~1', 'latest').stdout, /^ {4}lr +0\.1 +0\.2$/m)

    const plotted = gitFlor(repo.path, 'plot', 'loss', 'score', '--x', 'fold')
    t.equal(plotted.status, 0, plotted.stderr)
    t.match(plotted.stdout, /^loss +x: fold\n[\s\S]*^score +x: fold\n/m)
    t.match(gitFlor(repo.path, 'plot', 'loss', '--by', 'fold', '-n', '1').stdout, /fold=a +b fold=b/)
    t.equal(gitFlor(repo.path, 'plot', 'loss', '--x', 'time', '-o', 'loss.svg').status, 0)
    t.match(readFileSync(join(repo.path, 'loss.svg'), 'utf8'), /<\/svg>\n$/)

    const schema = gitFlor(repo.path, 'query', '--schema')
    t.match(schema.stdout, /^logs: /m)
  },
)

t.test('what trainings recorded is queried in SQL', { skip }, async (t) => {
  const repo = project(t, { 'train.js': TRAINING })
  for (const lr of ['0.1', '0.2'])
    gitFlor(repo.path, 'run', '-q', '--set', `lr=${lr}`, '--', 'node', 'train.js')
  const sql =
    "SELECT a.value AS lr, fold, epoch, l.value FROM logs l JOIN args a USING (run) WHERE l.name = 'loss' AND fold = 'b' ORDER BY ALL LIMIT 2"
  const queried = gitFlor(repo.path, 'query', '--csv', sql)
  t.equal(queried.stderr, '')
  t.match(queried.stdout, /^lr,fold,epoch,value\n0\.1,b,1,0\.5\n0\.1,b,2,0\.3\d*\n$/)
  const loops = gitFlor(
    repo.path,
    'query',
    '--jsonl',
    'SELECT role, count(*) n, sum(iterations) i FROM loops GROUP BY role ORDER BY role',
  )
  t.equal(loops.stdout, '{"role":"main","n":4,"i":null}\n{"role":"nested","n":4,"i":16}\n')
})
