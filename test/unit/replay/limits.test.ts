import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { analyseStatement } from '../../../lib/replay/analyse.js'
import type { StatementAnalysis } from '../../../lib/replay/source-project.js'

interface Parts {
  readonly head?: string
  readonly checkpointed?: string
  readonly body?: string
  readonly logged: string
  /** Behind the main loop. */
  readonly end?: string
}

/** A training by hand; the wanted statement logs `logged` at the end of each epoch. */
function analyse({
  head = '',
  checkpointed = 'weights',
  body = '',
  logged,
  end = '',
}: Parts): StatementAnalysis {
  const statement = `flor.log('wanted', ${logged})`
  const text = `import * as flor from 'git-flor'
${head}
const weights = new Float64Array(3)
flor.checkpointing({ ${checkpointed} })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3])) {
  weights[0] += 0.1
  ${body}
  flor.log('loss', weights[0])
  ${statement}
}
${end}
`
  const start = text.indexOf(statement)
  const read = (path: string): string | undefined => (path === 'train.js' ? text : undefined)
  return analyseStatement(
    { read, script: 'train.js' },
    { path: 'train.js', start, end: start + statement.length },
  )
}

/** Scripts whose values would come out wrong from a checkpoint, for reasons that the walk over the program does not see. */
const UNPROVED: Readonly<Record<string, Parts>> = {
  'two objects of one function, one of them checkpointed': {
    head: 'const zeros = (n) => new Float64Array(n); const a = zeros(3), b = zeros(3)',
    checkpointed: 'a',
    body: 'b[0] += 1',
    logged: 'b[0]',
  },
  'two instances of one class': {
    head: 'class Opt { constructor() { this.m = 0 } }; const a = new Opt(), b = new Opt()',
    checkpointed: 'a',
    body: 'a.m++; b.m++',
    logged: 'b.m',
  },
  'an element of a list': {
    head: 'const models = [new Float64Array(2), new Float64Array(2)]',
    checkpointed: 'gen: models[0]',
    body: 'models[1][0]++',
    logged: 'models[1][0]',
  },
  'a checkpointed view of a buffer': {
    head: 'const buf = new Float64Array(4); const v = buf.subarray(0, 2)',
    checkpointed: 'v',
    body: 'buf[3]++',
    logged: 'buf[3]',
  },
  'objects made in a loop': {
    head: 'const layers = []; for (let i = 0; i < 2; i++) { const w = new Float64Array(1); layers.push({ w }) }',
    checkpointed: 'first: layers[0]',
    body: 'layers[1].w[0]++',
    logged: 'layers[1].w[0]',
  },
  'a private field': {
    head: 'class C { #n = 0; add() { this.#n++; return this.#n } get n() { return this.#n } }; const c = new C()',
    checkpointed: 'c',
    body: 'c.add()',
    logged: 'c.n',
  },
  'an object that saves part of itself': {
    head: 'const m = { p: 0, count: 0, save() { return { p: this.p } }, load(o) { this.p = o.p } }',
    checkpointed: 'm',
    body: 'm.count++',
    logged: 'm.count',
  },
  'a symbol as key': {
    head: 'const k = Symbol(); const s = { [k]: 0 }',
    checkpointed: 's',
    body: 's[k]++',
    logged: 's[k]',
  },
  'a part that is changed, and then exchanged': {
    head: 'let w = { v: 1 }; const st = { w }',
    checkpointed: 'st',
    body: 'st.w.v++; st.w = { v: st.w.v + 1 }',
    logged: 'st.w.v - w.v',
  },
  'an exception that is caught': {
    head: "let n = 0; const check = () => { n++; if (n >= 3) throw new Error('x') }",
    body: "let state = 'fresh'; try { check(); state = 'ok' } catch {}",
    logged: 'state',
  },
  'an iterator that is kept': {
    head: 'const schedule = [1, 2, 3, 4].values()',
    body: 'const [lr] = schedule',
    logged: 'lr',
  },
  'a method of a prototype': {
    head: 'let count = 0; function Model() {} Model.prototype.step = function () { count++ }; const m = new Model()',
    body: 'm.step()',
    logged: 'count',
  },
  'a method that is chosen': {
    head: "let count = 0; class T { train() { count++ } }; const t = new T(); const phase = 'train'",
    body: 't[phase]()',
    logged: 'count',
  },
  'a getter': {
    head: 'let best = 0; const view = { get n() { return best } }',
    body: 'best++',
    logged: 'view',
  },
  arguments: {
    head: 'const c = { n: 0 }; function bump() { arguments[0].n++ }',
    body: 'bump(c)',
    logged: 'c.n',
  },
  'a borrowed method': {
    head: 'const hist = []',
    body: 'Array.prototype.push.apply(hist, [1])',
    logged: 'hist.length',
  },
  'a regular expression that goes on': {
    head: "const re = /a/g; const text = 'aaa'",
    body: 'const hit = re.test(text)',
    logged: 'hit',
  },
  'an event': {
    head: "import { EventEmitter } from 'node:events'; const em = new EventEmitter(); let n = 0; em.on('e', () => { n++ })",
    body: "em.emit('e')",
    logged: 'n',
  },
  'a file that is written': {
    head: "import { appendFileSync, readFileSync } from 'node:fs'",
    body: "appendFileSync('f', 'x')",
    logged: "readFileSync('f').length",
  },
  'a property of a checkpointed array': {
    body: 'weights.count = (weights.count ?? 0) + 1',
    logged: 'weights.count',
  },
  'the global object': { head: 'globalThis.cnt = 0', body: 'globalThis.cnt++', logged: 'cnt' },
}

