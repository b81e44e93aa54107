import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { ensureWriterSync } from '../../lib/git/config.js'
import { keptObjectPath, lfsObjectPath, lfsObjectsDirSync } from '../../lib/git/lfs-paths.js'
import { florDir } from '../../lib/git/location.js'
import { isFlorError } from '../../lib/model/errors.js'
import { pivot } from '../../lib/query/pivot.js'
import { listCheckpoints } from '../../lib/repository/checkpoints.js'
import type { FlorRepository } from '../../lib/repository/flor-repository.js'
import { loadColumns } from '../../lib/repository/load-columns.js'
import { resolveRun } from '../../lib/repository/resolve-run.js'
import { selectRuns } from '../../lib/repository/select-runs.js'
import { verify } from '../../lib/repository/verify.js'
import type { TestRepository } from '../support/repository.js'
import { backfill, fromScratch, open, project, runsOf, storedValues, train } from '../support/training.js'

const script = (isWanted: boolean): string => `import * as flor from 'git-flor'
flor.seed(flor.arg('seed', 1))
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4])) {
  for (const i of flor.loop('step', [0, 1])) {
    for (const end = performance.now() + 15; performance.now() < end; );
    weights[i] += Math.random()
  }
  ${isWanted ? "flor.log('wanted', weights[0] + weights[1])\n  " : ''}flor.log('loss', weights[0])
}
`

function trained(t: Test, seeds: readonly number[] = [1]): TestRepository {
  const repo = project(t, { 'train.js': script(false) })
  for (const seed of seeds) train(repo, { args: ['--flor', `seed=${seed}`] })
  return repo
}

/** Every value of every run as one table. */
async function table(flor: FlorRepository): Promise<unknown> {
  const index = await flor.index()
  const names = (await index.names()).map((it) => it.name)
  const entries = selectRuns(index, {})
  return await pivot({ names, entries, load: (entry, name) => loadColumns(flor, entry, name) })
}

test('a note that is not msgpack is told, and everything else is read', async (t) => {
  const repo = trained(t, [1, 2])
  const before = open(t, repo)
  const [first] = await runsOf(before.flor)
  const whole = await table(before.flor)
  await before.flor.close()
  const writer = ensureWriterSync(repo.location)
  const ref = `--ref=refs/notes/flor/${writer}`
  repo.do('notes', ref, 'append', '-m', 'a remark of somebody who did not know', first?.run as string)
  repo.do('notes', ref, 'add', '-m', 'and another', 'HEAD')
  const { flor, notices } = open(t, repo)
  t.strictSame(await table(flor), whole)
  t.match(notices, [{ kind: 'quarantined' }, { kind: 'quarantined' }])
  t.match((await verify(flor)).findings, [{ kind: 'note' }, { kind: 'note' }])
  // What was recorded afterwards is appended to notes as they are.
  train(repo, { args: ['--flor', 'seed=3'] })
  await flor.refresh()
  t.equal((await runsOf(flor)).length, 3)
  t.match(repo.git('notes', ref, 'show', 'HEAD'), /and another/)
})

test('an index that is damaged in any way is rebuilt, with the same answers', async (t) => {
  const repo = trained(t, [1, 2])
  const before = open(t, repo)
  const whole = await table(before.flor)
  await before.flor.close()
  const folder = join(florDir(repo.location), 'index')
  const files = (pattern: RegExp): string[] =>
    readdirSync(folder)
      .filter((name) => pattern.test(name))
      .map((name) => join(folder, name))
  const damages: Record<string, () => void> = {
    'CURRENT is gone': () => rmSync(join(folder, 'CURRENT')),
    'CURRENT is garbage': () => writeFileSync(join(folder, 'CURRENT'), 'garbage\n'),
    'the manifest is gone': () => {
      for (const path of files(/^MANIFEST/)) rmSync(path)
    },
    'the manifest is cut': () => {
      for (const path of files(/^MANIFEST/)) truncateSync(path, 20)
    },
    'tables and logs are cut': () => {
      for (const path of files(/\.(ldb|sst|log)$/)) truncateSync(path, Math.floor(statSync(path).size / 2))
    },
    'tables and logs are zeros': () => {
      for (const path of files(/\.(ldb|sst|log)$/)) writeFileSync(path, Buffer.alloc(statSync(path).size))
    },
    'everything is gone': () => rmSync(folder, { recursive: true }),
    'it holds strange files': () => writeFileSync(join(folder, 'strange'), 'x'),
  }
  for (const [name, damage] of Object.entries(damages)) {
    damage()
    const { flor, notices } = open(t, repo)
    t.strictSame(await table(flor), whole, name)
    t.strictSame(
      notices.filter((it) => it.kind !== 'index-rebuilt'),
      [],
    )
    await flor.close()
    // Undamaged again, and nothing is told.
    const again = open(t, repo)
    t.strictSame(await table(again.flor), whole)
    t.strictSame(again.notices, [])
    await again.flor.close()
  }
})

