import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type Test, test } from 'tap'
import { temporaryFolder } from '../support/environment.js'
import { repository, TestRepository } from '../support/repository.js'
import { backfill, open, project, provideModules, runsOf, storedValues, train } from '../support/training.js'

const script = (isWanted: boolean): string => `import * as flor from 'git-flor'
flor.seed(1)
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  for (const i of flor.loop('step', [0, 1])) weights[i] += Math.random()
  ${isWanted ? "flor.log('wanted', weights[0] + weights[1])\n  " : ''}flor.log('loss', weights[0])
}
`

/** Everything of a folder: kind, mode, bytes, time of the last change and inode of each entry. */
function inventory(root: string, isLeftOut: (path: string) => boolean): Record<string, string> {
  const entries: Record<string, string> = {}
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name)
      const shown = relative(root, path)
      if (isLeftOut(shown)) continue
      const stat = lstatSync(path)
      const facts = `${stat.mode.toString(8)} ${stat.ino}`
      if (stat.isDirectory()) {
        entries[`${shown}/`] = facts
        walk(path)
      } else {
        const bytes = stat.isSymbolicLink() ? readlinkSync(path) : readFileSync(path).toString('base64')
        entries[shown] = `${facts} ${stat.mtimeMs} ${bytes}`
      }
    }
  }
  walk(root)
  return entries
}

/**
 * The working tree, and all of Git's folder but what is ours: objects are only ever added, our refs, our folder, the registry of
 * worktrees (which holds ours while they live), and the writer in the configuration.
 */
function everything(tree: string): Record<string, unknown> {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: tree }).toString().trim()
  const common = git('rev-parse', '--path-format=absolute', '--git-common-dir')
  const isOurs = (path: string): boolean =>
    /^(objects|flor|lfs|refs\/flor|refs\/notes|logs|config|packed-refs)(\/|$)/.test(path)
  const config = readFileSync(join(common, 'config'), 'utf8')
  return {
    tree: inventory(tree, (path) => path === '.git' && lstatSync(join(tree, path)).isDirectory()),
    git: inventory(common, isOurs),
    refs: git('for-each-ref', '--format=%(refname) %(objectname)')
      .split('\n')
      .filter((line) => line !== '' && !/^refs\/(?:flor|notes\/flor|notes\/flor-summary)\//.test(line)),
    config: config.replace(/^\[flor\]\n(\twriter = \S+\n)?/m, ''),
    // With optional locks off, so that looking changes nothing.
    status: git(
      '--no-optional-locks',
      'status',
      '--porcelain=v2',
      '--branch',
      '--ignored',
      '--untracked-files=all',
      '--show-stash',
    ),
    stash: git('stash', 'list'),
    reflog: existsSync(join(common, 'logs/HEAD')) ? readFileSync(join(common, 'logs/HEAD'), 'utf8') : '',
  }
}

/** Records, seals, queries and backfills in `cwd`, looking after each step. */
async function useEverything(t: Test, repo: TestRepository, cwd = '', isPlanned = true): Promise<void> {
  const path = cwd === '' ? 'train.js' : relative(join(repo.path, cwd), join(repo.path, 'train.js'))
  repo.write('train.js', script(false))
  const before = everything(repo.path)
  train(repo, { cwd, script: path })
  t.strictSame(everything(repo.path), before, 'recording touches nothing')
  const { flor } = open(t, repo, cwd)
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  t.strictSame(everything(repo.path), before, 'sealing and querying touch nothing')
  t.equal(run.header.cwd, cwd)
  repo.write('train.js', script(true))
  const changed = everything(repo.path)
  const { plan, outcome } = await backfill(flor, ['wanted'])
  await flor.close()
  t.strictSame(everything(repo.path), changed, 'a backfill touches nothing')
  t.equal(plan.rows[0]?.status, isPlanned ? 'planned' : 'refused')
  for (const report of outcome.reports) if (report.status === 'failed') t.fail(report.reason + report.output)
  if (isPlanned)
    t.equal(Object.keys((await storedValues(open(t, repo).flor, run, ['wanted'])).wanted ?? {}).length, 3)
}

