import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { askLocation } from '../../../lib/git/location.js'
import { gitSync } from '../../../lib/git/process.js'
import { readLocation } from '../../../lib/git/read-location.js'
import { mayBeRevision, readRefFiles } from '../../../lib/git/ref-files.js'
import { temporaryFolder } from '../../support/environment.js'
import { repository, type TestRepository } from '../../support/repository.js'

const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => {
  const usual = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))
  return { ...Object.fromEntries(usual), ...more }
}

/** Layouts by name, what they do to a repository with a commit, and where one stands in it. */
const read: Record<string, (repo: TestRepository) => string> = {
  'a fresh one': (repo) => repo.path,
  'a folder in it': (repo) => join(repo.write('a/b/c.txt', '').path, 'a/b'),
  'an ignored folder with dots': (repo) => join(repo.write('a.git/x', '').path, 'a.git'),
  'a deep branch': (repo) => repo.branch('a/b/c').path,
  'a detached HEAD': (repo) => repo.do('checkout', '-q', '--detach').path,
  'packed refs': (repo) => repo.branch('topic').do('pack-refs', '--all').path,
  'a packed branch that went on': (repo) => repo.do('pack-refs', '--all').write('f', '2').commit().path,
  'a link to a folder': (repo) => {
    symlinkSync(join(repo.write('real/x', '').path, 'real'), join(repo.path, 'link'))
    return join(repo.path, 'link')
  },
}
const left: Record<string, (repo: TestRepository) => string> = {
  'before the first commit': (repo) => repo.do('checkout', '-q', '--orphan', 'empty').path,
  'inside .git': (repo) => join(repo.path, '.git/hooks'),
  'a configured working tree': (repo) => repo.do('config', 'core.worktree', repo.path).path,
  'included configuration': (repo) => repo.do('config', 'include.path', '/dev/null').path,
  extensions: (repo) =>
    repo.do('config', 'core.repositoryformatversion', '1').do('config', 'extensions.worktreeConfig', 'true')
      .path,
  'a linked worktree': (repo) => {
    repo.do('worktree', 'add', '-q', join(repo.path, 'linked'), '-b', 'other')
    return join(repo.path, 'linked')
  },
  'a moved git directory': (repo) => {
    renameSync(join(repo.path, '.git'), join(repo.path, 'store'))
    symlinkSync(join(repo.path, 'store'), join(repo.path, '.git'))
    return repo.path
  },
  'a git file': (repo) => {
    renameSync(join(repo.path, '.git'), join(repo.path, 'store'))
    writeFileSync(join(repo.path, '.git'), 'gitdir: store\n')
    return repo.path
  },
  'a bare repository within': (repo) =>
    repo.do('init', '-q', '--bare', join(repo.path, 'bare')) && join(repo.path, 'bare'),
  'a folder that looks like one': (repo) => {
    for (const name of ['objects', 'refs']) mkdirSync(join(repo.path, 'odd', name), { recursive: true })
    writeFileSync(join(repo.path, 'odd/HEAD'), 'ref: refs/heads/main\n')
    return join(repo.path, 'odd')
  },
}

t.test('what is read of a usual repository is what git says', async (t) => {
  for (const [name, arrange] of Object.entries(read)) {
    const cwd = arrange(repository(t).commit())
    const found = readLocation(cwd, environment())
    t.ok(found, `${name} is read`)
    t.same(found, askLocation(cwd, environment()), name)
  }
})

t.test('whatever is not usual is left to git', async (t) => {
  for (const [name, arrange] of Object.entries(left)) {
    const cwd = arrange(repository(t).commit())
    t.equal(readLocation(cwd, environment()), undefined, name)
  }
  const repo = repository(t).commit()
  for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_CEILING_DIRECTORIES', 'GIT_CONFIG_COUNT'])
    t.equal(readLocation(repo.path, environment({ [name]: '.git' })), undefined, name)
  t.equal(readLocation(temporaryFolder(t), environment()), undefined, 'no repository at all')
})

t.test('refs that are read are those that git lists', async (t) => {
  const repo = repository(t).commit()
  const [one] = [repo.oid()]
  const two = repo.write('f', '2').commit().oid()
  const list = (): string[] =>
    repo
      .git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/x', 'refs/y/z')
      .split('\n')
      .filter(Boolean)
      .sort()
  const found = (): string[] | undefined => {
    const refs = readRefFiles(join(repo.path, '.git'), ['refs/x', 'refs/y/z'])
    return refs && [...refs].map(([ref, oid]) => `${ref} ${oid}`).sort()
  }
  t.same(found(), [])
  repo
    .do('update-ref', 'refs/x/a', one)
    .do('update-ref', 'refs/x/b/c', one)
    .do('update-ref', 'refs/y/z', one)
    .do('update-ref', 'refs/y/zz', one)
  t.same(found(), list())
  repo
    .do('pack-refs', '--all')
    .do('update-ref', 'refs/x/a', two)
    .do('update-ref', 'refs/x/new', two)
    .do('update-ref', '-d', 'refs/x/b/c')
  t.same(found(), list())
  t.equal(found()?.length, 3)
  writeFileSync(join(repo.path, '.git/refs/x/held.lock'), '')
  t.same(found(), list(), 'a lock is no ref')
  repo.do('symbolic-ref', 'refs/x/link', 'refs/x/a')
  t.equal(found(), undefined, 'a symbolic one is left to git')
  repo.do('symbolic-ref', '-d', 'refs/x/link')
  writeFileSync(join(repo.path, '.git/refs/x/broken'), 'nonsense\n')
  t.equal(found(), undefined, 'so is a broken one')
  t.equal(readRefFiles(join(repo.path, '.git'), ['refs/../../x']), undefined)
})

t.test('a word is no revision only where git resolves it to nothing', async (t) => {
  const repo = repository(t).commit().branch('topic').do('tag', 'v1').do('branch', 'deep/er')
  repo
    .do('update-ref', 'refs/remotes/origin/main', 'HEAD')
    .do('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main')
  repo.do('update-ref', 'refs/other/x', 'HEAD')
  const resolves = (word: string): boolean =>
    gitSync(['rev-parse', '--verify', '--quiet', word], { cwd: repo.path, expectExit: [0, 1, 128] })
      .exitCode === 0
  const words = [
    'HEAD',
    'topic',
    'v1',
    'deep/er',
    'origin',
    'origin/main',
    'other/x',
    'refs/heads/topic',
    'main~0',
    '@',
    'main@{0}',
    repo.oid(),
    repo.oid().slice(0, 7),
    'v1-0-gabcdef1',
    'loss',
    'val/acc',
    'deep',
    'mean(loss)',
    'config',
    'x:y',
    '-n',
    'a..b',
  ]
  for (const packed of [false, true]) {
    if (packed) repo.do('pack-refs', '--all')
    for (const word of words)
      t.ok(mayBeRevision(repo.location, word) || !resolves(word), `${word}${packed ? ', packed' : ''}`)
    for (const word of ['loss', 'val/acc', 'mean(loss)', 'lr'])
      t.notOk(mayBeRevision(repo.location, word), word)
  }
})
