import t from 'tap'
import type { ObjectStore } from '../../../lib/git/object-store.js'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { editTree, findEntry, type TreeEdit } from '../../../lib/git/tree-editor.js'
import type { Oid } from '../../../lib/model/oid.js'
import { countingStore } from '../../support/counting-store.js'
import type { Teardown } from '../../support/environment.js'
import { repository, type TestRepository } from '../../support/repository.js'

const setUp = async (t: Teardown) => {
  const repo = repository(t).write('a/b/c', '1').write('a/d', '2').write('e', '3', 0o755).commit()
  const store = await openObjectStore(repo.location)
  t.teardown(() => store.close())
  return { repo, store, root: repo.oid('HEAD^{tree}') }
}

const file = async (store: ObjectStore, text: string): Promise<TreeEdit> => ({
  mode: '100644',
  oid: await store.writeBlob(Buffer.from(text)),
})

const listing = (repo: TestRepository, tree: Oid | undefined) => (tree === undefined ? [] : repo.paths(tree))

t.test('entries are put, replaced and removed, and the rest stays', async (t) => {
  const { repo, store, root } = await setUp(t)
  const edits = new Map([
    ['a/b/new', await file(store, 'n')],
    ['x/y/z', await file(store, 'z')],
    ['a/d', await file(store, 'changed')],
    ['e', null],
  ])
  const tree = (await editTree(store, root, edits)) as Oid
  t.same(repo.paths(tree), ['a/b/c', 'a/b/new', 'a/d', 'x/y/z'])
  t.equal(repo.git('cat-file', 'blob', `${tree}:a/d`), 'changed')
  repo.git('fsck', '--strict')
})

t.test('an edit without effect gives the same tree', async (t) => {
  const { store, root } = await setUp(t)
  t.equal(await editTree(store, root, new Map()), root)
  t.equal(await editTree(store, root, new Map([['no/such/thing', null]])), root)
  t.equal(await editTree(store, root, new Map([['e/below/a/file', null]])), root)
})

t.test('folders vanish with their last entry', async (t) => {
  const { repo, store, root } = await setUp(t)
  const tree = await editTree(store, root, new Map([['a/b/c', null]]))
  t.same(listing(repo, tree), ['a/d', 'e'])
  const all = new Map([
    ['a/b/c', null],
    ['a/d', null],
    ['e', null],
  ] as const)
  t.equal(await editTree(store, root, all), undefined)
  t.equal(await editTree(store, undefined, new Map()), undefined)
})

t.test('a file gives way to a folder, and a folder to a file', async (t) => {
  const { repo, store, root } = await setUp(t)
  const tree = await editTree(
    store,
    root,
    new Map([
      ['e/f', await file(store, 'f')],
      ['a', await file(store, 'a')],
    ]),
  )
  t.same(listing(repo, tree), ['a', 'e/f'])
})

t.test('contradicting edits are refused', async (t) => {
  const { store, root } = await setUp(t)
  const edit = await file(store, 'x')
  await t.rejects(
    editTree(
      store,
      root,
      new Map([
        ['p', edit],
        ['p/q', edit],
      ]),
    ),
    TypeError,
  )
  for (const path of ['', '/a', 'a//b', '../a', 'a/.git/b']) {
    await t.rejects(editTree(store, root, new Map([[path, edit]])), TypeError, path)
  }
})

t.test('only the folders on the way are read and written', async (t) => {
  const { store } = await setUp(t)
  const edits = new Map<string, TreeEdit>()
  const blob = await file(store, 'x')
  for (let i = 0; i < 256; i++) edits.set(`${i.toString(16).padStart(2, '0')}/f`, blob)
  const root = await editTree(store, undefined, edits)
  const { store: counted, counts } = countingStore(store)
  await editTree(counted, root, new Map([['7f/g', blob]]))
  t.same(
    counts,
    new Map([
      ['readTree', 2],
      ['writeTree', 2],
    ]),
  )
})

t.test('an entry is found by its path', async (t) => {
  const { repo, store, root } = await setUp(t)
  t.same(await findEntry(store, root, 'a/b/c'), { mode: '100644', name: 'c', oid: repo.oid('HEAD:a/b/c') })
  t.equal((await findEntry(store, root, 'e'))?.mode, '100755')
  t.equal((await findEntry(store, root, 'a/b'))?.mode, '040000')
  for (const none of ['x', 'a/x', 'e/x', 'a/b/c/d'])
    t.equal(await findEntry(store, root, none), undefined, none)
})