for (const [what, parts] of Object.entries(UNPROVED)) {
  test(`starting at a checkpoint is not called sound: ${what}`, async (t) => {
    const { restore, skip } = analyse(parts)
    t.not(restore.verdict, 'sound', restore.reason)
    t.not(skip.verdict, 'sound', skip.reason)
  })
}

test('a statement that changes what the program goes on with is executed from the start', async (t) => {
  const head = 'function scale(a) { a[1] = a[1] * 2 + 1; return a[1] }; const state = { n: 0 }'
  for (const logged of ['scale(weights)', '++state.n', 'weights.fill(1)[0]']) {
    const { changes, restore } = analyse({ head, checkpointed: 'weights, state', logged })
    t.type(changes, 'string', logged)
    t.equal(restore.verdict, 'unsound', logged)
  }
})

test('what reads a clock cannot be had again', async (t) => {
  t.equal(analyse({ head: 'const t0 = Date.now()', logged: 'Date.now() - t0' }).irreproducible, '`Date`')
  t.match(
    analyse({ head: "import { randomInt } from 'node:crypto'", logged: 'randomInt(5)' }).irreproducible,
    /randomInt/,
  )
  const drawn = {
    head: "import { randomInt } from 'node:crypto'",
    body: 'const r = randomInt(5)',
    logged: 'r',
  }
  t.match(analyse(drawn).irreproducible, /randomInt/)
  t.equal(analyse({ logged: 'weights[0]' }).irreproducible, undefined)
})

test('usual scripts stay within the limits', async (t) => {
  const usual: readonly Parts[] = [
    { logged: 'weights[0]' },
    {
      head: 'function norm(w) { let sum = 0; for (const x of w) sum += x * x; return Math.sqrt(sum) }',
      logged: 'norm(weights)',
    },
    {
      head: 'const state = { best: 0, history: [] }',
      checkpointed: 'weights, state',
      body: 'state.best = Math.max(state.best, weights[0]); state.history.push(weights[0])',
      logged: 'state.best',
    },
    {
      head: 'function make(n) { return { w: new Float64Array(n) } }; const model = make(3)',
      checkpointed: 'weights, model',
      body: 'model.w[0]++',
      logged: 'model.w[0]',
    },
    {
      head: 'const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))',
      body: 'await sleep(1)',
      logged: 'weights[0]',
    },
  ]
  for (const parts of usual) {
    const { restore } = analyse(parts)
    t.equal(restore.verdict, 'sound', `${parts.logged}: ${restore.reason}`)
  }
})

