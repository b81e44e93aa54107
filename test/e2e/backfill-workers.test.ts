import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import type { RunEntry } from '../../lib/db/run-entry.js'
import { worktreesDir } from '../../lib/git/location.js'
import { verify } from '../../lib/repository/verify.js'
import { temporaryFolder } from '../support/environment.js'
import type { TestRepository } from '../support/repository.js'
import {
  backfill,
  fromScratch,
  open,
  project,
  runsOf,
  storedValues,
  train,
  type Values,
} from '../support/training.js'

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
function story(
  t: Test,
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

const seedOf = (run: RunEntry) => run.args.find((it) => it.name === 'seed')?.value as number

async function valuesBySeed(t: Test, repo: TestRepository): Promise<Map<number, Values>> {
  const { flor } = open(t, repo)
  const values = new Map<number, Values>()
  for (const run of await runsOf(flor)) values.set(seedOf(run), await storedValues(flor, run, ['wanted']))
  await flor.close()
  return values
}

const leftovers = (repo: TestRepository) =>
  ['worktrees', 'replays'].flatMap((name) => {
    const folder = join(repo.path, '.git/flor', name)
    return existsSync(folder) ? readdirSync(folder).map((it) => `${name}/${it}`) : []
  })

test('two workers give the values of one, over several runs of which one fails', async (t) => {
  const repo = story(t, [1, 2, 3], { breaks: 2 })
  const { flor } = open(t, repo)
  const { plan, outcome } = await backfill(flor, ['wanted'], { workers: 2 })
  const failed = outcome.reports.filter((it) => it.status === 'failed')
  t.ok(failed.length > 0)
  for (const report of failed)
    t.match(report, { reason: /exit code 1/, output: /it breaks/, id: /^\w+-\w+$/ })
  t.strictSame([...new Set(failed.map((it) => seedOf(it.entry)))], [2])
  for (const report of outcome.reports)
    if (report.status === 'done') t.match(report.fidelity, { status: 'identical' })
  for (const row of plan.rows) {
    if (row.status !== 'planned') throw new Error(row.status)
    const stored = await storedValues(flor, row.entry, ['wanted'])
    if (seedOf(row.entry) === 2) continue
    t.strictSame(stored, { wanted: fromScratch(t, repo, row.patched, row.entry).wanted })
  }
  t.strictSame((await verify(flor)).findings, [])
  t.strictSame(leftovers(repo), [])

  const alone = story(t, [1, 3])
  await backfill(open(t, alone).flor, ['wanted'], { workers: 1 })
  await flor.refresh()
  const [one, two] = [await valuesBySeed(t, alone), await valuesBySeed(t, repo)]
  for (const seed of [1, 3]) t.strictSame(two.get(seed), one.get(seed), `seed ${seed}`)

  // What exists is not computed again, what failed is.
  const again = await backfill(flor, ['wanted'], { workers: 2 })
  t.ok(again.outcome.reports.every((it) => it.status === 'failed' && seedOf(it.entry) === 2))
})

test('one long run is cut, each part starts at its checkpoint, and every context is had once', async (t) => {
  const repo = story(t, [1])
  const { flor } = open(t, repo)
  const costs = {
    script: 'train.js',
    host: hostname(),
    level: 'run',
    workers: 3,
    expectedMs: 100,
    processMs: 100,
  }
  // Where starting a process costs little beside the iterations, cutting pays.
  writeFileSync(
    join(repo.path, '.git/flor/replay-costs.json'),
    JSON.stringify({ version: 1, replays: [{ ...costs, aroundMs: 0, collectMs: 0 }] }),
  )
  const { plan, outcome } = await backfill(flor, ['wanted'], { workers: 3 })
  const [row] = plan.rows
  if (row?.status !== 'planned') throw new Error('not planned')
  t.equal(row.plans[0]?.plan.level, 'run', row.plans[0]?.plan.reason ?? '')
  t.ok(outcome.reports.length >= 2, `${outcome.reports.length} parts`)
  const stored = await storedValues(flor, row.entry, ['wanted'])
  t.strictSame(stored, { wanted: fromScratch(t, repo, row.patched, row.entry).wanted })
  t.equal(Object.values(stored.wanted ?? {}).flat().length, 18)
  t.equal(outcome.values, 18)
})

/** `git flor backfill wanted --yes -j2`, the leader of a process group as a shell starts it. */
function start(repo: TestRepository): ChildProcess & { readonly text: () => string } {
  const child = spawn(process.execPath, [command, 'backfill', 'wanted', '--yes', '-j2'], {
    cwd: repo.path,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (text += chunk))
  return Object.assign(child, { text: () => text })
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.on('close', (code) => resolve(code)))

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600; i++) {
    if (holds()) return
    await sleep(50)
  }
  throw new Error(`it never came that ${what}`)
}

