import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { asOid } from '../../../lib/model/oid.js'
import type { RunHeader } from '../../../lib/model/run.js'
import { sealFrame } from '../../../lib/segment/frame.js'
import { Op, type SpoolEvent } from '../../../lib/segment/spool-event.js'
import { hasSpoolEnded, parseSpool, readSpool } from '../../../lib/segment/spool-reader.js'
import { SpoolWriter } from '../../../lib/segment/spool-writer.js'
import { encodeDocument, encodeValue } from '../../../lib/segment/value-codec.js'

const header: RunHeader = {
  id: 'r1',
  run: asOid('a'.repeat(40)),
  clean: true,
  argv: ['node', 'train.js'],
  cwd: '',
  startedMs: 1,
  versions: { node: '20' },
  host: 'h',
  user: 'u',
  pid: 3,
  leftOut: [],
  generator: new Uint8Array(16),
}

function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'flor-spool-'))
  t.teardown(() => rmSync(path, { recursive: true }))
  return path
}

function writerIn(path: string): SpoolWriter {
  return new SpoolWriter(join(path, 'events'), { onFailure: () => {} })
}

test('every event comes back as it was written', async (t) => {
  const path = folder(t)
  const generator = Uint8Array.from({ length: 16 }, (_, i) => i)
  const writer = writerIn(path)
  writer.document(8, encodeDocument(header))
  writer.arg('lr', encodeValue(0.1), 'default')
  writer.document(10, encodeValue(7))
  writer.checkpointing()
  writer.loopEnter('epoch', 0, 'main', { beforeMs: 1.5, generator })
  writer.iterationBegin(0, 10)
  writer.loopEnter('stép', 300, 'nested')
  writer.iterationBegin(70_000, 'a\u0000ü')
  writer.recordNumber('loss', 0.25)
  writer.record('tags', encodeValue({ a: [1, 'x', null], b: new Float64Array([1, Number.NaN]) }))
  writer.iterationEnd()
  writer.loopExit(2.5)
  writer.iterationEnd({ ms: 3.5, generator: undefined })
  writer.loopExit(4.5, { exhausted: false, generator })
  writer.warning('careful')
  writer.document(9, encodeDocument({ status: 'failed', exitCode: 1, durationMs: 9 }))
  writer.close()

  const spool = readSpool(path)
  const expected: SpoolEvent[] = [
    { op: 'header', header },
    { op: 'arg', name: 'lr', value: 0.1, origin: 'default' },
    { op: 'seed', seed: 7 },
    { op: 'checkpointing' },
    { op: 'loop-enter', loop: 'epoch', pass: 0, role: 'main', beforeMs: 1.5, generator },
    { op: 'iteration-begin', index: 0, label: 10 },
    { op: 'loop-enter', loop: 'stép', pass: 300, role: 'nested' },
    { op: 'iteration-begin', index: 70_000, label: 'a\u0000ü' },
    { op: 'record', name: 'loss', value: 0.25 },
    { op: 'record', name: 'tags', value: { a: [1, 'x', null], b: new Float64Array([1, Number.NaN]) } },
    { op: 'iteration-end' },
    { op: 'loop-exit', durationMs: 2.5 },
    { op: 'iteration-end', durationMs: 3.5 },
    { op: 'loop-exit', durationMs: 4.5, exhausted: false, generator },
    { op: 'warning', text: 'careful' },
    { op: 'end', end: { status: 'failed', exitCode: 1, durationMs: 9 } },
  ]
  t.strictSame([...spool.events], expected)
  t.strictSame([...spool.events], expected, 'and again')
  t.match(spool, { owner: undefined, tornBytes: 0, damaged: undefined, hasEnded: true })
})

test('the end of a spool tells whether its run is over, however long it is', async (t) => {
  const path = folder(t)
  t.throws(() => hasSpoolEnded(path), { code: 'SPOOL_CORRUPT' })
  const writer = writerIn(path)
  for (let i = 0; i < 50_000; i++) writer.recordNumber('n', i / 3)
  writer.flush()
  t.notOk(hasSpoolEnded(path))
  writer.document(Op.End, encodeDocument({ status: 'completed', durationMs: 9 }))
  writer.close()
  t.ok(hasSpoolEnded(path) && readSpool(path).hasEnded)
  appendFileSync(join(path, 'events'), Buffer.from([1, 2, 3]))
  t.equal(hasSpoolEnded(path), false, 'something was written behind it')
})

test('numbers come back bit for bit', async (t) => {
  const path = folder(t)
  const numbers = [0, -0, 1, -1, 127, 128, -128, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53, 0.1, 5e-324]
  numbers.push(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE, -1e-310)
  const writer = writerIn(path)
  for (const value of numbers) writer.recordNumber('n', value)
  writer.close()
  const read = [...readSpool(path).events].map((event) => (event.op === 'record' ? event.value : undefined))
  t.ok(read.length === numbers.length && read.every((value, i) => Object.is(value, numbers[i])), read.join())
})

