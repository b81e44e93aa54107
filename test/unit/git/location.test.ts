import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  florDir,
  inRepository,
  locateRepositorySync,
  noWorkingTree,
  spoolDir,
} from '../../../lib/git/location.js'
import { gitSync } from '../../../lib/git/process.js'
import { temporaryFolder } from '../../support/environment.js'
import { repository } from '../../support/repository.js'

t.test('a repository is found from a folder inside it', (t) => {
  const repo = repository(t).write('a/b/c.txt', 'c').commit()
  t.same(locateRepositorySync(join(repo.path, 'a/b')), {
    topLevel: repo.path,
    gitDir: join(repo.path, '.git'),
    commonDir: join(repo.path, '.git'),
    objectFormat: 'sha1',
    refFormat: 'files',
    bare: false,
    head: repo.oid(),
    branch: 'refs/heads/main',
  })
  t.equal(florDir(repo.location), join(repo.path, '.git/flor'))
  t.equal(spoolDir(repo.location), join(repo.path, '.git/flor/spool'))
  t.end()
})

t.test('before the first commit there is a branch and no head', (t) => {
  const repo = repository(t)
  t.equal(repo.location.head, undefined)
  t.equal(repo.location.branch, 'refs/heads/main')
  t.equal(repo.location.topLevel, repo.path)
  t.end()
})

t.test('a detached HEAD has a head and no branch', (t) => {
  const repo = repository(t).commit().do('checkout', '-q', '--detach')
  t.equal(repo.location.head, repo.oid())
  t.equal(repo.location.branch, undefined)
  t.end()
})

t.test('a branch that is called HEAD or lies deep is told by its full name', (t) => {
  const repo = repository(t).commit().branch('a/b/c')
  t.equal(repo.location.branch, 'refs/heads/a/b/c')
  t.end()
})

t.test('a linked worktree has its own git directory and the common one', (t) => {
  const repo = repository(t).commit()
  const linked = join(temporaryFolder(t), 'linked')
  repo.do('worktree', 'add', '-q', '-b', 'other', linked)
  const location = locateRepositorySync(linked)
  t.equal(location.topLevel, linked)
  t.equal(location.commonDir, join(repo.path, '.git'))
  t.equal(location.gitDir, join(repo.path, '.git/worktrees/linked'))
  t.equal(location.branch, 'refs/heads/other')
  t.equal(florDir(location), florDir(repo.location))
  t.end()
})

t.test('a submodule is a repository of its own', (t) => {
  const inner = repository(t).write('x', '1').commit()
  const outer = repository(t).commit().do('submodule', '--quiet', 'add', inner.path, 'sub')
  const location = locateRepositorySync(join(outer.path, 'sub'))
  t.equal(location.topLevel, join(outer.path, 'sub'))
  t.equal(location.commonDir, join(outer.path, '.git/modules/sub'))
  t.equal(gitSync(['ls-files'], inRepository(location)).stdout.toString(), 'x\n')
  t.end()
})

t.test('a bare repository and the inside of .git have no working tree', (t) => {
  const bare = repository(t, { bare: true })
  t.match(bare.location, { bare: true, gitDir: bare.path, commonDir: bare.path, branch: 'refs/heads/main' })
  t.equal(bare.location.topLevel, undefined)
  const repo = repository(t).commit()
  const inside = locateRepositorySync(join(repo.path, '.git'))
  t.match(inside, { bare: false, gitDir: join(repo.path, '.git'), head: repo.oid() })
  t.equal(inside.topLevel, undefined)
  t.end()
})

t.test('a SHA-256 repository says so', (t) => {
  const repo = repository(t, { objectFormat: 'sha256' }).commit()
  t.equal(repo.location.objectFormat, 'sha256')
  t.equal(repo.location.head?.length, 64)
  t.end()
})

t.test('a GIT_DIR that is none is named, not the folder that one stands in', (t) => {
  const repo = repository(t).commit()
  const env = { ...process.env, GIT_DIR: '/no/such' }
  t.throws(() => locateRepositorySync(repo.path, env), {
    code: 'NOT_A_REPOSITORY',
    message: "not a git repository: '/no/such', which GIT_DIR or --git-dir names",
    data: { path: '/no/such', gitDir: '/no/such' },
  })
  t.end()
})

t.test(
  'what needs a working tree says whether the repository is bare, or one only stands in its .git',
  (t) => {
    const bare = repository(t, { bare: true })
    t.match(noWorkingTree(bare.location, 'to record'), {
      code: 'BARE_REPOSITORY',
      message: `the bare repository ${bare.path} has no working tree to record`,
      data: { inside: false },
    })
    const inside = join(repository(t).commit().path, '.git')
    t.match(noWorkingTree(locateRepositorySync(inside), 'to record'), {
      message: `${inside} is no working tree to record`,
      data: { path: inside, inside: true },
    })
    t.end()
  },
)

t.test('GIT_DIR is honoured, a relative one too, and the location holds wherever the process goes', (t) => {
  const repo = repository(t).write('f', 'f').commit()
  const elsewhere = temporaryFolder(t)
  const env = { ...process.env, GIT_DIR: join(repo.path, '.git'), GIT_WORK_TREE: repo.path }
  t.equal(locateRepositorySync(elsewhere, env).topLevel, repo.path)
  const relative = { ...process.env, GIT_DIR: '.git', GIT_INDEX_FILE: '.git/other-index' }
  const location = locateRepositorySync(repo.path, relative)
  t.equal(location.gitDir, join(repo.path, '.git'))
  const options = { ...inRepository(location, relative), cwd: elsewhere }
  t.equal(gitSync(['ls-files', '--full-name', repo.path], options).stdout.toString(), 'f\n')
  t.end()
})

t.test('a path with a newline is not torn', (t) => {
  const path = join(temporaryFolder(t), 'two\nlines')
  mkdirSync(path)
  const repo = repository(t, { path }).commit()
  t.match(locateRepositorySync(path), { topLevel: path, gitDir: join(path, '.git'), head: repo.oid() })
  t.end()
})

t.test('outside of a repository the error names the folder', (t) => {
  const path = temporaryFolder(t)
  t.throws(() => locateRepositorySync(path), { code: 'NOT_A_REPOSITORY', data: { path } })
  const gone = temporaryFolder(t)
  rmSync(gone, { recursive: true })
  t.throws(() => locateRepositorySync(gone), { code: 'FILE_UNREADABLE' })
  t.end()
})
