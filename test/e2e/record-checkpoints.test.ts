import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test, test } from 'tap'
import { parseSafetensors } from '../../lib/runtime/checkpoint/safetensors.js'
import { checkpointsOf, endOf, TrainingFolder, warningsOf } from './record-support.js'

// Every step is a process of its own, on a machine that may be busy.
t.setTimeout(120_000)

function recorded(t: Test, text: string, env: NodeJS.ProcessEnv = {}) {
  const folder = new TrainingFolder()
  t.teardown(() => folder.remove())
  const outcome = folder.run(`import * as flor from 'git-flor'\n${text}\n`, env)
  t.equal(outcome.exitCode, 0, outcome.stderr)
  const events = folder.events()
  return { folder, outcome, events, checkpoints: checkpointsOf(events) }
}

const LOOP = (epochs: number, ms: number) => `
  const busy = (ms) => { const end = performance.now() + ms; while (performance.now() < end); }
  for (const epoch of flor.loop('epoch', Array(${epochs}).keys())) {
    for (const step of flor.loop('step', [0, 1])) { state.w[step] += 1; busy(${ms} / 2) }
    flor.log('w', state.w[0])
  }`

test('objects lie where git-lfs keeps them, under their hash, with a link that survives pruning', async (t) => {
  const { folder, checkpoints } = recorded(
    t,
    `const state = { w: new Float32Array(8), v: new Int8Array([1, 2, 3]) }; flor.checkpointing({ state, 'odd/näme': [new Uint8Array(2)] })${LOOP(2, 0)}`,
    { FLOR_CHECKPOINTS: 'all' },
  )
  t.equal(checkpoints.length, 4)
  for (const { files, generator } of checkpoints) {
    t.strictSame(
      files.map(({ name }) => name),
      ['state.safetensors', 'odd%2Fn%C3%A4me.safetensors'],
    )
    t.equal(generator?.length, 16)
    for (const { sha256, sizeBytes } of files) {
      const fanned = join(sha256.slice(0, 2), sha256.slice(2, 4), sha256)
      const object = join(folder.path, '.git/lfs/objects', fanned)
      const bytes = readFileSync(object)
      t.equal(createHash('sha256').update(bytes).digest('hex'), sha256)
      t.equal(bytes.length, sizeBytes)
      t.equal(statSync(join(folder.path, '.git/flor/checkpoints', fanned)).ino, statSync(object).ino)
      t.ok(parseSafetensors(bytes).size > 0)
    }
  }
  t.equal(folder.git('lfs', 'fsck', '--objects').includes('corrupt'), false)
})

test('lfs.storage is honoured', async (t) => {
  const folder = new TrainingFolder()
  t.teardown(() => folder.remove())
  folder.git('config', 'lfs.storage', 'elsewhere')
  folder.run(
    `import * as flor from 'git-flor'\nconst state = { w: new Float32Array(8) }; flor.checkpointing({ state })${LOOP(1, 0)}`,
    {
      FLOR_CHECKPOINTS: 'all',
    },
  )
  const sha256 = checkpointsOf(folder.events())[0]?.files[0]?.sha256 ?? ''
  t.ok(statSync(join(folder.path, '.git/elsewhere/objects', sha256.slice(0, 2), sha256.slice(2, 4), sha256)))
})

test('checkpoints are taken as the budget allows', async (t) => {
  const text = (epochs: number, ms: number) =>
    `const state = { w: new Float32Array(64) }; flor.checkpointing({ state })${LOOP(epochs, ms)}`
  const none = recorded(t, text(3, 1), { FLOR_CHECKPOINTS: 'none' })
  t.equal(none.checkpoints.length, 0)

  const short = recorded(t, text(20, 1))
  t.ok(short.checkpoints.length <= 2, `${short.checkpoints.length} in 20 ms of training`)

  const long = recorded(t, text(5, 250))
  // How many depends on how busy the machine is: the cost model's own test has a clock of its own.
  t.ok(long.checkpoints.length > short.checkpoints.length, `${long.checkpoints.length} in 1.2 s of training`)
  t.ok(
    long.checkpoints.some(({ point }) => point.kind === 'S') &&
      long.checkpoints.some(({ point }) => point.kind === 'E'),
  )
  const spent = long.checkpoints.reduce((sum, { costMs }) => sum + costMs, 0)
  const end = endOf(long.events)?.durationMs ?? 0
  t.ok(spent < end * 0.02, `${spent} ms of ${end}`)
  // It computes all the time, on however little of a busy machine.
  const cpuMs = endOf(long.events)?.cpuMs ?? 0
  t.ok(cpuMs > 50 && cpuMs < end * 8, `${cpuMs} ms of processors in ${end}`)
})

test('flor.overhead is the budget', async (t) => {
  const folder = new TrainingFolder()
  t.teardown(() => folder.remove())
  folder.git('config', 'flor.overhead', '0')
  folder.run(
    `import * as flor from 'git-flor'\nconst state = { w: new Float32Array(8) }; flor.checkpointing({ state })${LOOP(3, 50)}`,
  )
  t.equal(checkpointsOf(folder.events()).length, 0)
})

