import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { RunEntry } from '../../lib/db/run-entry.js'
import { spoolDir } from '../../lib/git/location.js'
import { type Column, contextAt } from '../../lib/model/column.js'
import { contextKey } from '../../lib/model/context.js'
import type { Oid } from '../../lib/model/oid.js'
import { type LogValue, Tensor } from '../../lib/model/value.js'
import { parsePredicate } from '../../lib/query/predicate.js'
import type { BackfillOutcome, BackfillPlan } from '../../lib/repository/backfill/backfill-plan.js'
import { type ExecuteOptions, executeBackfill } from '../../lib/repository/backfill/execute-backfill.js'
import { type PlanOptions, planBackfill } from '../../lib/repository/backfill/plan-backfill.js'
import { FlorRepository } from '../../lib/repository/flor-repository.js'
import { loadColumns } from '../../lib/repository/load-columns.js'
import type { Notice } from '../../lib/repository/notice.js'
import { assembleRun } from '../../lib/segment/assemble.js'
import { readSpool } from '../../lib/segment/spool-reader.js'
import type { Teardown } from './environment.js'
import { repository, type TestRepository } from './repository.js'

const runtime = new URL('../../lib/runtime/index.js', import.meta.url)
const tfjsRuntime = new URL('../../lib/runtime/tfjs/index.js', import.meta.url)

/** A repository whose scripts can `import … from 'git-flor'`; `node_modules` is ignored, as it is for most. */
export function project(t: Teardown | undefined, files: Readonly<Record<string, string>>): TestRepository {
  const repo = repository(t)
  repo.write('.gitignore', 'node_modules/\n').write('package.json', '{"type":"module"}')
  provideModules(repo.path)
  for (const [path, text] of Object.entries(files)) repo.write(path, text)
  return repo.commit('a training script')
}

/** Gives a folder the runtime under test as a package. */
export function provideRuntime(folder: string): void {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'git-flor'), { recursive: true })
  writeFileSync(
    join(modules, 'git-flor/package.json'),
    JSON.stringify({ type: 'module', exports: { '.': './index.js', './tfjs': './tfjs.js' } }),
  )
  writeFileSync(join(modules, 'git-flor/index.js'), `export * from '${runtime.href}'\n`)
  writeFileSync(join(modules, 'git-flor/tfjs.js'), `export * from '${tfjsRuntime.href}'\n`)
}

/**
 * Gives a folder the runtime under test and TensorFlow.js as packages. The latter by a link: never let a package manager into
 * that folder, which would clear away what is behind the link.
 */
export function provideModules(folder: string): void {
  provideRuntime(folder)
  const modules = join(folder, 'node_modules')
  const tensorflow = findUp(fileURLToPath(import.meta.url), 'node_modules/@tensorflow')
  if (tensorflow !== undefined) symlinkSync(tensorflow, join(modules, '@tensorflow'))
}

function findUp(from: string, name: string): string | undefined {
  for (let folder = join(from, '..'); ; folder = join(folder, '..')) {
    if (existsSync(join(folder, name))) return join(folder, name)
    if (folder === '/') return undefined
  }
}

/** How a training is started. */
export interface Training {
  readonly script?: string
  readonly args?: readonly string[]
  /** `FLOR_CHECKPOINTS`. */
  readonly checkpoints?: 'all' | 'none' | 'adaptive'
  /** Working directory below the repository. */
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly expectExit?: number
}

/** Runs a training to its end and leaves its spool to be sealed by the next command. @throws an Error with its output when it failed */
export function train(repo: TestRepository, training: Training = {}): void {
  const { script = 'train.js', args = [], expectExit = 0 } = training
  const child = spawnSync(process.execPath, [script, ...args], {
    cwd: join(repo.path, training.cwd ?? ''),
    env: trainingEnvironment(training),
    encoding: 'utf8',
  })
  if (child.status !== expectExit) throw new Error(`${script} ended with ${child.status}: ${child.stderr}`)
}

