import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Test, test } from 'tap'
import { florDir, spoolDir } from '../../lib/git/location.js'
import { readNoteList } from '../../lib/git/notes.js'
import { listShards } from '../../lib/git/shards.js'
import { pendingSpools } from '../../lib/repository/pending-spools.js'
import { scanFrames } from '../../lib/segment/frame.js'
import { decodeSegments } from '../../lib/segment/segment-codec.js'
import type { TestRepository } from '../support/repository.js'
import {
  open,
  project,
  runsOf,
  spoolFile,
  spoolNames,
  startTraining,
  storedValues,
  train,
} from '../support/training.js'

const sealer = fileURLToPath(new URL('../support/sealer.js', import.meta.url))

const script = `import * as flor from 'git-flor'
flor.seed(1)
const slowly = flor.arg('slowly', false)
const weights = new Float64Array(2)
flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', Array(slowly ? 1000 : 3).keys())) {
  for (const i of flor.loop('step', [0, 1])) {
    weights[i] += Math.random()
    flor.log('step_loss', weights[i])
  }
  flor.log('loss', weights[0])
  if (slowly) {
    console.log(epoch)
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
}
`

/** Every segment in every note of the repository. */
async function segments(repo: TestRepository): Promise<{ id: string; kind: string }[]> {
  const { flor } = { flor: open({ teardown: () => {} }, repo).flor }
  const store = await flor.objects()
  const found: { id: string; kind: string }[] = []
  for (const shard of await listShards(flor.location)) {
    if (shard.notes === undefined) continue
    const notes = await store.readBlobs([...(await readNoteList(flor.location, shard.notes)).values()])
    for (const note of notes) {
      const { segments, quarantined } = decodeSegments(note as Uint8Array)
      if (quarantined.length > 0) throw new Error('a note is damaged')
      found.push(...segments.map(({ id, kind }) => ({ id, kind })))
    }
  }
  await flor.close()
  return found
}

async function line(child: ChildProcess, pattern: RegExp): Promise<string> {
  if (child.stdout === null) throw new Error('no stdout')
  for await (const text of createInterface({ input: child.stdout })) if (pattern.test(text)) return text
  throw new Error(`never said ${pattern}`)
}

test('a training that is killed is sealed by the next command, with everything it had logged', async (t) => {
  const repo = project(t, { 'train.js': script })
  const child = startTraining(repo, { args: ['--flor', 'slowly=true'] })
  await line(child, /^3$/)
  const { flor, notices } = open(t, repo)
  t.strictSame(await runsOf(flor), [], 'a run in flight is left alone')
  t.equal(spoolNames(repo).length, 1)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await flor.refresh()
  const [run] = await runsOf(flor)
  t.match(run, { end: { status: 'interrupted', durationMs: Number } })
  t.ok((run?.end.durationMs ?? 0) > 100)
  t.match(notices, [{ kind: 'sealed-interrupted' }])
  t.strictSame(spoolNames(repo), [])
  if (run === undefined) return
  const { loss, step_loss } = await storedValues(flor, run, ['loss', 'step_loss'], 'recorded')
  for (const epoch of [0, 1, 2, 3]) {
    t.ok(loss?.[`epoch=${epoch}`], `epoch ${epoch}`)
    for (const step of [0, 1]) t.ok(step_loss?.[`epoch=${epoch}/step=${step}`])
  }
  t.ok(run.checkpoints.count >= 2)
  t.equal(repo.git('for-each-ref', 'refs/flor/pending'), '')
})

test('runs are read while others are in flight, start, or died while they started', async (t) => {
  const repo = project(t, { 'train.js': script })
  train(repo)
  const spools = spoolDir(repo.location)
  mkdirSync(join(spools, 'mv000000-just-born'))
  mkdirSync(join(spools, 'mv000000-born-with-owner'))
  const owner = { pid: process.pid, host: 'elsewhere', started: '', worktree: repo.path }
  writeFileSync(join(spools, 'mv000000-born-with-owner/owner.json'), JSON.stringify(owner))
  mkdirSync(join(spools, 'mv000000-died'))
  utimesSync(join(spools, 'mv000000-died'), 1e9, 1e9)
  const { flor, notices } = open(t, repo)
  t.equal((await runsOf(flor)).length, 1)
  t.strictSame(notices, [])
  t.strictSame(spoolNames(repo).sort(), ['mv000000-born-with-owner', 'mv000000-just-born'])
})

