import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { COMMANDS } from '../../../lib/cli/commands/index.js'
import { temporaryFolder } from '../../support/environment.js'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordRun } from './record-run.js'

/** Each command as one would type it in a folder with a script and an output; `bare`, `outside`: how it ends where there is no working tree, and no repository. */
const CALLS: Readonly<
  Record<
    string,
    {
      readonly args: readonly string[]
      readonly inside?: number
      readonly bare?: number
      readonly outside?: number
    }
  >
> = {
  init: { args: [] },
  run: { args: ['-q', 'true'], outside: 0 },
  capture: { args: ['--preview', 'x.log'], outside: 0 },
  log: { args: ['loss', '--csv'] },
  show: { args: ['latest'] },
  diff: { args: ['latest', 'latest', '--stat'] },
  plot: { args: ['loss'] },
  query: { args: ['--schema'], outside: 0 },
  checkpoint: { args: ['latest'] },
  // The one run there is was made by hand, and is refused in the plan.
  backfill: { args: ['loss', '--dry-run'], inside: 1, bare: 128 },
  push: { args: [], inside: 1, bare: 1 },
  fetch: { args: [], inside: 1, bare: 1 },
  verify: { args: [] },
  reindex: { args: [] },
  gc: { args: [] },
  propagate: { args: ['--from', 'train.js', '--name', 'loss', '--to', 'train.js'], outside: 0 },
  seal: { args: [] },
  hook: { args: ['post-commit'], outside: 0 },
  complete: { args: ['--', 'log', 'l'], outside: 0 },
  completion: { args: ['bash'], outside: 0 },
}

const SCRIPT = "import * as flor from 'git-flor'\nflor.log('loss', 1)\n"

t.test('every command is called from every place', async (t) => {
  t.strictSame(Object.keys(CALLS).sort(), COMMANDS.map(({ name }) => name).sort())
})

async function story(t: Parameters<typeof temporaryFolder>[0]) {
  const repo = repository(t).write('train.js', SCRIPT)
  for (const folder of ['', 'sub/deep/'])
    repo.write(`${folder}train.js`, SCRIPT).write(`${folder}x.log`, 'loss=1\n')
  repo.commit('one')
  await recordRun(repo.path, { epochs: { loss: [1, 2] } })
  return repo
}

/** Calls everything; what each is to end with, if not with 0. */
async function callAll(
  t: Test,
  cwd: string,
  expected: (call: (typeof CALLS)[string]) => number | undefined,
  globals: readonly string[] = [],
): Promise<void> {
  for (const [name, call] of Object.entries(CALLS)) {
    const { exitCode, stdout, stderr } = await cli(cwd, [...globals, name, ...call.args])
    t.equal(exitCode, expected(call) ?? 0, `${name}: ${stderr}`)
    t.notMatch(stderr, /unexpected failure/, name)
    if (exitCode !== 0) t.match(stderr + stdout, /^error: .+\n|refused: /, `${name} says why`)
  }
}

t.test('in a folder below the top, and in a linked worktree', async (t) => {
  const repo = await story(t)
  await callAll(t, join(repo.path, 'sub/deep'), (call) => call.inside)
  const linked = join(temporaryFolder(t), 'linked')
  repo.git('worktree', 'add', linked)
  await callAll(t, join(linked, 'sub/deep'), (call) => call.inside)
})

t.test('from elsewhere, by -C and by --git-dir', async (t) => {
  const repo = await story(t)
  const elsewhere = temporaryFolder(t)
  await callAll(t, elsewhere, (call) => call.inside, ['-C', repo.path, '-C', 'sub/deep'])
  // As with git, the folder that one stands in is then the top of the working tree.
  await callAll(t, repo.path, (call) => call.inside, ['--git-dir', join(repo.path, '.git')])
})

t.test('in a bare repository, and inside of .git', async (t) => {
  const repo = await story(t)
  const bare = join(temporaryFolder(t), 'bare.git')
  repo.git('clone', '--bare', '--mirror', repo.path, bare)
  repo.git('--git-dir', bare, 'remote', 'remove', 'origin')
  for (const folder of [bare, join(repo.path, '.git')]) {
    for (const file of ['train.js', 'x.log']) symlinkSync(join(repo.path, file), join(folder, file))
    await callAll(t, folder, (call) => call.bare)
  }
})

t.test('outside of any repository', async (t) => {
  const repo = await story(t)
  const folder = join(temporaryFolder(t), 'out')
  mkdirSync(folder)
  for (const file of ['train.js', 'x.log']) symlinkSync(join(repo.path, file), join(folder, file))
  await callAll(t, folder, (call) => call.outside ?? 128)
})
