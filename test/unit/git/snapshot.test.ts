import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { locateRepositorySync, temporaryDir } from '../../../lib/git/location.js'
import { pendingRef, recordRunCommitSync, runSubject, snapshotSync } from '../../../lib/git/snapshot.js'
import { temporaryFolder } from '../../support/environment.js'
import { withoutLfs } from '../../support/git-lfs.js'
import { repository, type TestRepository } from '../../support/repository.js'

const config = { maxFileSizeBytes: 1000 }
const snapshot = (repo: TestRepository) => snapshotSync(repo.location, config)
const content = (repo: TestRepository, tree: string, path: string) =>
  repo.git('cat-file', 'blob', `${tree}:${path}`)

t.test('a clean working tree is its commit', (t) => {
  const repo = repository(t).write('a', '1').write('b/c', '2').commit()
  const { tree, clean, base, leftOut, warnings } = snapshot(repo)
  t.equal(tree, repo.oid('HEAD^{tree}'))
  t.equal(base, repo.oid())
  t.ok(clean)
  t.same([leftOut, warnings], [[], []])
  t.end()
})

t.test('edits, additions, deletions, modes and links are taken in, and nothing of the user changes', (t) => {
  const repo = repository(t)
    .write('edited', '1')
    .write('staged', '1')
    .write('deleted', '1')
    .write('mode', '1')
    .write('.gitignore', 'ignored\n')
    .commit()
    .write('staged', '2')
    .do('add', 'staged')
    .write('staged', '3')
    .write('edited', '2')
    .remove('deleted')
    .write('mode', '1', 0o755)
    .write('new/file', 'n')
    .write('ignored', 'i')
    .write('intended', 'later')
    .do('add', '-N', 'intended')
    .link('link', 'nowhere')
  const before = repo.fingerprint()
  const { tree, clean } = snapshot(repo)
  t.same(repo.fingerprint(), before)
  t.notOk(clean)
  t.same(repo.paths(tree), ['.gitignore', 'edited', 'intended', 'link', 'mode', 'new/file', 'staged'])
  t.equal(content(repo, tree, 'edited'), '2')
  t.equal(content(repo, tree, 'staged'), '3')
  t.equal(content(repo, tree, 'intended'), 'later')
  t.match(repo.git('ls-tree', tree, 'mode'), /^100755 /)
  t.match(repo.git('ls-tree', tree, 'link'), /^120000 /)
  t.same(readdirSync(temporaryDir(repo.location)), [])
  t.end()
})

t.test('an edit in the second of the commit is not missed', (t) => {
  const repo = repository(t).write('f', 'aaaa')
  const now = Math.floor(Date.now() / 1000) - 5
  utimesSync(join(repo.path, 'f'), now, now)
  repo.commit()
  utimesSync(join(repo.path, '.git/index'), now, now)
  repo.write('f', 'bbbb')
  utimesSync(join(repo.path, 'f'), now, now)
  t.equal(content(repo, snapshot(repo).tree, 'f'), 'bbbb')
  t.end()
})

t.test('large files, secrets and nested repositories without commits stay out, and are told', (t) => {
  const repo = repository(t)
    .write('train.js', '')
    .commit()
    .write('big.bin', 'x'.repeat(1001))
    .write('fits.bin', 'x'.repeat(1000))
    .write('.env', 'TOKEN=1')
    .write('deep/id_rsa', 'k')
    .write('nested/f', 'f')
  repository(undefined, { path: join(repo.path, 'nested') })
  const { tree, leftOut } = snapshot(repo)
  t.same(repo.paths(tree), ['fits.bin', 'train.js'])
  t.same(leftOut, [
    { path: '.env', reason: 'secret' },
    { path: 'big.bin', reason: 'too-large' },
    { path: 'deep/id_rsa', reason: 'secret' },
    { path: 'nested', reason: 'nested-repository' },
  ])
  t.end()
})

