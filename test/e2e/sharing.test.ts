import { type Test, test } from 'tap'
import { fetchShards, pushShards } from '../../lib/git/sharing.js'
import { verify } from '../../lib/repository/verify.js'
import { withoutLfs } from '../support/git-lfs.js'
import { open, runsOf, type Training, train } from '../support/training.js'

import { cloneOf, count, history, people } from './sharing-support.js'

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
