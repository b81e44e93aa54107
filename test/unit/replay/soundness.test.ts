import t from 'tap'
import { assessStatement } from '../../../lib/replay/soundness.js'
import { imports, markedProject } from './marked-project.js'

function assess(files: string | Record<string, string>) {
  const { project, statement } = markedProject(
    typeof files === 'string' ? { 'train.js': imports + files } : files,
  )
  return assessStatement(project, statement)
}

interface Parts {
  head?: string
  checkpointed?: string
  first?: string
  inside?: string
  after?: string
}

/** A usual training script; `after` holds the wanted statement, if `first` or `inside` does not. */
const script = ({
  head = '',
  checkpointed = 'model, optimizer',
  first = '',
  inside = '',
  after = '',
}: Parts) => `
const model = tf.sequential()
const optimizer = tf.train.adam(flor.arg('lr', 0.001))
const data = load()
const test = { xs: tf.tensor2d([[1]]), ys: tf.tensor1d([1]) }
function load() { return [tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4]])] }
function norm(weights) {
  let sum = 0
  for (const w of weights) sum += w.square().sum().dataSync()[0]
  return Math.sqrt(sum)
}
function evaluate(m, { xs, ys }) {
  return tf.tidy(() => { const p = m.predict(xs).argMax(1); return p.equal(ys).mean().dataSync()[0] })
}
function trainStep(x) {
  const loss = optimizer.minimize(() => tf.losses.meanSquaredError(x, model.apply(x)), true)
  return loss.dataSync()[0]
}
${head}
flor.checkpointing({ ${checkpointed} })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  ${first}
  for (const x of flor.loop('step', data)) {
    const loss = trainStep(x)
    ${inside}
    flor.log('loss', loss)
  }
  ${after}
}
`
const log = (expression: string) => `/*<*/flor.log('w', ${expression})/*>*/`

t.test('what reads only checkpointed state and constants is sound at every level', async (t) => {
  for (const expression of [
    'norm(model.getWeights())',
    'evaluate(model, test)',
    'tf.tidy(() => tf.norm(model.getWeights()[0]).dataSync())',
    'model.getWeights().map((w) => w.shape.length)',
    'optimizer.learningRate',
    'epoch * 2',
    'Math.random()',
  ]) {
    const result = assess(script({ after: log(expression) }))
    t.match(result, { skip: { verdict: 'sound' }, restore: { verdict: 'sound' } }, expression)
  }
})

t.test('what a nested loop leaves behind forbids skip, and only that', async (t) => {
  const cases: Record<string, Parts> = {
    'a running mean': { first: 'let sum = 0', inside: 'sum += loss', after: log('sum / data.length') },
    'an array of losses': {
      first: 'const losses = []',
      inside: 'losses.push(loss)',
      after: log('Math.max(...losses)'),
    },
    'a flag set in a callback': {
      head: 'function check(l, { onSpike }) { if (l > 10) onSpike() }',
      first: 'let spiked = false',
      inside: 'check(loss, { onSpike: () => { spiked = true } })',
      after: log('spiked'),
    },
    'a value cached in a closure': {
      head: 'function meter() { let total = 0; return { add(x) { total += x }, mean() { return total } } }',
      first: 'const m = meter()',
      inside: 'm.add(loss)',
      after: log('m.mean()'),
    },
    'a Map filled by a helper': {
      head: 'function tally(map, key) { map.set(key, (map.get(key) ?? 0) + 1) }',
      first: 'const counts = new Map()',
      inside: "tally(counts, loss > 1 ? 'high' : 'low')",
      after: log("counts.get('high')"),
    },
    'through a variable in between': {
      first: 'let sum = 0',
      inside: 'sum += loss',
      after: `const mean = sum / 3; const text = \`mean \${mean}\`; ${log('text')}`,
    },
    'through a decision': {
      first: 'let last = 0',
      inside: 'last = loss',
      after: `let ok = true; if (last > 1) ok = false; ${log('ok')}`,
    },
    'through a decision around': {
      first: 'let last = 0',
      inside: 'last = loss',
      after: `if (last > 1) ${log('1')}`,
    },
    'through a jump before': {
      first: 'let last = 0',
      inside: 'last = loss',
      after: `if (last > 1) continue; ${log('1')}`,
    },
    'through a class': {
      head: 'class Meter { n = 0; add(x) { this.n += x } mean() { return this.n } }',
      first: 'const m = new Meter()',
      inside: 'm.add(loss)',
      after: log('m.mean()'),
    },
    'through an alias': {
      first: 'const a = { n: 0 }; const b = a',
      inside: 'a.n += loss',
      after: log('b.n'),
    },
    'a typed array': { first: 'const h = new Float32Array(10)', inside: 'h[0] += loss', after: log('h') },
    'an object merged into': { first: 'const h = {}', inside: 'Object.assign(h, { loss })', after: log('h') },
  }
  for (const [name, parts] of Object.entries(cases)) {
    const result = assess(script(parts))
    t.equal(result.skip.verdict, 'unsound', `${name}: skip (${result.skip.reason})`)
    t.equal(result.restore.verdict, 'sound', `${name}: restore (${result.restore.reason})`)
  }
})