test('more than a buffer of records, and a record larger than it', async (t) => {
  const path = folder(t)
  const writer = writerIn(path)
  const text = 'é'.repeat(100_000)
  for (let i = 0; i < 50_000; i++) writer.recordNumber(`name ${i % 3}`, i / 7)
  writer.record('text', encodeValue(text))
  writer.recordNumber('after', 1)
  writer.close()
  const events = [...readSpool(path).events]
  t.equal(events.length, 50_002)
  t.strictSame(events[49_999], { op: 'record', name: 'name 1', value: 49_999 / 7 })
  t.strictSame(events[50_000], { op: 'record', name: 'text', value: text })
})

test('a record is in the file at once, while that is cheap', async (t) => {
  const path = folder(t)
  const writer = writerIn(path)
  for (let i = 1; i <= 20; i++) {
    writer.recordNumber('loss', i)
    t.equal([...readSpool(path).events].length, i)
  }
  writer.close()
})

test('a torn end is what a crash lost, and nothing else', async (t) => {
  const path = folder(t)
  const writer = writerIn(path)
  writer.document(8, encodeDocument(header))
  writer.recordNumber('loss', 1)
  writer.recordNumber('loss', 2)
  writer.close()
  const whole = readFileSync(join(path, 'events'))
  const total = [...parseSpool(whole).events].length
  let before = 0
  for (let length = 0; length <= whole.length; length++) {
    const spool = parseSpool(whole.subarray(0, length))
    const count = [...spool.events].length
    t.ok(count >= before && count <= total && spool.damaged === undefined && !spool.hasEnded)
    before = count
  }
  t.equal(before, 3)
})

test('a damaged frame is stepped over, named, and takes nothing else along', async (t) => {
  const path = folder(t)
  const writer = writerIn(path)
  writer.recordNumber('loss', 1)
  const start = readFileSync(join(path, 'events')).length
  writer.recordNumber('loss', 2)
  writer.recordNumber('loss', 3)
  writer.close()
  const bytes = readFileSync(join(path, 'events'))
  bytes.writeUInt8(bytes.readUInt8(start + 9) ^ 1, start + 9)
  const spool = parseSpool(bytes)
  t.strictSame(
    [...spool.events].map((event) => (event.op === 'record' ? event.value : event)),
    [1, 3],
  )
  t.match(spool.damaged, [{ offset: start, reason: /checksum/ }])
})

test('what a later version writes is stepped over', async (t) => {
  const path = folder(t)
  const frame = Buffer.concat([Buffer.alloc(8), encodeDocument([99, { deep: [1] }]), encodeDocument([12])])
  sealFrame(frame, 0, frame.length)
  writeFileSync(join(path, 'events'), frame)
  const spool = readSpool(path)
  t.strictSame([...spool.events], [{ op: 'checkpointing' }])
  t.equal(spool.damaged, undefined)
})

test('any bytes are read without a crash', async (t) => {
  const path = folder(t)
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return state / 0x7fffffff
  }
  const writer = writerIn(path)
  writer.document(8, encodeDocument(header))
  for (let i = 0; i < 50; i++) writer.record(`n${i}`, encodeValue([i, { deep: 'text' }]))
  writer.close()
  const whole = readFileSync(join(path, 'events'))
  for (let round = 0; round < 500; round++) {
    const bytes = Buffer.from(whole)
    for (let i = 0; i < 3; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    // Valid checksums over nonsense reach the decoder.
    const nonsense = Buffer.alloc(8 + Math.floor(random() * 60))
    for (let i = 8; i < nonsense.length; i++) nonsense[i] = Math.floor(random() * 256)
    sealFrame(nonsense, 0, nonsense.length)
    t.doesNotThrow(() => [...parseSpool(Buffer.concat([bytes, nonsense, whole])).events].length)
  }
  for (const item of [
    [0xdd, 255, 255, 255, 255],
    [0x93, 1, 0, 0xc6, 255, 255, 255, 255],
  ]) {
    const frame = Buffer.from([...Buffer.alloc(8), ...item])
    sealFrame(frame, 0, frame.length)
    const spool = parseSpool(frame)
    t.strictSame([...spool.events], [])
    t.equal(spool.damaged?.length, 1)
  }
})

test('zeros at the end, which a file system may leave, are no events', async (t) => {
  const path = folder(t)
  const writer = writerIn(path)
  writer.recordNumber('loss', 1)
  writer.close()
  appendFileSync(join(path, 'events'), Buffer.alloc(4096))
  const spool = readSpool(path)
  t.equal([...spool.events].length, 1)
  t.ok(spool.damaged)
})

test('owners are read, and nonsense is nobody', async (t) => {
  const path = folder(t)
  writerIn(path).close()
  t.equal(readSpool(path).owner, undefined)
  writeFileSync(join(path, 'owner.json'), '{"pid":1}')
  t.equal(readSpool(path).owner, undefined)
  const owner = { pid: 1, host: 'h', started: '22', worktree: '/w' }
  writeFileSync(join(path, 'owner.json'), JSON.stringify(owner))
  t.strictSame(readSpool(path).owner, owner)
  t.throws(() => readSpool(join(path, 'missing')), { code: 'SPOOL_CORRUPT' })
})
