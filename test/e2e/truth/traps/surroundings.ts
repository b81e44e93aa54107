import type { Traps } from './trap.js'

/** State in modules, in what belongs to the language or to node, and on the disk. */
export const surroundings: Traps = {
  'a counter in another module': {
    imports: "import { tick, count } from './counter.js'",
    first: 'tick()',
    wanted: 'count',
    files: { 'counter.js': 'export let count = 0\nexport function tick() { count++ }\n' },
    expect: 'full',
    names: 'count',
  },
  'an object that another module exports': {
    imports: "import settings from './settings.js'",
    first: 'settings.rate *= 0.5',
    wanted: 'settings.rate',
    files: { 'settings.js': 'export default { rate: 1 }\n' },
    expect: 'full',
    names: 'rate',
  },
  'a module that is imported in the loop': {
    after: "const { next } = await import('./ids.js')\n  const id = next()",
    wanted: 'id',
    files: { 'ids.js': 'let last = 0\nexport const next = () => ++last\n' },
    expect: 'full',
    names: 'ids.js',
  },
  'a module that is exported again': {
    imports: "import { memory } from './index.js'",
    after: 'memory.push(loss)',
    wanted: 'memory.length',
    files: { 'index.js': "export * from './memory.js'\n", 'memory.js': 'export const memory = []\n' },
    expect: 'full',
    names: 'memory',
  },
  'the environment': {
    after: 'process.env.EPOCHS_SEEN = String(Number(process.env.EPOCHS_SEEN ?? 0) + 1)',
    wanted: 'process.env.EPOCHS_SEEN',
    expect: 'refused',
  },
  'a property of the process': {
    after: 'process.seen = (process.seen ?? 0) + 1',
    wanted: 'process.seen',
    expect: 'full',
  },
  'the global object': {
    after: 'globalThis.seen = (globalThis.seen ?? 0) + 1',
    wanted: 'globalThis.seen',
    expect: 'full',
  },
  'a property of Math': {
    after: 'Math.seen = (Math.seen ?? 0) + 1',
    wanted: 'Math.seen',
    expect: 'full',
  },
  'a console that counts': {
    setup:
      'let lines = 0\nconst print = console.log\nconsole.log = (...parts) => { lines++; print(...parts) }',
    after: "console.log('epoch', epoch)",
    wanted: 'lines',
    expect: 'full',
  },
  'an array method of one’s own': {
    setup: 'let asked = 0\nArray.prototype.newest = function () { asked++; return this[this.length - 1] }',
    after: '[1, 2].newest()',
    wanted: 'asked',
    expect: 'full',
  },
  'a generator of random numbers of one’s own': {
    setup: `let seed = 7
function random() { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }`,
    inside: 'weights[0] += 0.01 * random()',
    wanted: 'weights[0]',
    at: 'inside',
    expect: 'full',
    names: 'seed',
  },
  'a generator of random numbers in place of the language’s': {
    setup:
      'let seed = 7\nMath.random = () => { seed = (seed * 16807) % 2147483647; return seed / 2147483647 }',
    inside: 'weights[0] += 0.01 * Math.random()',
    wanted: 'weights[0]',
    at: 'inside',
    expect: 'full',
  },
  'a schedule in a closure': {
    setup:
      'function decay(from) { let rate = from; return () => (rate *= 0.9) }\nconst nextRate = decay(0.1)',
    first: 'const rate = nextRate()',
    inside: 'step(rate)',
    wanted: 'weights[0]',
    at: 'inside',
    expect: 'full',
    names: 'rate',
  },
  'an optimizer left out of checkpointing': {
    setup: 'const slots = new Float64Array(2)',
    inside:
      'for (const k of [0, 1]) { slots[k] = 0.9 * slots[k] + weights[k]; weights[k] -= 0.01 * slots[k] }',
    wanted: 'weights[0]',
    at: 'inside',
    expect: 'full',
    names: 'slots',
  },
  'a file that the script wrote earlier': {
    imports: "import { readFileSync, writeFileSync } from 'node:fs'",
    setup: "writeFileSync('best.txt', '0')",
    after: "writeFileSync('best.txt', String(Number(readFileSync('best.txt', 'utf8')) + 1))",
    wanted: "readFileSync('best.txt', 'utf8')",
    expect: 'full',
  },
  'a hash that is updated': {
    imports: "import { createHash } from 'node:crypto'",
    setup: "const hash = createHash('sha256')",
    after: 'hash.update(String(loss))',
    end: "const digest = hash.digest('hex')",
    wanted: 'digest',
    at: 'end',
    expect: 'full',
  },
  'a clock that decides about the training': {
    setup: 'const began = Date.now()',
    inside: 'weights[0] += 1e-9 * (Date.now() - began)',
    wanted: 'weights[0]',
    at: 'inside',
    expect: 'refused',
    names: 'Date',
  },
  'a clock in a variable': {
    after: 'const at = performance.now()',
    wanted: 'at',
    expect: 'refused',
    names: 'performance',
  },
  'true randomness': {
    imports: "import { randomBytes } from 'node:crypto'",
    inside: 'weights[0] += randomBytes(1)[0] / 1e6',
    wanted: 'weights[0]',
    expect: 'refused',
  },
  'the process’s number': {
    after: 'const id = process.pid',
    wanted: 'id',
    expect: 'refused',
    names: 'process',
  },
  'a value of the network’s making': {
    setup: "const answer = await fetch('data:text/plain,7').then((it) => it.text())",
    wanted: 'answer',
    expect: 'refused',
    names: 'fetch',
  },
  'random numbers that the carried helper draws': {
    added: 'const jitter = Math.random()',
    wanted: 'weights[0] + jitter',
    expect: 'diverged',
  },
  'a helper that came along and remembers': {
    added: 'const memory = []\nfunction remember(value) { memory.push(value); return memory.length }',
    wanted: 'remember(loss)',
    expect: 'full',
  },
  'structured clones': {
    setup: 'let state = { n: 0 }',
    after: 'const copy = structuredClone(state); copy.n++; state = copy',
    wanted: 'state.n',
    expect: 'full',
    names: 'state',
  },
  'a text of all that was seen': {
    setup: "let journal = ''",
    after: 'journal += epoch',
    wanted: 'journal',
    expect: 'full',
    names: 'journal',
  },
  'checkpointing under another name': {
    imports: "import { checkpointing as keep } from 'git-flor'",
    setup: 'const models = [new Float64Array(1), new Float64Array(1)]\nkeep({ model: models[0] })',
    after: 'models[1][0]++',
    wanted: 'models[1][0]',
    expect: 'full',
  },
}
