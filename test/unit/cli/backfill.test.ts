import { hostname } from 'node:os'
import t from 'tap'
import { project, train } from '../../support/training.js'
import { cli } from './harness.js'

const script = (
  body: { readonly before?: string; readonly gradient?: string } = {},
): string => `import * as flor from 'git-flor'

const lr = flor.arg('lr', 0.1)
const w = new Float64Array([1, 2])
flor.checkpointing({ w })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
${body.before ?? ''}  for (const step of flor.loop('step', [0, 1])) {
    for (let i = 0; i < w.length; i++) {
      const ${body.gradient ?? 'grad'} = 2 * w[i]
      w[i] -= lr * ${body.gradient ?? 'grad'}
    }
    flor.log('loss', w[0] * w[0] + w[1] * w[1])
  }
}
`
const STATEMENT = "  flor.log('norm', Math.hypot(w[0], w[1]))\n"

/** Two versions were trained; the statement stands in the working tree alone. */
const story = (t: Parameters<typeof project>[0]) => {
  const repo = project(t, { 'train.js': script() })
  train(repo)
  repo.write('train.js', script({ gradient: 'g' })).commit('a shorter name')
  train(repo, { args: ['--flor', 'lr=0.2'] })
  return repo.write('train.js', script({ gradient: 'g', before: STATEMENT }))
}

t.test('the plan is shown, and nothing is executed, with --dry-run', async (t) => {
  const repo = story(t)
  const { stdout, exitCode, stderr } = await cli(repo.path, [
    'backfill',
    'norm where epoch >= 2',
    '--dry-run',
  ])
  t.equal(exitCode, 0, stderr)
  t.match(stdout, /^norm: flor\.log\('norm', Math\.hypot\(w\[0\], w\[1\]\)\) {5}train\.js:7$/m)
  t.match(stdout, /^run +code +statement +level +epochs +checkpoints +estimate$/m)
  t.match(stdout, /^[0-9a-f]{7} {2}main +line 7 +(?:skip|run) +2–3 +\d of \d +\d+\S*s$/m)
  t.match(stdout, /^[0-9a-f]{7} {2}main~1 +line 7 +/m)
  t.match(stdout, /^2 of 2 runs, 4 epochs, about \S+s(?: with \d+ workers)?$/m)
  const json = JSON.parse((await cli(repo.path, ['backfill', 'norm', '--dry-run', '--json'])).stdout)
  t.match(json, { version: 1, kind: 'backfill-plan', names: ['norm'] })
  t.strictSame(json.runs[0].iterations, ['epoch=0', 'epoch=1', 'epoch=2', 'epoch=3'])
  t.match((await cli(repo.path, ['log', 'norm'])).stderr, /no run has logged "norm"/)
})

t.test('a predicate may speak of aggregates, of the run and of each iteration', async (t) => {
  const repo = story(t)
  const planned = async (where: string): Promise<string[][]> => {
    const { stdout, stderr } = await cli(repo.path, [
      'backfill',
      `norm where ${where}`,
      '--dry-run',
      '--json',
    ])
    t.equal(stderr, '')
    const { runs } = JSON.parse(stdout)
    return runs.map((run: { iterations: string[] }) => run.iterations.map((it) => it.replace('epoch=', '')))
  }
  const all = ['0', '1', '2', '3']
  t.strictSame(await planned('p50(loss) < 0.5'), [all], 'the faster of the two')
  t.strictSame(await planned('min(loss) by epoch < 0.7 and lr < 0.15'), [['2', '3']])
  t.strictSame(await planned('(max(loss) > 3 or epoch = 1) and lr < 0.15'), [['0', '1', '2', '3']])
  t.strictSame(await planned('(max(loss) > 9 or epoch = 1) and lr < 0.15'), [['1']])
  const wrong = await cli(repo.path, ['backfill', "norm where lr > 'x'", '--dry-run'])
  t.equal(wrong.exitCode, 1)
  t.match(
    wrong.stderr,
    /lr \(the number 0\.\d\) cannot be compared with the text 'x'\n {4}norm where lr > 'x'\n {18}\^\n/,
  )
  const loop = await cli(repo.path, ['backfill', 'norm where mean(loss) by lr > 1', '--dry-run'])
  t.match(loop.stderr, /"lr" is not a loop/)
})

