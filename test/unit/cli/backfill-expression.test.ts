import { test } from 'tap'
import { script, story } from '../../support/renamed-training.js'
import { project, train } from '../../support/training.js'
import { cli } from './harness.js'

test('the plan shows the made statement and its place, in every form', async (t) => {
  const repo = story(t)
  const request = ['Math.max(...weights) as top', '--at', 'train.js:10']
  const plan = await cli(repo.path, ['backfill', ...request, '--dry-run'])
  t.match(plan.stdout, /^top: flor\.log\('top', Math\.max\(\.\.\.weights\)\) {5}train\.js, before line 10$/m)
  t.match(plan.stdout, /^[0-9a-f]{7} {2}main +line 10 +(?:skip|run) /m)
  t.match(plan.stdout, /^[0-9a-f]{7} {2}main~1 +line 9, weights→w +/m)
  const json = JSON.parse((await cli(repo.path, ['backfill', ...request, '--dry-run', '--json'])).stdout)
  t.match(json.made, [
    {
      name: 'top',
      statement: "flor.log('top', Math.max(...weights))",
      path: 'train.js',
      line: 10,
      place: 'before',
    },
  ])
  const explained = await cli(repo.path, ['backfill', ...request, '--explain', 'latest'])
  t.match(explained.stdout, /^top: flor\.log\('top', .*before line 10$/m)
  t.match(explained.stdout, /^train\.js: line 10$/m)
  const inLoop = await cli(repo.path, ['backfill', 'epoch as e', '--in', 'epoch', '--dry-run'])
  t.match(inLoop.stdout, /^e: flor\.log\('e', epoch\) {5}train\.js, at the end of epoch \(line 11\)$/m)
  t.match((await cli(repo.path, ['log', 'top'])).stderr, /no run has logged "top"/)
})

test('a run without a place for it is refused, and the hint repeats the request', async (t) => {
  const repo = project(t, { 'train.js': "import * as flor from 'git-flor'\nflor.log('loss', 1)\n" })
  train(repo)
  repo.write('train.js', script()).commit()
  train(repo)
  const request = ['weights[0] as first', '--in', 'epoch']
  const { stdout } = await cli(repo.path, ['backfill', ...request, '--dry-run'])
  t.match(stdout, /^[0-9a-f]{7} {2}main~1 +refused: /m)
  t.match(stdout, /^hint: git flor backfill 'weights\[0\] as first' --in epoch --explain [0-9a-f]{7} /m)
})

test('mistakes are pointed at', async (t) => {
  const repo = story(t)
  const fail = async (...args: string[]) => {
    const { exitCode, stderr, stdout } = await cli(repo.path, ['backfill', ...args])
    t.not(exitCode, 0, args.join(' '))
    return stdout + stderr
  }
  t.match(
    await fail('1 + norm(weights) as wnorm', '--at', 'train.js:10'),
    /^error: `norm` is not known in train\.js: .*\n {4}1 \+ norm\(weights\) as wnorm\n {8}\^\nhint: import or declare norm /,
  )
  t.match(await fail('norm(weights as wnorm', '--in', 'epoch'), /^error: Unexpected token.*\n.*\n {16}\^\n/)
  t.match(
    await fail('weights[0]', '--in', 'epoch'),
    /has no name to be logged under\n.*\n.*\nhint: weights\[0\] as <name> /,
  )
  t.match(await fail('weights[0] as loss', '--in', 'epoch'), /"loss" is logged already, at train\.js:10/)
  t.match(
    await fail('weights[0] as x where epoch >', '--in', 'epoch'),
    /the text ends where a name or a value/,
  )
  t.match(await fail('weights[0] as x', '--in', 'epok'), /hint: did you mean --in epoch\?/)
  t.match(
    await fail('weights[0] as x', '--at', 'train.js:7', '--in', 'epoch'),
    /--at and --in name two places/,
  )
  t.match(await fail('weights[0] as x', '--at', 'train.js'), /--at needs a file and a line/)
  t.match(await fail('weights[0] as x', '--at', 'none.js:3'), /none\.js is no file of the working tree/)
  t.match(await fail('weights[0] as x', '--at', '.gitignore:1'), /language/)
  t.match(await fail('weights[0] as x', '--file', 'train.js'), /--file only goes with --in/)
  t.match(await fail('weights[0] as x'), /hint: .*--at train\.js:42/)
  t.match(await fail('norm(weights)'), /hint: .*--at train\.js:42/)
})

test('two loops of one name are told apart by their file, or by a line', async (t) => {
  const repo = story(t)
  repo.write(
    'other.js',
    "import * as flor from 'git-flor'\nfor (const e of flor.loop('epoch', [0])) {\n  flor.log('b', e)\n}\n",
  )
  const both = await cli(repo.path, ['backfill', 'epoch as x', '--in', 'epoch'])
  t.match(both.stderr, /several loops are called "epoch": other\.js:2, train\.js:5\nhint: --file other\.js /)
  const plan = await cli(repo.path, [
    'backfill',
    'epoch as x',
    '--in',
    'epoch',
    '--file',
    'train.js',
    '--dry-run',
  ])
  t.match(plan.stdout, /^2 of 2 runs/m)
})

test('paths are those of the working directory', async (t) => {
  const repo = project(t, { 'lab/train.js': script() })
  train(repo, { cwd: 'lab' })
  const args = ['-C', 'lab', 'backfill', 'weights[0] as x', '--at', 'train.js:10', '--dry-run']
  const { stdout, stderr } = await cli(repo.path, args)
  t.match(stdout, /lab\/train\.js, before line 10/, stderr)
})
