import t from 'tap'
import { blobAt, blobsAtSync, changesBetween, commitFiles, listFiles } from '../../../lib/git/commits.js'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { asOid, type Oid } from '../../../lib/model/oid.js'
import type { Teardown } from '../../support/environment.js'
import { repository } from '../../support/repository.js'

const setUp = async (t: Teardown) => {
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`).join('\n')
  const repo = repository(t)
    .write('src/train.js', lines)
    .write('run.sh', 'sh', 0o755)
    .link('link', 'run.sh')
    .commit('old')
  const store = await openObjectStore(repo.location)
  t.teardown(() => store.close())
  return { repo, store, lines }
}

t.test('a patched commit changes only the given files and keeps their modes', async (t) => {
  const { repo, store } = await setUp(t)
  const parent = repo.oid()
  const before = repo.fingerprint()
  const files = new Map([
    ['src/train.js', Buffer.from('patched')],
    ['run.sh', Buffer.from('new sh')],
    ['added', Buffer.from('+')],
  ])
  const commit = await commitFiles(repo.location, store, { parent, files, message: 'Patch\n' })
  t.same(repo.fingerprint(), before)
  t.equal(
    repo.git('diff-tree', '-r', '--name-status', parent, commit),
    'A\tadded\nM\trun.sh\nM\tsrc/train.js',
  )
  t.match(repo.git('ls-tree', commit, 'run.sh'), /^100755 /)
  t.equal(repo.git('show', '-s', '--format=%P %s', commit), `${parent} Patch`)
  t.equal(
    repo.git('show', '-s', '--format=%an%ae%ad%cn%cd', commit),
    repo.git('show', '-s', '--format=%an%ae%ad%an%ad', parent),
  )
  repo.git('fsck', '--strict')
})

t.test('the same patch is the same commit', async (t) => {
  const { repo, store } = await setUp(t)
  const change = {
    parent: repo.oid(),
    files: new Map([['src/train.js', Buffer.from('x')]]),
    message: 'Patch\n',
  }
  const commit = await commitFiles(repo.location, store, change)
  repo.do('config', 'user.name', 'Somebody Else')
  t.equal(await commitFiles(repo.location, store, change), commit)
})

t.test('files are read as they lie in a commit or tree', async (t) => {
  const { repo, lines } = await setUp(t)
  repo.write('two words', 'w').write('é.txt', 'é').commit()
  for (const at of [repo.oid(), repo.oid('HEAD^{tree}')]) {
    t.equal(Buffer.from((await blobAt(repo.location, at, 'src/train.js')) ?? []).toString(), lines)
    t.equal(Buffer.from((await blobAt(repo.location, at, 'two words')) ?? []).toString(), 'w')
    t.equal(Buffer.from((await blobAt(repo.location, at, 'é.txt')) ?? []).toString(), 'é')
    for (const none of [
      'nothing',
      'src',
      '',
      'no such/file here',
      'a\nb',
      '../x',
      './run.sh',
      'run.sh blob 2',
    ]) {
      t.equal(await blobAt(repo.location, at, none), undefined, none)
    }
  }
  const gone = asOid('1'.repeat(40))
  await t.rejects(blobAt(repo.location, gone, 'f'), { code: 'OBJECT_MISSING', data: { oid: gone } })
  await t.rejects(listFiles(repo.location, gone), { code: 'OBJECT_MISSING', data: { oid: gone } })
})

t.test('files are listed with mode and oid, from anywhere', async (t) => {
  const { repo } = await setUp(t)
  t.same(await listFiles(repo.location, repo.oid()), [
    { path: 'link', mode: '120000', oid: repo.oid('HEAD:link') },
    { path: 'run.sh', mode: '100755', oid: repo.oid('HEAD:run.sh') },
    { path: 'src/train.js', mode: '100644', oid: repo.oid('HEAD:src/train.js') },
  ])
})

t.test('changes are listed, and renames found although the content changed', async (t) => {
  const { repo, lines } = await setUp(t)
  const older = repo.oid()
  repo
    .remove('src/train.js')
    .remove('link')
    .write('lib/teach me.js', lines.replace('line 3', 'changed'))
    .write('new.txt', 'new')
    .write('run.sh', 'changed')
    .commit()
  const changes = [
    { older: 'link' },
    { older: 'run.sh', newer: 'run.sh' },
    { older: 'src/train.js', newer: 'lib/teach me.js' },
    { newer: 'new.txt' },
  ]
  const sorted = async (newer: Oid) =>
    (await changesBetween(repo.location, older, newer)).sort((a, b) =>
      (a.older ?? `~${a.newer}`).localeCompare(b.older ?? `~${b.newer}`),
    )
  t.strictSame(
    await sorted(repo.oid()),
    changes.sort((a, b) => (a.older ?? `~${a.newer}`).localeCompare(b.older ?? `~${b.newer}`)),
  )
  t.same(await sorted(repo.oid('HEAD^{tree}')), changes)
  t.same(await changesBetween(repo.location, older, older), [])
})

t.test('several files are read at once; what is no file is left out', async (t) => {
  const { repo, lines } = await setUp(t)
  const asked = ['run.sh', 'src', 'nothing', 'a\nb', '../x', 'src/train.js', '']
  const found = blobsAtSync(repo.location, repo.oid(), asked)
  t.strictSame([...found.keys()], ['run.sh', 'src/train.js'])
  t.equal(Buffer.from(found.get('src/train.js') ?? []).toString(), lines)
  t.equal(Buffer.from(found.get('run.sh') ?? []).toString(), repo.git('show', 'HEAD:run.sh'))
  t.equal(blobsAtSync(repo.location, repo.oid(), []).size, 0)
})