t.test('a version whose file does not parse is refused alone, and the others are planned', async (t) => {
  const extra = "import * as flor from 'git-flor'\n\nexport const size = 1\n"
  const repo = project(t, { 'train.js': script(), 'extra.js': `<<<<<<< HEAD\n${extra}=======\n` })
  train(repo)
  repo.write('extra.js', extra).write('train.js', `import './extra.js'\n${script()}`).commit('merged')
  train(repo)
  repo.write('extra.js', `${extra}flor.log('size', size)\n`)
  const { stdout, exitCode, stderr } = await cli(repo.path, ['backfill', 'size', '--dry-run'])
  t.equal(exitCode, 0, stderr)
  const shown = stdout.replace(/\s+/g, ' ')
  t.match(shown, 'refused: the old version does not parse: extra.js:1:1: a conflict marker')
  t.match(shown, '(candidates: extra.js:1)')
  t.match(stdout, /^[0-9a-f]{7} {2}main +line 4 /m)
})

t.test('without a terminal and without --yes nothing is executed', async (t) => {
  const repo = story(t)
  const refused = await cli(repo.path, ['backfill', 'norm'])
  t.equal(refused.exitCode, 1)
  t.match(refused.stderr, /no terminal to ask on\nhint: add --yes/)
  const declined = await cli(repo.path, ['backfill', 'norm'], { terminal: true, columns: 80, stdin: 'n\n' })
  t.equal(declined.exitCode, 1)
  t.match(declined.stderr, /Go on\? \[y\/N\] /)
  t.match((await cli(repo.path, ['log', 'norm'])).stderr, /no run has logged "norm"/)
})

t.test('values are produced, reported, and shown with their patched commit', async (t) => {
  const repo = story(t)
  const done = await cli(repo.path, ['backfill', 'norm where epoch >= 2', '--yes'])
  t.equal(done.exitCode, 0, done.stderr)
  t.match(
    done.stderr,
    /^[0-9a-f]{7} {2}2 values in \S+ {3}fidelity: \d of \d identical, state identical at \d of \d checkpoints$/m,
  )
  t.match(done.stdout, /^norm: 4 values in \S+ \(estimated \S+\)\. git flor log norm$/m)
  const table = await cli(repo.path, ['log', 'norm', 'lr'])
  t.match(table.stdout, /^run +epoch +norm\* +lr$/m)
  t.equal(
    table.stdout.match(
      /^\* backfilled \([0-9a-f]{7} by patched commit [0-9a-f]{7}; fidelity (?:identical|unchecked)\)$/gm,
    )?.length,
    2,
  )
  const rows = JSON.parse(
    (await cli(repo.path, ['log', 'norm', '--json', '--where', 'lr < 0.15'])).stdout,
  ).rows
  // Two steps an epoch, each multiplying w by 0.8.
  const truth = [2, 3].map((epoch) => {
    let w = [1, 2]
    for (let i = 0; i < epoch * 2; i++) w = w.map((it) => it - 0.1 * (2 * it))
    return Math.hypot(w[0] as number, w[1] as number)
  })
  t.strictSame(
    rows.map((row: { values: { norm: number } }) => row.values.norm),
    truth,
  )

  const rest = await cli(repo.path, ['backfill', 'norm', '-y', '--json'])
  t.equal(rest.exitCode, 0, rest.stderr)
  t.match(JSON.parse(rest.stdout), {
    kind: 'backfill',
    values: 4,
    interrupted: false,
    tasks: [{ status: 'done', values: 2 }, {}],
  })
  const nothing = await cli(repo.path, ['backfill', 'norm'])
  t.equal(nothing.exitCode, 0)
  t.match(nothing.stdout, /nothing to do: no value is missing/)
  t.match((await cli(repo.path, ['log'])).stdout, /norm\* \S+ to \S+ \(4 values\)/)
  t.match((await cli(repo.path, ['show'])).stdout, /^backfills\n {4}norm by patched commit [0-9a-f]{7}: /m)
})