t.test('a tracked file is taken in, large or secret or not', (t) => {
  const repo = repository(t)
    .write('.env', '1')
    .write('big', '')
    .commit()
    .write('.env', '2')
    .write('big', 'x'.repeat(2000))
  const { tree, leftOut } = snapshot(repo)
  t.equal(content(repo, tree, '.env'), '2')
  t.equal(content(repo, tree, 'big').length, 2000)
  t.same(leftOut, [])
  t.end()
})

t.test('an untracked file that cannot be read is left out', { skip: process.getuid?.() === 0 }, (t) => {
  const repo = repository(t).commit().write('locked', 'x')
  chmodSync(join(repo.path, 'locked'), 0)
  t.same(snapshot(repo).leftOut, [{ path: 'locked', reason: 'unreadable' }])
  t.end()
})

t.test('a nested repository with commits is recorded by its commit, with a warning', (t) => {
  const repo = repository(t).commit()
  const nested = repository(undefined, { path: join(repo.path, 'nested') })
    .write('f', 'f')
    .commit()
  const { tree, warnings } = snapshot(repo)
  t.equal(repo.git('ls-tree', tree), `160000 commit ${nested.oid()}\tnested`)
  t.match(warnings, [/^nested is a repository of its own/])
  t.end()
})

t.test('names that are not UTF-8, or hold newlines and quotes, are taken in', (t) => {
  const repo = repository(t).commit().write('two\nlines "x"', '1').write('-n', '2').write(':(glob)*', '3')
  const odd = Buffer.concat([Buffer.from(`${repo.path}/`), Buffer.from([0xff, 0xfe])])
  mkdirSync(odd)
  writeFileSync(Buffer.concat([odd, Buffer.from('/f')]), 'odd')
  const { tree } = snapshot(repo)
  const names = repo.gitBytes('ls-tree', '-r', '-z', '--name-only', tree)
  t.ok(names.includes(Buffer.from('two\nlines "x"\0')))
  t.ok(names.includes(Buffer.from([0xff, 0xfe, 0x2f, 0x66, 0])))
  t.ok(names.includes(Buffer.from('-n\0')))
  t.ok(names.includes(Buffer.from(':(glob)*\0')))
  t.end()
})

t.test('before the first commit everything is new and nothing is clean', (t) => {
  const repo = repository(t).write('a', '1').write('b', '2').do('add', 'a')
  const { tree, base, clean } = snapshot(repo)
  t.same(repo.paths(tree), ['a', 'b'])
  t.equal(base, undefined)
  t.notOk(clean)
  const { commit } = recordRunCommitSync(repo.location, config, { id: 'r1', subject: 'x' })
  t.equal(repo.git('rev-list', '--parents', '-1', commit), commit)
  t.end()
})

t.test('an empty repository without any file has an empty tree', (t) => {
  const repo = repository(t)
  t.same(repo.paths(snapshot(repo).tree), [])
  t.end()
})

t.test('a sparse checkout keeps what is not checked out, and stray files come along', (t) => {
  const repo = repository(t)
    .write('in/a', '1')
    .write('out/b', '2')
    .commit()
    .do('sparse-checkout', 'set', '--cone', 'in')
  t.notOk(existsSync(join(repo.path, 'out')))
  t.ok(snapshot(repo).clean)
  repo.write('out/stray', 's').write('in/a', 'edited')
  const before = repo.fingerprint()
  const { tree } = snapshot(repo)
  t.same(repo.paths(tree), ['in/a', 'out/b', 'out/stray'])
  t.equal(content(repo, tree, 'in/a'), 'edited')
  t.same(repo.fingerprint(), before)
  t.end()
})

t.test('an unresolved merge is taken as it lies in the working tree', (t) => {
  const repo = repository(t)
    .write('f', '1')
    .commit()
    .branch('side')
    .write('f', '2')
    .commit()
    .branch('main')
    .write('f', '3')
    .commit()
  t.throws(() => repo.git('merge', 'side'))
  const before = repo.fingerprint()
  t.match(content(repo, snapshot(repo).tree, 'f'), /^<<<<<<< HEAD/)
  t.same(repo.fingerprint(), before)
  t.end()
})

