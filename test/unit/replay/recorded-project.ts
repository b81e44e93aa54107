import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { keptObjectPath } from '../../../lib/git/lfs-paths.js'
import { spoolDir } from '../../../lib/git/location.js'
import type { RunEnd, RunHeader } from '../../../lib/model/run.js'
import { analyseStatement } from '../../../lib/replay/analyse.js'
import { LocalExecutor } from '../../../lib/replay/local-executor.js'
import { planRun } from '../../../lib/replay/planner.js'
import type { SourceProject, StatementAnalysis, StatementRange } from '../../../lib/replay/source-project.js'
import type { RunPlan } from '../../../lib/replay/task.js'
import { type AssembledRun, assembleRun } from '../../../lib/segment/assemble.js'
import { readSpool } from '../../../lib/segment/spool-reader.js'
import type { Teardown } from '../../support/environment.js'
import { repository, type TestRepository } from '../../support/repository.js'

const runtime = new URL('../../../lib/runtime/index.js', import.meta.url)

/** A repository that scripts with `import … from 'git-flor'` run in; `node_modules` is ignored, as it is for most. */
export function project(t: Teardown, files: Readonly<Record<string, string>>): TestRepository {
  const repo = repository(t)
    .write('.gitignore', 'node_modules/\nout/\ndata/\n')
    .write('package.json', '{"type":"module"}')
    .write('node_modules/git-flor/package.json', '{"type":"module","exports":"./index.js"}')
    .write('node_modules/git-flor/index.js', `export * from '${runtime.href}'\n`)
  for (const [path, text] of Object.entries(files)) repo.write(path, text)
  return repo.commit('a training script')
}

/** What one execution of the script recorded. @throws an Error with its output when it failed */
export type Recording = AssembledRun & { readonly header: RunHeader; readonly end: RunEnd }

export function record(
  repo: TestRepository,
  script = 'train.js',
  checkpoints = 'all',
  args: readonly string[] = [],
): Recording {
  const before = new Set(spools(repo))
  const child = repo.run(script, args, { FLOR_CHECKPOINTS: checkpoints, FLOR_SEAL: 'later' })
  const [spool] = spools(repo).filter((it) => !before.has(it))
  if (spool === undefined || child.status !== 0) throw new Error(`${script} failed: ${child.stderr}`)
  const run = assembleRun(readSpool(spool).events)
  if (run.header === undefined || run.end === undefined) throw new Error('the spool has no header or no end')
  return { ...run, header: run.header, end: run.end }
}

function spools(repo: TestRepository): string[] {
  const folder = spoolDir(repo.location)
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
}

/** The `flor.log('name', …)` statement of a file. */
export function statementOf(repo: TestRepository, name: string, path = 'train.js'): StatementRange {
  const text = repo.read(path)
  const start = text.indexOf(`flor.log('${name}'`)
  if (start === -1) throw new Error(`${name} is not logged in ${path}`)
  return { path, start, end: text.indexOf('\n', start) }
}

export function sourcesOf(repo: TestRepository, script = 'train.js'): SourceProject {
  return { read: (path) => (existsSync(join(repo.path, path)) ? repo.read(path) : undefined), script }
}

export interface PlannedName {
  readonly analysis: StatementAnalysis
  readonly plan: RunPlan
}

/** Analyses and plans the replay of one name, as a backfill would, its files being those of the working tree. */
export function planName(
  repo: TestRepository,
  run: Recording,
  name: string,
  options: { readonly path?: string; readonly keep?: (index: number) => boolean } = {},
): PlannedName {
  const analysis = analyseStatement(sourcesOf(repo), statementOf(repo, name, options.path))
  const keep = options.keep ?? (() => true)
  const plan = planRun({
    run: { ...run, checkpoints: run.checkpoints.filter((_, index) => keep(index)) },
    wanted: 'all',
    position: analysis.position,
    soundness: analysis,
    availabilityOf: (sha) => (existsSync(keptObjectPath(repo.location, sha)) ? 'present' : 'lost'),
    pathOf: (sha) => keptObjectPath(repo.location, sha),
  })
  return { analysis, plan }
}

export function executorOf(
  t: Teardown,
  repo: TestRepository,
  config: { link?: readonly string[]; copy?: readonly string[] } = {},
): LocalExecutor {
  const executor = new LocalExecutor(repo.location, { link: config.link ?? [], copy: config.copy ?? [] })
  t.teardown(() => executor.close())
  return executor
}