t.test('a yes on the terminal starts it, and progress is shown there', async (t) => {
  const repo = story(t)
  const { exitCode, stdout, stderr } = await cli(repo.path, ['backfill', 'norm where lr < 0.15'], {
    terminal: true,
    columns: 80,
    stdin: 'y\n',
  })
  t.equal(exitCode, 0, stderr)
  t.match(stderr, /Go on\? \[y\/N\] [0-9a-f]{7} /)
  t.match(stderr, /fidelity: \d of \d identical/)
  t.match(stdout, /norm: 4 values/)
})

t.test('a run that is refused is shown with the reason; part of the values is exit code 2', async (t) => {
  const repo = story(t)
  repo.write('other.js', "import * as flor from 'git-flor'\nflor.log('loss', 1)\n").commit('another script')
  repo.git('rm', '-q', '--cached', 'train.js')
  repo.write('.gitignore', 'node_modules/\ntrain.js\n').commit('no training')
  train(repo, { script: 'other.js' })
  repo.write('.gitignore', 'node_modules/\n')
  const planned = await cli(repo.path, ['backfill', 'norm', '--dry-run'])
  t.match(planned.stdout, /^[0-9a-f]{7} {2}main +refused: train\.js did not exist$/m)
  t.match(planned.stdout, /^hint: git flor backfill norm --explain [0-9a-f]{7} /m)
  const done = await cli(repo.path, ['backfill', 'norm', '--yes'])
  t.equal(done.exitCode, 2, done.stderr)
  const only = await cli(repo.path, ['backfill', "norm where script = 'other.js'", '--yes'])
  t.equal(only.exitCode, 1)
})

t.test('one run is explained: where the statement goes, and how it is replayed', async (t) => {
  const repo = story(t)
  const { stdout, exitCode } = await cli(repo.path, ['backfill', 'norm', '--explain', 'latest'])
  t.equal(exitCode, 0)
  t.match(stdout, /^train\.js: line 7$/m)
  t.match(stdout, /^patched commit [0-9a-f]{40}$/m)
  t.match(stdout, /^norm: level (?:skip|run), iterations 0–3, about /m)
})

t.test('a statement that goes into another file is shown with it, and so are candidates', async (t) => {
  const evaluate = (wanted = '') => `export function evaluate(rows, predict) {
  let right = 0
  for (const row of rows) {
    const guess = predict(row.x)
    if (Math.abs(guess - row.y) < 0.5) right++
${wanted}  }
  return right / rows.length
}
`
  const head = "import * as flor from 'git-flor'\n"
  const loop = `flor.checkpointing({})
for (const epoch of flor.loop('epoch', [0, 1])) flor.log('right', evaluate([{ x: 1, y: 1 }], (x) => x * epoch))
`
  const wanted = "    flor.log('guess', guess)\n"
  const repo = project(t, { 'train.js': `${head}\n${evaluate()}\n${loop}` })
  train(repo)
  repo
    .write('copy.js', `${head}\n${evaluate()}\nexport const copy = true\n`)
    .write('train.js', `${head}\n${evaluate()}\n${loop}flor.log('copied', 1)\n`)
    .commit('a copy')
  train(repo)
  repo
    .write('lib/evaluate.js', `${head}\n${evaluate(wanted)}`)
    .write('train.js', `${head}import { evaluate } from './lib/evaluate.js'\n\n${loop}`)
    .remove('copy.js')
  const { stdout } = await cli(repo.path, ['backfill', 'guess', '--dry-run'])
  t.match(stdout, /^guess: flor\.log\('guess', guess\) {5}lib\/evaluate\.js:8$/m)
  t.match(stdout, /^[0-9a-f]{7} {2}main~1 +train\.js:8 +/m)
  t.match(stdout.replace(/\s+/g, ' '), /main refused: .* \(candidates: copy\.js:\d+, train\.js:\d+\)/)
  const { runs } = JSON.parse((await cli(repo.path, ['backfill', 'guess', '--dry-run', '--json'])).stdout)
  t.match(runs[0], { status: 'refused', places: [{ path: 'copy.js' }, { path: 'train.js' }] })
  t.strictSame(
    runs[0].candidates,
    runs[0].places.map(({ line }: { line: number }) => line),
  )
  t.strictSame(runs[1].statements, [{ from: 'lib/evaluate.js', path: 'train.js', line: 8, exists: false }])
  const explained = await cli(repo.path, ['backfill', 'guess', '--explain', runs[1].run])
  t.match(explained.stdout, /^lib\/evaluate\.js → train\.js: train\.js:8$/m)
  t.match(explained.stdout, /^ {4}around it: train\.js \d+ %$/m)
})

