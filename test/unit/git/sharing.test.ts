import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { ensureWriterSync, readFlorConfigSync } from '../../../lib/git/config.js'
import { lfsObjectPath, lfsObjectsDirSync } from '../../../lib/git/lfs-paths.js'
import { formatPointer } from '../../../lib/git/lfs-pointer.js'
import { readNoteList } from '../../../lib/git/notes.js'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { listRefs } from '../../../lib/git/refs.js'
import { listShards, publish, type RunFile } from '../../../lib/git/shards.js'
import { defaultRemote, fetchShards, pushShards } from '../../../lib/git/sharing.js'
import { recordRunCommitSync } from '../../../lib/git/snapshot.js'
import type { Oid } from '../../../lib/model/oid.js'
import { type Teardown, temporaryFolder } from '../../support/environment.js'
import { withoutLfs } from '../../support/git-lfs.js'
import { repository, TestRepository } from '../../support/repository.js'

const shared = (t: Teardown) => {
  const bare = repository(t, { bare: true })
  const repo = repository(t)
    .write('f', '1')
    .commit()
    .do('remote', 'add', 'origin', bare.path)
    .do('push', '-q', '-u', 'origin', 'main')
  return { bare, repo }
}

/** Records and seals a run without any training. */
const run = async (repo: TestRepository, id: string, files: readonly RunFile[] = []): Promise<Oid> => {
  const { location } = repo
  const store = await openObjectStore(location)
  const { commit } = recordRunCommitSync(
    location,
    { maxFileSizeBytes: 1000 },
    { id, subject: id, pendingRef: true },
  )
  await publish(location, store, ensureWriterSync(location), {
    run: commit,
    segment: Buffer.from(`[${id}]`),
    hasSegment: () => false,
    files,
    keepAlive: [],
    dropPending: [id],
  })
  await store.close()
  return commit
}

/** Run commits that any shard of the repository has a note of. */
const runsKnown = async (repo: TestRepository): Promise<Set<Oid>> => {
  const known = new Set<Oid>()
  for (const { notes } of await listShards(repo.location)) {
    if (notes !== undefined)
      for (const oid of (await readNoteList(repo.location, notes)).keys()) known.add(oid)
  }
  return known
}

t.test(
  'a push brings notes, runs tree and run commits; a fetch has them, and tells what is new',
  async (t) => {
    const { bare, repo } = shared(t)
    t.same(await pushShards(repo.location, 'origin'), { isNew: false })
    const first = await run(repo, 'a')
    const { writer } = readFlorConfigSync(repo.location)
    const before = repo.fingerprint()
    t.same(await pushShards(repo.location, 'origin'), { isNew: true, writer })
    t.same(await pushShards(repo.location, 'origin'), { isNew: false, writer })
    t.same(repo.fingerprint(), before)
    const clone = bare.clone(t)
    const untouched = clone.fingerprint()
    t.match(await fetchShards(clone.location, 'origin'), [{ writer, remote: 'origin' }])
    t.same(await fetchShards(clone.location, 'origin'), [])
    t.same(clone.fingerprint(), untouched)
    t.same(await runsKnown(clone), new Set([first]))
    t.equal(clone.git('cat-file', '-t', first), 'commit')
    clone.git('fsck', '--strict')
  },
)

t.test('two writers join, whoever pushes first', async (t) => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const { bare, repo } = shared(t)
    const people = [repo, bare.clone(t)]
    const runs = new Set<Oid>()
    for (const [i, person] of people.entries()) {
      runs.add(await run(person, `first-${i}`))
      runs.add(await run(person, `second-${i}`))
    }
    for (const i of order) await pushShards((people[i] as TestRepository).location, 'origin')
    for (const person of [...people, bare.clone(t)]) {
      await fetchShards(person.location, 'origin')
      t.same(await runsKnown(person), runs)
    }
  }
})

t.test('a copied clone takes a new name when it pushes, and nothing is lost', async (t) => {
  const { bare, repo } = shared(t)
  const runs = new Set([await run(repo, 'before')])
  const { writer } = readFlorConfigSync(repo.location)
  const copy = new TestRepository(join(temporaryFolder(t), 'copy'))
  cpSync(repo.path, copy.path, { recursive: true })
  runs.add(await run(repo, 'here'))
  runs.add(await run(copy, 'there'))
  await pushShards(repo.location, 'origin')
  const pushed = await pushShards(copy.location, 'origin')
  t.match(pushed, { isNew: true, renamedFrom: writer })
  t.not(pushed.writer, writer)
  t.equal(readFlorConfigSync(copy.location).writer, pushed.writer)
  t.same(
    (await listShards(copy.location)).filter((s) => s.remote === undefined).map((s) => s.writer),
    [pushed.writer],
  )
  const clone = bare.clone(t)
  await fetchShards(clone.location, 'origin')
  t.same(await runsKnown(clone), runs)
  runs.add(await run(copy, 'later'))
  t.match(await pushShards(copy.location, 'origin'), { isNew: true, writer: pushed.writer })
  await fetchShards(clone.location, 'origin')
  t.same(await runsKnown(clone), runs)
})

