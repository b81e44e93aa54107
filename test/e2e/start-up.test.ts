import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { temporaryFolder } from '../support/environment.js'
import { project, train } from '../support/training.js'

/** What `git flor log -n 20` may load and start. Raise these only for something that is worth its time in every command. */
const BUDGET = { modules: 158, bytes: 580_000, gitProcesses: 1 }

const entry = fileURLToPath(new URL('../../bin/git-flor.js', import.meta.url))

test('listing runs loads few modules and starts few processes', async (t) => {
  const repo = project(t, {
    'train.js': `import * as flor from 'git-flor'
for (const epoch of flor.loop('epoch', [0, 1])) flor.log('loss', epoch)
`,
  })
  train(repo, {})
  const folder = temporaryFolder(t)
  const [coverage, trace] = [join(folder, 'coverage'), join(folder, 'trace')]
  mkdirSync(coverage)
  const log = (env: NodeJS.ProcessEnv = {}): string =>
    execFileSync(process.execPath, [entry, 'log', '-n', '20'], {
      cwd: repo.path,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    })
  t.match(log(), /^run /, 'the first one folds, and is not measured')
  log({ NODE_V8_COVERAGE: coverage, GIT_TRACE: trace })
  const loaded = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as { result: { url: string }[] }
    return result.map(({ url }) => url).filter((url) => url.startsWith('file:'))
  })
  const modules = [...new Set(loaded)].map((url) => fileURLToPath(url.replace(/\?.*/, '')))
  const bytes = modules.reduce((sum, path) => sum + statSync(path).size, 0)
  const gitProcesses = readFileSync(trace, 'utf8').match(/trace: built-in: git /g)?.length ?? 0
  t.comment(`${modules.length} modules of ${bytes} bytes, ${gitProcesses} processes of git`)
  t.ok(modules.length > 20 && bytes > 50_000 && gitProcesses > 0, 'they are counted')
  t.ok(modules.length <= BUDGET.modules, `${modules.length} modules`)
  t.ok(bytes <= BUDGET.bytes, `${bytes} bytes`)
  t.ok(gitProcesses <= BUDGET.gitProcesses, `${gitProcesses} processes of git`)
  for (const never of ['isomorphic-git', '@babel', 'recast', 'predicate-grammar', 'spool-reader'])
    t.notOk(
      modules.some((path) => path.includes(never)),
      `${never} is not loaded`,
    )
})