test('several seals at once seal each run once', async (t) => {
  const repo = project(t, { 'train.js': script })
  train(repo)
  train(repo, { args: ['--flor', 'seed=2'] })
  const ids = spoolNames(repo).sort()
  const sealers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [sealer], { cwd: repo.path, stdio: ['pipe', 'pipe', 'pipe'] }),
  )
  const errors: string[] = []
  for (const it of sealers) it.stderr?.on('data', (data: Buffer) => errors.push(String(data)))
  await Promise.all(sealers.map((it) => line(it, /^ready$/)))
  const said = sealers.map((it) => line(it, /^sealed/))
  for (const it of sealers) it.stdin?.write('go\n')
  const sealed = (await Promise.all(said)).flatMap((text) => JSON.parse(text.slice(7)) as string[])
  t.strictSame(sealed.sort(), ids)
  t.strictSame(errors, [])
  t.strictSame((await segments(repo)).map((it) => it.id).sort(), ids)
  t.strictSame(spoolNames(repo), [])
})

test('a seal that is killed at any moment leaves the run pending or sealed, never lost or twice', async (t) => {
  const repo = project(t, { 'train.js': script })
  train(repo)
  const flor = florDir(repo.location)
  const [id] = spoolNames(repo) as [string]
  const pending = repo.oid(`refs/flor/pending/${id}`)
  const pristine = join(repo.path, '.git/pristine')
  cpSync(join(flor, 'spool'), pristine, { recursive: true })
  const tries = 12
  const outcomes = { pending: 0, sealed: 0 }
  for (let i = 0; i < tries; i++) {
    const child = spawn(process.execPath, [sealer], { cwd: repo.path, stdio: ['pipe', 'pipe', 'inherit'] })
    await line(child, /^ready$/)
    child.stdin?.write('go\n')
    await sleep((i / tries) * 60)
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    // A git that was started goes on without its parent.
    await sleep(20)
    const before = await segments(repo)
    const isPending = spoolNames(repo).length === 1
    t.ok(before.length <= 1)
    t.ok(isPending || before.length === 1, 'it is pending or sealed')
    outcomes[before.length === 1 ? 'sealed' : 'pending']++
    const opened = open(t, repo)
    const [run, ...others] = await runsOf(opened.flor)
    t.strictSame(others, [])
    t.match(run, { end: { status: 'completed' }, checkpoints: { count: 6 } })
    t.strictSame(await segments(repo), [{ id, kind: 'record' }])
    t.strictSame(spoolNames(repo), [])
    t.strictSame(
      opened.notices.filter((it) => it.kind !== 'index-rebuilt'),
      [],
    )
    await opened.flor.close()
    for (const ref of repo
      .git('for-each-ref', '--format=%(refname)', 'refs/flor', 'refs/notes')
      .split('\n')) {
      repo.do('update-ref', '-d', ref)
    }
    rmSync(join(flor, 'spool'), { recursive: true, force: true })
    cpSync(pristine, join(flor, 'spool'), { recursive: true })
    repo.do('update-ref', `refs/flor/pending/${id}`, pending)
  }
  t.comment(JSON.stringify(outcomes))
  repo.git('fsck', '--strict')
})

/** Changes the events of the one spool that is there. */
async function damaged(t: Test, change: (events: Buffer, path: string) => void) {
  const repo = project(t, { 'train.js': script })
  train(repo)
  const [id] = spoolNames(repo) as [string]
  const path = spoolFile(repo, id)
  change(readFileSync(path), path)
  const { flor, notices } = open(t, repo)
  const runs = await runsOf(flor)
  const kept = join(florDir(repo.location), 'damaged', id, 'events')
  return { flor, notices, runs, path, kept: existsSync(kept) ? readFileSync(kept) : undefined, repo }
}

