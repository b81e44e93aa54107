import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readNoteList } from '../../../lib/git/notes.js'
import type { ObjectStore } from '../../../lib/git/object-store.js'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { listRefs } from '../../../lib/git/refs.js'
import {
  listShards,
  type Publication,
  parseShardRef,
  publish,
  shardNotesRef,
  shardRunsRef,
} from '../../../lib/git/shards.js'
import { recordRunCommitSync } from '../../../lib/git/snapshot.js'
import { asOid, type Oid } from '../../../lib/model/oid.js'
import { countingStore } from '../../support/counting-store.js'
import type { Teardown } from '../../support/environment.js'
import { repository, type TestRepository } from '../../support/repository.js'

const setUp = async (t: Teardown) => {
  const repo = repository(t).write('train.js', '1').commit()
  const store = await openObjectStore(repo.location)
  t.teardown(() => store.close())
  return { repo, store }
}

const publication = (run: Oid, id: string, more: Partial<Publication> = {}): Publication => ({
  run,
  segment: Buffer.from(`[${id}]`),
  hasSegment: (note) => Buffer.from(note).includes(`[${id}]`),
  files: [],
  keepAlive: [],
  ...more,
})

const record = (repo: TestRepository, id: string) =>
  recordRunCommitSync(repo.location, { maxFileSizeBytes: 1000 }, { id, subject: id, pendingRef: true }).commit

const show = (repo: TestRepository, run: Oid) => repo.git('notes', '--ref=flor/w', 'show', run)

/** Every promise that both refs make together, checked with git alone. */
const checkShard = async (t: { fail(message: string): void }, repo: TestRepository) => {
  const notes = await readNoteList(repo.location, repo.oid('refs/notes/flor/w'))
  const alive = new Set(repo.git('rev-list', 'refs/flor/runs/w').split('\n'))
  for (const run of notes.keys()) if (!alive.has(run)) t.fail(`${run} has a note and is not kept alive`)
  repo.git('fsck', '--strict')
  return notes
}

t.test('refs of shards have names, and names are read back', (t) => {
  for (const shard of [
    { writer: 'w' },
    { writer: 'w', remote: 'origin' },
    { writer: 'w', remote: 'team/notes/x' },
  ]) {
    t.same(parseShardRef(shardNotesRef(shard)), { ...shard, kind: 'notes' })
    t.same(parseShardRef(shardRunsRef(shard)), { ...shard, kind: 'runs' })
  }
  for (const ref of [
    'refs/notes/commits',
    'refs/notes/flor/a/b',
    'refs/notes/flor/BAD',
    'refs/flor/pending/x',
    'refs/flor/remotes/o/runs/-x',
  ]) {
    t.equal(parseShardRef(ref), undefined, ref)
  }
  t.end()
})

t.test('a publication makes a note, files, and keeps the run alive', async (t) => {
  const { repo, store } = await setUp(t)
  const run = record(repo, 'r1')
  const before = repo.fingerprint()
  const files = [
    { path: 'checkpoints/epoch=1/state.msgpack', data: Buffer.from('state') },
    { path: 'columns/same', oid: repo.oid('HEAD:train.js'), mode: '100644' },
  ]
  const done = await publish(
    repo.location,
    store,
    'w',
    publication(run, 'r1', { files, dropPending: ['r1'], subject: 'sealed' }),
  )
  t.ok(done.isNew)
  t.same(repo.fingerprint(), before)
  t.equal(show(repo, run), '[r1]')
  const folder = `${run.slice(0, 2)}/${run.slice(2)}`
  t.same(repo.paths('refs/flor/runs/w'), ['.gitattributes', ...files.map((f) => `${folder}/${f.path}`)])
  t.equal(repo.git('cat-file', 'blob', `refs/flor/runs/w:${folder}/columns/same`), '1')
  t.match(repo.git('cat-file', 'blob', 'refs/flor/runs/w:.gitattributes'), /^\*\.safetensors filter=lfs /)
  t.same(await listRefs(repo.location, ['refs/flor/pending']), [])
  t.same(await listShards(repo.location), [{ writer: 'w', notes: done.notes, runs: done.runs }])
  repo.do('gc', '-q', '--prune=now')
  t.equal(repo.git('cat-file', '-t', run), 'commit')
  t.equal(repo.git('show', '-s', '--format=%an %s', 'refs/flor/runs/w'), 'Test Person sealed')
})

