import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { locateRepositorySync, worktreesDir } from '../../../lib/git/location.js'
import { addWorktree, checkoutIn, pruneWorktrees, removeWorktree } from '../../../lib/git/worktree.js'
import { temporaryFolder } from '../../support/environment.js'
import { withoutLfs } from '../../support/git-lfs.js'
import { repository } from '../../support/repository.js'

t.test(
  'a worktree is checked out at a commit, changes commits, and goes, and the user notices nothing',
  async (t) => {
    const repo = repository(t)
      .write('f', 'one')
      .write('.gitignore', 'cache/\n')
      .commit()
      .write('f', 'two')
      .write('g', 'g')
      .commit()
    repo.write('f', 'uncommitted')
    const before = repo.fingerprint()
    const path = await addWorktree(repo.location, '0', repo.oid('HEAD~1'))
    t.equal(path, join(worktreesDir(repo.location), '0'))
    const read = (file: string) => repo.read(join('.git/flor/worktrees/0', file))
    t.equal(read('f'), 'one')
    writeFileSync(join(path, 'f'), 'changed by a replay')
    writeFileSync(join(path, 'stray'), '')
    mkdirSync(join(path, 'cache'))
    writeFileSync(join(path, 'cache/kept'), '')
    await checkoutIn(path, repo.oid())
    t.equal(read('f'), 'two')
    t.notOk(existsSync(join(path, 'stray')))
    t.ok(existsSync(join(path, 'cache/kept')))
    t.equal(locateRepositorySync(path).branch, undefined)
    await t.rejects(addWorktree(repo.location, '0', repo.oid()), { code: 'FILE_EXISTS', data: { path } })
    t.same(await pruneWorktrees(repo.location), [], 'ours is alive')
    t.same(repo.fingerprint(), before)
    await removeWorktree(repo.location, path)
    t.notOk(existsSync(path))
    t.equal(repo.git('worktree', 'list').split('\n').length, 1)
    await removeWorktree(repo.location, path)
    t.same(repo.fingerprint(), before)
  },
)

t.test('what a link in a worktree points at survives its removal', async (t) => {
  const repo = repository(t).commit()
  const data = temporaryFolder(t)
  writeFileSync(join(data, 'precious'), '')
  const path = await addWorktree(repo.location, '0', repo.oid())
  symlinkSync(data, join(path, 'node_modules'))
  await removeWorktree(repo.location, path)
  t.ok(existsSync(join(data, 'precious')))
})

t.test('no hook runs, and what a hook exported is not in the way', async (t) => {
  const repo = repository(t).write('f', '1').commit()
  repo.write('.git/hooks/post-checkout', `#!/bin/sh\ntouch '${repo.path}.hook'\n`, 0o755)
  const { location } = repo
  process.env.GIT_DIR = join(repo.path, '.git')
  process.env.GIT_INDEX_FILE = join(repo.path, '.git/index')
  t.teardown(() => {
    delete process.env.GIT_DIR
    delete process.env.GIT_INDEX_FILE
  })
  const path = await addWorktree(location, '0', repo.oid())
  await checkoutIn(path, repo.oid())
  t.notOk(existsSync(`${repo.path}.hook`))
  t.equal(repo.git('status', '--porcelain'), '')
  await removeWorktree(location, path)
})

t.test('leftovers of processes that died are removed, those of the living are not', async (t) => {
  const repo = repository(t).commit()
  const program = `
    import { addWorktree } from ${JSON.stringify(new URL('../../../lib/git/worktree.js', import.meta.url).href)}
    import { locateRepositorySync } from ${JSON.stringify(new URL('../../../lib/git/location.js', import.meta.url).href)}
    const location = locateRepositorySync(process.cwd())
    await addWorktree(location, 'dead', location.head)
    await addWorktree(location, 'gone', location.head)
    process.kill(process.pid, 'SIGKILL')`
  spawnSync(process.execPath, ['--input-type=module', '-e', program], { cwd: repo.path })
  const root = worktreesDir(repo.location)
  t.ok(existsSync(join(root, 'dead')))
  repo.remove('.git/flor/worktrees/gone')
  mkdirSync(join(root, 'half-made'))
  const mine = await addWorktree(repo.location, 'mine', repo.oid())
  t.same((await pruneWorktrees(repo.location)).sort(), [
    join(root, 'dead'),
    join(root, 'gone'),
    join(root, 'half-made'),
  ])
  t.same(repo.git('worktree', 'list', '--porcelain').match(/^worktree .*/gm), [
    `worktree ${repo.path}`,
    `worktree ${mine}`,
  ])
})

t.test('files of Git LFS stay pointers unless asked for', { skip: withoutLfs }, async (t) => {
  const repo = repository(t)
    .lfs()
    .write('.gitattributes', '*.x filter=lfs\n')
    .write('a.x', 'content')
    .commit()
  await addWorktree(repo.location, '0', repo.oid())
  t.match(repo.read('.git/flor/worktrees/0/a.x'), /^version https/)
  await addWorktree(repo.location, '1', repo.oid(), { smudge: true })
  t.equal(repo.read('.git/flor/worktrees/1/a.x'), 'content')
})

t.test('a worktree can be added from a linked worktree', async (t) => {
  const repo = repository(t).write('f', '1').commit()
  const linked = join(temporaryFolder(t), 'linked')
  repo.do('worktree', 'add', '-q', linked)
  const path = await addWorktree(locateRepositorySync(linked), 'x', repo.oid())
  t.equal(path, join(repo.path, '.git/flor/worktrees/x'))
  await removeWorktree(repo.location, path)
})

t.test('a path that is not ours is never removed', async (t) => {
  const repo = repository(t).commit()
  await t.rejects(removeWorktree(repo.location, repo.path), TypeError)
  await t.rejects(removeWorktree(repo.location, worktreesDir(repo.location)), TypeError)
})