t.test('assume-unchanged files and dirty submodules give warnings', (t) => {
  const inner = repository(t).write('x', '1').commit()
  const repo = repository(t)
    .write('assumed', '1')
    .do('submodule', '--quiet', 'add', inner.path, 'sub')
    .commit()
  t.same(snapshot(repo).warnings, [])
  repo.do('update-index', '--assume-unchanged', 'assumed').write('assumed', '2').write('sub/x', 'dirty')
  const { tree, warnings } = snapshot(repo)
  t.equal(content(repo, tree, 'assumed'), '1')
  t.match(warnings, [/^assumed is marked assume-unchanged/, /^the submodule sub has changes/])
  t.end()
})

t.test('a new commit in a submodule is recorded', (t) => {
  const inner = repository(t).write('x', '1').commit()
  const repo = repository(t).do('submodule', '--quiet', 'add', inner.path, 'sub').commit()
  repo.do('-C', 'sub', 'commit', '-q', '--allow-empty', '-m', 'moved')
  t.match(repo.git('ls-tree', snapshot(repo).tree, 'sub'), repo.git('-C', 'sub', 'rev-parse', 'HEAD'))
  t.end()
})

t.test('a linked worktree is recorded by its own files', (t) => {
  const repo = repository(t).write('f', '1').commit()
  const linked = join(temporaryFolder(t), 'linked')
  repo.do('worktree', 'add', '-q', linked).write('f', 'main changed')
  const location = locateRepositorySync(linked)
  t.ok(snapshotSync(location, config).clean)
  t.end()
})

t.test('no hook of the user runs', (t) => {
  const repo = repository(t).write('f', '1').commit()
  for (const hook of ['post-index-change', 'reference-transaction', 'pre-commit', 'post-commit', 'monitor']) {
    repo.write(`.git/hooks/${hook}`, `#!/bin/sh\necho ${hook} >> "${repo.path}.hooks"\nexit 1\n`, 0o755)
  }
  // A file system monitor is one, too: any git that reads the index asks it.
  repo.do('config', 'core.fsmonitor', '.git/hooks/monitor').do('update-index', '--fsmonitor')
  repo.write('f', '2').write('g', '3')
  rmSync(`${repo.path}.hooks`, { force: true })
  recordRunCommitSync(repo.location, config, { id: 'r', subject: 's', pendingRef: true })
  t.notOk(existsSync(`${repo.path}.hooks`))
  t.end()
})

t.test('a required filter that fails is an error, and nothing stays behind', (t) => {
  const repo = repository(t)
    .write('.gitattributes', '*.x filter=broken\n')
    .commit()
    .config('filter.broken.clean', 'false')
    .config('filter.broken.required', 'true')
    .write('new.x', '1')
  t.throws(() => snapshot(repo), { code: 'GIT_FAILED' })
  t.same(readdirSync(temporaryDir(repo.location)), [])
  repo.config('filter.broken.clean', 'git-lfs-that-is-not-there: git-lfs: not found >&2; exit 1; git-lfs')
  t.throws(() => snapshot(repo))
  t.end()
})

t.test('a repository that needs a missing git-lfs says so', (t) => {
  const repo = repository(t)
    .write('.gitattributes', '*.x filter=lfs\n')
    .commit()
    .config('filter.lfs.clean', 'echo "git-lfs: not found" >&2; exit 127')
    .config('filter.lfs.required', 'true')
    .write('new.x', '1')
  t.throws(() => snapshot(repo), { code: 'LFS_MISSING' })
  t.end()
})

t.test('files of Git LFS are recorded as pointers', { skip: withoutLfs }, (t) => {
  const repo = repository(t)
    .lfs()
    .write('.gitattributes', '*.x filter=lfs -text\n')
    .write('a.x', 'a')
    .commit()
  repo.write('a.x', 'edited').write('b.x', 'new')
  const { tree } = snapshot(repo)
  t.match(content(repo, tree, 'a.x'), /^version https:\/\/git-lfs/)
  t.match(content(repo, tree, 'b.x'), /^version https:\/\/git-lfs/)
  t.end()
})

