import type { Traps } from './trap.js'

const shared = 'const a = { n: 0 }'

/** State that is written through another way than the one by which the statement reads it. */
export const aliases: Traps = {
  'a map made of pairs': {
    setup: shared,
    after: "new Map([['x', a]]).get('x').n++",
    wanted: 'a.n',
    expect: 'full',
  },
  'the pairs of a map': {
    setup: `${shared}\nconst m = new Map([['x', a]])`,
    after: '[...m][0][1].n++',
    wanted: 'a.n',
    expect: 'full',
  },
  'the parameters of a map by forEach': {
    setup: "const w1 = new Float64Array(1)\nconst params = new Map([['w1', w1]])",
    after: 'params.forEach((p) => { p[0] += 1 })',
    wanted: 'w1[0]',
    expect: 'full',
  },
  'an object made of pairs': {
    setup:
      "const layers = [{ name: 'a', v: 0 }]\nconst byName = Object.fromEntries(layers.map((l) => [l.name, l]))",
    after: 'byName.a.v += loss',
    wanted: 'layers[0].v',
    expect: 'full',
  },
  'the entries of an object': {
    setup: shared,
    after: 'Object.entries({ a }).forEach((pair) => { pair[1].n++ })',
    wanted: 'a.n',
    expect: 'full',
  },
  'a list made flat': { setup: shared, after: '[[a]].flat()[0].n++', wanted: 'a.n', expect: 'full' },
  'a list of what a generator gives': {
    setup: `${shared}\nfunction* all() { yield a }`,
    after: 'Array.from(all())[0].n++',
    wanted: 'a.n',
    expect: 'full',
  },
  'promises that were settled': {
    setup: shared,
    after: '(await Promise.allSettled([a]))[0].value.n++',
    wanted: 'a.n',
    expect: 'full',
  },
  'an index that is text': {
    setup: `const list = [{ n: 0 }]`,
    after: "list['0'].n++",
    wanted: 'list[0].n',
    expect: 'full',
  },
  'a part of a typed array, whose elements count from elsewhere': {
    setup: 'const a = new Float64Array(4)\nconst part = a.subarray(2)',
    after: 'part[0] += epoch',
    wanted: 'a[2]',
    expect: 'full',
  },
  'a slice of a Buffer, which is none of its own': {
    setup: 'const a = Buffer.alloc(8)\nconst part = a.slice(4)',
    after: 'part[0]++',
    wanted: 'a[4]',
    expect: 'full',
  },
  'the value of a step of a generator': {
    setup: shared,
    after: `const it = (function* () { yield a })().next().value\n  it.n++`,
    wanted: 'a.n',
    expect: 'full',
  },
  'what a generator returns, as its last step': {
    setup: shared,
    after: `const it = (function* () { return a })().next().value\n  it.n++`,
    wanted: 'a.n',
    expect: 'full',
  },
  'an item of a generator, taken out by a pattern': {
    setup: shared,
    after: `const it = (([first]) => first)((function* () { yield a })())\n  it.n++`,
    wanted: 'a.n',
    expect: 'full',
  },
  'what a reviver gives': {
    setup: shared,
    after: `const it = JSON.parse('[1]', () => a)\n  it.n++`,
    wanted: 'a.n',
    expect: 'full',
  },
  'the cause of an error': {
    setup: shared,
    after: `const it = new Error('x', { cause: a }).cause\n  it.n++`,
    wanted: 'a.n',
    expect: 'full',
  },
  'a constructor that gives another object': {
    setup: `${shared}\nclass Proxy1 { constructor() { return a } }`,
    after: 'const it = new Proxy1()\n  it.n++',
    wanted: 'a.n',
    expect: 'full',
  },
  'the arguments of the process under another name': {
    setup: 'const argv = process.argv',
    after: 'argv.push(epoch)',
    wanted: 'process.argv.length',
    expect: 'full',
    names: 'process.argv',
  },
  'something put on a class of the language': {
    setup: 'const A = Array\nconst read = () => A.best',
    after: 'const old = read()\n  Object.assign(Array, { best: epoch })',
    wanted: 'old ?? -1',
    expect: 'full',
  },
  'the parts of an address': {
    setup: "const address = new URL('http://a/')",
    after: 'address.hash += epoch',
    wanted: 'address.href',
    expect: 'full',
    names: 'hash',
  },
  'functions that are checkpointed': {
    setup: 'const acts = new Map()\nconst relu = (x) => Math.max(0, x)',
    checkpointed: 'acts',
    after: 'acts.set(epoch, relu)',
    wanted: '[...acts.values()].filter(Boolean).length',
    expect: 'full',
  },
  'an address that is checkpointed': {
    setup: "const address = new URL('http://a/')",
    checkpointed: 'address',
    after: 'address.hash += epoch',
    wanted: 'address.href',
    expect: 'full',
  },
  'a list with holes that is checkpointed': {
    setup: 'const history = new Array(20)',
    checkpointed: 'history',
    after: 'history[epoch] = epoch',
    wanted: 'history.reduce((sum, it) => sum + it, 0)',
    expect: 'skip',
  },
  'a variable of the environment': {
    setup: "const rate = process.env.RATE ?? '1'",
    wanted: 'rate',
    expect: 'refused',
  },
  'the folder of the script': {
    setup: 'const here = process.cwd()',
    wanted: "here + '/out'",
    expect: 'refused',
  },
  'which files there are': {
    imports: "import { existsSync } from 'node:fs'",
    setup: "const has = existsSync('data.csv')",
    wanted: 'has',
    expect: 'refused',
  },
}