t.test('what iterations carry along unchecked forbids starting at a checkpoint', async (t) => {
  const cases: Record<string, Parts> = {
    'a counter': { head: 'let steps = 0', inside: 'steps++', after: log('steps') },
    'a counter of iterations': { head: 'let n = 0', after: `n += 1; ${log('n')}` },
    'a best so far': {
      head: 'let best = Infinity',
      after: `const l = evaluate(model, test); if (l < best) best = l; ${log('best')}`,
    },
    'a schedule from a counter reaching the weights': {
      head: 'let steps = 0',
      inside: 'steps++; optimizer.learningRate = 1 / steps',
      after: log('norm(model.getWeights())'),
    },
    'a shuffle in place': {
      first: 'tf.util.shuffle(data)',
      inside: '',
      after: log('norm(model.getWeights())'),
    },
    'an optimizer left out': { checkpointed: 'model', after: log('optimizer.iterations') },
    'a cache that fills': {
      head: 'const cache = {}; function cached(k, f) { if (!(k in cache)) cache[k] = f(); return cache[k] }',
      after: log("cached('norm', () => norm(model.getWeights()))"),
    },
    'an array that grows': {
      head: 'const history = []',
      after: `history.push(norm(model.getWeights())); ${log('history.length')}`,
    },
    'static fields': { head: 'class C { static n = 0 }', after: `C.n++; ${log('C.n')}` },
    'a closure made once': {
      head: 'const next = (() => { let n = 0; return () => ++n })()',
      after: log('next()'),
    },
    globals: { after: `globalThis.n = (globalThis.n ?? 0) + 1; ${log('globalThis.n')}` },
    'an iterator made once': {
      head: 'function* count() { let i = 0; while (true) yield i++ }\nconst it = count()',
      after: log('it.next().value'),
    },
  }
  for (const [name, parts] of Object.entries(cases)) {
    const result = assess(script(parts))
    t.equal(result.restore.verdict, 'unsound', `${name}: restore (${result.restore.reason})`)
  }
  const best = assess(script(cases['a best so far'] as Parts)).restore
  t.match(best, { variable: 'best', path: 'train.js', reason: /`best` \(train\.js:\d+\)/ })
})

t.test('module-level state of an imported file is carried, too', async (t) => {
  const result = assess({
    'train.js': `${imports}import { note, mean } from './meter.js'\n${script({ inside: 'note(loss)', after: log('mean()') })}`,
    'meter.js': 'let sum = 0\nexport function note(x) { sum += x }\nexport const mean = () => sum',
  })
  t.match(result, {
    skip: { verdict: 'unsound', variable: 'sum', path: 'meter.js', line: 2 },
    restore: { verdict: 'unsound' },
  })
})

t.test('state that is carried but not read does no harm', async (t) => {
  const result = assess(
    script({
      head: 'let steps = 0; const history = []; let best = 0',
      inside: 'steps++; history.push(loss)',
      after: `${log('norm(model.getWeights())')}; best = Math.max(best, steps); console.log(history, best)`,
    }),
  )
  t.match(result, { skip: { verdict: 'sound' }, restore: { verdict: 'sound' } })
})

