import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RunEntry } from '../../lib/db/run-entry.js'
import type { Teardown } from './environment.js'
import type { TestRepository } from './repository.js'
import { open, project, runsOf, storedValues, train, type Values } from './training.js'

const command = fileURLToPath(new URL('../../command/git-flor.js', import.meta.url))

/**
 * A model of two numbers. With a folder, a replay leaves its process id there when it comes to epoch 3, and waits until there is a file `go`.
 */
const script = (statement = '', folder = ''): string => `import * as flor from 'git-flor'
${folder === '' ? '' : "import { existsSync, writeFileSync } from 'node:fs'"}
flor.seed(flor.arg('seed', 1))
const isReplay = process.cwd().includes('worktrees')
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4, 5])) {
  if (flor.arg('breaks', false) && isReplay && epoch > 1) throw new Error('it breaks')
${folder === '' ? '' : waiting(folder)}
  let sum = 0
  for (const i of flor.loop('step', [0, 1, 2])) {
    for (const end = performance.now() + 20; performance.now() < end; );
    weights[i % 2] += Math.random() - 0.3
    sum += weights[0]
${statement}
  }
  flor.log('loss', sum)
}
`
const waiting = (folder: string): string => `  if (isReplay && epoch >= 3) {
    writeFileSync('${folder}/' + process.pid, '')
    while (!existsSync('${folder}/go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }`
const STATEMENT = "    flor.log('wanted', weights[0] * weights[1])"

/** Runs of several seeds; the statement stands in the working tree alone. */
export function story(
  t: Teardown,
  seeds: readonly number[],
  options: { folder?: string; breaks?: number } = {},
): TestRepository {
  const repo = project(t, { 'train.js': script('', options.folder) })
  for (const seed of seeds) {
    const breaks = seed === options.breaks ? ['breaks=true'] : []
    train(repo, { args: ['--flor', `seed=${seed}`, ...breaks.flatMap((it) => ['--flor', it])] })
  }
  return repo.write('train.js', script(STATEMENT, options.folder))
}

/** What tells the runs of a {@link story} apart. */
export const seedOf = (run: RunEntry) => run.args.find((it) => it.name === 'seed')?.value as number

/** The backfilled values of each run, by its seed. */
export async function valuesBySeed(t: Teardown, repo: TestRepository): Promise<Map<number, Values>> {
  const { flor } = open(t, repo)
  const values = new Map<number, Values>()
  for (const run of await runsOf(flor)) values.set(seedOf(run), await storedValues(flor, run, ['wanted']))
  await flor.close()
  return values
}

/** What replays have left in the repository: worktrees, plans and spools, refs. */
export const leftovers = (repo: TestRepository): string[] => [
  ...['worktrees', 'replays'].flatMap((name) => {
    const folder = join(repo.path, '.git/flor', name)
    return existsSync(folder) ? readdirSync(folder).map((it) => `${name}/${it}`) : []
  }),
  ...repo.git('for-each-ref', '--format=%(refname)', 'refs/flor/replaying').split('\n').filter(Boolean),
]

/** `git flor backfill wanted --yes`, the leader of a process group as a shell starts it. */
export function start(repo: TestRepository, workers = 2): ChildProcess & { readonly text: () => string } {
  const child = spawn(process.execPath, [command, 'backfill', 'wanted', '--yes', `-j${workers}`], {
    cwd: repo.path,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (text += chunk))
  return Object.assign(child, { text: () => text })
}

/** Its exit code, once a process has ended. */
export const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.on('close', (code) => resolve(code)))

/** @throws Error after half a minute */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (holds()) return
    await sleep(50)
  }
  throw new Error(`it never came that ${what}`)
}

/** The replays that wait, or have waited, for the file `go` in a {@link story}'s folder. */
export const pidsIn = (folder: string): number[] =>
  readdirSync(folder)
    .filter((it) => /^\d+$/.test(it))
    .map(Number)

/** Whether a process is still there; one that ended and was not waited for is not. */
export function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
