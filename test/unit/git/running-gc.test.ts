import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openObjectStore } from '../../../lib/git/open-store.js'
import { gcEnds } from '../../../lib/git/running-gc.js'
import { isPruning } from '../../../lib/git/running-prune.js'
import { publish } from '../../../lib/git/shards.js'
import { recordRunCommitSync } from '../../../lib/git/snapshot.js'
import { repository } from '../../support/repository.js'

t.test('a gc that goes on is waited for', async (t) => {
  const repo = repository(t).write('a', '1').commit()
  t.equal(await gcEnds(repo.location), false, 'there is none')
  const path = join(repo.location.commonDir, 'gc.pid')
  repo.write('.git/gc.pid', `${process.pid} ${hostname()}`)
  let isOver = false
  setTimeout(() => {
    isOver = true
    rmSync(path)
  }, 150)
  t.equal(await gcEnds(repo.location), true)
  t.ok(isOver)
  repo.write('.git/gc.pid', `${process.pid} ${hostname()}`)
  t.equal(await gcEnds(repo.location, 100), true, 'but not for longer than asked')
})

t.test('what a gc left that died is not waited for', async (t) => {
  const repo = repository(t).write('a', '1').commit()
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  repo.write('.git/gc.pid', `${pid} ${hostname()}`)
  t.equal(await gcEnds(repo.location), false)
  repo.write('.git/gc.pid', '1 elsewhere.example.org')
  const longAgo = new Date(Date.now() - 13 * 60 * 60 * 1000)
  utimesSync(join(repo.location.commonDir, 'gc.pid'), longAgo, longAgo)
  t.equal(await gcEnds(repo.location), false)
  repo.write('.git/gc.pid', 'rubbish')
  t.equal(await gcEnds(repo.location), false)
})

t.test('a gc that came by itself takes nothing young, and is not waited for', async (t) => {
  const repo = repository(t).write('a', '1').commit()
  const gc = (...args: string[]) => {
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', '--', 'gc', ...args])
    t.teardown(() => child.kill())
    repo.write('.git/gc.pid', `${child.pid} ${hostname()}`)
  }
  gc('--auto', '--quiet')
  t.equal(await gcEnds(repo.location), false)
  gc('--prune=now')
  t.equal(await gcEnds(repo.location, 100), true)
})

t.test('the file is the one that git writes', (t) => {
  const repo = repository(t).write('a', '1').commit()
  repo.write('.git/gc.pid', `${process.pid} ${hostname()}`)
  const { stderr } = spawnSync('git', ['gc'], { cwd: repo.path, encoding: 'utf8' })
  t.match(stderr, new RegExp(`gc is already running on machine '${hostname()}' pid ${process.pid}`))
  t.end()
})

t.test(
  'a bare prune that goes on takes nothing of what is published meanwhile',
  {
    skip: process.platform !== 'linux',
  },
  async (t) => {
    const repo = repository(t).write('train.js', '1').commit()
    const store = await openObjectStore(repo.location)
    t.teardown(() => store.close())
    const { commit } = recordRunCommitSync(
      repo.location,
      { maxFileSizeBytes: 1000 },
      { id: 'r', subject: 'r', pendingRef: true },
    )
    // What it deletes it tells of first, into a pipe that nobody reads yet: it stops in the middle of its work.
    for (let i = 0; i < 3000; i++) repo.write(`rubbish/${i}`, `rubbish ${i}`)
    const paths = Array.from({ length: 3000 }, (_, i) => `rubbish/${i}\n`).join('')
    execFileSync('git', ['hash-object', '-w', '--stdin-paths'], { cwd: repo.path, input: paths })
    const go = join(repo.path, '.git/go')
    execFileSync('mkfifo', [go])
    const script = `git prune -v --expire=now | { read go < '${go}'; cat >/dev/null; }`
    const pipe = spawn('sh', ['-c', script], { cwd: repo.path, stdio: 'ignore' })
    const ended = new Promise((resolve) => pipe.on('close', resolve))
    while (!isPruning(repo.location)) await sleep(10)
    const left = (): number => Number(repo.git('count-objects').split(' ')[0])
    for (let before = -1; before !== left(); await sleep(100)) before = left()
    t.ok(left() > 100, 'it is in the middle')
    t.notOk(isPruning(repository(t).location), 'of another repository')
    let isPublished = false
    const published = publish(repo.location, store, 'w', {
      run: commit,
      segment: Buffer.from('[r]'),
      hasSegment: () => false,
      files: Array.from({ length: 40 }, (_, i) => ({
        path: `columns/${i}`,
        data: Buffer.from(`column ${i}`),
      })),
      keepAlive: [],
      dropPending: ['r'],
    }).then(() => {
      isPublished = true
    })
    await sleep(500)
    t.notOk(isPublished, 'it is waited for')
    writeFileSync(go, 'go\n')
    await ended
    await published
    repo.git('fsck', '--full', '--strict', '--no-dangling')
    t.equal(repo.git('ls-tree', '-r', '--name-only', 'refs/flor/runs/w').split('\n').length, 41)
  },
)