t.test('what cannot be done is said before anything happens', async (t) => {
  const repo = story(t)
  const unknown = await cli(repo.path, ['backfill', 'nrm'])
  t.equal(unknown.exitCode, 1)
  t.match(unknown.stderr, /no statement of the working tree logs "nrm"\nhint: /)
  const syntax = await cli(repo.path, ['backfill', 'norm where epoch >>= 2'])
  t.equal(syntax.exitCode, 1)
  t.match(syntax.stderr, /\n {4}norm where epoch >>= 2\n {22}\^\n/)
  t.match(syntax.stderr, /^hint: git flor backfill '.* where .*'/m)
  t.equal((await cli(repo.path, ['backfill', 'norm', '-j0'])).exitCode, 129)
  t.equal((await cli(repo.path, ['backfill', 'norm', '--budget', 'soon'])).exitCode, 129)
  t.equal((await cli(repo.path, ['backfill'])).exitCode, 129)
})

t.test('an interrupted backfill keeps what it has and says so', async (t) => {
  const repo = story(t)
  const abort = new AbortController()
  abort.abort()
  const { exitCode, stderr } = await cli(repo.path, ['backfill', 'norm', '--yes'], { signal: abort.signal })
  t.equal(exitCode, 130, stderr)
})

t.test('the plan is for the given workers, by option or by configuration', async (t) => {
  const repo = story(t)
  const plan = async (...args: string[]) =>
    JSON.parse((await cli(repo.path, ['backfill', 'norm', '--dry-run', '--json', ...args])).stdout)
  const [one, two] = [await plan('-j1'), await plan('-j2')]
  t.match(one, { workers: 1 })
  t.match(two, { workers: 2 })
  t.ok(two.estimatedMs < one.estimatedMs, `${two.estimatedMs} < ${one.estimatedMs}`)
  t.match(await plan('-j64'), { workers: 2 }, 'no more than have work')
  const [unchecked, more] = [await plan('-j2', '--no-check'), await plan('-j64', '--no-check')]
  t.equal(more.estimatedMs, unchecked.estimatedMs)
  t.ok(unchecked.estimatedMs < two.estimatedMs, 'checks take time')
  repo.git('config', 'flor.jobs', '2')
  t.match(await plan(), { workers: 2 })
  t.match((await cli(repo.path, ['backfill', 'norm', '--dry-run'])).stdout, /about \S+s with 2 workers$/m)
})

