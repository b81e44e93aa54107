import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { temporaryFolder } from '../../support/environment.js'
import { repository } from '../../support/repository.js'
import { cli } from './harness.js'
import { recordRun } from './record-run.js'

t.test('the pager is the one that git would use, on a terminal only', async (t) => {
  const repo = repository(t).commit('one')
  const run = await recordRun(repo.path)
  const file = join(temporaryFolder(t), 'paged')
  const pager = `cat > '${file}'`
  const paged = (): boolean => {
    try {
      return readFileSync(file, 'utf8').includes(run.slice(0, 7))
    } catch {
      return false
    } finally {
      rmSync(file, { force: true })
    }
  }
  const log = async (args: readonly string[], env: NodeJS.ProcessEnv, terminal = true) => {
    const result = await cli(repo.path, args, { terminal, columns: 80, env })
    t.equal(result.exitCode, 0, result.stderr)
    return { ...result, paged: paged() }
  }

  const environment = await log(['log'], { GIT_PAGER: pager })
  t.equal(environment.paged, true)
  t.equal(environment.stdout, '', 'nothing passes it by')
  t.equal((await log(['log'], { GIT_PAGER: pager }, false)).paged, false, 'not into a pipe')
  t.equal((await log(['log', '--no-pager'], { GIT_PAGER: pager })).paged, false)
  t.equal((await log(['--no-pager', 'log'], { GIT_PAGER: pager })).paged, false)
  t.equal((await log(['log'], { GIT_PAGER: 'cat' })).paged, false)
  t.equal((await log(['verify'], { GIT_PAGER: pager })).paged, false, 'only what is long')

  repo.config('pager.flor', 'false')
  t.equal((await log(['log'], { GIT_PAGER: pager })).paged, false)
  t.equal((await log(['--paginate', 'log'], { GIT_PAGER: pager })).paged, true)
  repo.config('pager.flor', pager)
  t.equal((await log(['log'], { GIT_PAGER: undefined })).paged, true, 'a command of our own')
  t.equal((await log(['log'], { GIT_PAGER: 'cat' })).paged, false, 'which git --no-pager overrules')
  repo.do('config', '--unset', 'pager.flor').config('core.pager', pager)
  t.equal((await log(['log'], { GIT_PAGER: undefined })).paged, true)
})

t.test('a pager that is left early ends the command quietly', async (t) => {
  const repo = repository(t).commit('one')
  await recordRun(repo.path, { epochs: { loss: Array.from({ length: 50_000 }, (_, i) => i / 7) } })
  const { exitCode, stderr } = await cli(repo.path, ['log', 'loss', '--csv'], {
    terminal: true,
    columns: 80,
    env: { GIT_PAGER: 'true' },
  })
  t.equal(exitCode, 141)
  t.equal(stderr, '')
})

t.test('who prints nothing starts no pager, and a pager that is not there is passed by', async (t) => {
  const repo = repository(t).commit('one')
  const run = await recordRun(repo.path, { args: { k: 1 } })
  const file = join(temporaryFolder(t), 'started')
  const paged = { terminal: true, columns: 80, env: { GIT_PAGER: `touch '${file}'; cat > /dev/null` } }
  t.match(await cli(repo.path, ['log', '--where', 'nosuch > 1'], paged), { exitCode: 1, stderr: /"nosuch"/ })
  t.notOk(existsSync(file))
  t.equal((await cli(repo.path, ['log'], paged)).exitCode, 0)
  t.ok(existsSync(file))

  const missing = await cli(repo.path, ['log', '--oneline'], {
    ...paged,
    env: { GIT_PAGER: 'no-such-pager' },
  })
  t.equal(missing.exitCode, 0)
  t.match(missing.stdout, run.slice(0, 7))
})