t.test('a remote that is not there or says no is told by name', async (t) => {
  const { bare, repo } = shared(t)
  await run(repo, 'a')
  await t.rejects(pushShards(repo.location, 'nowhere'), {
    code: 'REMOTE_MISSING',
    data: { remote: 'nowhere' },
  })
  await t.rejects(fetchShards(repo.location, 'nowhere'), {
    code: 'REMOTE_MISSING',
    data: { remote: 'nowhere' },
  })
  await t.rejects(pushShards(repo.location, '--exec=x/y'), { code: 'REMOTE_MISSING' })
  bare.write('hooks/pre-receive', '#!/bin/sh\nexit 1\n', 0o755)
  await t.rejects(pushShards(repo.location, 'origin'), {
    code: 'PUSH_REJECTED',
    data: { remote: 'origin', reason: /hook declined/ },
  })
  rmSync(bare.path, { recursive: true })
  await t.rejects(pushShards(repo.location, 'origin'))
  await t.rejects(fetchShards(repo.location, 'origin'), { code: 'GIT_FAILED' })
})

t.test('a remote may be given by its address, as hooks do', async (t) => {
  const { bare, repo } = shared(t)
  await run(repo, 'a')
  t.match(await pushShards(repo.location, bare.path), { isNew: true })
  t.equal((await listRefs(bare.location, ['refs/notes/flor'])).length, 1)
})

t.test('refs of bad names are not kept, and what is gone from the remote stays', async (t) => {
  const { bare, repo } = shared(t)
  const oid = repo.oid()
  for (const ref of [
    'refs/notes/flor/GOOD',
    'refs/notes/flor/a/b',
    'refs/flor/runs/x..y'.replace('..', '_'),
    'refs/notes/flor/fine',
  ]) {
    bare.do('update-ref', ref, oid)
  }
  const kept = [{ ref: 'refs/flor/remotes/origin/notes/fine', oid }]
  t.match(await fetchShards(repo.location, 'origin'), [{ writer: 'fine' }])
  t.same(await listRefs(repo.location, ['refs/flor/remotes']), kept)
  bare.do('update-ref', '-d', 'refs/notes/flor/fine')
  repo.config('fetch.prune', 'true')
  t.same(await fetchShards(repo.location, 'origin'), [])
  t.same(await listRefs(repo.location, ['refs/flor/remotes']), kept)
})

t.test('the default remote is the one that the user means', async (t) => {
  const repo = repository(t).commit()
  t.equal(await defaultRemote(repo.location), undefined)
  repo.do('remote', 'add', 'only', '/x')
  t.equal(await defaultRemote(repo.location), 'only')
  repo.do('remote', 'add', 'origin', '/y').do('remote', 'add', 'zebra', '/z')
  t.equal(await defaultRemote(repo.location), 'origin')
  repo.config('remote.pushDefault', 'zebra')
  t.equal(await defaultRemote(repo.location), 'zebra')
  repo.config('branch.main.remote', 'only')
  t.equal(await defaultRemote(repo.location), 'only')
})

t.test('checkpoints that a push left out go along with the next one', { skip: withoutLfs }, async (t) => {
  const { bare, repo } = shared(t)
  const content = 'weights'
  const sha256 = createHash('sha256').update(content).digest('hex')
  const path = lfsObjectPath(lfsObjectsDirSync(repo.location), sha256)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  const pointer = formatPointer({ sha256, sizeBytes: content.length })
  await run(repo, 'a', [{ path: 'checkpoints/epoch=0/model.safetensors', data: Buffer.from(pointer) }])
  const pushed = join(bare.path, 'lfs/objects', sha256.slice(0, 2), sha256.slice(2, 4), sha256)

  t.match(await pushShards(repo.location, 'origin', { withCheckpoints: false }), { isNew: true })
  t.notOk(existsSync(pushed))
  t.match(await pushShards(repo.location, 'origin'), { isNew: false })
  t.equal(readFileSync(pushed, 'utf8'), content)
})