test('garbage behind the last frame is kept aside, and everything before it is sealed', async (t) => {
  for (const garbage of [
    Buffer.from('garbage'),
    Buffer.alloc(4096),
    Buffer.from([255, 255, 255, 255, 1, 2, 3, 4, 5]),
  ]) {
    let written = Buffer.alloc(0)
    const { flor, notices, runs, kept, repo } = await damaged(t, (events, path) => {
      appendFileSync(path, garbage)
      written = Buffer.concat([events, garbage])
    })
    t.equal(runs.length, 1)
    t.match(runs[0], { end: { status: 'completed' }, checkpoints: { count: 6 } })
    t.match(notices, [{ kind: 'spool-damaged' }])
    t.ok(kept?.equals(written), 'nothing is thrown away')
    const [run] = runs
    if (run) t.equal(Object.keys((await storedValues(flor, run, ['loss'], 'recorded')).loss ?? {}).length, 3)
    t.strictSame(spoolNames(repo), [])
    await flor.refresh()
    t.equal((await runsOf(flor)).length, 1)
    t.equal(notices.length, 1, 'told once')
  }
})

test('a damaged frame in the middle costs what is in it, and is kept aside', async (t) => {
  const { notices, runs, kept, flor } = await damaged(t, (events, path) => {
    const { payloads } = scanFrames(events)
    // One of the frames in the middle that hold a record and no more.
    const victim = payloads.find((payload, i) => i > payloads.length / 2 && payload[1] === 1) as Uint8Array
    const at = victim.byteOffset - events.byteOffset
    events[at + victim.length - 1] = (events[at + victim.length - 1] as number) ^ 0xff
    writeFileSync(path, events)
  })
  t.match(notices, [{ kind: 'spool-damaged' }])
  t.ok(kept)
  t.equal(runs.length, 1)
  const [run] = runs
  if (run === undefined) return
  const { loss, step_loss } = await storedValues(flor, run, ['loss', 'step_loss'], 'recorded')
  t.equal(Object.keys(loss ?? {}).length + Object.keys(step_loss ?? {}).length, 8, 'all values but one')
})

test('a damaged length in the middle loses nothing for good', async (t) => {
  let written = Buffer.alloc(0)
  const { notices, runs, kept } = await damaged(t, (events, path) => {
    const { payloads } = scanFrames(events)
    const victim = payloads[Math.floor(payloads.length / 2)] as Uint8Array
    events.writeUInt32LE(0x7fffffff, victim.byteOffset - events.byteOffset - 8)
    written = Buffer.from(events)
    writeFileSync(path, events)
  })
  t.match(
    notices.filter((it) => it.kind === 'spool-damaged'),
    [{ message: /kept in/ }],
  )
  t.equal(runs.length, 1)
  t.ok(kept?.equals(written))
})

test('a spool that cannot be sealed does not stand in the way of others', async (t) => {
  const repo = project(t, { 'train.js': script })
  train(repo)
  const [id] = spoolNames(repo) as [string]
  train(repo, { args: ['--flor', 'seed=2'] })
  // The run commit of the first is gone.
  const commit = repo.git('rev-parse', `refs/flor/pending/${id}`)
  repo.do('update-ref', '-d', `refs/flor/pending/${id}`)
  rmSync(join(repo.path, '.git/objects', commit.slice(0, 2), commit.slice(2)), { force: true })
  const { flor, notices } = open(t, repo)
  t.equal((await runsOf(flor)).length, 1)
  t.match(notices, [{ kind: 'warning', message: /could not be sealed yet/ }])
  t.strictSame(await pendingSpools(flor), [id], 'it stays')
  t.ok(readdirSync(join(spoolDir(repo.location), id)).includes('events'))
})