t.test('segments of one run are appended, and once each', async (t) => {
  const { repo, store } = await setUp(t)
  const run = record(repo, 'a')
  const one = await publish(repo.location, store, 'w', publication(run, 'a'))
  const patched = record(repo, 'patched')
  await publish(
    repo.location,
    store,
    'w',
    publication(run, 'b', { keepAlive: [patched], dropPending: ['patched'] }),
  )
  t.equal(show(repo, run), '[a][b]')
  const tips = await listShards(repo.location)
  const again = await publish(
    repo.location,
    store,
    'w',
    publication(run, 'a', { dropPending: ['a', 'never-was'] }),
  )
  t.notOk(again.isNew)
  t.ok(one.isNew)
  t.same(await listShards(repo.location), tips)
  t.same(await listRefs(repo.location, ['refs/flor/pending']), [])
  repo.do('gc', '-q', '--prune=now')
  t.equal(repo.git('cat-file', '-t', patched), 'commit')
})

t.test('a note that git moved to another fan-out is found and appended to', async (t) => {
  const { repo, store } = await setUp(t)
  const run = record(repo, 'a')
  await publish(repo.location, store, 'w', publication(run, 'a'))
  const other = repo.commit().oid()
  repo.do('notes', '--ref=flor/w', 'add', '-m', 'by hand', other)
  t.ok(repo.paths('refs/notes/flor/w').includes(run), 'git has flattened the tree')
  await publish(repo.location, store, 'w', publication(run, 'b'))
  t.equal(show(repo, run), '[a][b]')
  t.equal((await readNoteList(repo.location, repo.oid('refs/notes/flor/w'))).size, 2)
})

t.test('a run whose commit is gone is not published', async (t) => {
  const { repo, store } = await setUp(t)
  const gone = asOid('1'.repeat(40))
  await t.rejects(publish(repo.location, store, 'w', publication(gone, 'x')), {
    code: 'OBJECT_MISSING',
    data: { oid: gone },
  })
  const keepAlive = [gone]
  await t.rejects(publish(repo.location, store, 'w', publication(repo.oid(), 'x', { keepAlive })), {
    code: 'OBJECT_MISSING',
  })
  t.same(await listShards(repo.location), [])
})

t.test('a SHA-256 repository has the same shards', async (t) => {
  const repo = repository(t, { objectFormat: 'sha256' }).write('f', '1').commit()
  const store = await openObjectStore(repo.location)
  t.teardown(() => store.close())
  const run = record(repo, 'a')
  await publish(
    repo.location,
    store,
    'w',
    publication(run, 'a', { files: [{ path: 'f', data: Buffer.from('f') }] }),
  )
  t.equal(show(repo, run), '[a]')
  await checkShard(t, repo)
})

t.test('the cost of a publication does not grow with the runs that are there', async (t) => {
  const { repo, store } = await setUp(t)
  const base = repo.oid()
  const cost = async (id: string) => {
    const { store: counted, counts } = countingStore(store)
    const tree = await store.writeTree([])
    const author = { name: 'a', email: 'a@b', timestampMs: 0, offsetMinutes: 0 }
    const run = await store.writeCommit({ tree, parents: [base], author, committer: author, message: id })
    await publish(
      repo.location,
      counted,
      'w',
      publication(run, id, { files: [{ path: 'c', data: Buffer.from(id) }] }),
    )
    return ['writeBlob', 'writeTree', 'writeCommit', 'readTree'].map((name) => counts.get(name) ?? 0)
  }
  await cost('first')
  await cost('second')
  for (let i = 0; i < 40; i++) {
    const [blobs, trees, commits, readTrees] = (await cost(`run ${i}`)) as [number, number, number, number]
    t.same([blobs, trees, commits], [3, 5, 2])
    t.ok(readTrees <= 6)
  }
})

t.test('a failure at any write leaves the shard and the pending run as they were', async (t) => {
  const { repo, store } = await setUp(t)
  await publish(
    repo.location,
    store,
    'w',
    publication(record(repo, 'first'), 'first', { dropPending: ['first'] }),
  )
  const run = record(repo, 'second')
  const wanted = publication(run, 'second', {
    files: [{ path: 'c', data: Buffer.from('c') }],
    dropPending: ['second'],
  })
  const refs = () => listRefs(repo.location, ['refs/flor', 'refs/notes'])
  const before = await refs()
  for (let failing = 1; ; failing++) {
    let writes = 0
    const failingStore = new Proxy(store, {
      get(target, key: keyof ObjectStore) {
        const method = target[key].bind(target) as (...args: unknown[]) => unknown
        return async (...args: unknown[]) => {
          if (key.startsWith('write') && ++writes === failing) throw new Error('disk full')
          return method(...args)
        }
      },
    })
    const failed = await publish(repo.location, failingStore, 'w', wanted).then(
      () => false,
      () => true,
    )
    if (!failed) {
      t.equal(failing, 11, 'every write has failed once')
      break
    }
    t.same(await refs(), before)
  }
  t.equal(show(repo, run), '[second]')
  t.equal((await checkShard(t, repo)).size, 2)
})

