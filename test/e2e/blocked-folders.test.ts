import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { florDir } from '../../lib/git/location.js'
import { project, train } from '../support/training.js'

const command = fileURLToPath(new URL('../../command/git-flor.js', import.meta.url))

const script = (statement = ''): string => `import * as flor from 'git-flor'
flor.seed(1)
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  weights[0] += Math.random()
  ${statement}
  flor.log('loss', weights[0])
}
console.log('trained to the end')
`

test('a file in the place of a folder of ours is named with what to do about it, and training goes on', async (t) => {
  const repo = project(t, { 'train.js': script() })
  train(repo)
  repo.write('train.js', script("flor.log('wanted', weights[0] * 2)"))
  const start = (program: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: repo.path, encoding: 'utf8' })
    return { status, stdout, stderr }
  }
  const flor = (...args: string[]) => start(process.execPath, command, ...args)
  t.equal(flor('log').status, 0)
  const root = florDir(repo.location)
  const refused = (path: string, answer: ReturnType<typeof flor>, what: string) => {
    t.equal(answer.status, 1, what)
    t.equal(
      answer.stderr,
      `error: ${path} is not a folder, and git-flor keeps one there\nhint: mv '${path}' '${path}.old'    moves away what is there\n`,
      what,
    )
  }
  const blocked = (path: string, check: () => void): void => {
    if (existsSync(path)) renameSync(path, `${path}.whole`)
    writeFileSync(path, 'not ours')
    check()
    rmSync(path)
    if (existsSync(`${path}.whole`)) renameSync(`${path}.whole`, path)
  }

  for (const path of [root, join(root, 'spool'), join(root, 'tmp'), join(root, 'checkpoints')]) {
    blocked(path, () => {
      for (const args of [
        'log',
        'log loss',
        'show latest',
        'backfill wanted --yes',
        'gc',
        'verify',
        'reindex',
      ])
        refused(path, flor(...args.split(' ')), `${args} without ${path}`)
      const trained = start(process.execPath, 'train.js')
      t.match(trained, {
        status: 0,
        stdout: 'trained to the end\n',
        stderr: /this run is not recorded: \S+ is not a folder/,
      })
      const wrapped = flor('run', '--', process.execPath, 'train.js')
      t.match(wrapped, {
        status: 0,
        stdout: 'trained to the end\n',
        stderr: /nothing is recorded: \S+ is not a folder/,
      })
      // A hook never stops the user's work.
      t.equal(flor('hook', 'post-commit').status, 0)
    })
  }
  for (const path of ['worktrees', 'replays', 'packages'].map((name) => join(root, name))) {
    blocked(path, () => {
      const answer = flor('backfill', 'wanted', '--yes')
      t.match(answer.stdout, /1 of 1 run/)
      refused(path, { ...answer }, `backfill without ${path}`)
      for (const args of ['log', 'gc', 'verify']) t.equal(flor(args).status, 0, `${args} without ${path}`)
    })
  }
  t.equal(flor('backfill', 'wanted', '--yes').status, 0)
})
