import { test } from 'tap'
import { initialize, undoInitialize } from '../../lib/git/setup.js'
import { fetchShards, pushShards } from '../../lib/git/sharing.js'
import { summaryKey } from '../../lib/git/summary-note.js'
import { verify } from '../../lib/repository/verify.js'
import type { TestRepository } from '../support/repository.js'
import { repository } from '../support/repository.js'
import { backfill, open, project, provideModules, runsOf, train } from '../support/training.js'
import { people, script } from './sharing-support.js'

/** What `git log` shows of the summary notes: nothing of ours takes part. */
const story = (repo: TestRepository, revision = 'HEAD'): string =>
  repo.git('log', '--notes=flor-summary/*', '--format=%N', revision)

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('run '))

test('git log tells of the runs of each commit, and of what was backfilled, without git-flor', async (t) => {
  const repo = project(t, { 'train.js': script(false) })
  const { flor } = open(t, repo)
  train(repo)
  train(repo)
  repo.write('notes.txt', 'x').commit('another')
  train(repo)
  const runs = await runsOf(flor)
  t.equal(runs.length, 3)
  const keys = runs.map(({ run }) => summaryKey(run))
  t.strictSame(
    linesOf(story(repo, 'HEAD~1')).map((line) => line.slice(0, 17)),
    keys.slice(0, 2),
    'two on the first commit, in their order',
  )
  const [latest] = linesOf(story(repo, '-1'))
  t.match(latest, /^run [0-9a-f]{12} train\.js seed=1: step_loss [\d.]+, loss [\d.]+; completed, [\d.]+s, /)
  repo.write('train.js', script(true))
  await backfill(flor, ['wanted'])
  t.match(linesOf(story(repo, '-1'))[0], /; backfilled wanted [\d.]+; completed/)
  t.equal(linesOf(story(repo)).length, 3, 'still one line a run')
  t.strictSame((await verify(flor)).findings, [])
})

test('flor.summaryNotes=false writes none', async (t) => {
  const repo = project(t, { 'train.js': script(false) }).config('flor.summaryNotes', 'false')
  train(repo)
  t.equal((await runsOf(open(t, repo).flor)).length, 1)
  t.equal(repo.git('for-each-ref', 'refs/notes/flor-summary'), '')
})

test('before the first commit the run commit itself has the line', async (t) => {
  const repo = repository(t).write('train.js', script(false)).write('package.json', '{"type":"module"}')
  repo.write('.gitignore', 'node_modules/\n')
  provideModules(repo.path)
  train(repo)
  const [entry] = await runsOf(open(t, repo).flor)
  t.equal(linesOf(story(repo, entry?.run)).length, 1)
})

test('a damaged summary ref keeps no run from being sealed', async (t) => {
  const repo = project(t, { 'train.js': script(false) })
  train(repo)
  const { flor, notices } = open(t, repo)
  t.equal((await runsOf(flor)).length, 1)
  const ref = repo.git('for-each-ref', '--format=%(refname)', 'refs/notes/flor-summary')
  const tree = repo.git('rev-parse', `${ref}^{tree}`)
  await flor.close()
  repo.remove(`.git/objects/${tree.slice(0, 2)}/${tree.slice(2)}`)
  train(repo)
  t.equal((await runsOf(flor)).length, 2)
  t.match(notices.map((it) => it.message).join('\n'), /has no summary note: /)
})

test("summaries travel with the runs: a clone's git log tells of everybody's, each once", async (t) => {
  const { bare, ann, bob } = people(t)
  train(ann)
  const annFlor = open(t, ann).flor
  await runsOf(annFlor)
  await pushShards(annFlor.location, 'origin')
  const bobFlor = open(t, bob).flor
  await runsOf(bobFlor)
  t.equal(linesOf(story(bob)).length, 1)
  train(bob)
  await bobFlor.refresh()
  await runsOf(bobFlor)
  t.equal(linesOf(story(bob)).length, 2)
  await pushShards(bobFlor.location, 'origin')
  await fetchShards(bobFlor.location, 'origin')
  await bobFlor.refresh()
  await runsOf(bobFlor)
  t.equal(linesOf(story(bob)).length, 2, 'what comes back is not told twice')
  // The second remote has the same shards.
  ann.do('remote', 'add', 'mirror', bare.path)
  for (const remote of ['origin', 'mirror']) await fetchShards(annFlor.location, remote)
  await annFlor.refresh()
  await runsOf(annFlor)
  t.equal(linesOf(story(ann)).length, 2)
  t.equal(linesOf(story(bare, 'main')).length, 2, 'the server tells it as well')
  const written = bob.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/notes/flor-summary')
  train(ann)
  await annFlor.refresh()
  await runsOf(annFlor)
  await pushShards(annFlor.location, 'origin')
  await fetchShards(bobFlor.location, 'origin')
  await bobFlor.refresh()
  await runsOf(bobFlor)
  t.equal(linesOf(story(bob)).length, 3, 'copies follow')
  t.not(bob.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/notes/flor-summary'), written)
})

test('init makes git fetch bring summaries, and --undo takes that out', async (t) => {
  const { ann } = people(t)
  const before = ann.git('config', '--get-all', 'remote.origin.fetch')
  await initialize(ann.location)
  t.match(ann.git('config', '--get-all', 'remote.origin.fetch'), 'refs/notes/flor-summary/*:')
  await undoInitialize(ann.location)
  t.equal(ann.git('config', '--get-all', 'remote.origin.fetch'), before)
})