const pidsIn = (folder: string): number[] =>
  readdirSync(folder)
    .filter((it) => /^\d+$/.test(it))
    .map(Number)

/** Whether a process is still there; one that ended and was not waited for is not. */
function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}

const isLinux = process.platform === 'linux'

test('Ctrl-C in the middle keeps what is done, leaves nothing behind, and the same command goes on', {
  skip: !isLinux,
}, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1, 2], { folder })
  const child = start(repo)
  await until('replays wait', () => pidsIn(folder).length >= 2)
  // As a terminal does it: to the command, and to every git that it has started.
  process.kill(-(child.pid as number), 'SIGINT')
  t.equal(await ended(child), 130, child.text())
  t.match(child.text(), /interrupted; what was done is kept/)
  t.strictSame(leftovers(repo), [])
  t.strictSame(pidsIn(folder).filter(isRunning), [], 'no process is left')
  writeFileSync(join(folder, 'go'), '')
  const next = start(repo)
  t.equal(await ended(next), 0, next.text())
  const { flor } = open(t, repo)
  t.strictSame((await verify(flor)).findings, [])
  await flor.close()
  const whole = story(t, [1, 2])
  await backfill(open(t, whole).flor, ['wanted'])
  t.strictSame(await valuesBySeed(t, repo), await valuesBySeed(t, whole))
})

test('Ctrl-C at once', { skip: !isLinux }, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1], { folder })
  const child = start(repo)
  await until('it plans', () => existsSync(worktreesDir(repo.location)) || child.exitCode !== null)
  process.kill(-(child.pid as number), 'SIGINT')
  t.equal(await ended(child), 130, child.text())
  t.strictSame(leftovers(repo), [])
  t.strictSame(pidsIn(folder).filter(isRunning), [])
})

test('kill -9 loses nothing that was stored, its replays end, and the next command clears away', {
  skip: !isLinux,
}, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1, 2, 3], { folder })
  const child = start(repo)
  await until('replays wait', () => pidsIn(folder).length >= 2)
  process.kill(child.pid as number, 'SIGKILL')
  await ended(child)
  t.ok(leftovers(repo).length >= 2, 'a killed process cannot clear away')
  const orphans = pidsIn(folder)
  writeFileSync(join(folder, 'go'), '')
  await until('its replays have ended', () => !orphans.some(isRunning))
  const before = await valuesBySeed(t, repo)
  const next = start(repo)
  t.equal(await ended(next), 0, next.text())
  t.strictSame(leftovers(repo), [])
  const after = await valuesBySeed(t, repo)
  for (const [seed, { wanted = {} }] of before) {
    for (const [at, values] of Object.entries(wanted)) t.strictSame(after.get(seed)?.wanted?.[at], values)
  }
  for (const seed of [1, 2, 3]) t.equal(Object.keys(after.get(seed)?.wanted ?? {}).length, 18, `seed ${seed}`)
  const { flor } = open(t, repo)
  t.strictSame((await verify(flor)).findings, [])
})

test('a replay that hangs when its command was killed is ended by the next command', {
  skip: !isLinux,
}, async (t) => {
  const folder = temporaryFolder(t)
  const repo = story(t, [1], { folder })
  const child = start(repo)
  await until('replays wait', () => pidsIn(folder).length >= 1)
  process.kill(child.pid as number, 'SIGKILL')
  await ended(child)
  const orphans = pidsIn(folder)
  t.ok(orphans.every(isRunning), 'they wait in the middle of an iteration, where they do not look')
  const next = start(repo)
  await until('the old ones were ended', () => !orphans.some(isRunning))
  writeFileSync(join(folder, 'go'), '')
  t.equal(await ended(next), 0, next.text())
  t.strictSame(leftovers(repo), [])
})

test('two backfills of one repository at once do not disturb each other', async (t) => {
  const repo = story(t, [1, 2])
  const children = [start(repo), start(repo)]
  for (const child of children) t.equal(await ended(child), 0, child.text())
  t.strictSame(leftovers(repo), [])
  const { flor } = open(t, repo)
  t.strictSame((await verify(flor)).findings, [])
  for (const run of await runsOf(flor)) {
    const stored = await storedValues(flor, run, ['wanted'])
    t.equal(Object.keys(stored.wanted ?? {}).length, 18)
  }
})
