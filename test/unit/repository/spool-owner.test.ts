import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'tap'
import { isOwnerAlive, takeSealLock } from '../../../lib/repository/spool-owner.js'
import { processStartTime } from '../../../lib/runtime/process-start.js'
import { type Teardown, temporaryFolder } from '../../support/environment.js'

/** A process number that no process has. */
const nobody = 2 ** 22 + 1

function spool(t: Teardown, owner?: Readonly<Record<string, unknown>> | string): string {
  const folder = join(temporaryFolder(t), 'spool')
  mkdirSync(folder)
  if (owner !== undefined) {
    writeFileSync(join(folder, 'owner.json'), typeof owner === 'string' ? owner : JSON.stringify(owner))
  }
  return folder
}

const mine = {
  pid: process.pid,
  host: hostname(),
  started: processStartTime(process.pid) ?? '',
  worktree: '/somewhere',
}

test('an owner lives while its process does, and no later one of that number', (t) => {
  t.equal(isOwnerAlive(spool(t, mine)), true)
  t.equal(isOwnerAlive(spool(t, { ...mine, started: 'another time' })), false)
  t.equal(isOwnerAlive(spool(t, { ...mine, pid: nobody })), false)
  t.equal(
    isOwnerAlive(spool(t, { ...mine, pid: nobody, host: 'another' })),
    true,
    'of other hosts nobody can tell',
  )
  t.end()
})

test('a spool without an owner may be one that is just being made, for some seconds', (t) => {
  for (const owner of [undefined, 'not json', '{}', { ...mine, pid: 'x' }]) {
    const folder = spool(t, owner)
    t.equal(isOwnerAlive(folder), true)
    const before = Date.now() / 1000 - 60
    utimesSync(folder, before, before)
    t.equal(isOwnerAlive(folder), false)
  }
  t.equal(isOwnerAlive(join(temporaryFolder(t), 'gone')), true)
  t.end()
})

test('a lock is held by one, and free again when it is released', (t) => {
  const folder = spool(t, mine)
  const lock = takeSealLock(folder)
  t.ok(lock)
  t.equal(takeSealLock(folder), undefined)
  lock?.release()
  const again = takeSealLock(folder)
  t.ok(again)
  again?.release()
  t.strictSame(readdirSync(folder), ['owner.json'], 'nothing is left behind')
  rmSync(folder, { recursive: true })
  t.equal(takeSealLock(folder), undefined, 'there is nothing to lock')
  t.end()
})

test('the lock of a dead process, or garbage in its place, is broken; that of another host is not', (t) => {
  for (const content of [
    JSON.stringify({ ...mine, pid: nobody }),
    JSON.stringify({ ...mine, started: 'x' }),
    '',
    'garbage',
    'null',
  ]) {
    const folder = spool(t, mine)
    writeFileSync(join(folder, 'seal.lock'), content)
    const lock = takeSealLock(folder)
    t.ok(lock, content)
    lock?.release()
    t.notOk(existsSync(join(folder, 'seal.lock')))
    t.strictSame(readdirSync(folder), ['owner.json'])
  }
  const folder = spool(t, mine)
  writeFileSync(join(folder, 'seal.lock'), JSON.stringify({ ...mine, pid: nobody, host: 'another' }))
  t.equal(takeSealLock(folder), undefined)
  t.end()
})
