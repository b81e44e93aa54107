import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { readFlorConfigSync } from '../../../lib/git/config.js'
import { ensureObjects, pushObjects, relinkKept } from '../../../lib/git/lfs.js'
import {
  keptObjectPath,
  lfsObjectPath,
  lfsObjectsDirSync,
  linkOrCopySync,
} from '../../../lib/git/lfs-paths.js'
import { formatPointer, type LfsObject, parsePointer } from '../../../lib/git/lfs-pointer.js'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { publish } from '../../../lib/git/shards.js'
import { type Teardown, temporaryFolder } from '../../support/environment.js'
import { withoutLfs } from '../../support/git-lfs.js'
import { repository, type TestRepository } from '../../support/repository.js'

const setUp = async (t: Teardown, repo = repository(t).write('f', '1').commit()) => {
  const store = await openObjectStore(repo.location)
  t.teardown(() => store.close())
  return { repo, store }
}

/** An object as the runtime leaves it: in git-lfs's folder, with a second name in ours. */
const writeObject = (repo: TestRepository, content: string): LfsObject => {
  const sha256 = createHash('sha256').update(content).digest('hex')
  const path = lfsObjectPath(lfsObjectsDirSync(repo.location), sha256)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  linkOrCopySync(path, keptObjectPath(repo.location, sha256))
  return { sha256, sizeBytes: content.length }
}

t.test('pointers are those of git-lfs, and are read back', (t) => {
  const object = { sha256: 'ab'.repeat(32), sizeBytes: 12 }
  const text = formatPointer(object)
  t.equal(text, `version https://git-lfs.github.com/spec/v1\noid sha256:${'ab'.repeat(32)}\nsize 12\n`)
  t.same(parsePointer(Buffer.from(text)), object)
  for (const other of ['', 'text', text.replace('size', 'sizes'), text + 'x'.repeat(2000)]) {
    t.equal(parsePointer(Buffer.from(other)), undefined)
  }
  t.end()
})

t.test('a pointer of stock git-lfs is the same bytes', { skip: withoutLfs }, (t) => {
  const repo = repository(t)
    .lfs()
    .write('.gitattributes', '*.x filter=lfs\n')
    .write('a.x', 'content')
    .commit()
  const pointer = repo.gitBytes('cat-file', 'blob', 'HEAD:a.x')
  const object = parsePointer(pointer) as LfsObject
  t.equal(formatPointer(object), pointer.toString())
  t.equal(readFileSync(lfsObjectPath(lfsObjectsDirSync(repo.location), object.sha256), 'utf8'), 'content')
  t.end()
})

t.test('lfs.storage is honoured', (t) => {
  const repo = repository(t)
  t.equal(lfsObjectsDirSync(repo.location), join(repo.path, '.git/lfs/objects'))
  t.equal(
    lfsObjectsDirSync(repo.config('lfs.storage', 'elsewhere').location),
    join(repo.path, '.git/elsewhere/objects'),
  )
  t.equal(lfsObjectsDirSync(repo.config('lfs.storage', '/srv/lfs').location), '/srv/lfs/objects')
  const { location } = repo.config('lfs.storage', '~/lfs')
  t.equal(lfsObjectsDirSync(location, readFlorConfigSync(location)), lfsObjectsDirSync(location))
  repo.git('config', '--unset-all', 'lfs.storage')
  t.equal(lfsObjectsDirSync(location, readFlorConfigSync(location)), join(repo.path, '.git/lfs/objects'))
  t.throws(() => lfsObjectPath('/x', '../../etc/passwd'), TypeError)
  t.end()
})

t.test(
  'an object has one content and two names, and survives git lfs prune',
  { skip: withoutLfs },
  async (t) => {
    const { repo, store } = await setUp(t)
    const object = writeObject(repo, 'weights')
    const [kept, shared] = [
      keptObjectPath(repo.location, object.sha256),
      lfsObjectPath(lfsObjectsDirSync(repo.location), object.sha256),
    ]
    t.equal(statSync(kept).ino, statSync(shared).ino)
    repo.do('lfs', 'prune')
    t.notOk(existsSync(shared), 'prune removes what only our refs hold')
    t.same(await ensureObjects(repo.location, store, [object, object]), new Map([[object.sha256, kept]]))
    t.equal(readFileSync(shared, 'utf8'), 'weights')
    rmSync(shared)
    t.equal(await relinkKept(repo.location), 1)
    t.equal(readFileSync(shared, 'utf8'), 'weights')
  },
)

t.test('a damaged object is not used', async (t) => {
  const { repo, store } = await setUp(t)
  const object = writeObject(repo, 'weights')
  writeFileSync(keptObjectPath(repo.location, object.sha256), 'weighty')
  await t.rejects(ensureObjects(repo.location, store, [object]), {
    code: 'LFS_OBJECT_MISSING',
    data: { objects: [object.sha256], remotes: [] },
  })
})

t.test(
  'objects are pushed by stock git-lfs and fetched in another clone, only those asked for',
  { skip: withoutLfs },
  async (t) => {
    const bare = repository(t, { bare: true })
    const { repo, store } = await setUp(t)
    repo.do('remote', 'add', 'origin', bare.path).do('push', '-q', 'origin', 'main')
    const [one, two] = [writeObject(repo, 'one'), writeObject(repo, 'two!')]
    const files = [one, two].map((object, i) => ({
      path: `checkpoints/epoch=${i}/model.safetensors`,
      data: Buffer.from(formatPointer(object)),
    }))
    await publish(repo.location, store, 'w', {
      run: repo.oid(),
      segment: Buffer.from('s'),
      hasSegment: () => false,
      files,
      keepAlive: [],
    })
    repo.do('lfs', 'prune')
    await pushObjects(repo.location, 'origin', 'refs/flor/runs/w')
    t.ok(existsSync(lfsObjectPath(join(bare.path, 'lfs/objects'), one.sha256)))
    const { repo: clone, store: cloned } = await setUp(t, bare.clone(t))
    const before = clone.fingerprint()
    const paths = await ensureObjects(clone.location, cloned, [two])
    t.equal(readFileSync(paths.get(two.sha256) as string, 'utf8'), 'two!')
    t.notOk(existsSync(lfsObjectPath(lfsObjectsDirSync(clone.location), one.sha256)))
    // git-lfs notes its own format version in the configuration.
    t.same({ ...clone.fingerprint(), 'git:config': '' }, { ...before, 'git:config': '' })
    const absent = { sha256: '12'.repeat(32), sizeBytes: 5 }
    await t.rejects(ensureObjects(clone.location, cloned, [one, absent]), {
      code: 'LFS_OBJECT_MISSING',
      data: { objects: [absent.sha256], remotes: ['origin'] },
    })
    t.ok(
      existsSync(keptObjectPath(clone.location, one.sha256)),
      'what was there has been fetched all the same',
    )
  },
)

t.test('a push that fails says why', { skip: withoutLfs }, async (t) => {
  const { repo, store } = await setUp(t)
  const object = writeObject(repo, 'one')
  await publish(repo.location, store, 'w', {
    run: repo.oid(),
    segment: Buffer.from('s'),
    hasSegment: () => false,
    files: [{ path: 'a.safetensors', data: Buffer.from(formatPointer(object)) }],
    keepAlive: [],
  })
  repo.do('remote', 'add', 'origin', join(temporaryFolder(t), 'nothing'))
  await t.rejects(pushObjects(repo.location, 'origin', 'refs/flor/runs/w'), {
    code: 'LFS_FAILED',
    data: { remote: 'origin' },
  })
})