t.test('objects that are pruned before a ref leads to them are written again', async (t) => {
  const { repo, store } = await setUp(t)
  let [pruned, writes] = [0, 0]
  for (let at = 1; pruned === at - 1; at++) {
    const run = record(repo, `run${at}`)
    const wanted = publication(run, `run${at}`, {
      files: [{ path: 'c', data: Buffer.from(`c${at}`) }],
      dropPending: [`run${at}`],
    })
    writes = 0
    const prunedStore = new Proxy(store, {
      get(target, key: keyof ObjectStore) {
        const method = target[key].bind(target) as (...args: unknown[]) => unknown
        return async (...args: unknown[]) => {
          const answer = await method(...args)
          if (key.startsWith('write') && ++writes === at) {
            repo.git('prune', '--expire=now')
            pruned++
          }
          return answer
        }
      },
    })
    await publish(repo.location, prunedStore, 'w', wanted)
    t.equal(show(repo, run), `[run${at}]`, `pruned behind write ${at}`)
    t.equal((await checkShard(t, repo)).size, at)
  }
  t.ok(pruned >= 10, `${pruned} times`)
})

const program = fileURLToPath(new URL('../../support/publisher.js', import.meta.url))

t.test('four processes at once lose nothing', async (t) => {
  const { repo } = await setUp(t)
  const exits = await Promise.all(
    ['a', 'b', 'c', 'd'].map(
      (name) =>
        new Promise((resolve) => {
          const child = spawn(process.execPath, [program, 'w', name, '20'], {
            cwd: repo.path,
            stdio: ['ignore', 'ignore', 'inherit'],
          })
          child.on('close', resolve)
        }),
    ),
  )
  t.same(exits, [0, 0, 0, 0])
  const notes = await checkShard(t, repo)
  t.equal(notes.size, 80)
  t.equal(repo.paths('refs/flor/runs/w').length, 81)
  t.same(await listRefs(repo.location, ['refs/flor/pending']), [])
})

t.test('a kill at any point leaves a run published or pending, and never half of it', async (t) => {
  const { repo, store } = await setUp(t)
  for (let i = 0; i < 8; i++) {
    const started: string[] = await new Promise((resolve) => {
      const child = spawn(process.execPath, [program, 'w', `k${i}`, '50'], {
        cwd: repo.path,
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      let told = ''
      child.stdout.on('data', (chunk) => {
        told += chunk
        // From the first run on, at another moment each time.
        if (told === String(chunk)) setTimeout(() => process.kill(-(child.pid as number), 'SIGKILL'), 7 * i)
      })
      child.on('close', () => resolve(told.split('\n').slice(0, -1)))
    })
    repo.run('-e', [
      "for (const f of require('fs').readdirSync('.git', {recursive: true})) if (f.endsWith('.lock')) require('fs').rmSync('.git/' + f)",
    ])
    const pending = new Set(
      (await listRefs(repo.location, ['refs/flor/pending'])).map((r) => r.ref.split('/').at(-1)),
    )
    const notes =
      (await listShards(repo.location))[0]?.notes === undefined
        ? new Map<Oid, Oid>()
        : await checkShard(t, repo)
    const published = Buffer.concat(
      (await store.readBlobs([...notes.values()])).map((data) => data ?? Buffer.of()),
    ).toString()
    for (const id of started) {
      t.ok(pending.has(id) || published.includes(`[${id}]`), `${id} is published or pending`)
    }
    for (const { ref, oid } of await listRefs(repo.location, ['refs/flor/pending'])) {
      const id = ref.split('/').at(-1) as string
      await publish(
        repo.location,
        store,
        'w',
        publication(oid, id, { files: [{ path: 'columns/a', data: Buffer.from(id) }], dropPending: [id] }),
      )
    }
  }
  const notes = await checkShard(t, repo)
  t.equal(repo.paths('refs/flor/runs/w').length, notes.size + 1, 'every run has its note and its file')
})