t.test('checkpointed counters and histories are restored', async (t) => {
  const result = assess(
    script({
      head: 'const state = { best: 0, history: [] }',
      checkpointed: 'model, optimizer, state',
      inside: 'state.history.push(loss)',
      after: `if (loss0 > state.best) state.best = 1; ${log('state.best + state.history.length')}`.replace(
        'loss0',
        'epoch',
      ),
    }),
  )
  t.match(result, { skip: { verdict: 'sound' }, restore: { verdict: 'sound' } })
})

t.test('a variable assigned anew in each iteration is not carried', async (t) => {
  const parts: Parts = { head: 'let total', first: 'total = 0', inside: 'total += loss', after: log('total') }
  t.match(assess(script(parts)), { skip: { verdict: 'unsound' }, restore: { verdict: 'sound' } })
  const read = { ...parts, head: 'let total; function show() { return total }', first: 'show(); total = 0' }
  t.match(assess(script(read)), { restore: { verdict: 'unsound' } })
})

t.test(
  'a statement before the nested loop may be reached by skipping, whatever that leaves behind',
  async (t) => {
    const result = assess(
      script({ first: `let sum = 0; ${log('sum + norm(model.getWeights())')}`, inside: 'sum += loss' }),
    )
    t.match(result, { skip: { verdict: 'sound' }, restore: { verdict: 'sound' } })
  },
)

t.test('in the nested loop only restore counts', async (t) => {
  const result = assess(script({ inside: log('loss') }))
  t.match(result, { skip: { verdict: 'unsound' }, restore: { verdict: 'sound' } })
})

t.test('calls of unknown effect leave it open', async (t) => {
  const given = assess(
    `import mystery from 'mystery'\n${script({ first: 'const box = {}', inside: 'mystery(box)', after: log('box') })}`,
  )
  t.match(given, { skip: { verdict: 'unknown', variable: 'box' } })
  const hidden = assess(
    `import { tick, ticks } from 'clockwork'\n${script({ inside: 'tick()', after: log('ticks()') })}`,
  )
  t.match(hidden, { skip: { verdict: 'unknown' }, restore: { verdict: 'unknown' } })
  const event = assess(
    script({
      head: "let low = false; emitter.on('low', () => { low = true })",
      inside: "emitter.emit('low')",
      after: log('low'),
    }),
  )
  t.match(event, { skip: { verdict: 'unknown', variable: 'low' } })
})

t.test('variables that training changes must be checkpointed', async (t) => {
  const own = script({
    head: 'const w = tf.variable(tf.scalar(0))',
    checkpointed: 'optimizer',
    after: log('w.dataSync()[0]'),
  })
  t.not(assess(own).skip.verdict, 'sound')
  t.not(assess(own).restore.verdict, 'sound')
  const given = script({
    head: 'const w = tf.variable(tf.scalar(0))',
    checkpointed: 'model, optimizer, w',
    after: log('w.dataSync()[0]'),
  })
  t.match(assess(given), { skip: { verdict: 'sound' }, restore: { verdict: 'sound' } })
})

t.test('behind the main loop, what it leaves must be checkpointed', async (t) => {
  t.match(assess(`${script({})}\n${log('norm(model.getWeights())')}`), { restore: { verdict: 'sound' } })
  t.match(assess(`${script({ head: 'let n = 0', after: 'n++' })}\n${log('n')}`), {
    restore: { verdict: 'unsound' },
  })
})

t.test('a trainer class, methods shared by what trains and what evaluates', async (t) => {
  const result = (statement: string) =>
    assess(`
class Trainer {
  constructor() {
    this.model = tf.sequential({ layers: [tf.layers.dense({ units: 3 })] })
    this.optimizer = tf.train.sgd(0.1)
    this.history = []
    this.steps = 0
  }
  step(x, y) {
    const { value, grads } = tf.variableGrads(() => tf.losses.softmaxCrossEntropy(y, this.model.apply(x)))
    this.optimizer.applyGradients(grads)
    this.steps++
    return value.dataSync()[0]
  }
  evaluate(x, y) {
    return tf.tidy(() => this.model.predict(x).argMax(-1).equal(y.argMax(-1)).mean().dataSync()[0])
  }
  train(batches, test) {
    flor.checkpointing({ model: this.model, optimizer: this.optimizer })
    for (const epoch of flor.loop('epoch', [0, 1, 2])) {
      for (const [x, y] of flor.loop('batch', batches)) console.log(this.step(x, y), this.steps)
      this.history.push(this.evaluate(...test))
      ${statement}
    }
    console.log(this.evaluate(...test))
  }
}
const xs = tf.tensor2d([[1, 2], [3, 4]])
const batches = []
for (let i = 0; i < 2; i++) batches.push([xs.slice([i], [1]), xs.slice([i], [1])])
new Trainer().train(batches, [xs, xs])`)
  // The walk finds nothing; that `this.model` is one object for the whole run is beyond what is proved.
  t.match(result(log('this.evaluate(...test)')), {
    skip: { verdict: 'unknown' },
    restore: { verdict: 'unknown' },
  })
  t.match(result(log('this.steps')), { skip: { verdict: 'unsound' }, restore: { verdict: 'unsound' } })
})

