import { cpSync } from 'node:fs'
import { test } from 'tap'
import { fetchShards, pushShards } from '../../lib/git/sharing.js'
import { isFlorError } from '../../lib/model/errors.js'
import type { FlorRepository } from '../../lib/repository/flor-repository.js'
import { verify } from '../../lib/repository/verify.js'
import { temporaryFolder } from '../support/environment.js'
import { withoutLfs } from '../support/git-lfs.js'
import { TestRepository } from '../support/repository.js'
import { backfill, fromScratch, open, runsOf, storedValues, train } from '../support/training.js'

import { cloneOf, count, history, people, script } from './sharing-support.js'

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
  t.equal(isFlorError(error) && (error.data.runs as string[]).includes(own?.run ?? ''), false, 'own runs are')
})