t.test('strict line endings do not stop a run', (t) => {
  const repo = repository(t)
    .write('f', 'a\n')
    .commit()
    .config('core.autocrlf', 'true')
    .config('core.safecrlf', 'true')
  repo.write('f', 'a\nb\n').write('g', 'mixed\r\nends\n')
  t.same(repo.paths(snapshot(repo).tree), ['f', 'g'])
  t.end()
})

t.test('a bare repository has nothing to record', (t) => {
  const bare = repository(t, { bare: true })
  t.throws(() => snapshotSync(bare.location, config), { code: 'BARE_REPOSITORY', data: { path: bare.path } })
  t.end()
})

t.test(
  'a run commit has HEAD as parent, the identity, the command line, the trailer and a pending ref',
  (t) => {
    const repo = repository(t).write('f', '1').commit().write('f', '2')
    const before = repo.fingerprint()
    const run = { id: '01ABC', subject: 'node train.js --lr 0.1', pendingRef: true }
    const { commit, base, tree, clean } = recordRunCommitSync(repo.location, config, run)
    t.same(repo.fingerprint(), before)
    t.equal(base, repo.oid())
    t.notOk(clean)
    t.equal(repo.git('show', '-s', '--format=%P %T', commit), `${base} ${tree}`)
    t.equal(
      repo.git('show', '-s', '--format=%an <%ae> %cn', commit),
      'Test Person <test@example.org> Test Person',
    )
    t.equal(
      repo.git('show', '-s', '--format=%s|%(trailers:key=Flor-Run,valueonly,separator=%x2C)', commit),
      'node train.js --lr 0.1|01ABC',
    )
    t.equal(repo.oid(pendingRef('01ABC')), commit)
    t.not(recordRunCommitSync(repo.location, config, { id: '02', subject: 'x' }).commit, commit)
    t.end()
  },
)

t.test('two runs of one id are refused, so that no pending run is lost', (t) => {
  const repo = repository(t).commit()
  recordRunCommitSync(repo.location, config, { id: 'one', subject: 'a', pendingRef: true })
  const first = repo.oid(pendingRef('one'))
  repo.write('f', 'f')
  t.throws(() => recordRunCommitSync(repo.location, config, { id: 'one', subject: 'a', pendingRef: true }))
  t.equal(repo.oid(pendingRef('one')), first)
  t.end()
})

t.test('without an identity a fallback commits', (t) => {
  const repo = repository(t).commit()
  const { GIT_CONFIG_GLOBAL } = process.env
  process.env.GIT_CONFIG_GLOBAL = '/dev/null'
  t.teardown(() => {
    process.env.GIT_CONFIG_GLOBAL = GIT_CONFIG_GLOBAL
  })
  repo.config('user.useConfigOnly', 'true')
  const { commit } = recordRunCommitSync(repo.location, config, { id: 'r', subject: 's' })
  t.match(repo.git('show', '-s', '--format=%ae', commit), /^.+@.+$/)
  t.end()
})

t.test('a subject is one line without control characters, of at most 200 characters', (t) => {
  t.equal(runSubject('node a.js\n\n\x1b[31m  b\tc'), 'node a.js [31m b c')
  t.equal([...runSubject('é'.repeat(300))].length, 200)
  t.equal(runSubject(' \n'), 'run')
  t.end()
})

t.test('leftovers of killed processes are removed, those of running ones are not', (t) => {
  const repo = repository(t).commit()
  const root = temporaryDir(repo.location)
  mkdirSync(join(root, 'snapshot-1-old'), { recursive: true })
  mkdirSync(join(root, 'snapshot-2-young'))
  utimesSync(join(root, 'snapshot-1-old'), 1, 1)
  snapshot(repo)
  t.same(readdirSync(root), ['snapshot-2-young'])
  t.equal(statSync(join(root, 'snapshot-2-young')).isDirectory(), true)
  t.end()
})