async function lose(repo: TestRepository, flor: FlorRepository): Promise<number> {
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  const lost = await listCheckpoints(flor, run)
  for (const { files } of lost.map((it) => it.checkpoint)) {
    for (const { sha256 } of files) {
      rmSync(lfsObjectPath(lfsObjectsDirSync(repo.location), sha256), { force: true })
      rmSync(keptObjectPath(repo.location, sha256), { force: true })
    }
  }
  return lost.length
}

test('without the files of its checkpoints a replay executes more, and is as exact', async (t) => {
  for (const remote of [false, true]) {
    const repo = trained(t)
    // A remote may have them, as far as can be told beforehand; this one has not.
    if (remote) repo.do('remote', 'add', 'origin', join(repo.path, 'nowhere'))
    const { flor, notices } = open(t, repo)
    t.equal(await lose(repo, flor), 10)
    notices.length = 0
    repo.write('train.js', script(true))
    const { plan, outcome } = await backfill(flor, ['wanted'], { where: 'epoch >= 3' })
    const [row] = plan.rows
    const [run] = await runsOf(flor)
    if (row?.status !== 'planned' || run === undefined) throw new Error('not planned')
    t.match(outcome.reports, [{ status: 'done', fidelity: { status: 'identical' } }])
    const { 'epoch=3': three, 'epoch=4': four } = fromScratch(t, repo, row.patched, run).wanted ?? {}
    t.strictSame((await storedValues(flor, run, ['wanted'])).wanted, { 'epoch=3': three, 'epoch=4': four })
    if (remote) t.match(notices, [{ kind: 'warning', message: /cannot be had/ }])
  }
})

test('a checkpoint file that is damaged is not used', async (t) => {
  const repo = trained(t)
  const { flor } = open(t, repo)
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  for (const { checkpoint } of await listCheckpoints(flor, run)) {
    for (const { sha256 } of checkpoint.files) {
      for (const path of [
        keptObjectPath(repo.location, sha256),
        lfsObjectPath(lfsObjectsDirSync(repo.location), sha256),
      ]) {
        const bytes = readFileSync(path)
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
        chmodSync(path, 0o644)
        writeFileSync(path, bytes)
      }
    }
  }
  repo.write('train.js', script(true))
  const { plan, outcome } = await backfill(flor, ['wanted'], { where: 'epoch >= 3' })
  const [row] = plan.rows
  if (row?.status !== 'planned') throw new Error('not planned')
  t.match(outcome.reports, [{ status: 'done', fidelity: { status: 'identical' } }])
  const { 'epoch=3': three, 'epoch=4': four } = fromScratch(t, repo, row.patched, run).wanted ?? {}
  t.strictSame((await storedValues(flor, run, ['wanted'])).wanted, { 'epoch=3': three, 'epoch=4': four })
})

