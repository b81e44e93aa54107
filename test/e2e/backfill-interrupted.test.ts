import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { worktreesDir } from '../../lib/git/location.js'
import { verify } from '../../lib/repository/verify.js'
import { temporaryFolder } from '../support/environment.js'
import { backfill, open } from '../support/training.js'
import {
  ended,
  isRunning,
  leftovers,
  pidsIn,
  start,
  story,
  until,
  valuesBySeed,
} from '../support/waiting-replays.js'

const isLinux = process.platform === 'linux'

test('Ctrl-C in the middle keeps what is done, leaves nothing behind, and the same command goes on', {
  skip: !isLinux,
}, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1, 2], { folder })
  const child = start(repo)
  await until('replays wait', () => pidsIn(folder).length >= 2)
  // As a terminal does it: to the command, and to every git that it has started.
  process.kill(-(child.pid as number), 'SIGINT')
  t.equal(await ended(child), 130, child.text())
  t.match(child.text(), /interrupted; what was done is kept/)
  t.strictSame(leftovers(repo), [])
  t.strictSame(pidsIn(folder).filter(isRunning), [], 'no process is left')
  writeFileSync(join(folder, 'go'), '')
  const next = start(repo)
  t.equal(await ended(next), 0, next.text())
  const { flor } = open(t, repo)
  t.strictSame((await verify(flor)).findings, [])
  await flor.close()
  const whole = story(t, [1, 2])
  await backfill(open(t, whole).flor, ['wanted'])
  t.strictSame(await valuesBySeed(t, repo), await valuesBySeed(t, whole))
})

test('Ctrl-C again and again, as fast as fingers are, is one Ctrl-C', { skip: !isLinux }, async (t) => {
  for (const gapsMs of [[50], [5, 5, 5, 5, 30, 50, 50], [0, 100, 100, 100]]) {
    const folder = temporaryFolder(t)
    const repo = story(t, [1, 2], { folder })
    const child = start(repo)
    await until('replays wait', () => pidsIn(folder).length >= 2)
    const startedMs = performance.now()
    process.kill(-(child.pid as number), 'SIGINT')
    for (const gapMs of gapsMs) {
      await sleep(gapMs)
      // Whoever presses it half a second later does not want to wait, and is not made to.
      if (child.exitCode !== null || performance.now() - startedMs > 400) break
      process.kill(-(child.pid as number), 'SIGINT')
    }
    t.equal(await ended(child), 130, child.text())
    t.match(child.text(), /interrupted; what was done is kept/)
    t.notMatch(child.text(), /error:|fatal:|hint: git/)
    t.strictSame(leftovers(repo), [])
  }
})

test('Ctrl-C at once', { skip: !isLinux }, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1], { folder })
  const child = start(repo)
  await until('it plans', () => existsSync(worktreesDir(repo.location)) || child.exitCode !== null)
  process.kill(-(child.pid as number), 'SIGINT')
  t.equal(await ended(child), 130, child.text())
  t.strictSame(leftovers(repo), [])
  t.strictSame(pidsIn(folder).filter(isRunning), [])
})