test('the demo stays within the limits', async (t) => {
  const text = (path: string): string =>
    readFileSync(new URL(`../../../examples/digits/${path}`, import.meta.url), 'utf8')
  const files: Readonly<Record<string, string>> = {
    'train.js': text('v6/train.js'),
    'digits.js': text('digits.js'),
  }
  const script = files['train.js'] ?? ''
  for (const name of ['norm_before', 'norm_after']) {
    const start = script.indexOf(`flor.log('${name}'`)
    const range = { path: 'train.js', start, end: script.indexOf('\n', start) }
    const { skip, restore } = analyseStatement({ read: (path) => files[path], script: 'train.js' }, range)
    t.equal(skip.verdict, 'sound', skip.reason)
    t.equal(restore.verdict, 'sound', restore.reason)
  }
})

test('what a package does before the first loop does no harm, and what it does in iterations is not known', async (t) => {
  const head = "import { read, tick } from 'clockwork'; const list = read('x')"
  t.equal(analyse({ head, logged: 'weights[0] + list.length' }).restore.verdict, 'unknown')
  t.equal(analyse({ head, logged: 'weights[0]' }).restore.verdict, 'sound')
  const { restore } = analyse({ head, body: 'tick()', logged: 'weights[0]' })
  t.match(restore, { verdict: 'unknown', reason: /`clockwork\.tick`/ })
  const behind = analyse({ head, logged: 'weights[0]', end: 'tick()' })
  t.equal(behind.restore.verdict, 'sound', 'what follows the loop is not executed')
})

test('what depends on a clock, through whatever variables, cannot be had again', async (t) => {
  const head = 'const began = performance.now(); let spent = 0'
  const body = 'spent = performance.now() - began'
  t.equal(analyse({ head, body, logged: 'spent' }).irreproducible, '`performance.now`')
  t.equal(analyse({ head, body, logged: 'weights[0]' }).irreproducible, undefined)
  const ended = analyse({ head, body: `${body}; if (spent > 1e6) break`, logged: 'weights[0]' })
  t.equal(ended.irreproducible, undefined, 'when the clock ended the loop is recorded')
})

test('a promise must be awaited where it is made', async (t) => {
  const head =
    'const save = async () => {}; const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))'
  for (const body of ['await save()', 'await Promise.all([1, 2].map((k) => save(k)))', 'await sleep(1)'])
    t.equal(analyse({ head, body, logged: 'weights[0]' }).restore.verdict, 'sound', body)
  for (const body of [
    'save()',
    'const p = save()',
    '[1, 2].forEach((k) => save(k))',
    'sleep(1).then(() => 1)',
  ])
    t.equal(analyse({ head, body, logged: 'weights[0]' }).restore.verdict, 'unknown', body)
})

test('the environment shows in whatever is made of it', async (t) => {
  for (const [head, logged] of [
    ["const set = 'RATE' in process.env ? 1 : 2", 'set'],
    ['const config = Object.assign({ RATE: 1 }, process.env)', 'config.RATE'],
    ['const config = Object.fromEntries(Object.entries(process.env))', 'config.RATE'],
    ['const config = JSON.parse(JSON.stringify(process.env))', 'config.RATE'],
    ['const holder = { env: process.env }; const text = JSON.stringify(holder)', 'text'],
    ["import { env } from 'node:process'; const config = { ...env }", 'config.RATE'],
  ] as const) {
    const { irreproducible, restore } = analyse({ head, logged })
    t.ok(irreproducible !== undefined || restore.verdict === 'unsound', head)
  }
  t.equal(analyse({ head: 'const set = process.env.RATE', logged: 'weights[0]' }).irreproducible, undefined)
})

