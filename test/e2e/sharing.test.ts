import { cpSync } from 'node:fs'
import { type Test, test } from 'tap'
import { fetchShards, pushShards } from '../../lib/git/sharing.js'
import { isFlorError } from '../../lib/model/errors.js'
import { pivot } from '../../lib/query/pivot.js'
import type { FlorRepository } from '../../lib/repository/flor-repository.js'
import { loadColumns } from '../../lib/repository/load-columns.js'
import { selectRuns } from '../../lib/repository/select-runs.js'
import { verify } from '../../lib/repository/verify.js'
import { temporaryFolder } from '../support/environment.js'
import { withoutLfs } from '../support/git-lfs.js'
import { repository, TestRepository } from '../support/repository.js'
import {
  backfill,
  fromScratch,
  open,
  project,
  provideModules,
  runsOf,
  storedValues,
  type Training,
  train,
} from '../support/training.js'

const script = (isWanted: boolean): string => `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 1))
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) {
    weights[i] += Math.random()
    flor.log('step_loss', weights[i] / 3)
  }
  ${isWanted ? "flor.log('wanted', weights[0] + weights[1])\n  " : ''}flor.log('loss', weights[0])
}
`

interface People {
  readonly bare: TestRepository
  readonly ann: TestRepository
  readonly bob: TestRepository
}

/** Two people with a clone each of one bare repository. */
function people(t: Test): People {
  const bare = repository(t, { bare: true })
  const ann = project(t, { 'train.js': script(false) })
  ann.do('remote', 'add', 'origin', bare.path).do('push', '-q', '-u', 'origin', 'main')
  return { bare, ann, bob: cloneOf(t, bare) }
}

function cloneOf(t: Test, bare: TestRepository): TestRepository {
  const clone = bare.clone(t)
  provideModules(clone.path)
  return clone
}

/** Everything that a repository knows: runs with their headers, and every value of every name, as a pivoted table. */
async function history(flor: FlorRepository): Promise<unknown> {
  await flor.refresh()
  const index = await flor.index()
  const runs = await runsOf(flor)
  const names = (await index.names()).map((it) => it.name)
  const table =
    runs.length === 0
      ? undefined
      : await pivot({
          names,
          entries: selectRuns(index, {}),
          load: (entry, name) => loadColumns(flor, entry, name),
        })
  // One process at a time has an index open.
  await flor.close()
  return {
    names,
    table,
    runs: runs.map(({ run, header, end, args, checkpoints, writers }) => ({
      run,
      header,
      end,
      args,
      checkpoints,
      writers,
    })),
  }
}

const count = async (flor: FlorRepository, name: string): Promise<number> =>
  (await runsOf(flor))
    .flatMap((run) => run.metrics)
    .filter((metric) => metric.name === name)
    .reduce((sum, metric) => sum + metric.summary.count, 0)

type Step = 'ann push' | 'ann fetch' | 'bob push' | 'bob fetch'
const orders: Record<string, readonly Step[]> = {
  'the first writer first': ['ann push', 'bob push', 'ann fetch', 'bob fetch'],
  'the second writer first': ['bob push', 'ann push', 'bob fetch', 'ann fetch'],
  'fetching before pushing': ['ann push', 'bob fetch', 'bob push', 'ann fetch', 'bob fetch'],
  'pushing twice in between': ['bob push', 'ann fetch', 'ann push', 'bob fetch', 'bob push', 'ann fetch'],
}

async function join(t: Test, order: readonly Step[], training: Training): Promise<void> {
  const { bare, ann, bob } = people(t)
  for (const seed of [1, 2]) train(ann, { ...training, args: ['--flor', `seed=${seed}`] })
  train(bob, { ...training, args: ['--flor', 'seed=3'] })
  const [annFlor, bobFlor] = [open(t, ann).flor, open(t, bob).flor]
  t.equal((await runsOf(annFlor)).length, 2)
  t.equal((await runsOf(bobFlor)).length, 1)
  for (const step of order) {
    const flor = step.startsWith('ann') ? annFlor : bobFlor
    if (step.endsWith('push')) t.ok((await pushShards(flor.location, 'origin')).writer)
    else await fetchShards(flor.location, 'origin')
  }
  const joined = await history(annFlor)
  t.strictSame(await history(bobFlor), joined, 'both know the same')
  t.equal((await runsOf(annFlor)).length, 3)
  t.equal(await count(annFlor, 'step_loss'), 18)
  t.equal(await count(annFlor, 'loss'), 9)
  const clone = open(t, cloneOf(t, bare))
  t.strictSame(await history(clone.flor), joined, 'and so does a fresh clone')
  t.match(clone.notices, [{ kind: 'history-fetched' }])
  const seen = await verify(clone.flor, { fetch: true })
  t.strictSame(seen.findings, [])
  t.equal(seen.runs, 3)
}

for (const [name, order] of Object.entries(orders)) {
  test(`histories join without checkpoints: ${name}`, (t) => join(t, order, { checkpoints: 'none' }))
  if (name === 'the first writer first' || name === 'the second writer first') {
    test(`histories join with checkpoints: ${name}`, { skip: withoutLfs }, (t) =>
      join(t, order, { checkpoints: 'all' }),
    )
  }
}

