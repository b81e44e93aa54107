import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { listRefs, readRef, resolveRevision, retrying, updateRefs } from '../../../lib/git/refs.js'
import { asOid } from '../../../lib/model/oid.js'
import { repository } from '../../support/repository.js'

t.test('refs are listed under whole path components', async (t) => {
  const repo = repository(t)
    .commit()
    .do('update-ref', 'refs/flor/runs/a', 'HEAD')
    .do('update-ref', 'refs/flor/runsaway', 'HEAD')
  const oid = repo.oid()
  t.same(await listRefs(repo.location, ['refs/flor/runs']), [{ ref: 'refs/flor/runs/a', oid }])
  t.same(await listRefs(repo.location, []), [])
  t.equal(await readRef(repo.location, 'refs/flor/runs/a'), oid)
  t.equal(await readRef(repo.location, 'refs/flor/runs'), undefined)
})

t.test('a transaction creates, moves, deletes and verifies, or does nothing at all', async (t) => {
  const repo = repository(t).commit('one')
  const one = repo.oid()
  const two = repo.commit('two').oid()
  const { location } = repo
  const refs = async () =>
    Object.fromEntries((await listRefs(location, ['refs/x'])).map((r) => [r.ref, r.oid]))
  t.ok(
    await updateRefs(location, [
      { ref: 'refs/x/a', oid: one, old: null },
      { ref: 'refs/x/b', oid: one, old: null },
    ]),
  )
  const before = { 'refs/x/a': one, 'refs/x/b': one }
  t.same(await refs(), before)
  const good = { ref: 'refs/x/a', oid: two, old: one }
  for (const bad of [
    { ref: 'refs/x/b', oid: two, old: two },
    { ref: 'refs/x/b', oid: two, old: null },
    { ref: 'refs/x/b', oid: null, old: two },
    { ref: 'refs/x/b', oid: null, old: null },
    { ref: 'refs/x/none', oid: null, old: one },
    { ref: 'refs/x/none', oid: two, old: one },
  ]) {
    t.notOk(await updateRefs(location, [good, bad]), JSON.stringify(bad))
    t.same(await refs(), before)
  }
  t.ok(
    await updateRefs(location, [
      good,
      { ref: 'refs/x/b', oid: null, old: one },
      { ref: 'refs/x/c', oid: null, old: null },
    ]),
  )
  t.same(await refs(), { 'refs/x/a': two })
  t.ok(await updateRefs(location, []))
})

t.test('packed refs change, too', async (t) => {
  const repo = repository(t).commit('one').do('update-ref', 'refs/x/a', 'HEAD').do('pack-refs', '--all')
  const one = repo.oid()
  t.notOk(await updateRefs(repo.location, [{ ref: 'refs/x/a', oid: one, old: null }]))
  t.ok(await updateRefs(repo.location, [{ ref: 'refs/x/a', oid: null, old: one }]))
  t.equal(await readRef(repo.location, 'refs/x/a'), undefined)
})

t.test('a ref that another process has locked is contended, not broken', async (t) => {
  const repo = repository(t).commit().config('core.filesRefLockTimeout', '0')
  mkdirSync(join(repo.path, '.git/refs/x'))
  writeFileSync(join(repo.path, '.git/refs/x/a.lock'), '')
  t.notOk(await updateRefs(repo.location, [{ ref: 'refs/x/a', oid: repo.oid(), old: null }]))
})

t.test(
  'the lock of a git that was killed does not block a shard for ever; a young one, and those of the user, stay',
  async (t) => {
    const repo = repository(t).commit().config('core.filesRefLockTimeout', '0')
    const lock = (ref: string, ageMs: number) => {
      repo.write(`.git/${ref}.lock`, '')
      const time = (Date.now() - ageMs) / 1000
      utimesSync(join(repo.path, `.git/${ref}.lock`), time, time)
      return { ref, oid: repo.oid(), old: null }
    }
    const there = (ref: string) => existsSync(join(repo.path, `.git/${ref}.lock`))
    for (const ref of ['refs/flor/runs/w', 'refs/notes/flor/w']) {
      const update = lock(ref, 5_000)
      t.notOk(await updateRefs(repo.location, [update]))
      t.ok(there(ref))
      lock(ref, 120_000)
      t.notOk(await updateRefs(repo.location, [update]))
      t.notOk(there(ref))
      t.ok(await updateRefs(repo.location, [update]))
    }
    t.notOk(await updateRefs(repo.location, [lock('refs/heads/x', 120_000)]))
    t.ok(there('refs/heads/x'))
  },
)

t.test('an update that can never work is an error', async (t) => {
  const repo = repository(t).commit().do('update-ref', 'refs/x/a', 'HEAD')
  const oid = repo.oid()
  await t.rejects(updateRefs(repo.location, [{ ref: 'refs/x/a/below', oid, old: null }]), {
    code: 'GIT_FAILED',
  })
  await t.rejects(updateRefs(repo.location, [{ ref: 'refs/bad..name', oid, old: null }]), {
    code: 'GIT_FAILED',
  })
  const absent = asOid('1'.repeat(40))
  await t.rejects(updateRefs(repo.location, [{ ref: 'refs/x/b', oid: absent, old: null }]), {
    code: 'GIT_FAILED',
  })
})

t.test('revisions name commits, or nothing', async (t) => {
  const repo = repository(t).write('f', '1').commit().commit().do('tag', '-a', '-m', 'x', 'v1')
  const { location } = repo
  t.equal(await resolveRevision(location, 'HEAD~1'), repo.oid('HEAD~1'))
  t.equal(await resolveRevision(location, 'v1'), repo.oid())
  t.equal(await resolveRevision(location, repo.oid().slice(0, 10)), repo.oid())
  for (const none of ['nothing', '', '--all', '-h', 'HEAD:f', 'a\nb', '1'.repeat(40), 'abcdef123']) {
    t.equal(await resolveRevision(location, none), undefined, JSON.stringify(none))
  }
})

t.test('an ambiguous oid is refused with its candidates', async (t) => {
  const repo = repository(t).commit()
  const tree = repo.git('write-tree')
  const seen = new Map<string, string>()
  for (let i = 0; ; i++) {
    const oid = repo.git('commit-tree', tree, '-m', `${i}`)
    const prefix = oid.slice(0, 4)
    const other = seen.get(prefix)
    seen.set(prefix, oid)
    if (other === undefined) continue
    await t.rejects(resolveRevision(repo.location, prefix), {
      code: 'RUN_AMBIGUOUS',
      data: { revision: prefix, candidates: [other, oid].sort() },
    })
    return
  }
})

t.test('retrying goes on until an attempt succeeds, and gives up in the end', async (t) => {
  let attempts = 0
  t.equal(await retrying('x', async () => (++attempts < 4 ? undefined : 'done')), 'done')
  t.equal(attempts, 4)
  await t.rejects(
    retrying('refs/x', async () => undefined, 20),
    { code: 'REF_CONTENDED', data: { what: 'refs/x' } },
  )
})
