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
  'a buffer by a computed name': {
    setup: "const memory = new Float64Array(2)\nconst view = new Float64Array(memory['buf' + 'fer'])",
    after: 'view[0] += 1',
    wanted: 'memory[0]',
    expect: 'full',
    names: 'memory',
  },
  'a buffer that is taken out by a computed name': {
    setup:
      "const memory = new Float64Array(2)\nconst name = 'buf' + 'fer'\nconst { [name]: bytes } = memory\nconst view = new Float64Array(bytes)",
    after: 'view[0] += 1',
    wanted: 'memory[0]',
    expect: 'full',
    names: 'memory',
  },
  'a class by a computed name': {
    setup: "class Layer { static made = 0 }\nconst layer = new Layer()\nconst name = 'construct' + 'or'",
    after: 'layer[name].made += 1',
    wanted: 'Layer.made',
    expect: 'full',
    names: 'made',
  },
  'elements by indices and parameters by names': {
    setup: 'const params = { bias: new Float64Array(2) }\nconst order = [1, 0]',
    checkpointed: 'params',
    after: 'for (const name of Object.keys(params)) params[name][0] += weights[order[epoch % 2]]',
    wanted: 'params.bias[0]',
    expect: 'skip',
  },
  'an object that is frozen on the way': {
    setup: 'const settings = { rate: 1 }',
    after: 'if (epoch === 1) Object.freeze(settings)',
    wanted: 'Object.isFrozen(settings)',
    expect: 'full',
    names: 'settings',
  },
  'a checkpointed object that is frozen on the way': {
    setup: 'const settings = { rate: 1 }',
    checkpointed: 'settings',
    after: 'if (epoch === 1) Object.freeze(settings)',
    wanted: 'Object.isFrozen(settings)',
    expect: 'skip',
  },
  'an environment that only a condition asks for': {
    setup: "const isSlow = 'SLOW' in process.env",
    after: 'if (isSlow) velocity[1] += 1',
    wanted: 'velocity[1]',
    expect: 'refused',
    names: 'process.env',
  },
  'an environment that one element shows': {
    setup: 'const rate = Number(process.env.RATE ?? 0.1)\nconst slots = new Float64Array(2)',
    after: "slots[1] = rate; flor.log('slot', slots[0])",
    wanted: 'rate',
    expect: 'refused',
    names: 'process.env.RATE',
  },
  'an environment behind a function for all variables': {
    setup: "const env = (name) => process.env[name] ?? '1'\nconst rate = Number(env('RATE'))",
    after: "flor.log('seen', env('SEEN'))",
    wanted: 'rate',
    expect: 'refused',
    names: 'process.env',
  },
  'files that only a condition asks for': {
    imports: "import { existsSync } from 'node:fs'",
    setup: "let bonus = 0\nif (existsSync('bonus.bin')) bonus = 1",
    wanted: 'bonus',
    expect: 'refused',
    names: 'existsSync',
  },
  'a folder of data': {
    imports: "import { readdirSync, readFileSync } from 'node:fs'",
    setup: "const rates = readdirSync('rates').map((it) => Number(readFileSync('rates/' + it, 'utf8')))",
    after: "flor.log('scaled', rates[0] * loss)",
    wanted: 'rates[0] + weights[0]',
    files: { 'rates/a.txt': '2', 'rates/b.txt': '3' },
    expect: 'run',
  },
  'a folder of data that shows in nothing': {
    imports: "import { readdirSync } from 'node:fs'",
    setup: "const names = readdirSync('rates')",
    wanted: 'names.length',
    files: { 'rates/a.txt': '2' },
    expect: 'refused',
    names: 'readdirSync',
  },
  'a file that may be missing': {
    imports: "import { readFileSync } from 'node:fs'",
    setup:
      "function local() { try { return Number(readFileSync('local.txt', 'utf8')) } catch { return 1 } }\nconst rate = local()",
    wanted: 'rate',
    expect: 'refused',
    names: 'missing',
  },
  'a module that may be missing': {
    setup: "let rate = 1\ntry { rate = (await import('./local.js')).rate } catch { rate = 2 }",
    wanted: 'rate',
    expect: 'refused',
    names: 'missing',
  },
  'the folder, through a function': {
    setup:
      'const root = () => import.meta.dirname\nconst tail = (text) => text.slice(-3)\nconst end = tail(root())',
    wanted: 'end',
    expect: 'refused',
    names: 'import.meta',
  },
  'the folder, in a property': {
    setup: 'class Paths { constructor() { this.root = process.cwd() } }\nconst paths = new Paths()',
    wanted: 'paths.root',
    expect: 'refused',
    names: 'cwd',
  },
  'a setting beside the folder': {
    setup: 'const settings = { root: process.cwd(), rate: 0.5 }',
    wanted: 'settings.rate * weights[0]',
    expect: 'skip',
  },
  'the script among the arguments': {
    setup: 'const [, script] = process.argv',
    wanted: 'script',
    expect: 'refused',
    names: 'argv',
  },
  'where an error came from': {
    setup: "const { stack } = new Error('x')",
    wanted: 'stack',
    expect: 'refused',
    names: 'stack',
  },
  'another process': {
    imports: "import { execSync } from 'node:child_process'",
    setup: "const commit = execSync('git rev-parse HEAD').toString()",
    wanted: 'commit',
    expect: 'refused',
    names: 'execSync',
  },
  'a name that the language’s own randomness gives': {
    setup: 'const id = crypto.randomUUID()',
    wanted: 'id',
    expect: 'refused',
    names: 'randomUUID',
  },
  'a date that is called': { setup: 'const at = Date(0)', wanted: 'at', expect: 'refused', names: 'Date' },
  'the folder, through lists, callbacks and defaults': {
    setup: `const places = []
places.push(import.meta.dirname)
const longer = (text = import.meta.dirname) => text + '/'
let all = ''
for (const place of places.map((it) => it + longer())) all += place`,
    wanted: 'all',
    expect: 'refused',
    names: 'import.meta',
  },
  'what is read from beside the script': {
    imports: `import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'`,
    setup: `const folder = dirname(fileURLToPath(import.meta.url))
const load = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'))
const settings = { folder, rates: load('rates.json'), other: JSON.parse(readFileSync(new URL('./rates.json', import.meta.url), 'utf8')) }
const isMain = process.argv[1] === fileURLToPath(import.meta.url)
let scale = 1
if (isMain) scale = 2`,
    wanted: '(settings.rates[0] + settings.other[1]) * scale * weights[0]',
    files: { 'rates.json': '[1, 2]' },
    expect: 'skip',
  },
}
