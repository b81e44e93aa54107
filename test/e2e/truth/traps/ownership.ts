import type { Traps } from './trap.js'

const box = 'class Box { constructor(n) { this.n = n } }'

/** Which objects belong to what `checkpointing` was given, and which are others of the same make, or others by then. */
export const ownership: Traps = {
  'instances of classes that are checkpointed together': {
    setup: `${box}\nconst a = new Box(1), b = new Box(2)\nconst state = { a, b }`,
    checkpointed: 'state',
    inside: 'a.n += b.n; b.n++',
    wanted: 'a.n * b.n',
    expect: 'skip',
  },
  'another instance of the same class': {
    setup: `${box}\nconst boxes = [1, 2].map((n) => new Box(n))\nconst box = boxes[0]`,
    checkpointed: 'box',
    inside: 'boxes[1].n++',
    wanted: 'boxes[1].n',
    expect: 'full',
  },
  'variables that name parts of a list': {
    setup:
      "const parts = [{ n: 0 }, { n: 1 }]\nconst [first, second] = parts\nconst named = new Map([['first', first]])",
    checkpointed: 'parts, named',
    inside: 'first.n++; second.n += first.n',
    wanted: "named.get('first').n + parts[1].n",
    expect: 'skip',
  },
  'a choice of two': {
    setup: 'const a = { n: 0 }, b = { n: 0 }\nconst state = data.length > 3 ? a : b',
    checkpointed: 'state',
    inside: 'b.n++',
    wanted: 'b.n',
    expect: 'full',
  },
  'a part that is exchanged, and the one before is read': {
    setup: 'const before = { n: 1 }\nconst state = { part: before }',
    checkpointed: 'state',
    after: 'state.part = { n: state.part.n + 1 }',
    wanted: 'state.part.n - before.n',
    expect: 'skip',
  },
  'a part that is changed, and then exchanged': {
    setup: 'const before = { n: 1 }\nconst state = { part: before }',
    checkpointed: 'state',
    after: 'state.part.n++; if (epoch === 1) state.part = { n: 50 }',
    wanted: 'before.n',
    expect: 'full',
  },
  'a variable of the iteration that holds what the nested loop exchanges': {
    setup: 'const memory = { h: new Float64Array(1) }',
    checkpointed: 'memory',
    first: 'const h = memory.h',
    inside: 'memory.h[0]++; memory.h = memory.h.slice()',
    wanted: 'h[0]',
    expect: 'run',
  },
  'data that the state points at': {
    setup: 'const rows = [{ n: 1 }, { n: 2 }, { n: 3 }]\nconst state = { row: rows[0] }',
    checkpointed: 'state',
    after: 'state.row = rows[(epoch + 1) % 3]',
    wanted: 'rows.map((it) => it.n).join() + state.row.n',
    expect: 'skip',
  },
  'data that the state points at, and that is looked for': {
    setup: 'const rows = [{ n: 1 }, { n: 2 }, { n: 3 }]\nconst state = { row: rows[0] }',
    checkpointed: 'state',
    after: 'state.row = rows[(epoch + 1) % 3]',
    wanted: 'rows.indexOf(state.row)',
    expect: 'full',
    names: 'compared',
  },
  'parts in another order': {
    setup: 'const a = { n: 1 }, b = { n: 2 }\nconst pair = [a, b]',
    checkpointed: 'pair',
    after: 'pair.reverse(); pair[0].n++',
    wanted: 'a.n * 100 + b.n',
    expect: 'full',
  },
  'a queue of records': {
    setup: 'const queue = []',
    checkpointed: 'queue',
    inside: 'queue.push({ loss, at: [i] }); if (queue.length > 4) queue.shift()',
    wanted: 'queue.reduce((sum, it) => sum + it.loss * it.at[0], 0)',
    expect: 'skip',
  },
  'a queue of instances': {
    setup: `${box}\nconst queue = []`,
    checkpointed: 'queue',
    inside: 'queue.push(new Box(loss)); if (queue.length > 4) queue.shift()',
    wanted: 'queue.at(-1).n',
    expect: 'full',
    names: 'instance',
  },
  'properties that are deleted and come again': {
    setup: 'const seen = { a: 1, b: 2, c: 3 }',
    checkpointed: 'seen',
    after: "delete seen[['a', 'b', 'c'][epoch % 3]]; seen[['a', 'b', 'c'][(epoch + 2) % 3]] = epoch",
    wanted: 'JSON.stringify(seen)',
    expect: 'skip',
  },
  'a function that is exchanged': {
    setup: 'const state = { scale: (x) => x }',
    checkpointed: 'state',
    first: '',
    after: 'const last = epoch; state.scale = (x) => x * last',
    wanted: 'state.scale(2)',
    at: 'first',
    expect: 'full',
  },
  'a view of the whole': {
    setup: 'const state = { whole: new Float64Array(4), row: null }',
    checkpointed: 'state',
    first: 'state.row = state.whole.subarray(epoch % 4)',
    after: 'state.row[0] += 1',
    wanted: 'state.whole.join()',
    // The runtime takes no checkpoints of it.
    expect: 'skip',
  },
  'one function called with what is checkpointed, and with what is not': {
    setup: 'const grow = (list) => { list[0]++ }\nconst mine = [0], others = [0]',
    checkpointed: 'mine',
    after: 'grow(mine); grow(others)',
    wanted: 'others[0]',
    expect: 'full',
  },
  'one function called with two that are checkpointed': {
    setup: 'const grow = (list, by) => { list[0] += by }\nconst one = [0], two = [0], others = [0]',
    checkpointed: 'one, two',
    after: 'grow(one, 1); grow(two, one[0]); grow(others, 1)',
    wanted: 'one[0] + two[0]',
    expect: 'skip',
  },
  'a generator that goes on with what it took out of the state': {
    setup:
      'const state = { items: [1, 2, 3] }\nfunction* take() { const mine = state.items; for (;;) { mine[0]++; yield mine[0] } }\nconst taken = take()',
    checkpointed: 'state',
    after: 'state.items = [...state.items]; const { value } = taken.next()',
    wanted: 'value',
    expect: 'full',
  },
  'keys of a Map that are objects': {
    setup: 'const key = { n: 0 }\nconst table = new Map([[key, 1]])',
    after: 'for (const [k] of table) k.n++',
    wanted: 'key.n',
    expect: 'full',
  },
  'what a function of the language takes out': {
    setup: 'const net = { a: { w: [0] }, b: { w: [0] } }',
    after: 'Object.values(net).flatMap(Object.values).forEach((w) => { w[0]++ })',
    wanted: 'net.a.w[0]',
    expect: 'full',
  },
  'a Map in place of a list of pairs': {
    setup: "const table = new Map([['a', { n: 0 }]])",
    after:
      'const [[, first]] = table; first.n++; Array.from(table)[0][1].n++; for (const [, it] of new Map(table)) it.n++',
    wanted: "table.get('a').n",
    expect: 'full',
  },
}
