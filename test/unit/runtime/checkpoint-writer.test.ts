import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { type Test, test } from 'tap'
import { CheckpointWriter } from '../../../lib/runtime/checkpoint/checkpoint-writer.js'
import { CostModel } from '../../../lib/runtime/checkpoint/cost-model.js'
import {
  formatSafetensorsHead,
  parseSafetensors,
  rootOfFile,
  safetensorsFile,
  type TensorEntry,
} from '../../../lib/runtime/checkpoint/safetensors.js'

function writerIn(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'flor-writer-'))
  const writer = new CheckpointWriter(() => ({
    objectsDir: join(folder, 'objects'),
    keptDir: join(folder, 'kept'),
  }))
  t.teardown(() => {
    writer.stop()
    rmSync(folder, { recursive: true })
  })
  return { folder, writer }
}

/** Has `numbers` written, from memory of the writer's pool. */
function submit(writer: CheckpointWriter, id: number, numbers: readonly number[]): SharedArrayBuffer {
  const sizeBytes = numbers.length * 4
  const buffer = writer.lend(sizeBytes)
  const data = new Uint8Array(buffer, 0, sizeBytes)
  new Float32Array(buffer, 0, numbers.length).set(numbers)
  const entries: TensorEntry[] = [{ name: 'w', dtype: 'F32', shape: [numbers.length], sizeBytes }]
  writer.submit({ id, files: [{ entries, data }] }, buffer)
  return buffer
}

test('the thread writes, and answers are fetched without the event loop', async (t) => {
  const { folder, writer } = writerIn(t)
  submit(writer, 0, [1, 2])
  submit(writer, 1, [1, 2])
  submit(writer, 2, [3])
  t.ok(writer.wait(0, 10_000))
  const answers = writer.answers()
  t.strictSame(
    answers.map(({ id }) => id),
    [0, 1, 2],
  )
  const hashes = answers.map((answer) => ('files' in answer ? answer.files[0]?.sha256 : answer.error))
  t.equal(hashes[0], hashes[1])
  const [a = '', b = ''] = [hashes[0]?.slice(0, 2), hashes[0]?.slice(2, 4)]
  const content = parseSafetensors(readFileSync(join(folder, 'objects', a, b, hashes[0] ?? ''))).get('w')
  t.strictSame(content?.shape, [2])
  t.strictSame(
    new Float32Array((content?.bytes ?? new Uint8Array()).slice().buffer),
    new Float32Array([1, 2]),
  )
  t.strictSame(readdirSync(join(folder, 'objects', a, b)), [hashes[0]], 'no temporary file is left')
  t.strictSame(writer.answers(), [])
})

test('a queue that is full says so, and waiting empties it', async (t) => {
  const { writer } = writerIn(t)
  t.notOk(writer.isFull(1e12), 'one job always goes')
  for (let id = 0; id < 4; id++) submit(writer, id, [id])
  t.ok(writer.isFull(1))
  t.ok(writer.wait(0, 10_000))
  t.equal(writer.answers().length, 4)
  t.notOk(writer.isFull(1))
})

test('what cannot be written is answered with the reason', async (t) => {
  const { folder, writer } = writerIn(t)
  writeFileSync(join(folder, 'objects'), 'a file in the way')
  chmodSync(folder, 0o755)
  submit(writer, 0, [1])
  t.ok(writer.wait(0, 10_000))
  t.match(writer.answers(), [{ id: 0, error: /EEXIST|ENOTDIR/ }])
})

/** Until the thread has answered what is no job: it can be told by the answers alone. */
async function prepared(writer: CheckpointWriter, sizeBytes: number, count: number): Promise<void> {
  for (let tries = 0; writer.readyBuffers(sizeBytes) < count; tries++) {
    if (tries > 500) throw new Error(`${writer.readyBuffers(sizeBytes)} buffers of ${sizeBytes} bytes`)
    writer.answers()
    await setTimeout(20)
  }
}

test('memory is laid out before it is needed, and comes back when it is written', async (t) => {
  const { folder, writer } = writerIn(t)
  writer.prepare(1000)
  await prepared(writer, 1000, 2)
  const numbers = Array.from({ length: 250 }, (_, i) => i)
  const seen = new Set<SharedArrayBuffer>()
  const hashes = new Set<string>()
  for (let id = 0; id < 20; id += 2) {
    seen.add(submit(writer, id, [...numbers, id].slice(1)))
    seen.add(submit(writer, id + 1, [id]))
    t.ok(writer.wait(0, 10_000))
    for (const answer of writer.answers()) {
      if ('files' in answer) hashes.add(answer.files[0]?.sha256 ?? '')
    }
  }
  t.equal(seen.size, 2, 'the same two buffers, for what is smaller, too')
  t.equal(hashes.size, 20)
  const last = [...hashes][19] ?? ''
  const object = join(folder, 'objects', last.slice(0, 2), last.slice(2, 4), last)
  const content = parseSafetensors(readFileSync(object)).get('w')?.bytes ?? new Uint8Array()
  t.strictSame(
    [...new Float32Array(content.slice().buffer)],
    [18],
    'nothing of what was in the buffer before',
  )
})