/** Starts a training that somebody else will end. */
export function startTraining(repo: TestRepository, training: Training = {}): ChildProcess {
  const { script = 'train.js', args = [] } = training
  return spawn(process.execPath, [script, ...args], {
    cwd: join(repo.path, training.cwd ?? ''),
    env: trainingEnvironment(training),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function trainingEnvironment({ checkpoints = 'all', env }: Training): NodeJS.ProcessEnv {
  return { ...process.env, FLOR_CHECKPOINTS: checkpoints, FLOR_SEAL: 'later', ...env }
}

/** A repository opened as commands open it, and what it told. */
export interface Opened {
  readonly flor: FlorRepository
  readonly notices: Notice[]
}

export function open(t: Teardown, repo: TestRepository, cwd = ''): Opened {
  const notices: Notice[] = []
  const flor = FlorRepository.open(join(repo.path, cwd), { notify: (notice) => notices.push(notice) })
  t.teardown(() => flor.close())
  return { flor, notices }
}

/** All runs, oldest first. */
export async function runsOf(flor: FlorRepository): Promise<RunEntry[]> {
  const runs: RunEntry[] = []
  for await (const entry of (await flor.index()).runs()) runs.push(entry)
  return runs
}

export interface Backfilled {
  readonly plan: BackfillPlan
  readonly outcome: BackfillOutcome
}

/** What `git flor backfill <names>… where <where>` does, without asking. */
export async function backfill(
  flor: FlorRepository,
  names: readonly string[],
  options: ExecuteOptions & Pick<PlanOptions, 'workers' | 'check'> & { readonly where?: string } = {},
): Promise<Backfilled> {
  const { where, workers = 1, check, ...rest } = options
  const request = { names, ...(where === undefined ? {} : { where: parsePredicate(where) }) }
  const plan = await planBackfill(flor, request, { workers, ...(check && { check }) })
  return { plan, outcome: await executeBackfill(flor, plan, rest) }
}

/** Values as exact text, by name and context, in the order in which they were logged: `values.loss['epoch=1/step=0']`. */
export type Values = Record<string, Record<string, string[]>>

export function valuesOf(columns: Iterable<Column>, isAsked: (name: string) => boolean = () => true): Values {
  const values: Values = {}
  for (const column of columns) {
    if (!isAsked(column.name)) continue
    values[column.name] ??= {}
    const byContext = values[column.name] as Record<string, string[]>
    for (let row = 0; row < column.contexts.count; row++) {
      const key = contextKey(contextAt(column.contexts, row))
      byContext[key] ??= []
      byContext[key].push(exactText(column.values[row] as LogValue))
    }
  }
  return values
}

/** Two values have the same text exactly when they are the same, to the bit. */
export function exactText(value: LogValue): string {
  if (Object.is(value, -0)) return '-0'
  if (value instanceof Tensor) return `${value.dtype}[${value.shape.join()}] ${hex(value.data)}`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} ${hex(value)}`
  return typeof value === 'object' ? inspect(value, everything) : String(value)
}

const everything = {
  depth: Infinity,
  maxArrayLength: Infinity,
  maxStringLength: Infinity,
  breakLength: Infinity,
}

const hex = ({ buffer, byteOffset, byteLength }: ArrayBufferView): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('hex')

/** The values of some names of a run that a backfill produced, or that the run recorded. */
export async function storedValues(
  flor: FlorRepository,
  run: RunEntry,
  names: readonly string[],
  kind: 'backfilled' | 'recorded' = 'backfilled',
): Promise<Values> {
  const entry = (await (await flor.index()).entry(run.run)) ?? run
  const columns: Column[] = []
  for (const name of names) {
    for (const { column, origin } of await loadColumns(flor, entry, name)) {
      if (origin.kind === kind) columns.push(column)
    }
  }
  return valuesOf(columns)
}

/**
 * Ground truth: what the code of a commit logs when it is executed from the start, in a repository of its own that knows nothing of the
 * first one's, with the arguments that the run had.
 */
export function fromScratch(t: Teardown, repo: TestRepository, commit: Oid, run: RunEntry): Values {
  const { header } = run
  const fresh = repository(t)
  const archive = execFileSync('git', ['archive', '--format=tar', commit], { cwd: repo.path })
  execFileSync('tar', ['-x', '-C', fresh.path], { input: archive })
  provideModules(fresh.path)
  fresh.commit('from scratch')
  const given = header.argv.slice(
    header.argv.findIndex((it) => it.endsWith('.js') || it.endsWith('.mjs')) + 1,
  )
  train(fresh, {
    script: join(fresh.path, header.script as string),
    args: given,
    cwd: header.cwd,
    checkpoints: 'none',
    expectExit: run.end.exitCode ?? 0,
  })
  const { columns } = assembleRun(readSpool(onlySpool(fresh)).events)
  return valuesOf(columns)
}

function onlySpool(repo: TestRepository): string {
  const folder = spoolDir(repo.location)
  const [name] = readdirSync(folder)
  return join(folder, name as string)
}

/** Names of the spools that wait to be sealed. */
export function spoolNames(repo: TestRepository): string[] {
  const folder = spoolDir(repo.location)
  return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : []
}

export function spoolFile(repo: TestRepository, name: string): string {
  return join(spoolDir(repo.location), name, 'events')
}