t.test('outer iterations must be independent tries', async (t) => {
  const folds = (body: string, head = '') => `${head}
for (const fold of flor.loop('fold', [0, 1])) {
  const model = tf.sequential()
  flor.checkpointing({ model })
  for (const epoch of flor.loop('epoch', [0, 1])) { await model.fit(fold); ${body} }
}`
  t.match(assess(folds(log('model.getWeights()'))), { restore: { verdict: 'sound' } })
  t.match(assess(folds(`n++; ${log('n')}`, 'let n = 0')), { restore: { verdict: 'unsound' } })
})

t.test('names whose values stay right at a level are listed for the fidelity check', async (t) => {
  const result = assess(
    script({
      head: 'let best = 0',
      first: 'let sum = 0',
      inside: 'sum += loss',
      after: `flor.log('mean', sum); best = Math.max(best, evaluate(model, test)); flor.log('best', best); flor.log('acc', evaluate(model, test)); ${log('1')}`,
    }),
  )
  t.strictSame(
    [...result.comparable.skip].sort(),
    ['acc', 'loss', 'w'],
    'nested loops are executed where checkpoints are missing',
  )
  t.strictSame([...result.comparable.restore].sort(), ['acc', 'loss', 'mean', 'w'])
})

t.test('dependences that hide are found, or at least not called sound', async (t) => {
  const skips: Record<string, Parts> = {
    'a text made of an object': {
      head: 'class Meter { n = 0; toString() { return String(this.n) } }',
      first: 'const m = new Meter()',
      inside: 'm.n += loss',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the script's
      after: log('`${m}`'),
    },
    'arithmetic with an object': {
      head: 'class Meter { n = 0; valueOf() { return this.n } }',
      first: 'const m = new Meter()',
      inside: 'm.n += loss',
      after: log('m + 1'),
    },
    'keys of an object': { first: 'const seen = {}', inside: 'seen[loss] = 1', after: log("'1' in seen") },
    'a loop over keys': {
      first: 'const seen = {}',
      inside: 'seen[loss] = 1',
      after: `let n = 0; for (const k in seen) n++; ${log('n')}`,
    },
    'a spread object': { first: 'const seen = {}', inside: 'seen.last = loss', after: log('{ ...seen }') },
    destructuring: {
      first: 'const seen = { last: 0 }',
      inside: 'seen.last = loss',
      after: `const { last } = seen; ${log('last')}`,
    },
    'two views of one memory': {
      first:
        'const bytes = new ArrayBuffer(8); const a = new Float64Array(bytes); const b = new Uint8Array(a.buffer)',
      inside: 'a[0] = loss',
      after: log('b[0]'),
    },
    'a part of an array': {
      first: 'const a = new Float64Array(8); const part = a.subarray(2)',
      inside: 'part[0] = loss',
      after: log('a'),
    },
    'a tagged template': {
      head: 'function tag(parts, x) { last = x; return x } let last = 0',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the script's
      inside: 'tag`a${loss}`',
      after: log('last'),
    },
    'the environment': { inside: 'process.env.LAST = String(loss)', after: log('process.env.LAST') },
    'a file': {
      head: "import fs from 'node:fs'",
      inside: "fs.writeFileSync('last', String(loss))",
      after: log("fs.readFileSync('last', 'utf8')"),
    },
    'a field of a function': {
      head: 'function f() { return f.n } f.n = 0',
      inside: 'f.n += loss',
      after: log('f()'),
    },
    'a getter': {
      first: 'let n = 0; const o = { get n() { return n } }',
      inside: 'n += loss',
      after: log('o.n'),
    },
    'a setter': {
      first: 'let n = 0; const o = { set x(v) { n = v } }',
      inside: 'o.x = loss',
      after: log('n'),
    },
    'a method of an object that a package keeps': {
      head: "import { Base } from 'mystery'\nclass Mine extends Base { n = 0; onStep() { this.n++ } }\nconst mine = new Mine()",
      inside: 'mine.fire()',
      after: log('mine.n'),
    },
    'a callback of fit': {
      head: 'let last = 0',
      inside: 'model.fit(x, x, { callbacks: { onEpochEnd: (e, logs) => { last = logs.loss } } })',
      after: log('last'),
    },
    'apply and call': {
      head: 'function put(v) { this.v = v }',
      first: 'const o = {}',
      inside: 'put.call(o, loss)',
      after: log('o.v'),
    },
    'a bound function': {
      head: 'function put(v) { this.v = v }',
      first: 'const o = {}; const f = put.bind(o)',
      inside: 'f(loss)',
      after: log('o.v'),
    },
    Reflect: { first: 'const o = {}', inside: "Reflect.set(o, 'v', loss)", after: log('o.v') },
    'a proxy': { first: 'const o = {}; const p = new Proxy(o, {})', inside: 'p.v = loss', after: log('o.v') },
    'what was thrown': {
      first: 'let caught = 0',
      inside: 'try { if (loss > 1) throw new Error("high") } catch { caught++ }',
      after: log('caught'),
    },
    'a generator in between': {
      head: 'function* values(list) { for (const v of list) yield v * 2 }',
      first: 'const list = []',
      inside: 'list.push(loss)',
      after: `let sum = 0; for (const v of values(list)) sum += v; ${log('sum')}`,
    },
    'own property of the model': { inside: 'model.lastLoss = loss', after: log('model.lastLoss') },
    'a data set that calls back when it is read': {
      head: 'let count = 0; const set = tf.data.array([1, 2]).batch(1).map((v) => { count++; return v })',
      inside: 'await set.forEachAsync(() => {})',
      after: log('count'),
    },
    'a promise': {
      first: 'let last = 0',
      inside: 'Promise.resolve(loss).then((v) => { last = v })',
      after: log('last'),
    },
    WeakMap: {
      head: 'const notes = new WeakMap()',
      inside: 'notes.set(model, loss)',
      after: log('notes.get(model)'),
    },
    'Map entries': {
      first: 'const m = new Map([["a", { n: 0 }]])',
      inside: 'm.get("a").n += loss',
      after: `let s = 0; for (const [k, v] of m) s += v.n; ${log('s')}`,
    },
    'class instances in an array': {
      head: 'class M { n = 0; add(x) { this.n += x } }',
      first: 'const ms = [new M(), new M()]',
      inside: 'for (const m of ms) m.add(loss)',
      after: log('ms.map((m) => m.n)'),
    },
    'a swapped reference': {
      first: 'let a = { n: 0 }; let b = { n: 1 }',
      inside: ';[a, b] = [b, a]',
      after: log('a.n'),
    },
    'default parameters': {
      head: 'let last = 0; const f = (x = (last = 1)) => x',
      inside: 'f()',
      after: log('last'),
    },
    'a comma and a conditional': { first: 'let n = 0', inside: 'loss > 1 ? (n = 1, 0) : 0', after: log('n') },
    'logical assignment': { first: 'let n', inside: 'n ??= loss', after: log('n') },
  }
  for (const [name, parts] of Object.entries(skips)) {
    const { skip } = assess(script(parts))
    t.not(skip.verdict, 'sound', `${name}: ${skip.reason}`)
  }
})

