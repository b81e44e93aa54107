import type { Traps } from './trap.js'

/** State that changes later than the line that says so. */
export const asynchrony: Traps = {
  'a chain of promises': {
    setup: 'let total = 0\nlet chain = Promise.resolve()',
    inside: 'chain = chain.then(() => { total += loss })',
    after: 'await chain',
    wanted: 'total',
    expect: 'full',
    names: 'total',
  },
  'a promise that nobody awaits': {
    setup: 'const state = { n: 0 }',
    checkpointed: 'state',
    after: 'Promise.resolve().then(() => { state.n++ })',
    end: 'await null',
    wanted: 'state.n',
    at: 'end',
    expect: 'full',
  },
  'an asynchronous function that nobody awaits': {
    setup: 'const state = { n: 0 }\nasync function later() { await null; state.n++ }',
    checkpointed: 'state',
    after: 'later()',
    end: 'await null',
    wanted: 'state.n',
    at: 'end',
    expect: 'full',
  },
  'a worker in the background': {
    setup: `let wake = () => {}
let served = 0
async function serve() { for (;;) { await new Promise((resolve) => { wake = resolve }); served++ } }
serve()`,
    after: 'wake(); await null; await null',
    wanted: 'served',
    expect: 'full',
  },
  'a queue of jobs': {
    setup: `const queue = []
let done = 0
const drain = async () => { while (queue.length > 0) { await null; queue.shift()() } }`,
    inside: 'queue.push(() => { done++ })',
    after: 'await drain()',
    wanted: 'done',
    expect: 'full',
    names: 'done',
  },
  'a prefetched batch': {
    setup: 'let n = 0\nconst load = async () => ({ id: n++ })\nlet next = load()',
    first: 'const batch = await next\n  next = load()',
    wanted: 'batch.id',
    expect: 'full',
  },
  'a microtask': {
    setup: 'let ticks = 0',
    after: 'queueMicrotask(() => { ticks++ })\n  await null',
    wanted: 'ticks',
    expect: 'full',
  },
  'a timer that goes on': {
    setup: 'let ticks = 0\nconst timer = setInterval(() => { ticks++ }, 1)',
    after: 'await new Promise((resolve) => setTimeout(resolve, 4))',
    end: 'clearInterval(timer)',
    wanted: 'ticks > 0',
    expect: 'full',
  },
  'listeners of one’s own': {
    setup: `class Bus { listeners = []; listen(f) { this.listeners.push(f) } tell(v) { for (const f of this.listeners) f(v) } }
const bus = new Bus()
let heard = 0
bus.listen((v) => { heard += v })`,
    after: 'bus.tell(1)',
    wanted: 'heard',
    expect: 'full',
    names: 'heard',
  },
  'an event target': {
    setup:
      "let heard = 0\nconst target = new EventTarget()\ntarget.addEventListener('epoch', () => { heard++ })",
    after: "target.dispatchEvent(new Event('epoch'))",
    wanted: 'heard',
    expect: 'full',
  },
  'an object that can be awaited': {
    setup: 'let asked = 0\nconst answer = { then(resolve) { asked++; resolve(asked) } }',
    after: 'const got = await answer',
    wanted: 'got',
    expect: 'full',
  },
  'all of several promises': {
    setup: 'const order = []\nconst job = async (k) => { await null; order.push(k) }',
    after: 'await Promise.all([2, 1, 0].map((k) => job(k)))',
    wanted: 'order.length',
    expect: 'full',
    names: 'order',
  },
  'an asynchronous generator that is kept': {
    setup: 'async function* stream() { for (let n = 0; ; n++) yield n }\nconst numbers = stream()',
    first: 'const { value } = await numbers.next()',
    wanted: 'value',
    expect: 'full',
  },
}