t.test('a budget leaves out the older of two runs that do not both fit, and says so', async (t) => {
  const repo = story(t)
  const dry = ['backfill', 'norm', '--dry-run', '-j1']
  const { runs, estimatedMs } = JSON.parse((await cli(repo.path, [...dry, '--json'])).stdout)
  t.match(runs, [{ status: 'planned' }, { status: 'planned' }])
  // A whole number of seconds, as the option takes it, between one run and two: times are made long.
  const costs = {
    script: 'train.js',
    host: hostname(),
    level: 'run',
    workers: 1,
    expectedMs: 100,
    aroundMs: 0,
    collectMs: 0,
  }
  const scale = (60_000 / estimatedMs) * 100
  repo.write(
    '.git/flor/replay-costs.json',
    JSON.stringify({ version: 1, replays: [{ ...costs, processMs: scale }] }),
  )
  const all = JSON.parse((await cli(repo.path, [...dry, '--json'])).stdout)
  const [newer, older] = all.runs
  const budget = `${Math.ceil(newer.estimateMs / 1000) + 1}s`
  const shown = await cli(repo.path, [...dry, '--budget', budget])
  t.equal(shown.exitCode, 0, 'a dry run of something to do')
  t.match(shown.stdout, /left out by the budget: level (?:run|skip), 0–3, about /)
  t.match(shown.stdout, /^1 of 2 runs, 4 epochs, about /m)
  t.match(shown.stdout, /^1 run left out by the budget of \S+, about /m)
  const json = JSON.parse((await cli(repo.path, [...dry, '--budget', budget, '--json'])).stdout)
  t.match(json.runs, [
    { run: newer.run, status: 'planned' },
    { run: older.run, status: 'deferred' },
  ])
  const done = await cli(repo.path, ['backfill', 'norm', '-y', '-j1', '--budget', budget, '--json'])
  t.equal(done.exitCode, 2, done.stderr)
  t.match(JSON.parse(done.stdout), { values: 4, deferred: [{ run: older.run }], tasks: { length: 1 } })
  t.equal((await cli(repo.path, ['backfill', 'norm', '-y', '--budget', '1s'])).exitCode, 2, 'nothing fits')
  t.equal((await cli(repo.path, ['backfill', 'norm', '-y'])).exitCode, 0, 'the rest, without a budget')
})

t.test('a replay that failed is shown by its id, control characters made visible', async (t) => {
  const repo = project(t, { 'train.js': script() })
  train(repo)
  const fails =
    "  if (process.cwd().includes('worktrees')) { console.log('\\x1b[31mred'); throw new Error('broken') }\n"
  repo.write('train.js', script({ before: fails })).commit('one that fails where it is replayed')
  train(repo)
  repo.write('train.js', script({ before: `${fails}${STATEMENT}` }))
  const done = await cli(repo.path, ['backfill', 'norm', '--yes'])
  t.equal(done.exitCode, 2, done.stderr)
  t.match(done.stdout, /^norm: 4 values in /m, 'the other run has its values')
  t.match(done.stderr, /^[0-9a-f]{7} {2}failed: the script ended with exit code 1$/m)
  t.notMatch(done.stderr, /\u001b/)
  const id = /^hint: git flor show --backfill (\S+) /m.exec(done.stderr)?.[1] ?? ''
  const shown = await cli(repo.path, ['show', '--backfill', id])
  t.equal(shown.exitCode, 0, shown.stderr)
  t.match(shown.stdout, /^names: +norm$/m)
  t.match(shown.stdout, /^failed: the script ended with exit code 1$/m)
  t.match(shown.stdout, /^ {4}\| \\e\[31mred$/m)
  t.match(shown.stdout, /^ {4}\| Error: broken$/m)
  const json = await cli(repo.path, ['show', '--json', '--backfill', id])
  t.match(JSON.parse(json.stdout), { kind: 'backfill-record', id, status: 'failed', names: ['norm'] })

  const [entry] = JSON.parse((await cli(repo.path, ['show', '--json', 'HEAD~1'])).stdout).runs
  const stored = await cli(repo.path, ['show', '--backfill', entry.backfills[0].id])
  t.match(stored.stdout, /^fidelity: +\d+ of \d+ identical(, state identical at \d of \d checkpoints)?$/m)
  const unknown = await cli(repo.path, ['show', '--backfill', 'zzzz'])
  t.equal(unknown.exitCode, 1)
  t.match(unknown.stderr, /no backfill has the id "zzzz"\nhint: /)
})