test('backfilling what somebody else recorded needs trust, fetches checkpoints, and travels back', {
  skip: withoutLfs,
}, async (t) => {
  const { ann, bob } = people(t)
  train(ann)
  const [annFlor, bobFlor] = [open(t, ann).flor, open(t, bob).flor]
  const [run] = await runsOf(annFlor)
  if (run === undefined) throw new Error('nothing was recorded')
  const { writer } = await pushShards(annFlor.location, 'origin')
  bob.write('train.js', script(true))
  await annFlor.close()
  await t.rejects(backfill(bobFlor, ['wanted']), { code: 'NOT_TRUSTED', data: { writers: [writer] } })
  t.equal(await count(bobFlor, 'wanted'), 0)
  await bobFlor.close()
  bob.config('flor.trust', writer as string)
  const trusting = open(t, bob)
  const { plan, outcome } = await backfill(trusting.flor, ['wanted'], { where: 'epoch >= 1' })
  t.strictSame(
    outcome.reports.map((it) => it.status),
    ['done'],
  )
  const [row] = plan.rows
  if (row?.status !== 'planned') throw new Error('not planned')
  const { wanted } = fromScratch(t, bob, row.patched, run)
  const { 'epoch=0': _, ...later } = wanted ?? {}
  t.strictSame((await storedValues(trusting.flor, run, ['wanted'])).wanted, later)
  await pushShards(trusting.flor.location, 'origin')
  await fetchShards(annFlor.location, 'origin')
  await annFlor.refresh()
  t.strictSame((await storedValues(annFlor, run, ['wanted'])).wanted, later)
  t.equal(ann.git('cat-file', '-t', row.patched), 'commit', 'with the patched commit')
  t.strictSame((await verify(annFlor)).findings, [])
})

test('a clone that was copied with its writer loses nothing, and gets a name of its own', async (t) => {
  const { bare, ann } = people(t)
  train(ann, { checkpoints: 'none' })
  const before = open(t, ann).flor
  await runsOf(before)
  await before.close()
  const copy = new TestRepository(temporaryFolder(t))
  cpSync(ann.path, copy.path, { recursive: true, verbatimSymlinks: true })
  train(ann, { checkpoints: 'none', args: ['--flor', 'seed=2'] })
  train(copy, { checkpoints: 'none', args: ['--flor', 'seed=3'] })
  const [annFlor, copyFlor] = [open(t, ann).flor, open(t, copy).flor]
  t.equal((await runsOf(annFlor)).length, 2)
  t.equal((await runsOf(copyFlor)).length, 2)
  const first = await pushShards(annFlor.location, 'origin')
  const second = await pushShards(copyFlor.location, 'origin')
  t.equal(second.renamedFrom, first.writer)
  t.not(second.writer, first.writer)
  await fetchShards(annFlor.location, 'origin')
  await fetchShards(copyFlor.location, 'origin')
  t.equal((await runsOf(await refreshed(copyFlor))).length, 3)
  t.strictSame(await history(annFlor), await history(copyFlor))
  t.strictSame(await history(open(t, cloneOf(t, bare)).flor), await history(annFlor))
  // Both go on under their names.
  train(copy, { checkpoints: 'none', args: ['--flor', 'seed=4'] })
  await runsOf(await refreshed(copyFlor))
  t.strictSame(await pushShards(copyFlor.location, 'origin'), { isNew: true, writer: second.writer })
  t.strictSame(await pushShards(annFlor.location, 'origin'), { isNew: false, writer: first.writer })
})

async function refreshed(flor: FlorRepository): Promise<FlorRepository> {
  await flor.refresh()
  return flor
}

test('a remote that gives segments in our own name is not trusted for it', async (t) => {
  const { bare, ann, bob } = people(t)
  train(bob, { checkpoints: 'none' })
  await runsOf(open(t, bob).flor)
  await pushShards(bob.location, 'origin')
  const { writer: mallory } = await pushShards(bob.location, 'origin')
  train(ann, { checkpoints: 'none', args: ['--flor', 'seed=2'] })
  const { flor } = open(t, ann)
  const [own] = await runsOf(flor)
  const { writer } = await pushShards(ann.location, 'origin')
  // What Mallory recorded is put in the place of Ann's shard.
  for (const kind of ['notes/flor', 'flor/runs']) {
    bare.do('update-ref', `refs/${kind}/${writer}`, bare.git('rev-parse', `refs/${kind}/${mallory}`))
    bare.do('update-ref', '-d', `refs/${kind}/${mallory}`)
  }
  await fetchShards(ann.location, 'origin')
  ann.write('train.js', script(true))
  const error = await backfill(await refreshed(flor), ['wanted']).catch((it: unknown) => it)
  t.ok(isFlorError(error, 'NOT_TRUSTED'), 'code that only the remote knows is not executed')
  t.equal(
    isFlorError(error) && (error.data['runs'] as string[]).includes(own?.run ?? ''),
    false,
    'own runs are',
  )
})
