import t, { type Test, test } from 'tap'
import { checkpointsOf, endOf, TrainingFolder, valuesOf, warningsOf } from './record-support.js'

// Every step is a process of its own, on a machine that may be busy.
t.setTimeout(120_000)

/** Runs a script's text and tells where each value stands: `name@context=value`. */
function places(t: Test, text: string): { places: string[]; warnings: string[]; stderr: string } {
  const folder = new TrainingFolder()
  t.teardown(() => folder.remove())
  const outcome = folder.run(`import * as flor from 'git-flor'\n${text}\n`)
  t.equal(outcome.exitCode, 0, outcome.stderr)
  const events = folder.events()
  const shown = valuesOf(events).map(({ at, name, value }) => `${name}@${at}=${String(value)}`)
  return { places: shown, warnings: warningsOf(events), stderr: outcome.stderr }
}

test('break, continue, return and exceptions leave the context right', async (t) => {
  const { places: found, stderr } = places(
    t,
    `const log = (name) => flor.log(name, 1)
    for (const a of flor.loop('a', [0, 1, 2])) {
      for (const b of flor.loop('b', [0, 1, 2])) { if (b === 1) break; log('broken') }
      log('after-break')
      const found = (() => { for (const c of flor.loop('c', [0, 1])) return log('returned') })()
      log('after-return')
      try { for (const d of flor.loop('d', [0])) { for (const e of flor.loop('e', [0])) throw new Error() } } catch { log('caught') }
      if (a === 1) break
      if (a === 0) continue
    }
    log('outside')`,
  )
  const inside = (a: number) => [
    `broken@a=${a}/b=0=1`,
    `after-break@a=${a}=1`,
    `returned@a=${a}/c=0=1`,
    `after-return@a=${a}=1`,
    `caught@a=${a}=1`,
  ]
  t.strictSame(found, [...inside(0), ...inside(1), 'outside@=1'])
  t.equal(stderr, '')
})

test('a loop that is entered again is another pass of it', async (t) => {
  const { places: found } = places(
    t,
    `for (const e of flor.loop('epoch', [0, 1])) {
      for (let i = 0; i < 2; i++) for (const s of flor.loop('step', [7])) flor.log('x', i)
    }
    const twice = flor.loop('again', [0]); for (const _ of twice) flor.log('y', 0); for (const _ of twice) flor.log('y', 1)`,
  )
  t.strictSame(found, [
    'x@epoch=0/step=0=0',
    'x@epoch=0/step#1=0=1',
    'x@epoch=1/step=0=0',
    'x@epoch=1/step#1=0=1',
    'y@again=0=0',
    'y@again#1=0=1',
  ])
})

test('asynchronous sources, and synchronous ones in for await', async (t) => {
  const { places: found, stderr } = places(
    t,
    `async function* later() { for (const i of [5, 6]) { await null; yield i } }
    const seen = []
    for await (const a of flor.loop('a', later())) for await (const b of flor.loop('b', [Promise.resolve(1), 2])) { await null; flor.log('x', a * b) }
    for await (const c of flor.loop('c', later())) { if (c === 6) break; flor.log('x', c) }
    flor.log('end', 1)`,
  )
  t.strictSame(found, ['x@a=0/b=0=5', 'x@a=0/b=1=10', 'x@a=1/b=0=6', 'x@a=1/b=1=12', 'x@c=0=5', 'end@=1'])
  t.equal(stderr, '')
})

test('sources are treated as a plain loop treats them', async (t) => {
  const { places: found } = places(
    t,
    `let closed = 0
    function* source() { try { yield 1; yield 2 } finally { closed++ } }
    for (const _ of flor.loop('a', source())) break
    flor.log('closed', closed)
    for (const _ of flor.loop('b', source()));
    flor.log('closed', closed)
    const [first, ...rest] = flor.loop('c', new Set([3, 4, 5]))
    flor.log('first', first + rest.length)
    try { for (const _ of flor.loop('d', (function* () { yield 1; throw new Error('source') })())) flor.log('x', 1) } catch (error) { flor.log(error.message, 0) }
    try { flor.loop('e', 5) } catch (error) { flor.log(error.name, 0) }`,
  )
  t.strictSame(found, ['closed@=1', 'closed@=2', 'first@=5', 'x@d=0=1', 'source@=0', 'TypeError@=0'])
})

test('a loop inside the source does not enclose what is logged in the body', async (t) => {
  const { places: found, warnings } = places(
    t,
    `function* batches() { for (const f of flor.loop('file', ['a', 'b'])) { flor.log('read', f); yield f + 1; yield f + 2 } }
    for (const batch of flor.loop('step', batches())) flor.log('batch', batch)
    flor.log('end', 1)`,
  )
  t.strictSame(found, [
    'read@file=0=a',
    'batch@step=0=a1',
    'batch@step=1=a2',
    'read@file=1=b',
    'batch@step=2=b1',
    'batch@step=3=b2',
    'end@=1',
  ])
  t.strictSame(warnings, [])
})

test('a loop that was abandoned ends with the iteration around it', async (t) => {
  const { places: found, stderr } = places(
    t,
    `for (const a of flor.loop('a', [0, 1])) {
      const inner = flor.loop('b', [0, 1])[Symbol.iterator]()
      inner.next()
      flor.log('x', 1)
    }
    flor.log('end', 1)`,
  )
  t.strictSame(found, ['x@a=0/b=0=1', 'x@a=1/b=0=1', 'end@=1'])
  t.equal(stderr, '')
})