test('a run without any record is a run', async (t) => {
  const repo = project(t, {
    'quiet.js': `import * as flor from 'git-flor'\nfor (const _ of flor.loop('epoch', [])) flor.log('loss', 1)\n`,
    'args.js': `import * as flor from 'git-flor'\nflor.arg('lr', 1)\n`,
    'train.js': script(false),
  })
  for (const name of ['quiet.js', 'args.js']) train(repo, { script: name })
  const { flor } = open(t, repo)
  const runs = await runsOf(flor)
  t.match(runs, [
    { header: { script: 'quiet.js' }, metrics: [], args: [] },
    { header: { script: 'args.js' }, metrics: [], args: [{ name: 'lr' }] },
  ])
  t.strictSame((await verify(flor)).findings, [])
  repo.write(
    'quiet.js',
    `import * as flor from 'git-flor'\nfor (const _ of flor.loop('epoch', [])) flor.log('loss', 1)\nflor.log('wanted', 1)\n`,
  )
  const { outcome } = await backfill(flor, ['wanted'], { where: "script = 'quiet.js'" })
  t.match(outcome.reports, [{ status: 'done', values: 1 }])
})

test('the beginning of an oid that two runs share is ambiguous, one that none has is not found', async (t) => {
  // Sixteen runs and one more have two with the same first digit; four digits are asked for, so one is made up.
  const repo = trained(t)
  const { flor } = open(t, repo)
  const index = await flor.index()
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  const twin = `${run.run.slice(0, 6)}${'0'.repeat(34)}`
  const record = await index.recordSegment(run.run)
  if (record === undefined) throw new Error('no record')
  await index.fold({
    tips: new Map(),
    segments: [
      {
        writer: 'twin',
        segment: {
          ...record,
          id: 'twin',
          run: twin as typeof run.run,
          header: { ...record.header, id: 'twin', run: twin as typeof run.run },
          columns: [],
        },
      },
    ],
  })
  const error = await resolveRun(flor, run.run.slice(0, 5)).catch((it: unknown) => it)
  t.ok(isFlorError(error, 'RUN_AMBIGUOUS'))
  t.match(error, { data: { text: run.run.slice(0, 5), candidates: [{}, {}] } })
  t.equal((await resolveRun(flor, run.run.slice(0, 8))).run, run.run)
  t.equal((await resolveRun(flor, run.run.toUpperCase())).run, run.run)
  await t.rejects(resolveRun(flor, 'ffff0000ffff'), { code: 'RUN_NOT_FOUND', data: { text: 'ffff0000ffff' } })
  for (const text of ['', '-x', 'HEAD^{tree}', 'a b', '\0', '../..', '--all', `${'f'.repeat(64)}`]) {
    await t.rejects(resolveRun(flor, text), { code: 'RUN_NOT_FOUND' }, JSON.stringify(text))
  }
})

