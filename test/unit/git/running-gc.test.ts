import { spawn, spawnSync } from 'node:child_process'
import { rmSync, utimesSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { gcEnds } from '../../../lib/git/running-gc.js'
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