test('loops that take turns are warned about', async (t) => {
  const { warnings } = places(
    t,
    `const pause = () => new Promise((done) => setTimeout(done, 1))
    const train = async (name) => { for (const i of flor.loop(name, [0, 1, 2])) { await pause(); flor.log('x', i) } }
    await Promise.all([train('a'), train('b')])`,
  )
  t.match(
    warnings.join('\n'),
    /went on after a loop around it had: values logged in it may stand under the wrong iteration/,
  )
})

test('iterations by hand: synchronous, asynchronous, failing, and many at once', async (t) => {
  const { places: found, warnings } = places(
    t,
    `const pause = (ms) => new Promise((done) => setTimeout(done, ms))
    flor.log('value', flor.iteration('part', 'a', () => flor.log('x', 5)))
    flor.iteration('part', 'b', () => flor.log('x', 6))
    try { flor.iteration('bad', 0, () => { throw new Error('no') }) } catch { flor.log('caught', 1) }
    for (const epoch of flor.loop('epoch', [0])) {
      await Promise.all([30, 10, 20].map((ms, i) => flor.iteration('trial', ms, async () => {
        for (const step of flor.loop('step', [0, 1])) { await pause(ms); flor.log('ms', ms) }
      })))
      flor.log('after', 1)
    }
    flor.log('end', 1)`,
  )
  t.strictSame(found.slice(0, 4), ['x@part=0=5', 'value@=5', 'x@part=1=6', 'caught@=1'])
  t.strictSame(found.slice(4, 10).sort(), [
    'ms@epoch=0/trial=0/step=0=30',
    'ms@epoch=0/trial=0/step=1=30',
    'ms@epoch=0/trial=1/step=0=10',
    'ms@epoch=0/trial=1/step=1=10',
    'ms@epoch=0/trial=2/step=0=20',
    'ms@epoch=0/trial=2/step=1=20',
  ])
  t.strictSame(found.slice(10), ['after@epoch=0=1', 'end@=1'])
  t.strictSame(warnings, [])
})

test('values are kept as they were when they were logged', async (t) => {
  const folder = new TrainingFolder()
  t.teardown(() => folder.remove())
  const outcome = folder.run(`import * as flor from 'git-flor'
    const list = [1, 2], data = new Float32Array([1, 2])
    flor.log('list', list); list.push(3)
    flor.log('data', data); data.fill(9)
    flor.log('map', new Map([['a', 1]])); flor.log('date', new Date(5)); flor.log('none', undefined); flor.log('big', 2n ** 70n)
    const returned = flor.log('function', () => 1)
    flor.log('promise', Promise.resolve(1)); flor.log('promise', Promise.resolve(1))
    if (typeof returned !== 'function') throw new Error('log returns its value')
    const nameless = [flor.log('', 1), flor.log(undefined, 2), flor.log('', 3)]
    flor.log('nameless', nameless)`)
  t.equal(outcome.exitCode, 0, outcome.stderr)
  const values = Object.fromEntries(valuesOf(folder.events()).map(({ name, value }) => [name, value]))
  t.match(values, {
    list: [1, 2],
    data: new Float32Array([1, 2]),
    map: { a: 1 },
    date: new Date(5),
    none: null,
    big: 2n ** 70n,
    function: '() => 1',
    nameless: [1, 2, 3],
  })
  t.notOk('' in values || 'undefined' in values, 'without a name nothing is recorded')
  for (const name of ["''", 'undefined']) {
    const told = outcome.stderr.split(`flor.log(${name}, …): the name must be a text`).length - 1
    t.equal(told, 1, `one warning for ${name}`)
  }
  t.match(outcome.stderr, /an? \w+ cannot be stored as it is: .+ is recorded instead\n/)
  t.equal(outcome.stderr.match(/a promise \(await it first\)/g)?.length, 1, 'one warning a name')
})

test('folds: each has its own state, and outer loops are told from main loops', async (t) => {
  const folder = new TrainingFolder()
  t.teardown(() => folder.remove())
  const outcome = folder.run(
    `import * as flor from 'git-flor'
    for (const fold of flor.loop('fold', [0, 1])) {
      for (const _ of flor.loop('prepare', [0])) flor.log('p', 1)
      const w = new Float64Array([fold]); flor.checkpointing({ w })
      for (const epoch of flor.loop('epoch', [0, 1])) { for (const s of flor.loop('step', [0, 1])) w[0] += Math.random(); flor.log('w', w[0]) }
    }`,
    { FLOR_CHECKPOINTS: 'all' },
  )
  t.equal(outcome.exitCode, 0, outcome.stderr)
  const events = folder.events()
  const roles = events.flatMap((it) => (it.op === 'loop-enter' ? [`${it.loop} ${it.role}`] : []))
  const fold = ['prepare outer', 'epoch main', 'step nested', 'step nested']
  t.strictSame(roles, ['fold outer', ...fold, ...fold])
  t.strictSame(
    checkpointsOf(events).map(
      ({ point }) => `${point.kind} ${point.context.map((it) => it.index).join('/')}`,
    ),
    ['S 0/0', 'E 0/0', 'S 0/1', 'E 0/1', 'S 1/0', 'E 1/0', 'S 1/1', 'E 1/1'],
  )
  t.equal(endOf(events)?.status, 'completed')
})