test('a repository that cannot be written is read', {
  skip: process.getuid?.() === 0 ? 'root may write everywhere' : false,
}, async (t) => {
  const repo = trained(t, [1, 2])
  const before = open(t, repo)
  const whole = await table(before.flor)
  await before.flor.close()
  train(repo, { args: ['--flor', 'seed=3'] })
  const paths = execFileSync('find', [repo.path, '-type', 'd', '-not', '-path', '*/node_modules/*'], {
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
  for (const path of paths) chmodSync(path, 0o555)
  t.teardown(() => {
    for (const path of paths) chmodSync(path, 0o755)
  })
  const { flor, notices } = open(t, repo)
  t.strictSame(await table(flor), whole)
  t.match(notices, [{ kind: 'warning', message: /could not be sealed/ }])
})

test('an interrupted backfill goes on where it stopped, and a finished one computes nothing', async (t) => {
  const repo = trained(t, [1, 2, 3])
  repo.write('train.js', script(true))
  const { flor } = open(t, repo)
  const finished: string[] = []
  const run = async (after: number) => {
    const abort = new AbortController()
    let done = 0
    const { plan, outcome } = await backfill(flor, ['wanted'], {
      signal: abort.signal,
      onReport: ({ entry, status }) => {
        if (status === 'done') finished.push(entry.run)
        done += 1
        if (done === after) abort.abort()
      },
    })
    return { plan, outcome }
  }
  const first = await run(1)
  // The next replay may have ended while the first was being stored: it is stored, too.
  const kept = finished.length
  t.ok(kept === 1 || kept === 2, `${kept} were done`)
  t.match(first.outcome, { isInterrupted: true, values: 5 * kept })
  t.equal(first.outcome.reports.length, kept)
  const second = await run(0)
  t.match(second.outcome, { isInterrupted: false, values: 15 - 5 * kept })
  t.equal(second.plan.rows.filter((row) => row.status === 'complete').length, kept)
  t.equal(new Set(finished).size, 3, 'no run was finished twice')
  t.equal(finished.length, 3)
  const third = await run(0)
  t.strictSame(
    third.plan.rows.map((row) => row.status),
    ['complete', 'complete', 'complete'],
  )
  t.match(third.outcome, { reports: [], values: 0 })
  t.equal(finished.length, 3)
  for (const entry of await runsOf(flor)) {
    t.equal(Object.keys((await storedValues(flor, entry, ['wanted'])).wanted ?? {}).length, 5)
  }
})

test('a backfill that is aborted in the middle of a task keeps nothing of that task', async (t) => {
  const repo = trained(t)
  repo.write('train.js', script(true))
  const { flor } = open(t, repo)
  const abort = new AbortController()
  const { outcome } = await backfill(flor, ['wanted'], {
    signal: abort.signal,
    onStart: () => void setTimeout(() => abort.abort(), 30),
  })
  t.match(outcome, { isInterrupted: true, values: 0, reports: [] })
  const left = join(florDir(repo.location), 'replays')
  t.strictSame(existsSync(left) ? readdirSync(left) : [], [])
  t.equal(repo.git('worktree', 'list').split('\n').length, 1)
  const again = await backfill(flor, ['wanted'])
  t.match(again.outcome, { values: 5, reports: [{ status: 'done' }] })
})

test('iterations that exist are not computed again, and a changed statement is', async (t) => {
  const repo = trained(t)
  repo.write('train.js', script(true))
  const { flor } = open(t, repo)
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  await backfill(flor, ['wanted'], { where: 'epoch >= 3' })
  const { plan, outcome } = await backfill(flor, ['wanted'])
  const [row] = plan.rows
  t.match(outcome, { values: 3 })
  t.match(row, { status: 'planned', wanted: [0, 1, 2].map((index) => [{ loop: 'epoch', index }]) })
  const values = (await storedValues(flor, run, ['wanted'])).wanted ?? {}
  t.strictSame(
    Object.values(values).map((it) => it.length),
    [1, 1, 1, 1, 1],
    'each once',
  )
  // Under the same name, another value.
  repo.write('train.js', script(true).replace('weights[0] + weights[1]', 'weights[0] * 1000'))
  const changed = await backfill(flor, ['wanted'])
  t.match(changed.outcome, { values: 5 })
  const [entry] = await runsOf(flor)
  if (entry === undefined) throw new Error('the run is gone')
  const seen = await pivot({
    names: ['wanted', 'loss'],
    entries: [entry],
    load: (it, name) => loadColumns(flor, it, name),
  })
  t.equal(seen.rows.length, 5)
  const column = seen.columns.findIndex((it) => it.name === 'wanted')
  const loss = seen.columns.findIndex((it) => it.name === 'loss')
  for (const cells of seen.rows) {
    const all = cells as unknown as { cells: readonly { value: number }[] }
    t.equal(
      all.cells[column]?.value,
      (all.cells[loss]?.value as number) * 1000,
      'the newest statement is shown',
    )
  }
})

test('a folder where a file of ours should be is told, not fatal for reading', async (t) => {
  const repo = trained(t)
  const before = open(t, repo)
  await runsOf(before.flor)
  await before.flor.close()
  mkdirSync(join(florDir(repo.location), 'spool', 'strange-folder', 'events'), { recursive: true })
  writeFileSync(join(florDir(repo.location), 'spool', 'strange-file'), '')
  const { flor, notices } = open(t, repo)
  t.equal((await runsOf(flor)).length, 1)
  t.ok(notices.every((it) => it.kind === 'warning'))
})
