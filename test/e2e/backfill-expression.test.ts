import { test } from 'tap'
import { checkExpressions } from '../support/check-expressions.js'
import { script, story } from '../support/renamed-training.js'
import { project, train } from '../support/training.js'
import { cli } from '../unit/cli/harness.js'

test('an expression before a line, in all runs, those of today’s code included', async (t) => {
  const repo = story(t)
  await checkExpressions(t, repo, ['Math.hypot(...weights) as wnorm', '--at', 'train.js:10'], ['wnorm'])
  const table = await cli(repo.path, ['log', 'wnorm'])
  t.match(table.stdout, /^run +epoch +wnorm\*$/m)
})

test('several expressions at the end of a loop’s body, under quoted names', async (t) => {
  const request = 'weights.slice(0, 2) as "head/0", [epoch, weights[3]] as pair where epoch >= 0'
  await checkExpressions(t, story(t), [request, '--in', 'epoch'], ['head/0', 'pair'])
})

test('at the end of the nested loop, and behind the main loop', async (t) => {
  const repo = story(t)
  await checkExpressions(t, repo, ['weights[step] as moved', '--in', 'step'], ['moved'])
  await checkExpressions(t, repo, ['weights.length as size', '--at', 'train.js:12'], ['size'])
})

test('a helper of today’s file comes along', async (t) => {
  const helper = 'const norm = (list) => Math.sqrt(list.reduce((sum, x) => sum + x * x, 0))\n'
  await checkExpressions(
    t,
    story(t, script({ helper })),
    ['norm(weights) as wnorm', '--in', 'epoch'],
    ['wnorm'],
  )
})

test('the runtime is imported where the file of the place does not do so', async (t) => {
  const model = 'export function change(weights, step) {\n  weights[step] += Math.random() - 0.25\n}\n'
  const today = script()
    .replace("'git-flor'\n", "'git-flor'\nimport { change } from './model.js'\n")
    .replace('weights[step] += Math.random() - 0.25', 'change(weights, step)')
  const repo = project(t, { 'train.js': today, 'model.js': model })
  train(repo)
  repo.write('train.js', `${today}// the end\n`).commit()
  train(repo)
  await checkExpressions(t, repo, ['weights[step] as before', '--at', 'model.js:2'], ['before'])
})
