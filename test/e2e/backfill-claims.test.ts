import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { backfillsDir } from '../../lib/repository/backfill/claim-names.js'
import { verify } from '../../lib/repository/verify.js'
import { temporaryFolder } from '../support/environment.js'
import { backfill, open, runsOf, storedValues, train } from '../support/training.js'
import { ended, leftovers, pidsIn, start, story, until, valuesBySeed } from '../support/waiting-replays.js'

const isLinux = process.platform === 'linux'

test('two backfills of one name at once: the second waits, and computes only what the first did not', {
  skip: !isLinux,
}, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1, 2], { folder })
  const first = start(repo)
  await until('the first one works', () => pidsIn(folder).length >= 2)
  const second = start(repo)
  await until('the second one waits', () => /waiting for/.test(second.text()))
  t.match(second.text(), `waiting for process ${first.pid}, which backfills wanted\n`)
  // One run more, which the first knows nothing of.
  const wanted = readFileSync(join(repo.path, 'train.js'), 'utf8')
  repo.git('checkout', '--', 'train.js')
  train(repo, { args: ['--flor', 'seed=3'] })
  // What the user writes meanwhile is not what was agreed to.
  repo.write('train.js', wanted.replace('weights[0] * weights[1]', '0'))
  writeFileSync(join(folder, 'go'), '')
  t.equal(await ended(first), 0, first.text())
  t.equal(await ended(second), 0, second.text())
  t.match(second.text(), /another backfill stored values meanwhile; what is left: /)
  const { flor } = open(t, repo)
  const runs = await runsOf(flor)
  t.equal(runs.length, 3)
  for (const run of runs) {
    const executed = run.backfills.flatMap((it) => it.executed)
    t.equal(executed.length, 6)
    t.equal(new Set(executed).size, 6, 'nothing was executed twice')
    t.equal(Object.keys((await storedValues(flor, run, ['wanted'])).wanted ?? {}).length, 18)
  }
  t.strictSame((await verify(flor)).findings, [])
  t.strictSame(leftovers(repo), [])
  t.strictSame(readdirSync(backfillsDir(repo.location)), [])
  await flor.close()
  const whole = story(t, [1, 2, 3])
  await backfill(open(t, whole).flor, ['wanted'])
  t.strictSame(await valuesBySeed(t, repo), await valuesBySeed(t, whole))
})

test('the claim of a backfill that was killed stands in nobody’s way, and waiting can be interrupted', {
  skip: !isLinux,
}, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1], { folder })
  const first = start(repo)
  await until('the first one works', () => pidsIn(folder).length >= 1)
  const second = start(repo)
  await until('the second one waits', () => /waiting for/.test(second.text()))
  process.kill(-(second.pid as number), 'SIGINT')
  t.equal(await ended(second), 130, second.text())
  process.kill(first.pid as number, 'SIGKILL')
  await ended(first)
  t.equal(readdirSync(backfillsDir(repo.location)).length, 1)
  writeFileSync(join(folder, 'go'), '')
  const next = start(repo)
  t.equal(await ended(next), 0, next.text())
  t.notMatch(next.text(), /waiting for/)
  t.strictSame(readdirSync(backfillsDir(repo.location)), [])
})
