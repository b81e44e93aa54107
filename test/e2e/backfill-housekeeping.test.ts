import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { verify } from '../../lib/repository/verify.js'
import { temporaryFolder } from '../support/environment.js'
import type { TestRepository } from '../support/repository.js'
import { backfill, open, runsOf } from '../support/training.js'
import { ended, leftovers, pidsIn, start, story, until, valuesBySeed } from '../support/waiting-replays.js'

/** Everything that git offers to throw away what nothing refers to, at once. */
function cleanUp(repo: TestRepository): void {
  repo.git('reflog', 'expire', '--expire=now', '--all')
  repo.git('worktree', 'prune', '--expire=now')
  repo.git('repack', '-a', '-d', '-q')
  repo.git('gc', '--prune=now', '--quiet')
  repo.git('prune', '--expire=now')
}

/** What a user does to branches and files meanwhile; the branch that it ends on is not the one that it began on. */
function goOn(repo: TestRepository): void {
  repo.git('stash')
  repo.branch('other')
  repo.write('train.js', '// rewritten').commit('other work').amend('other work, said better')
  repo.git('checkout', '-q', 'main')
  repo.write('notes.txt', 'more').commit('notes')
  repo.git('checkout', '-q', 'other')
}

test('the user cleans the repository up, commits, and changes branches while a backfill goes on: nothing is lost', async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1, 2, 3], { folder })
  // One worker: the patched commits of the other runs are checked out nowhere yet.
  const child = start(repo, 1)
  await until('a replay waits', () => pidsIn(folder).length >= 1 || child.exitCode !== null)
  goOn(repo)
  cleanUp(repo)
  const before = repo.fingerprint()
  writeFileSync(join(folder, 'go'), '')
  t.equal(await ended(child), 0, child.text())
  t.strictSame(repo.fingerprint(), before, 'the user finds files and branches as they were left')
  t.strictSame(leftovers(repo), [])
  // What is stored stays without it.
  cleanUp(repo)
  repo.git('fsck', '--full', '--strict', '--no-dangling')
  const { flor } = open(t, repo)
  t.strictSame((await verify(flor)).findings, [])
  for (const { backfills } of await runsOf(flor)) t.match(backfills, [{ fidelity: { status: 'identical' } }])
  await flor.close()
  const whole = story(t, [1, 2, 3])
  await backfill(open(t, whole).flor, ['wanted'])
  t.strictSame(await valuesBySeed(t, repo), await valuesBySeed(t, whole))
})