test('two jobs at once never have the same memory', async (t) => {
  const { writer } = writerIn(t)
  writer.prepare(400)
  await prepared(writer, 400, 2)
  const buffers = [0, 1, 2].map((id) => submit(writer, id, Array<number>(100).fill(id)))
  t.equal(new Set(buffers).size, 3, 'one more than was laid out is made at once')
  t.ok(writer.wait(0, 10_000))
  const answers = writer.answers()
  t.equal(new Set(answers.map((it) => ('files' in it ? it.files[0]?.sha256 : it.error))).size, 3)
  t.ok(buffers.includes(writer.lend(400)))
})

test('a thread that ended is told, and nobody waits for it', async (t) => {
  const started = once(process, 'worker') as Promise<[Worker]>
  const { writer } = writerIn(t)
  writer.prepare(4)
  const [thread] = await started
  await thread.terminate()
  t.ok(writer.hasFailed)
  submit(writer, 0, [1])
  const start = performance.now()
  t.notOk(writer.wait(0, 60_000))
  t.ok(performance.now() - start < 1000)
})

test('safetensors: what is written is read, aligned, and nothing else is believed', async (t) => {
  const entries: TensorEntry[] = [
    { name: 'a', dtype: 'F32', shape: [2, 1], sizeBytes: 8 },
    { name: '__proto__', dtype: 'U8', shape: [3], sizeBytes: 3 },
    { name: 'empty', dtype: 'F64', shape: [0], sizeBytes: 0 },
    { name: 'scalar', dtype: 'BOOL', shape: [], sizeBytes: 1 },
  ]
  const head = formatSafetensorsHead(entries)
  t.equal(head.length % 8, 0)
  const file = Buffer.concat([head, Buffer.from([0, 0, 128, 63, 0, 0, 0, 64, 7, 8, 9, 1])])
  const tensors = parseSafetensors(file)
  t.strictSame([...tensors.keys()], ['a', '__proto__', 'empty', 'scalar'])
  t.strictSame([...(tensors.get('__proto__')?.bytes ?? [])], [7, 8, 9])
  for (let length = 0; length < file.length; length++) {
    t.throws(() => parseSafetensors(file.subarray(0, length)), RangeError)
  }
  const lying = (header: object) => {
    const json = Buffer.from(JSON.stringify(header))
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(json.length))
    return Buffer.concat([size, json, Buffer.alloc(8)])
  }
  for (const tensor of [
    { dtype: 'F32', shape: [2 ** 40], data_offsets: [0, 8] },
    { dtype: 'F32', shape: [2], data_offsets: [4, 12] },
    { dtype: 'F32', shape: [-2], data_offsets: [0, 8] },
    { dtype: 'X9', shape: [2], data_offsets: [0, 8] },
    null,
  ]) {
    t.throws(() => parseSafetensors(lying({ w: tensor })), RangeError)
  }
})

test('file names are roots, and safe', async (t) => {
  for (const root of ['model', 'a/b', '../x', '.hidden', 'ünï code', 'x.safetensors']) {
    const file = safetensorsFile(root)
    t.equal(rootOfFile(file), root)
    t.notMatch(file, /[/\\]|^\./)
  }
})

test('checkpoints cost no more than their share of the time in main loops', async (t) => {
  for (const [costMs, overhead] of [
    [1, 0.01],
    [30, 0.01],
    [5, 0.05],
    [1, 0],
  ] as const) {
    const model = new CostModel(overhead)
    let [spent, taken] = [0, 0]
    for (let elapsed = 100; elapsed <= 100_000; elapsed += 100) {
      if (!model.affords(model.expectedMs('E') ?? model.assumedMs(1e6), elapsed)) continue
      model.taken('E', costMs)
      spent += costMs
      taken++
      if (taken > 2) t.ok(spent <= elapsed * overhead + costMs)
    }
    t.equal(taken > 0, overhead > 0)
    if (overhead > 0) t.ok(spent > 100_000 * overhead * 0.5 || taken === 1000, 'the budget is used')
  }
  const greedy = new CostModel(1)
  t.notOk(greedy.affords(50, 100), 'restoring must be faster than executing again')
  t.ok(greedy.affords(41, 100))
})