test('where nothing changed nothing is copied or written again', async (t) => {
  const { checkpoints } = recorded(
    t,
    `import * as tf from '@tensorflow/tfjs-core'\nimport '@tensorflow/tfjs-backend-cpu'
    const w = tf.variable(tf.zeros([1000])); flor.checkpointing({ w })
    for (const epoch of flor.loop('epoch', [0, 1])) for (const s of flor.loop('step', [0])) w.assign(tf.add(w, 1))`,
    { FLOR_CHECKPOINTS: 'all' },
  )
  const [s0, e0, s1, e1] = checkpoints.map(({ files }) => files[0]?.sha256)
  t.equal(s0, e0)
  t.equal(s1, e1)
  t.not(s0, s1)
})

test('state that cannot be captured stops the checkpoints, not the training', async (t) => {
  const { outcome, checkpoints, events } = recorded(
    t,
    `const state = { w: [1], promise: Promise.resolve() }; flor.checkpointing({ state })${LOOP(3, 0)}\nconsole.log('trained')`,
    { FLOR_CHECKPOINTS: 'all' },
  )
  t.equal(outcome.stdout, 'trained\n')
  t.equal(checkpoints.length, 0)
  t.strictSame(warningsOf(events), [
    'no checkpoints are taken from here on: state.promise: a Promise cannot be checkpointed',
  ])
})

test('what cannot be restored in place is refused at once', async (t) => {
  const { outcome } = recorded(
    t,
    `flor.log('x', 1)
    for (const state of [{ best: 0.5 }, { name: 'x' }, { f() {} }, { nothing: null }, 5]) {
      try { flor.checkpointing(state) } catch (error) { console.log(error.name + ': ' + error.message) }
    }`,
  )
  const lines = outcome.stdout.trim().split('\n')
  t.equal(lines.length, 5)
  t.match(
    lines[0],
    'TypeError: flor.checkpointing({ best }): a number cannot be restored in place. Wrap it in an object',
  )
})

test('a training that ends while checkpoints are being written waits for them', async (t) => {
  const { checkpoints } = recorded(
    t,
    `const state = { w: new Float64Array(2_000_000) }; flor.checkpointing({ state })${LOOP(2, 0)}\nprocess.exit(0)`,
    { FLOR_CHECKPOINTS: 'all' },
  )
  t.equal(checkpoints.length, 4)
})

test('memory that is used again for later checkpoints never changes one that is being written', async (t) => {
  const { folder, checkpoints } = recorded(
    t,
    `const state = { grows: new Float64Array(1000), w: new Float32Array(300_000) }; flor.checkpointing({ state })
    for (const epoch of flor.loop('epoch', Array(25).keys())) {
      for (const step of flor.loop('step', [0])) state.w.fill(2 * epoch)
      state.w.fill(2 * epoch + 1)
      if (epoch % 5 === 4) state.grows = new Float64Array(1000 * 4 ** (epoch / 5)).fill(epoch)
    }`,
    { FLOR_CHECKPOINTS: 'all' },
  )
  t.equal(checkpoints.length, 50)
  for (const [i, { files }] of checkpoints.entries()) {
    const { sha256 = '' } = files[0] ?? {}
    const path = join(folder.path, '.git/lfs/objects', sha256.slice(0, 2), sha256.slice(2, 4), sha256)
    const { bytes = new Uint8Array() } = parseSafetensors(readFileSync(path)).get('w') ?? {}
    const numbers = new Float32Array(bytes.slice().buffer)
    t.ok(numbers.length === 300_000 && numbers.every((it) => it === i), `checkpoint ${i}`)
  }
})

test('when the writing thread ends checkpoints do, not the training', async (t) => {
  const { outcome, checkpoints, events } = recorded(
    t,
    `process.on('worker', (thread) => thread.terminate())
    const state = { w: new Float32Array(1000) }; flor.checkpointing({ state })
    for await (const epoch of flor.loop('epoch', Array(5).keys())) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      flor.log('epoch', epoch)
    }
    console.log('trained')`,
    { FLOR_CHECKPOINTS: 'all' },
  )
  t.equal(outcome.stdout, 'trained\n')
  t.equal(checkpoints.length, 0)
  t.match(warningsOf(events), [
    /no checkpoints are taken from here on: the thread that writes them has ended/,
  ])
})

test('capturing state does not change the random numbers of the training', async (t) => {
  const text = `const net = { save: () => Math.random(), load() {} }; flor.seed(1); flor.checkpointing({ net })
    for (const e of flor.loop('epoch', [0, 1])) for (const s of flor.loop('step', [0])) flor.log('x', Math.random())
    console.log(Math.random())`
  const all = recorded(t, text, { FLOR_CHECKPOINTS: 'all' })
  t.equal(all.checkpoints.length, 4)
  t.equal(all.outcome.stdout, recorded(t, text, { FLOR_CHECKPOINTS: 'none' }).outcome.stdout)
})
