import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test, test } from 'tap'
import { endOf, headerOf, TrainingFolder, valuesOf, warningsOf } from './record-support.js'

// Every step is a process of its own, on a machine that may be busy.
t.setTimeout(120_000)

function training(t: Test, options: { isRepository?: boolean } = {}): TrainingFolder {
  const folder = new TrainingFolder(options)
  t.teardown(() => folder.remove())
  return folder
}

const FLOR = `import * as flor from 'git-flor'\n`

test('a run leaves its code, its records and its end, and nothing else', async (t) => {
  const folder = training(t)
  folder.write('data.txt', 'new').write('tracked.txt', '1').commit('more').write('tracked.txt', '2')
  const before = [folder.git('status', '--porcelain'), folder.git('rev-parse', 'HEAD'), folder.git('branch')]
  const outcome = folder.run(`${FLOR}for (const e of flor.loop('epoch', [5, 6])) flor.log('loss', 1 / e)\n`)
  t.strictSame(outcome, { exitCode: 0, signal: null, stdout: '', stderr: '' })
  folder.git('rm', '--quiet', '--cached', '--ignore-unmatch', 'script.mjs')
  t.strictSame(
    [
      folder.git('status', '--porcelain').replace('?? script.mjs\n', ''),
      folder.git('rev-parse', 'HEAD'),
      folder.git('branch'),
    ],
    before,
  )
  const events = folder.events()
  t.strictSame(valuesOf(events), [
    { at: 'epoch=0', name: 'loss', value: 1 / 5 },
    { at: 'epoch=1', name: 'loss', value: 1 / 6 },
  ])
  const header = headerOf(events)
  t.equal(folder.git('show', `${header.run}:tracked.txt`), '2')
  t.equal(header.base, folder.git('rev-parse', 'HEAD').trim())
  t.match(header, {
    clean: false,
    branch: 'refs/heads/main',
    script: 'script.mjs',
    cwd: '',
    argv: ['node', 'script.mjs'],
  })
  t.match(folder.git('log', '-1', '--format=%s%n%b', header.run), `node script.mjs\nFlor-Run: ${header.id}`)
  t.match(endOf(events), { status: 'completed', exitCode: 0 })
  t.equal(folder.git('rev-parse', `refs/flor/pending/${header.id}`).trim(), header.run)
})

test('the end says how the process ended', async (t) => {
  const folder = training(t)
  const endings: readonly [string, number, object][] = [
    ['', 0, { status: 'completed', exitCode: 0 }],
    ['process.exit(3)', 3, { status: 'failed', exitCode: 3 }],
    ['process.exitCode = 4', 4, { status: 'failed', exitCode: 4 }],
    ['throw new Error("mine")', 1, { status: 'failed', exitCode: 1 }],
    ['await Promise.reject(new Error("mine"))', 1, { status: 'failed', exitCode: 1 }],
    ['await new Promise(() => {})', 13, { status: 'failed', exitCode: 13 }],
  ]
  for (const [statement, exitCode, end] of endings) {
    const outcome = folder.run(
      `${FLOR}for (const e of flor.loop('epoch', [0])) { flor.log('loss', 1); ${statement} }\n`,
    )
    t.equal(outcome.exitCode, exitCode, statement)
    t.match(endOf(folder.events()), end, statement)
    if (statement.includes('mine'))
      t.match(outcome.stderr, /Error: mine\n\s+at /, 'the user sees the error as node prints it')
    t.equal(valuesOf(folder.events()).length, 1)
  }
})

test('a signal ends the process as it would without us, and the run as interrupted', async (t) => {
  const folder = training(t)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const text = `${FLOR}flor.log('loss', 1); console.log('ready'); setInterval(() => flor.log('loss', 2), 10)\n`
    t.equal((await signalled(folder, text, signal, 200)).signal, signal)
    t.match(endOf(folder.events()), { status: 'interrupted', signal })
  }
})

test('a synchronous loop dies by a signal at once, and what it logged is there', async (t) => {
  const folder = training(t)
  const text = `${FLOR}flor.log('loss', 1); await new Promise((done) => setTimeout(done, 120)); console.log('ready')
    for (;;) { const start = Date.now(); while (Date.now() === start); flor.log('loss', 2) }\n`
  const startMs = performance.now()
  t.equal((await signalled(folder, text, 'SIGINT', 900)).signal, 'SIGINT')
  t.ok(performance.now() - startMs < 5000)
  t.equal(endOf(folder.events()), undefined, 'nobody was there to write the end')
  t.ok(valuesOf(folder.events()).length > 100)
})