test('the folder of the replay does not come into values', async (t) => {
  const path = "import path from 'node:path'; const at = () => new Error('x').stack"
  for (const logged of [
    "path.resolve('data')",
    "path.relative('/', '.')",
    'at()',
    "path.resolve('a').length",
  ])
    t.type(analyse({ head: path, logged }).irreproducible, 'string', logged)
  t.equal(analyse({ head: path, logged: "path.join('a', 'b')" }).irreproducible, undefined)
})

test('a date of a given time is no clock', async (t) => {
  for (const logged of ['new Date(1e12).getTime()', 'Date.UTC(2020, 1)', "Date.parse('2020-01-01')"])
    t.equal(analyse({ logged }).irreproducible, undefined, logged)
  for (const logged of ['new Date().getTime()', 'Date()', 'new Date(...[]).getTime()', 'Date.now()'])
    t.equal(analyse({ logged }).irreproducible, '`Date`', logged)
})

test('a rejection that is taken for a value is a caught exception; one that ends the script is none', async (t) => {
  const head = "import { readFile } from 'node:fs/promises'"
  for (const read of ["readFile('x').catch(() => '')", "readFile('x').then((it) => it, () => '')"]) {
    const { restore, irreproducible } = analyse({
      head: `${head}; const text = await ${read}`,
      logged: 'text.length',
    })
    t.equal(restore.verdict, 'unsound')
    t.equal(irreproducible, '`a file that may be missing`')
  }
  const caught = 'const text = await Promise.reject().catch(() => "")'
  t.match(analyse({ head: caught, logged: 'text.length' }).restore.reason, /caught/)
  const end = 'async function report() {}; report().catch(console.error)'
  t.equal(analyse({ logged: 'weights[0]', end }).restore.verdict, 'sound')
})

test('what a caught failure decides about shows which files there are, unless it ends the script', async (t) => {
  const head = (end: string) =>
    `import { readFileSync } from 'node:fs'; let rows = ''; try { rows = readFileSync('x', 'utf8') } catch (error) { ${end} }`
  const answer = (end: string) => analyse({ head: head(end), logged: 'rows.length' }).irreproducible
  t.equal(answer('rows = "none"'), '`a file that may be missing`')
  t.equal(answer('throw error'), undefined)
  t.equal(answer('console.error(error); process.exit(1)'), undefined)
})

test('a computed member of one of node’s modules may be any', async (t) => {
  for (const head of ["import fs from 'node:fs'; const name = 'a'; const own = fs[name]"])
    t.match(analyse({ head, logged: 'weights[0]' }).restore.reason, /chosen by a computation/, head)
  t.match(
    analyse({ head: "const own = [1]['con' + 'x']; const name = 'constructor'", logged: 'weights[0]' })
      .restore.reason,
    /the name `constructor`/,
  )
})

test('a key that can be nothing but a number names an element', async (t) => {
  const pushed = (head: string, key: string) =>
    analyse({
      head: `const list = []; ${head}`,
      checkpointed: 'weights, list',
      body: `list.push(weights[${key}])`,
      logged: 'weights[1]',
    }).restore.verdict
  for (const [head, key] of [
    ['', '0'],
    ['', 'epoch % 3'],
    ['let i = 0; i += 2', 'i'],
    ['const order = [2, 0]', 'order[epoch % 2]'],
    ['const order = new Int32Array(3)', 'order[epoch % 2]'],
    ['const last = [1].length - 1', 'last'],
    ['const at = Math.floor(Math.random() * 3)', 'at'],
  ] as const)
    t.equal(pushed(head, key), 'sound', `${head} ${key}`)
  t.equal(pushed("const key = 'a' + 'b'", 'key'), 'unknown')
  t.equal(pushed("const order = [2, 0]; order[0] = 'buffer'", 'order[0]'), 'unknown')
})