t.test('a jump out of a nested loop decides about what follows', async (t) => {
  const result = assess(`
const model = tf.sequential()
flor.checkpointing({ model })
function epochOf() {
  for (const x of flor.loop('step', [1, 2])) { const l = model.fit(x).loss; if (l > 3) return }
  ${log('1')}
}
for (const epoch of flor.loop('epoch', [0, 1])) epochOf()`)
  t.not(result.skip.verdict, 'sound', result.skip.reason)
  const labelled = assess(`
const model = tf.sequential()
flor.checkpointing({ model })
outer: for (const epoch of flor.loop('epoch', [0, 1])) {
  for (const x of flor.loop('step', [1, 2])) { if (model.fit(x).loss > 3) continue outer }
  ${log('1')}
}`)
  t.not(labelled.skip.verdict, 'sound', labelled.skip.reason)
})

t.test('a source that looks at what iterations do is not passed over blindly', async (t) => {
  const result = (source: string, body: string) =>
    assess(`
const model = tf.sequential()
const state = { rate: 1, queue: [1] }
function* rates() { while (true) yield state.rate }
flor.checkpointing({ model, state })
for (const item of flor.loop('epoch', ${source})) { ${body}; ${log('item')} }`)
  t.equal(result('rates()', 'state.rate /= 2').restore.verdict, 'unsound')
  t.equal(result('state.queue', 'if (item < 5) state.queue.push(item + 1)').restore.verdict, 'unsound')
  t.equal(result('[1, 2, 3]', 'state.rate /= 2').restore.verdict, 'sound')
})

