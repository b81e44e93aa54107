import { spawnSync } from 'node:child_process'
import { type Test, test } from 'tap'
import { commitFiles } from '../../../lib/git/commits.js'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { isFlorError } from '../../../lib/model/errors.js'
import type { Oid } from '../../../lib/model/oid.js'
import { holdCommits, releaseAbandoned } from '../../../lib/replay/held-commits.js'
import { repository } from '../../support/repository.js'

/** A repository with commits that nothing refers to. */
async function unreferenced(t: Test, count: number) {
  const repo = repository(t).write('train.js', '1').commit()
  const store = await openObjectStore(repo.location)
  t.teardown(() => store.close())
  const commits: Oid[] = []
  for (let i = 0; i < count; i++) {
    const files = new Map([['train.js', Buffer.from(`patched ${i}`)]])
    commits.push(await commitFiles(repo.location, store, { parent: repo.oid(), files, message: 'm' }))
  }
  const prune = () => repo.git('gc', '--prune=now', '--quiet')
  const contents = () => commits.map((it) => repo.git('cat-file', '-p', `${it}:train.js`))
  const refs = () => repo.git('for-each-ref', '--format=%(refname)', 'refs/flor')
  return { repo, store, commits, prune, contents, refs }
}

test('commits that are held outlive a pruning, with their files, and then do not', async (t) => {
  const { repo, store, commits, prune, contents, refs } = await unreferenced(t, 3)
  const release = await holdCommits(repo.location, store, commits)
  prune()
  t.strictSame(contents(), ['patched 0', 'patched 1', 'patched 2'])
  t.match(refs(), new RegExp(`^refs/flor/replaying/${process.pid}-`))
  await release()
  t.equal(refs(), '')
  prune()
  t.throws(contents)
})

test('a commit that was pruned before is told by its name', async (t) => {
  const { repo, commits, prune, refs } = await unreferenced(t, 1)
  prune()
  const later = await openObjectStore(repo.location)
  t.teardown(() => later.close())
  const error = await holdCommits(repo.location, later, commits).catch((it) => it)
  t.ok(isFlorError(error, 'OBJECT_MISSING'))
  t.match(error.message, commits[0])
  t.equal(refs(), '')
})

test('what a process that is gone has held is released by the next; what one that runs holds is not', async (t) => {
  const { repo, store, commits, refs } = await unreferenced(t, 1)
  await holdCommits(repo.location, store, commits)
  const [ref] = refs().split('\n')
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  const message = repo.git('log', '-1', '--format=%B', ref as string)
  const dead = message.replace(`"pid":${process.pid}`, `"pid":${pid}`)
  t.not(dead, message)
  const oid = repo.git('commit-tree', '-m', dead, `${ref}^{tree}`)
  repo.git('update-ref', `refs/flor/replaying/${pid}-1`, oid)
  const other = repo.git('commit-tree', '-m', 'of nobody', `${ref}^{tree}`)
  repo.git('update-ref', 'refs/flor/replaying/elsewhere', other)
  t.equal(await releaseAbandoned(repo.location, store), 1)
  t.strictSame(refs().split('\n').sort(), [ref, 'refs/flor/replaying/elsewhere'].sort())
})

test('nothing to hold needs no ref', async (t) => {
  const { repo, store, refs } = await unreferenced(t, 0)
  const release = await holdCommits(repo.location, store, [])
  t.equal(refs(), '')
  await release()
})
