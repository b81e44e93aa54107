import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { borrowIndex } from '../../lib/repository/open-index.js'
import { open, project, runsOf, train } from '../support/training.js'

const SCRIPT = `import * as flor from 'git-flor'
flor.arg('lr', 0.1)
for (const epoch of flor.loop('epoch', [0, 1])) flor.log('loss', 1 / (epoch + 1))
`

test('a borrowed index holds what the own one does, which stays as it is', async (t) => {
  const repo = project(t, { 'train.js': SCRIPT })
  for (const seed of [1, 2]) train(repo, { args: ['--flor', `lr=${seed}`] })
  const { flor } = open(t, repo)
  const runs = (await runsOf(flor)).map(({ run }) => run)
  t.equal(runs.length, 2)
  const own = join(flor.florDir, 'index')
  await flor.refresh()
  // Opened once more, so that what was written lies in tables.
  await flor.index()
  await flor.refresh()
  const state = (): string[] =>
    readdirSync(own)
      .filter((name) => !name.startsWith('LOG'))
      .map((name) => `${name} ${statSync(join(own, name)).size}`)
  const before = state()
  const borrowed = await borrowIndex(flor)
  t.not(borrowed.folder, own)
  const found: string[] = []
  for await (const { run } of borrowed.runs()) found.push(run)
  t.same(found.sort(), runs.sort())
  t.ok((await borrowed.tips()).size > 0, 'nothing is to be folded again')
  await borrowed.close()
  t.same(state(), before)
})

test('on a full disk, runs are listed all the same', async (t) => {
  const repo = project(t, { 'train.js': SCRIPT })
  train(repo, { args: ['--flor', 'lr=1'] })
  const { flor } = open(t, repo)
  const folder = join(flor.florDir, 'index')
  await flor.close()
  mkdirSync(folder, { recursive: true })
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
  if (mounted.status !== 0) return t.comment('skipped: mounting a small file system is not allowed here')
  t.teardown(() => spawnSync('umount', ['-l', folder]))
  const filler = join(folder, 'filler')
  try {
    for (let size = 0; size < 1 << 17; size += 4096) writeFileSync(filler, Buffer.alloc(4096), { flag: 'a' })
  } catch {
    // Full.
  }
  const again = open(t, repo)
  t.equal((await runsOf(again.flor)).length, 1)
  t.ok(existsSync(filler))
  t.same(again.notices?.filter(({ kind }) => kind === 'index-rebuilt') ?? [], [])
})