t.test('jumps out of a nested loop decide what its later iterations do to checkpointed state', async (t) => {
  const nested = (jump: string, head = 'let n = 0') =>
    `${head}
const w = new Float64Array(2)
flor.checkpointing({ w })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  ${log('w[0]')}
  for (const s of flor.loop('step', [0, 1])) { w[0] += 1; ${jump} }
}`
  for (const jump of ['if (++n > 3) break', 'n++; if (n > 3) { if (s) break }']) {
    const { skip, restore } = assess(nested(jump))
    t.equal(skip.verdict, 'sound', `${jump}: what is restored needs no nested loop`)
    t.equal(restore.verdict, 'unsound', jump)
  }
  t.equal(assess(nested('if (w[0] > 3) break')).restore.verdict, 'sound', 'decided by what is checkpointed')
})

t.test('ending the process decides whether the main loop goes on', async (t) => {
  const ending = (end: string) =>
    `import { exit } from 'node:process'
let n = 0
const w = new Float64Array(2)
function stop() { process.exit() }
flor.checkpointing({ w })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  ${log('w[0]')}
  w[0] += 1
  ${end}
}`
  for (const end of [
    'switch (++n) { case 2: process.exit(0) }',
    'if (++n > 1) stop()',
    '++n > 1 && exit(0)',
  ]) {
    const { skip, restore } = assess(ending(end))
    t.match([skip.reason, restore.reason], [/whether the loop goes on depends on `n`/, /`n`/], end)
  }
  t.equal(assess(ending('if (w[0] > 1) stop()')).restore.verdict, 'sound')
})

t.test('a main loop whose body adds to what it goes through is executed from the start', async (t) => {
  const { skip, restore } = assess(`const queue = [0]
const w = new Float64Array(2)
flor.checkpointing({ w })
for (const item of flor.loop('epoch', queue)) {
  ${log('w[0]')}
  w[0] += 1
  if (queue.length < 3) queue.push(queue.length)
}`)
  t.match([skip.verdict, restore.verdict], ['unsound', 'unsound'])
})

t.test('what an iteration that is opened by hand gives is what its function returns', async (t) => {
  const { skip, restore } = assess(`let n = 0
const w = new Float64Array(2)
flor.checkpointing({ w })
for (const epoch of flor.loop('epoch', [0, 1, 2])) {
  w[0] += 1
  const given = flor.iteration('part', epoch, () => { n++; return n })
  ${log('given')}
}`)
  t.match([skip.verdict, restore.verdict], ['unsound', 'unsound'])
})

/** A script whose epochs begin with the wanted statement and go on with `body`; `w` is checkpointed, and what else is asked for. */
function epochs(head: string, body: string, checkpointed = 'w', wanted = 'w[0]') {
  return assess(`import { ok } from 'node:assert'
${head}
const w = new Float64Array(4)
flor.checkpointing({ ${checkpointed} })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  ${log(wanted)};
  ${body}
}`)
}
const steps = (body: string) => `for (const s of flor.loop('step', [0, 1, 2])) { w[0] += 1; ${body} }`