test("a handler of the user's has the say about its signal", async (t) => {
  const folder = training(t)
  const text = `${FLOR}process.on('SIGTERM', () => { flor.log('saved', 1); process.exit(5) })
    flor.log('loss', 1); console.log('ready'); setInterval(() => {}, 10)\n`
  t.match(await signalled(folder, text, 'SIGTERM', 200), { exitCode: 5, signal: null })
  t.match(endOf(folder.events()), { status: 'interrupted', exitCode: 5, signal: 'SIGTERM' })
  t.equal(valuesOf(folder.events()).at(-1)?.name, 'saved')
})

test('kill -9 loses nothing that was logged before the last 100 ms', async (t) => {
  const folder = training(t)
  const text = `${FLOR}import { writeSync } from 'node:fs'
    for (const step of flor.loop('step', function* () { for (let i = 0; ; i++) yield i }())) {
      flor.log('step', step)
      if (step === 0) console.log('ready')
      if (step % 100 === 0) { writeSync(2, step + ' ' + Date.now() + '\\n'); const start = Date.now(); while (Date.now() === start); }
    }\n`
  const child = await signalled(folder, text, 'SIGKILL', 400)
  t.equal(child.signal, 'SIGKILL')
  const [spool] = folder.spools()
  const last = valuesOf(spool?.events ?? []).at(-1)?.value as number
  const told = child.stderr
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number) as [number, number])
  const end = told.at(-1)?.[1] ?? 0
  const due = told.filter(([, timeMs]) => timeMs < end - 100).at(-1)?.[0] ?? 0
  t.ok(due > 0 && last >= due, `${last} of ${told.at(-1)?.[0]}, at least ${due}`)
  t.equal(spool?.damaged, undefined)
})

test('outside a repository, in a bare one, and with FLOR=off the script runs as it would', async (t) => {
  const text = `${FLOR}import { spawnSync } from 'node:child_process'
    const lr = flor.arg('lr', 0.5), w = new Float64Array(2)
    flor.seed(3); flor.checkpointing({ w })
    for (const e of flor.loop('epoch', [0, 1])) for await (const s of flor.loop('step', [1, 2])) w[0] += flor.log('loss', s * lr)
    console.log(flor.iteration('part', 1, () => w[0]), Math.random()); flor.commit()\n`
  const folder = training(t)
  const expected = folder.run(text, {}, ['--flor', 'lr=2']).stdout
  t.match(expected, /^12 0\.\d+\n$/)
  const off = folder.run(text, { FLOR: 'off' }, ['--flor', 'lr=2'])
  t.strictSame(
    off,
    { exitCode: 0, signal: null, stdout: expected, stderr: '' },
    'the seed counts all the same',
  )
  t.equal(folder.spools().length, 1)

  const plain = training(t, { isRepository: false })
  const outcome = plain.run(text, {}, ['--flor', 'lr=2'])
  t.equal(outcome.stdout, expected)
  t.match(
    outcome.stderr,
    /^git-flor: warning: this run is not recorded: not a git repository[^\n]*\n$/,
    'one line',
  )

  const bare = training(t, { isRepository: false })
  bare.git('init', '--quiet', '--bare', '.')
  const inBare = bare.run(text, {}, ['--flor', 'lr=2'])
  t.equal(inBare.stdout, expected)
  t.match(inBare.stderr, /^git-flor: warning: this run is not recorded: [^\n]*working tree[^\n]*\n$/)
})

test('storage that fails is told once, and training goes on', async (t) => {
  const folder = training(t)
  const text = `${FLOR}for (const e of flor.loop('epoch', [0, 1, 2])) flor.log('loss', e)\nconsole.log('trained')\n`
  mkdirSync(join(folder.path, '.git/flor'), { recursive: true })
  writeFileSync(join(folder.path, '.git/flor/spool'), 'a file in the way')
  const blocked = folder.run(text)
  t.match(blocked, { exitCode: 0, stdout: 'trained\n' })
  t.match(blocked.stderr, /^git-flor: warning: this run is not recorded: [^\n]*\n$/)
  rmSync(join(folder.path, '.git/flor/spool'))

  // A file size limit makes the write itself fail, as a full disk would.
  const endless = `${FLOR}process.on('SIGXFSZ', () => {})
    for (const e of flor.loop('epoch', [0, 1, 2])) for (let i = 0; i < 20000; i++) flor.log('loss', i / 3)
    console.log('trained')\n`
  folder.write('script.mjs', endless)
  const limited = await shell(folder, 'ulimit -f 100; exec "$0" script.mjs')
  t.match(limited, { exitCode: 0, stdout: 'trained\n' })
  t.match(limited.stderr, /^git-flor: warning: recording ends here, training goes on: [^\n]*\n$/)
})

test('a read-only repository is told once, and training goes on', {
  skip: process.getuid?.() === 0 && 'root may write anywhere',
}, async (t) => {
  const folder = training(t)
  chmodSync(join(folder.path, '.git'), 0o555)
  t.teardown(() => chmodSync(join(folder.path, '.git'), 0o755))
  const outcome = folder.run(`${FLOR}flor.log('loss', 1)\nconsole.log('trained')\n`)
  t.match(outcome, {
    exitCode: 0,
    stdout: 'trained\n',
    stderr: /^git-flor: warning: this run is not recorded/,
  })
})

