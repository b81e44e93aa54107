import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordRun } from './record-run.js'

const HOUR = 3_600_000
const STARTED = Date.UTC(2026, 10, 20, 12)

/** Runs of three scripts, an hour apart, the first one the oldest. */
const story = async (t: Test) => {
  const repo = repository(t).write('train.js', '').commit('one')
  const scripts = ['train.js', 'lab/train.js', 'lab/deep/other.js']
  const runs: string[] = []
  for (const [i, script] of scripts.entries())
    runs.push(await recordRun(repo.path, { script, startedMs: STARTED + i * HOUR, epochs: { loss: [i] } }))
  mkdirSync(join(repo.path, 'lab/deep'), { recursive: true })
  const listed = async (folder: string, ...args: string[]): Promise<string[]> => {
    const { stdout, stderr } = await cli(join(repo.path, folder), ['log', '--format=%(run)', ...args])
    t.equal(stderr.replace('no run fits\n', ''), '')
    return stdout.split('\n').filter((line) => line !== '')
  }
  return { repo, runs: runs as [string, string, string], listed }
}

t.test('-n -1 shows all, as with git', async (t) => {
  const { runs, listed, repo } = await story(t)
  t.strictSame(await listed('.', '-n', '-1'), runs.toReversed())
  t.strictSame(await listed('.', '-n', '1', '--max-count=-5'), runs.toReversed(), 'the last one counts')
  t.strictSame(await listed('.', '-n', '2'), runs.slice(1).toReversed())
  const table = await cli(repo.path, ['log', 'loss', '-n', '-1', '--csv'])
  t.equal(table.stdout.trimEnd().split('\n').length, 4)
  const plot = await cli(repo.path, ['plot', 'loss', '-n', '-1'], { columns: 80 })
  t.equal(plot.exitCode, 0, plot.stderr)
  const wrong = await cli(repo.path, ['log', '-n', 'few'])
  t.strictSame(
    [wrong.exitCode, wrong.stderr],
    [
      129,
      "error: option -n needs a whole number, not 'few'\nhint: -n 10    shows at most ten, -n -1 all of them\n",
    ],
  )
})

t.test(
  '--after and --before are --since and --until, as with git, and --all is told to be needless',
  async (t) => {
    const { repo, runs, listed } = await story(t)
    const at = (hours: number): string => `@${(STARTED + hours * HOUR) / 1000}`
    t.strictSame(await listed('.', `--after=${at(1)}`), [runs[2], runs[1]])
    t.strictSame(await listed('.', '--before', at(1)), [runs[1], runs[0]])
    for (const option of ['--all', '--grep', '--graph', '--patch', '--skip']) {
      const { exitCode, stderr } = await cli(repo.path, ['log', option])
      t.equal(exitCode, 129)
      t.match(stderr, new RegExp(`^error: unknown option ${option}\\nhint: git (?:flor )?(?:log|diff)`))
    }
  },
)

t.test('--script is meant from the top, or from where one stands where it begins so', async (t) => {
  const { repo, runs, listed } = await story(t)
  const [top, lab, deep] = runs
  t.strictSame(await listed('lab', '--script=train.js'), [lab, top], 'the end of a path, wherever one stands')
  t.strictSame(await listed('lab', '--script=../train.js'), [top], 'this one alone')
  t.strictSame(await listed('lab', '--script=./train.js'), [lab])
  t.strictSame(await listed('.', '--script=./train.js'), [top])
  t.strictSame(await listed('lab/deep', '--script', './other.js', '--script', '../../train.js'), [deep, top])
  t.strictSame(await listed('lab', `--script=${join(repo.path, 'lab/train.js')}`), [lab])
  t.strictSame(await listed('lab/deep', '--script=./train.js'), [])
  const table = await cli(join(repo.path, 'lab'), ['log', 'loss', '--script=./train.js', '--csv'])
  t.equal(table.stdout, `run,epoch,loss\n${lab},0,1\n`)
  const outside = await cli(join(repo.path, 'lab'), ['log', '--script=../../x.js'])
  t.equal(outside.exitCode, 129)
  t.match(outside.stderr, /^error: the script '\.\.\/\.\.\/x\.js' does not lie in this working tree\nhint: /)
})

t.test('what is wrong with a predicate, a key or a column is told with one of its own kind', async (t) => {
  const { repo } = await story(t)
  const told = async (...args: string[]): Promise<string> => (await cli(repo.path, ['log', ...args])).stderr
  t.match(
    await told('--where', ''),
    /^error: option --where needs a predicate, not ''\nhint: .* --where 'lr > /,
  )
  t.match(await told('--sort='), /^error: option --sort needs a key, not ''\nhint: git flor log --sort '/)
  t.match(await told('--sort', 'loss lr'), /\nhint: git flor log --sort '/)
  t.match(await told('--sort', 'maxx(loss)'), /\nhint: did you mean max\?/, 'a better hint stays')
  t.match(await told('max('), /\nhint: git flor log lr 'max\(loss\)' /)
})