t.test(
  'whatever decides what nested loops do to checkpointed state is found, however it is said',
  async (t) => {
    const counted: Record<string, readonly [string, string]> = {
      'a callback that ends a search': ['let n = 0', '[0, 1].some(() => { w[0] += 1; return ++n > 8 })'],
      'a callback that looks for something': [
        'let n = 0',
        '[0, 1].findIndex(() => { w[0] += 1; return ++n > 8 })',
      ],
      'a list that is gone through': ['const q = []', 'q.forEach(() => { w[0] += 1 }); q.push(1)'],
      'a length': ['let n = 0', 'Array.from({ length: n++ }, () => { w[0] += 1 })'],
      'an optional call': ['let last', 'last?.(w[0] += 1); last = (x) => x'],
      'the rest of an optional chain': ['let last', 'last?.list[w[0] += 1]; last = { list: [] }'],
      'a default': ['let last = {}', 'const { a = (w[0] += 1) } = last; last = { a }'],
      'a case behind another': ['let n = 0', 'switch (9) { case ++n: break; case (w[0] += 1): break }'],
      'a draw': ['let n = 0', 'w[0] += Math.random(); if (++n > 8) Math.random()'],
      'a draw behind a jump': ['let n = 0', 'if (++n > 8) continue; w[0] += Math.random()'],
      'a new seed': ['let n = 0', 'w[0] += Math.random(); if (++n > 8) flor.seed(1)'],
      'a class': [
        'let n = 0\nclass A { constructor() { w[0] += 1 } }\nclass B {}',
        'new (++n > 8 ? A : B)()',
      ],
      'a consumer': [
        'let n = 0\nfunction* g() { for (;;) { w[0] += 1; yield 1 } }',
        'for (const k of g()) if (++n % 9) break',
      ],
      'a jump to a label': [
        'let n = 0',
        'rows: for (const k of [1, 2]) { for (;;) { if (++n > 8) break rows; w[0] += 1; break } }',
      ],
    }
    for (const [title, [head, body]] of Object.entries(counted)) {
      const { skip, restore } = epochs(head, steps(body))
      t.equal(skip.verdict, 'sound', `${title}: ${skip.reason}`)
      t.equal(restore.verdict, 'unsound', title)
    }
  },
)

t.test('a nested loop that stale state lets be entered decides what is restored behind it', async (t) => {
  const { skip } = epochs('let n = 0', `if (n++ % 2) { ${steps('')} }`)
  t.match(skip, { verdict: 'unsound', reason: /`n`/ })
  t.equal(epochs('', `if (epoch % 2) { ${steps('')} }`).skip.verdict, 'sound')
  t.equal(epochs('', `if (w[0] < 3) { ${steps('')} }`).restore.verdict, 'sound')
  const behindSum = assess(`
const w = new Float64Array(4)
flor.checkpointing({ w })
for (const epoch of flor.loop('epoch', [0, 1])) {
  let sum = 0
  ${steps('sum += w[0]')}
  if (sum > 3) for (const k of flor.loop('more', [1])) w[0] += 1
  ${log('w[0]')}
}`)
  t.match(behindSum, { skip: { verdict: 'unsound', reason: /`sum`/ }, restore: { verdict: 'sound' } })
})

t.test('a constant behind a jump depends on what decided about the jump', async (t) => {
  const { skip } = epochs(
    'let n = 0, x = 0',
    'x = 0; for (const k of [1]) { if (++n < 4) continue; x = 1 }',
    'w',
    'x',
  )
  t.match(skip, { verdict: 'unsound' })
})

t.test('an exception that stale state decides about is waited for from the start', async (t) => {
  const stale = ['if (++n > 3) throw new Error("x")', 'guard()', 'ok(++n < 3)']
  for (const body of stale) {
    const { skip, restore } = epochs(
      'let n = 0\nfunction guard() { if (++n > 3) throw new Error("x") }',
      body,
    )
    t.match([skip, restore], [{ verdict: 'unsound' }, { verdict: 'unsound' }], body)
  }
  for (const body of [
    'if (w[0] > 3) throw new Error("x")',
    'ok(w[0] < 3)',
    'if (epoch > 3) throw new Error("x")',
  ])
    t.match(epochs('', body), { skip: { verdict: 'sound' }, restore: { verdict: 'sound' } }, body)
  const sum = `let sum = 0; ${steps('sum += w[0]')} if (sum > 99) throw new Error('diverged')`
  t.match(
    epochs('', sum),
    { skip: { verdict: 'unknown' }, restore: { verdict: 'sound' } },
    'a trial may tell',
  )
})

