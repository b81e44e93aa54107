import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { BinaryObjectStore } from '../../../lib/git/binary-store.js'
import { IsomorphicObjectStore } from '../../../lib/git/isomorphic-store.js'
import type { RepositoryLocation } from '../../../lib/git/location.js'
import type { CommitObject, ObjectStore } from '../../../lib/git/object-store.js'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { asOid, type Oid } from '../../../lib/model/oid.js'
import { type Teardown, temporaryFolder } from '../../support/environment.js'
import { repository, type TestRepository } from '../../support/repository.js'

/** What every ObjectStore must do; `absent` is an oid of the right length that names nothing. */
function conformance(
  name: string,
  open: (location: RepositoryLocation) => ObjectStore,
  objectFormat: 'sha1' | 'sha256' = 'sha1',
) {
  const absent = asOid('0123456789'.repeat(7).slice(0, objectFormat === 'sha1' ? 40 : 64))
  const setUp = (t: Teardown): { repo: TestRepository; store: ObjectStore } => {
    const repo = repository(t, { objectFormat })
    const store = open(repo.location)
    t.teardown(() => store.close())
    return { repo, store }
  }
  const commitOf = (tree: Oid, parents: Oid[] = []): CommitObject => ({
    tree,
    parents,
    author: { name: 'Ada é', email: 'ada@example.org', timestampMs: 1_700_000_000_000, offsetMinutes: 330 },
    committer: { name: 'Bob', email: 'bob@example.org', timestampMs: 1_700_000_060_000, offsetMinutes: -90 },
    message: 'subject ✓\n\nbody\n',
  })

  t.test(`${name}: blobs of any bytes and sizes come back and are known to git`, async (t) => {
    const { repo, store } = setUp(t)
    for (const size of [0, 1, 70_000, (1 << 20) + 1]) {
      const data = Uint8Array.from({ length: size }, (_, i) => (i * 7) & 0xff)
      const oid = await store.writeBlob(data)
      t.same(Buffer.from((await store.read(oid)).data), Buffer.from(data))
      t.equal(repo.git('cat-file', '-s', oid), String(size))
      t.equal(await store.writeBlob(data), oid, 'writing it again is fine')
      t.equal(await store.has(oid), true)
    }
    repo.git('fsck', '--strict')
  })

  t.test(`${name}: trees are sorted as git sorts them`, async (t) => {
    const { repo, store } = setUp(t)
    const blob = await store.writeBlob(Buffer.from('x'))
    const empty = await store.writeTree([])
    const entries = [
      { mode: '100644', name: 'a0', oid: blob },
      { mode: '040000', name: 'a', oid: empty },
      { mode: '100755', name: 'a.b', oid: blob },
      { mode: '120000', name: 'é', oid: blob },
      { mode: '100644', name: 'Z', oid: blob },
    ]
    const tree = await store.writeTree(entries)
    repo.git('fsck', '--strict')
    t.same(
      await store.readTree(tree),
      ['Z', 'a.b', 'a', 'a0', 'é'].map((name) => entries.find((e) => e.name === name)),
    )
    t.same(await store.readTree(empty), [])
  })

  t.test(`${name}: a name that is not UTF-8 survives being read and written`, async (t) => {
    const { repo, store } = setUp(t)
    const folder = Buffer.concat([Buffer.from(`${repo.path}/`), Buffer.from([0x61, 0xff, 0xe9, 0x62])])
    writeFileSync(folder, 'odd')
    repo.write('é', 'even').commit()
    const tree = repo.oid('HEAD^{tree}')
    t.equal(await store.writeTree(await store.readTree(tree)), tree)
  })

  t.test(`${name}: names that no tree may hold are refused`, async (t) => {
    const { store } = setUp(t)
    const oid = await store.writeBlob(Buffer.from('x'))
    for (const bad of ['', '.', '..', '.git', 'a/b', 'a\0b']) {
      await t.rejects(store.writeTree([{ mode: '100644', name: bad, oid }]), TypeError, JSON.stringify(bad))
    }
    const twice = { mode: '100644', name: 'a', oid }
    await t.rejects(store.writeTree([twice, twice]), TypeError)
  })

  t.test(`${name}: commits come back with every field`, async (t) => {
    const { repo, store } = setUp(t)
    const tree = await store.writeTree([])
    const first = await store.writeCommit(commitOf(tree))
    const second = await store.writeCommit(commitOf(tree, [first]))
    t.same(await store.readCommit(second), commitOf(tree, [first]))
    t.equal(
      repo.git('show', '-s', '--date=iso', '--format=%P %an %ad %ce %cd %s', second),
      `${first} Ada é 2023-11-15 03:43:20 +0530 bob@example.org 2023-11-14 20:44:20 -0130 subject ✓`,
    )
    repo.git('fsck', '--strict')
  })

  t.test(`${name}: what git wrote can be read, loose or packed`, async (t) => {
    const { repo, store } = setUp(t)
    repo.write('a/b', 'one').commit('first').write('a/b', 'two').commit('second')
    const blob = repo.oid('HEAD:a/b')
    t.equal(Buffer.from((await store.read(blob)).data).toString(), 'two')
    repo.do('gc', '-q', '--prune=now')
    t.equal(Buffer.from((await store.read(blob)).data).toString(), 'two')
    const commit = await store.readCommit(repo.oid())
    t.equal(commit.message, 'second\n')
    t.same(commit.parents, [repo.oid('HEAD~1')])
    t.same(
      (await store.readTree(commit.tree)).map((e) => `${e.mode} ${e.name}`),
      ['040000 a'],
    )
    t.equal(await store.has(blob), true)
  })

  t.test(`${name}: readBlobs answers in the order asked for, few or many`, async (t) => {
    const { repo, store } = setUp(t)
    const oids: Oid[] = []
    for (let i = 0; i < 30; i++) oids.push(await store.writeBlob(Buffer.from(`blob ${i}`)))
    const tree = await store.writeTree([])
    const texts = async (asked: Oid[]) =>
      (await store.readBlobs(asked)).map((data) =>
        data === undefined ? undefined : Buffer.from(data).toString(),
      )
    const [a, b] = [oids[3] as Oid, oids[7] as Oid]
    t.same(await texts([b, absent, a, b, tree]), ['blob 7', undefined, 'blob 3', 'blob 7', undefined])
    const many = [...oids].reverse()
    t.same(await texts([absent, ...many, tree]), [
      undefined,
      ...many.map((_, i) => `blob ${29 - i}`),
      undefined,
    ])
    t.same(await store.readBlobs([]), [])
    repo.do('update-ref', 'refs/keep/1', a).do('repack', '-adkq')
    t.same(await texts([a, b]), ['blob 3', 'blob 7'])
  })

  t.test(`${name}: reads may overlap`, async (t) => {
    const { store } = setUp(t)
    const blobs = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.writeBlob(Buffer.from(`x${i}`.repeat(9000)))),
    )
    const read = await Promise.all(
      blobs.map(async (oid) => Buffer.from((await store.read(oid)).data).toString()),
    )
    t.same(
      read,
      blobs.map((_, i) => `x${i}`.repeat(9000)),
    )
  })

  t.test(`${name}: an object that is not there is missing`, async (t) => {
    const { store } = setUp(t)
    await t.rejects(store.read(absent), { code: 'OBJECT_MISSING', data: { oid: absent } })
    await t.rejects(store.readTree(absent), { code: 'OBJECT_MISSING' })
    await t.rejects(store.readCommit(absent), { code: 'OBJECT_MISSING' })
    t.equal(await store.has(absent), false)
    const oid = await store.writeBlob(Buffer.from('still works'))
    t.equal((await store.read(oid)).type, 'blob')
  })

  t.test(`${name}: a damaged object is corrupt, and the store goes on`, async (t) => {
    const { repo, store } = setUp(t)
    const bad = await store.writeBlob(Buffer.from('to be damaged'))
    const good = await store.writeBlob(Buffer.from('good'))
    const path = join(repo.location.commonDir, 'objects', bad.slice(0, 2), bad.slice(2))
    chmodSync(path, 0o644)
    writeFileSync(path, 'rubbish')
    await t.rejects(store.read(bad), { code: /OBJECT_(CORRUPT|MISSING)/, data: { oid: bad } })
    t.equal(Buffer.from((await store.read(good)).data).toString(), 'good')
    await t.rejects(store.readTree(good), { code: 'OBJECT_CORRUPT' })
    await t.rejects(store.readCommit(good), { code: 'OBJECT_CORRUPT' })
  })

  t.test(`${name}: in a linked worktree objects lie where all worktrees see them`, async (t) => {
    const { repo } = setUp(t)
    repo.commit()
    const linked = join(temporaryFolder(t), 'linked')
    repo.do('worktree', 'add', '-q', linked)
    const store = open(repository(undefined, { path: linked }).location)
    t.teardown(() => store.close())
    const oid = await store.writeBlob(Buffer.from('from afar'))
    t.equal(repo.git('cat-file', 'blob', oid), 'from afar')
  })

  t.test(`${name}: no temporary file stays`, async (t) => {
    const { repo, store } = setUp(t)
    await Promise.all(Array.from({ length: 10 }, () => store.writeBlob(Buffer.from('the same'))))
    const objects = join(repo.location.commonDir, 'objects')
    t.same(
      readdirSync(objects, { recursive: true }).filter((f) => String(f).includes('tmp')),
      [],
    )
  })
}

