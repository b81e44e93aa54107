import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { keptObjectPath } from '../../../lib/git/lfs-paths.js'
import { checkpointsDir, spoolDir } from '../../../lib/git/location.js'
import { listCheckpoints } from '../../../lib/repository/checkpoints.js'
import { endAbandonedSpools } from '../../../lib/repository/end-spool.js'
import { collectGarbage } from '../../../lib/repository/gc.js'
import { open, project, runsOf, spoolNames, train } from '../../support/training.js'

const script = `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 1))
const weights = new Float64Array(1)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1])) flor.log('loss', (weights[0] += Math.random()))
`

test('garbage collection takes what nobody names, and nothing of a run, sealed or not', async (t) => {
  const repo = project(t, { 'train.js': script })
  train(repo)
  const { flor } = open(t, repo)
  await runsOf(flor)
  const old = Date.now() / 1000 - 3 * 24 * 3600
  const stray = keptObjectPath(repo.location, 'a'.repeat(64))
  mkdirSync(join(stray, '..'), { recursive: true })
  writeFileSync(stray, 'nobody names me')
  const young = keptObjectPath(repo.location, 'b'.repeat(64))
  mkdirSync(join(young, '..'), { recursive: true })
  writeFileSync(young, 'somebody may be about to name me')
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  const named = (await listCheckpoints(flor, run))
    .flatMap((it) => it.checkpoint.files)
    .map((it) => keptObjectPath(repo.location, it.sha256))
  t.equal(named.length, 2)
  for (const path of [stray, ...named]) utimesSync(path, old, old)
  // One run is in flight as far as can be told, another just starting; a seal was cut short.
  mkdirSync(join(spoolDir(repo.location), 'zz-starting'), { recursive: true })
  mkdirSync(join(spoolDir(repo.location), '.1-2.sealed/deep'), { recursive: true })
  t.match(await collectGarbage(flor), { checkpoints: { count: 1 }, leftovers: 1 })
  t.notOk(existsSync(stray))
  t.ok([young, ...named].every((path) => existsSync(path)))
  t.ok(existsSync(checkpointsDir(repo.location)))
  t.strictSame(spoolNames(repo), ['zz-starting'])
  await t.resolves(endAbandonedSpools(flor, { pid: 1, exitCode: 1, endedMs: Date.now() }))
})

test('what killed replays left behind goes after a day; a replay in progress keeps its folder', async (t) => {
  const repo = project(t, { 'train.js': script })
  const { flor } = open(t, repo)
  const old = Date.now() / 1000 - 2 * 24 * 3600
  const remains = (name: string): string => {
    const folder = join(flor.florDir, 'replays', name)
    mkdirSync(join(folder, 'spool'), { recursive: true })
    writeFileSync(join(folder, 'spool/events'), '')
    return folder
  }
  const [dead, working, young] = ['dead', 'working', 'young'].map(remains) as [string, string, string]
  for (const path of ['spool/events', 'spool', '.']) utimesSync(join(dead, path), old, old)
  for (const path of ['spool', '.']) utimesSync(join(working, path), old, old)
  t.equal((await collectGarbage(flor)).leftovers, 1)
  t.strictSame(
    [dead, working, young].map((path) => existsSync(path)),
    [false, true, true],
  )
})