test('commit() ends a run, and the next call starts another', async (t) => {
  const folder = training(t)
  folder.run(`${FLOR}for (const round of flor.loop('round', [0, 1])) { flor.log('loss', round); flor.commit() }
    flor.log('late', 9)\n`)
  const runs = folder.spools().map((spool) => [...spool.events])
  t.strictSame(
    runs.map((events) => valuesOf(events)),
    [
      [{ at: 'round=0', name: 'loss', value: 0 }],
      [{ at: '', name: 'loss', value: 1 }],
      [{ at: '', name: 'late', value: 9 }],
    ],
  )
  t.equal(new Set(runs.map((events) => headerOf(events).run)).size, 3)
  t.match(runs.map(endOf), [
    { status: 'completed' },
    { status: 'completed' },
    { status: 'completed', exitCode: 0 },
  ])
})

test('what a training script starts is not a run of its own, unless it is asked to be', async (t) => {
  const folder = training(t)
  folder.write('child.mjs', `${FLOR}flor.log('mine', 1)\n`)
  const text = `${FLOR}import { execFileSync } from 'node:child_process'\nimport { Worker } from 'node:worker_threads'
    flor.log('loss', 1)
    const start = (env) => execFileSync(process.execPath, ['child.mjs'], { env: { ...process.env, ...env }, stdio: 'inherit' })
    start({}); start({ FLOR_PARENT: '' })
    await new Promise((done) => new Worker('./child.mjs').on('exit', done))\n`
  const outcome = folder.run(text)
  t.equal(outcome.exitCode, 0)
  t.equal(outcome.stderr.match(/belongs to run/g)?.length, 2)
  t.strictSame(
    folder
      .spools()
      .map((spool) => valuesOf(spool.events).map(({ name }) => name))
      .sort(),
    [['loss'], ['mine']],
  )
})

test('importing does nothing but replace Math.random, in a repository', async (t) => {
  const folder = training(t)
  const text = `const native = Math.random\n await import('git-flor')\n console.log(native === Math.random)\n`
  t.match(folder.run(text), { stdout: 'false\n', stderr: '' })
  t.match(folder.run(text, { FLOR_RANDOM: 'native' }), { stdout: 'true\n', stderr: '' })
  t.notOk(existsSync(join(folder.path, '.git/flor')))
  t.match(training(t, { isRepository: false }).run(text), { stdout: 'true\n', stderr: '' })
})

test('arguments nobody asked for are told', async (t) => {
  const folder = training(t)
  const outcome = folder.run(`${FLOR}flor.arg('lr', 0.1)\n`, {}, ['--flor', 'rl=0.2'])
  t.match(outcome.stderr, "--flor rl=… was given, but no flor.arg('rl', …) asked for it")
  t.equal(warningsOf(folder.events()).length, 1)
})

test('a run in a repository without commits, and from a folder below its top', async (t) => {
  const folder = training(t, { isRepository: false })
  folder.git('init', '--quiet', '--initial-branch=trunk')
  mkdirSync(join(folder.path, 'deep/er'), { recursive: true })
  folder.write('deep/train.mjs', `${FLOR}flor.log('loss', 1)\n`)
  t.match(folder.node(['../train.mjs', '--x'], {}, join(folder.path, 'deep/er')), { exitCode: 0, stderr: '' })
  const header = headerOf(folder.events())
  t.match(header, {
    cwd: 'deep/er',
    script: 'deep/train.mjs',
    argv: ['node', '../train.mjs', '--x'],
    clean: false,
  })
  t.equal(header.base, undefined)
  // node_modules is not ignored here: nothing may be lost for that.
  t.ok(readdirSync(join(folder.path, '.git/flor/spool')).length === 1)
})

/** Starts a script, waits until it prints something and then `afterMs`, and sends a signal. */
function signalled(
  folder: TrainingFolder,
  text: string,
  signal: NodeJS.Signals,
  afterMs: number,
): Promise<{ exitCode: number | null; signal: string | null; stderr: string }> {
  folder.write('script.mjs', text)
  const child = spawn(process.execPath, ['script.mjs'], { cwd: folder.path, env: folder.environment })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  child.stdout.once('data', () => setTimeout(() => child.kill(signal), afterMs))
  return new Promise((resolve) => {
    child.on('close', (exitCode, by) => resolve({ exitCode, signal: by, stderr }))
  })
}

function shell(folder: TrainingFolder, command: string) {
  const child = spawn('bash', ['-c', command, process.execPath], {
    cwd: folder.path,
    env: folder.environment,
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  return new Promise<{ exitCode: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}