conformance('git binary', (location) => new BinaryObjectStore(location))
conformance('git binary, SHA-256', (location) => new BinaryObjectStore(location), 'sha256')
conformance('isomorphic-git', (location) => new IsomorphicObjectStore(location))

t.test('the store is chosen by what the repository needs', async (t) => {
  const kind = async (repo: TestRepository) => {
    const store = await openObjectStore(repo.location)
    await store.close()
    return store.constructor.name
  }
  const plain = repository(t).write('f', '1').commit()
  t.equal(await kind(plain), 'IsomorphicObjectStore')
  t.equal(await kind(repository(t, { objectFormat: 'sha256' })), 'BinaryObjectStore')
  t.equal(await kind(plain.clone(t, '--shared')), 'BinaryObjectStore')
  t.equal(await kind(repository(t).config('extensions.partialClone', 'origin')), 'BinaryObjectStore')
  t.equal(await kind(repository(t).config('core.sharedRepository', 'group')), 'BinaryObjectStore')
})

t.test('a store that is not closed does not keep the process from its end', (t) => {
  const repo = repository(t).write('f', '1').commit()
  const file = (name: string) => new URL(`../../../lib/git/${name}.js`, import.meta.url).href
  const program = `
    import { BinaryObjectStore } from ${JSON.stringify(file('binary-store'))}
    import { locateRepositorySync } from ${JSON.stringify(file('location'))}
    const store = new BinaryObjectStore(locateRepositorySync(process.cwd()))
    console.log((await store.read('${repo.oid()}')).type)`
  const result = repo.run('--input-type=module', ['-e', program])
  t.equal(result.stdout, 'commit\n')
  t.equal(result.status, 0)
  t.end()
})