t.test(
  'jumps that lead no further than their loop, switch or block decide nothing behind these',
  async (t) => {
    for (const body of [
      'for (let i = 0; i < 3; i++) { if (++n > 4) break; console.log(i) } w[0] += 1',
      'switch (++n) { case 3: console.log(n); break; default: break } w[0] += 1',
      'report: { if (++n < 3) break report; console.log(n) } w[0] += 1',
      'rows: for (const i of [1, 2]) { for (const j of [1, 2]) { if (++n > 4) continue rows } } w[0] += 1',
      `rows: for (const i of flor.loop('step', [1, 2])) { for (const j of [1, 2]) { if (++n > 4) continue rows } } w[0] += 1`,
      'w[0] += 1; if (++n < 3) continue; console.log(n)',
      'if (n > 9) { for (const k of [1]) { if (k) break } } w[0] += 1; n++',
    ])
      t.match(epochs('let n = 0', body), { skip: { verdict: 'sound' }, restore: { verdict: 'sound' } }, body)
    t.equal(epochs('let n = 0', 'if (++n > 3) break').skip.verdict, 'unsound')
  },
)

t.test('early stopping by what is checkpointed starts at checkpoints', async (t) => {
  for (const [head, body] of [
    [
      'const state = { best: 9, wait: 0 }',
      'if (w[0] < state.best) { state.best = w[0]; state.wait = 0 } else if (++state.wait > 2) break',
    ],
    ['const state = new Float64Array(2)', 'if (++state[0] > 3) break'],
    [
      'const state = []',
      'state.push(w[0]); if (state.length > 3 && Math.min(...state.slice(-3)) > state.at(-4)) break',
    ],
    ['const state = { n: 0 }', steps('if (++state.n > 8) break')],
    ['const state = { n: 0 }', '[0, 1].some(() => { w[0] += 1; return ++state.n > 8 })'],
    ['const state = { n: 0 }', steps('if (++state.n > 8) Math.random(); w[0] += Math.random()')],
  ] as const)
    t.match(
      epochs(head, body, 'w, state'),
      { skip: { verdict: 'sound' }, restore: { verdict: 'sound' } },
      body,
    )
})

t.test(
  'behind the main loop, what was restored needs no iteration, where the loop came to its end',
  async (t) => {
    const behind = (body: string, wanted: string, head = 'let n = 0') =>
      assess(`${head}
const w = new Float64Array(4)
flor.checkpointing({ w })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) { ${body} }
${log(wanted)}`)
    const restored = behind(steps('if (++n > 8) break'), 'w[0]')
    t.match(restored, { skip: { verdict: 'sound' }, restore: { verdict: 'unsound' } })
    t.match(behind('w[0] += 1; if (++n > 2) break', 'w[0]'), {
      skip: { verdict: 'sound' },
      restore: { verdict: 'unsound', reason: /whether the loop goes on/ },
    })
    t.match(behind('w[0] += 1; n++', 'n'), { skip: { verdict: 'unsound' }, restore: { verdict: 'unsound' } })
    t.match(behind('w[0] += 1; if (w[0] > 2) break', 'w[0]'), { restore: { verdict: 'sound' } })
    const source = behind('w[0] += 1; list.push(n)', 'w[0]', 'const n = 0, list = [0]').restore
    t.equal(source.verdict, 'sound', 'a list that only grows beside the loop')
  },
)

t.test('a clock that ends nested loops leaves only what checkpoints hold', async (t) => {
  const { skip, restore } = epochs('', `const t0 = Date.now(); ${steps('if (Date.now() - t0 > 99) break')}`)
  t.match(skip, { verdict: 'sound' })
  t.match(restore, { verdict: 'unsound', reason: /`Date.now`/ })
  t.equal(epochs('', `${steps('')} if (Date.now() > 99) break`).restore.verdict, 'sound', 'which is recorded')
})

t.test('making a list shorter changes its elements', async (t) => {
  const { skip } = epochs('let n = 3\nconst list = [1, 2]', 'list.length = n; n--', 'w, list', 'list[0]')
  t.match(skip, { verdict: 'unsound', reason: /`n`/ })
})
