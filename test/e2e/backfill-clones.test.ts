import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { ensureWriterSync } from '../../lib/git/config.js'
import { temporaryFolder } from '../support/environment.js'
import { withoutLfs } from '../support/git-lfs.js'
import { TestRepository } from '../support/repository.js'
import { provideModules, train } from '../support/training.js'
import { cli } from '../unit/cli/harness.js'
import { cloneOf, people, script } from './sharing-support.js'

/** What ann trained and pushed, two versions of it. */
async function trained(t: Test): Promise<{ bare: TestRepository; writer: string }> {
  const { bare, ann } = people(t)
  train(ann)
  ann.write('other.txt', 'x').commit('another version').do('push', '-q')
  train(ann)
  t.equal((await cli(ann.path, ['push'])).exitCode, 0)
  return { bare, writer: ensureWriterSync(ann.location) }
}

test('runs whose commits a shallow clone cuts off are refused with what to type, and had afterwards', async (t) => {
  const { bare, writer } = await trained(t)
  const shallow = new TestRepository(temporaryFolder(t))
  execFileSync('git', ['clone', '-q', '--depth=1', `file://${bare.path}`, shallow.path])
  provideModules(shallow.path)
  shallow.git('config', 'flor.trust', writer)
  await cli(shallow.path, ['init'])
  shallow.git('fetch', '-q', '--depth=1')
  shallow.write('train.js', script(true))
  const refused = await cli(shallow.path, ['backfill', 'wanted', '--yes'])
  t.equal(refused.exitCode, 1, refused.stderr)
  const said = refused.stdout.replace(/\s+/g, ' ')
  t.match(said, /refused: its commit is not in this shallow clone: git fetch --unshallow brings it/)
  t.match(said, /nothing can be done: every run that lacks values is refused/)
  t.match(said, /hint: git flor backfill wanted --explain/)
  shallow.git('fetch', '-q', '--unshallow')
  const had = await cli(shallow.path, ['backfill', 'wanted', '--yes'])
  t.equal(had.exitCode, 0, had.stderr)
  t.match(had.stdout, /^wanted: 6 values /m)
})

test('a run whose commit is lost keeps no other from being backfilled', async (t) => {
  const { bare, writer } = await trained(t)
  const bob = cloneOf(t, bare)
  bob.git('config', 'flor.trust', writer)
  const { stdout } = await cli(bob.path, ['log', '--json'])
  const [newest] = JSON.parse(stdout).runs
  // As after a damaged disk: of all objects of the clone this one is gone.
  const packs = join(bob.path, '.git/objects/pack')
  const contents = readdirSync(packs)
    .filter((name) => name.endsWith('.pack'))
    .map((name) => readFileSync(join(packs, name)))
  rmSync(packs, { recursive: true })
  for (const input of contents) execFileSync('git', ['unpack-objects', '-q'], { cwd: bob.path, input })
  rmSync(join(bob.path, '.git/objects', newest.run.slice(0, 2), newest.run.slice(2)))
  bob.write('train.js', script(true))
  const result = await cli(bob.path, ['backfill', 'wanted', '--yes'])
  t.equal(result.exitCode, 2, result.stderr)
  t.match(
    result.stdout.replace(/\s+/g, ' '),
    /refused: its commit is not here: git flor fetch brings what other clones have/,
  )
  t.match(result.stdout, /^wanted: 3 values /m)
})

test('checkpoints that nobody uploaded are told of once, with who can, and their values are had all the same', {
  skip: withoutLfs,
}, async (t) => {
  const { bare, writer } = await trained(t)
  rmSync(join(bare.path, 'lfs'), { recursive: true })
  const bob = cloneOf(t, bare)
  bob.git('config', 'flor.trust', writer)
  bob.write('train.js', script(true))
  const result = await cli(bob.path, ['backfill', 'wanted where epoch = 2', '--yes'])
  t.equal(result.exitCode, 0, result.stderr)
  t.match(result.stdout, /^wanted: 2 values /m)
  const warnings = result.stderr.split('\n').filter((line) => line.startsWith('warning: '))
  t.strictSame(warnings, [
    'warning: checkpoint files cannot be had (they are neither here nor on origin: git flor push in the clone that trained the runs uploads them); more is executed instead',
  ])
})