/** Staged, unstaged, staged and changed again, deleted, renamed, untracked and ignored files, a symbolic link, an executable, a stash, and hooks. */
function makeDirty(repo: TestRepository): TestRepository {
  const hook = '#!/bin/sh\necho "hook $0 ran" >> "$(git rev-parse --git-common-dir)/hook-ran"\n'
  repo
    .write('tracked.txt', 'one')
    .write('both.txt', '1')
    .write('gone.txt', 'x')
    .write('old-name.txt', 'moved')
    .write('tool.sh', '#!/bin/sh\n', 0o755)
  repo.write('.gitignore', 'node_modules/\n*.log\n').commit('more')
  repo
    .write('tracked.txt', 'stashed')
    .do('stash', '-q')
    .write('tracked.txt', 'stashed again')
    .do('stash', '-q')
  repo.write('both.txt', '2').do('add', 'both.txt').write('both.txt', '3')
  repo.write('tracked.txt', 'unstaged').write('staged.txt', 'new').do('add', 'staged.txt')
  repo.do('mv', 'old-name.txt', 'new-name.txt').remove('gone.txt')
  repo
    .write('untracked dir/naïve ☃.txt', 'u')
    .write('a.log', 'ignored')
    .link('link', 'tracked.txt')
    .write('intent.txt', 'i')
    .do('add', '-N', 'intent.txt')
  for (const name of [
    'post-checkout',
    'post-commit',
    'pre-commit',
    'reference-transaction',
    'post-index-change',
    'pre-push',
    'post-merge',
  ]) {
    repo.write(`.git/hooks/${name}`, hook, 0o755)
  }
  return repo
}

test('a dirty tree with staged, unstaged, untracked and ignored files, a stash and hooks', async (t) => {
  const repo = makeDirty(project(t, { 'train.js': script(false) }))
  const [ran] = [join(repo.path, '.git/hook-ran')]
  execFileSync('rm', ['-f', ran])
  await useEverything(t, repo)
  t.notOk(existsSync(ran), 'no hook of the user ran')
})

test('a branch without commits', async (t) => {
  const fresh = repository(t)
    .write('.gitignore', 'node_modules/\n')
    .write('package.json', '{"type":"module"}')
  provideModules(fresh.path)
  fresh.write('staged.txt', 's').do('add', 'staged.txt')
  await useEverything(t, fresh)
})

test('a detached HEAD', async (t) => {
  const repo = project(t, { 'train.js': script(false) })
    .write('second.txt', '2')
    .commit('second')
  await useEverything(t, makeDirty(repo).do('checkout', '-q', '--detach'))
})

test('a linked worktree, and a locked one beside it', async (t) => {
  const repo = project(t, { 'train.js': script(false) })
  const path = join(temporaryFolder(t), 'linked')
  repo.do('worktree', 'add', '-q', '-b', 'side', path)
  repo.do('worktree', 'add', '-q', '--lock', '--detach', `${path}-locked`)
  repo.do('worktree', 'add', '-q', '--detach', `${path}-gone`)
  execFileSync('rm', ['-rf', `${path}-gone`])
  const linked = new TestRepository(path)
  provideModules(path)
  linked.write('untracked.txt', 'u').write('package.json', '{"type":"module","name":"x"}')
  const main = everything(repo.path)
  await useEverything(t, linked)
  t.strictSame(everything(repo.path).tree, main.tree)
  t.strictSame(everything(repo.path).status, main.status)
})

test('a subfolder as working directory', async (t) => {
  const repo = project(t, { 'train.js': script(false), 'deep/er/x.txt': 'x' })
  await useEverything(t, makeDirty(repo), 'deep/er')
})

test('an index that is locked, a merge that is not finished', async (t) => {
  const repo = project(t, { 'train.js': script(false), 'a.txt': '1' })
  repo.branch('side').write('a.txt', '2').commit('two').branch('main').write('a.txt', '3').commit('three')
  t.throws(() => repo.do('merge', '-q', 'side'))
  repo.write('.git/index.lock', '')
  await useEverything(t, repo)
})
