import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../../support/environment.js'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordRun } from './record-run.js'

const nowMs = Date.UTC(2026, 10, 25)

/** Candidates for the last word, without their descriptions; `:files` stays. */
async function complete(cwd: string, ...words: string[]): Promise<string[]> {
  return (await described(cwd, ...words)).map((line) => line.split('\t')[0] as string)
}

async function described(cwd: string, ...words: string[]): Promise<string[]> {
  const { stdout, stderr, exitCode } = await cli(cwd, ['complete', '--', ...words], { nowMs })
  t.equal(stderr, '')
  t.equal(exitCode, 0)
  return stdout.split('\n').filter(Boolean)
}

t.test('commands, options and their words are completed anywhere', async (t) => {
  const nowhere = temporaryFolder(t)
  const commands = await complete(nowhere, '')
  t.ok(['init', 'log', 'backfill', 'completion'].every((name) => commands.includes(name)))
  t.notOk(commands.includes('complete'), 'what only scripts call is not offered')
  t.strictSame(await complete(nowhere, 'rei'), ['reindex'])
  t.strictSame(await complete(nowhere, '-C', '/tmp', 'rei'), ['reindex'])
  t.strictSame(await complete(nowhere, 'log', '--onel'), ['--oneline'])
  t.ok((await complete(nowhere, 'log', '-')).includes('--where'))
  t.strictSame(
    await complete(nowhere, 'push', '--no-ch'),
    ['--no-checkpoints'],
    'what is on can be taken off',
  )
  t.strictSame(await complete(nowhere, 'log', '--status', 'fa'), ['failed'])
  t.strictSame(await complete(nowhere, 'log', '--status=fa'), ['--status=failed'])
  t.strictSame(await complete(nowhere, 'completion', ''), ['bash', 'zsh', 'fish'])
  t.strictSame(await complete(nowhere, 'hook', 'pre'), ['pre-push', ':files'])
  t.strictSame(await complete(nowhere, 'checkpoint', '--extract', ''), [':files'])
  t.strictSame(await complete(nowhere, 'run', '--', 'node', ''), [':files'])
  t.strictSame(await complete(nowhere, 'no-such-command', ''), [])
  t.strictSame(await complete(nowhere, 'show', ''), [], 'outside a repository there is no run')
})

t.test('runs, names, remotes and revisions come from the repository', async (t) => {
  const repo = repository(t).commit('one').do('tag', 'v1').do('remote', 'add', 'origin', '/nowhere')
  const story = { args: { lr: 0.01 }, epochs: { loss: [2, 1], 'val/acc': [1, 2] } }
  const [older, newer] = [
    await recordRun(repo.path, story),
    await recordRun(repo.path, { end: { status: 'failed' } }),
  ]
  t.notOk((await complete(repo.path, 'show', '')).includes(older.slice(0, 10)), 'nothing is folded in for it')
  await cli(repo.path, ['log'])
  t.strictSame(
    (await complete(repo.path, 'show', '')).slice(0, 3),
    ['latest', newer.slice(0, 10), older.slice(0, 10)],
    'newest first',
  )
  const [line = ''] = await described(repo.path, 'show', older.slice(0, 6))
  t.match(line, /^[0-9a-f]{10}\ttrain\.js, 3 weeks ago, lr=0\.01$/)
  t.match((await described(repo.path, 'diff', 'v1', newer.slice(0, 6)))[0], /, failed/)
  t.strictSame(await complete(repo.path, 'show', 'v'), ['v1'])
  t.strictSame(await complete(repo.path, 'push', ''), ['origin'])
  t.match(await described(repo.path, 'log', 'lo'), [/^loss\tvalue$/])
  t.strictSame(await complete(repo.path, 'log', 'loss', 'val'), ['val/acc'])
  t.strictSame(await complete(repo.path, 'log', 'l'), ['lr', 'loss'], 'arguments are names, too')
  t.strictSame(await complete(repo.path, 'log', 'sta'), ['started', 'status'].reverse())
  t.strictSame(await complete(repo.path, 'log', '--sort=-lo'), ['--sort=-loss'])
  t.strictSame(
    await complete(repo.path, 'diff', older, newer, '--', ''),
    await complete(repo.path, 'diff', ''),
  )
})

t.test(
  'the end of a range and the name in an aggregate are completed behind what stands there',
  async (t) => {
    const repo = repository(t).commit('one').do('tag', 'v1')
    await recordRun(repo.path, { args: { lr: 1 }, epochs: { loss: [1], 'val/loss': [1] } })
    await cli(repo.path, ['log'])
    t.strictSame(await complete(repo.path, 'log', 'ma'), ['main'])
    t.strictSame(await complete(repo.path, 'log', 'v1..'), ['v1..main', 'v1..v1'])
    t.strictSame(await complete(repo.path, 'log', 'v1...ma'), ['v1...main'])
    t.strictSame(await complete(repo.path, 'log', '^v'), ['^v1'])
    t.strictSame(await complete(repo.path, 'log', 'max('), ['max(loss)', 'max("val/loss")'], 'no arguments')
    t.strictSame(await complete(repo.path, 'log', 'lr', 'count(l'), ['count(loss)'])
    t.strictSame(await complete(repo.path, 'log', '--sort=-min(l'), ['--sort=-min(loss)'])
    t.strictSame(await complete(repo.path, 'log', 'nosuch('), [])
  },
)

t.test('what would move the cursor is not offered, and a missing index is no error', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, {
    once: { 'bad\u001b[2Jname': 1, bad_one: 1 },
    args: { x: '\u001b]0;title\u0007' },
  })
  await cli(repo.path, ['log'])
  t.strictSame(await complete(repo.path, 'log', 'bad'), ['bad_one'])
  const shown = (await cli(repo.path, ['complete', '--', 'show', ''], { nowMs })).stdout
  t.notMatch(shown, /[\u0000-\u0008\u000b-\u001f]/)
  rmSync(join(repo.path, '.git/flor/index/CURRENT'))
  t.strictSame(await complete(repo.path, 'log', 'bad'), [])
})

t.test('git flor completion prints the script of a shell, and says which there are', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout, exitCode } = await cli('/', ['completion', shell])
    t.equal(exitCode, 0)
    t.match(stdout, /flor complete --/)
  }
  const { exitCode, stderr } = await cli('/', ['completion', 'tcsh'])
  t.equal(exitCode, 129)
  t.match(stderr, "there is completion for bash, zsh, fish, not for 'tcsh'")
})
