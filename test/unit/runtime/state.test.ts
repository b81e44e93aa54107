import { test } from 'tap'
import type { TensorContent } from '../../../lib/runtime/state/adapter.js'
import { captureState } from '../../../lib/runtime/state/capture.js'
import { Founding } from '../../../lib/runtime/state/founding.js'
import { restoreState } from '../../../lib/runtime/state/restore.js'
import { decodeDocument, encodeDocument } from '../../../lib/segment/value-codec.js'

type Roots = Record<string, object>

/** Captures through bytes, as a checkpoint does. */
function checkpoint(roots: Roots, founding?: Founding) {
  const { document, files } = captureState(roots, founding)
  const bytes = encodeDocument(document)
  const tensors = new Map(
    [...files].map(([file, sources]) => {
      const contents = [...sources].map(([name, { dtype, shape, read }]): [string, TensorContent] => {
        const { buffer, byteOffset, byteLength } = read()
        return [name, { dtype, shape, bytes: new Uint8Array(buffer, byteOffset, byteLength).slice() }]
      })
      return [file, new Map(contents)] as const
    }),
  )
  return {
    restore: (into: Roots) => restoreState(into, decodeDocument(bytes), tensors, founding),
    files: [...files.keys()],
  }
}

test('objects, arrays, maps, sets and typed arrays are restored in place', async (t) => {
  const state = {
    best: 0.5,
    nothing: null as unknown,
    missing: undefined as unknown,
    when: new Date(5),
    big: 10n ** 20n,
    nested: { list: [1, 'two', { three: 3 }], empty: [] as number[] },
    seen: new Map<unknown, unknown>([
      ['a', { n: 1 }],
      [2, 'two'],
    ]),
    done: new Set([1, 'x']),
    weights: new Float32Array([1, Number.NaN, -0]),
    method() {
      return this.best
    },
  }
  const kept = { ...state, list: state.nested.list, item: state.nested.list[2], a: state.seen.get('a') }
  const saved = checkpoint({ state })

  state.best = 9
  state.nothing = 'something'
  state.nested.list.push(4, 5)
  Object.assign(state.nested.list[2] as object, { three: 4, four: 4 })
  state.seen.clear()
  state.seen.set('b', 1)
  state.done.add('y')
  state.weights.fill(7)
  ;(state as Record<string, unknown>).later = 1
  saved.restore({ state })

  t.equal(state.best, 0.5)
  t.equal(state.nothing, null)
  t.ok('missing' in state && state.missing === undefined)
  t.strictSame([state.when, state.big], [new Date(5), 10n ** 20n])
  t.equal(state.nested.list, kept.list)
  t.equal(state.nested.list[2], kept.item)
  t.strictSame(state.nested, { list: [1, 'two', { three: 3 }], empty: [] })
  t.strictSame(
    [...state.seen],
    [
      ['a', { n: 1 }],
      [2, 'two'],
    ],
  )
  t.strictSame([...state.done], [1, 'x'])
  t.equal(state.weights, kept.weights)
  t.ok(Object.is(state.weights[2], -0) && Number.isNaN(state.weights[1]))
  t.notOk('later' in state)
  t.equal(state.method(), 0.5, 'functions stay')
})

test('a fresh process gets what its objects did not have yet', async (t) => {
  const saved = checkpoint({
    state: { slots: [{ m: new Float64Array([1, 2]) }], byName: new Map([['w', [1]]]), tags: new Set(['a']) },
  })
  const fresh = { slots: [] as unknown[], byName: new Map(), tags: undefined }
  saved.restore({ state: fresh })
  t.strictSame(fresh, {
    slots: [{ m: new Float64Array([1, 2]) }],
    byName: new Map([['w', [1]]]),
    tags: new Set(['a']),
  })
})

test('shared references and cycles stay what they are', async (t) => {
  const shared = { n: 1 }
  const state = { a: shared, b: shared, self: undefined as unknown }
  state.self = state
  const other = [shared]
  const saved = checkpoint({ state, other })
  const fresh = { a: {}, b: {} } as { a: { n?: number }; b: object; self?: unknown }
  const list: unknown[] = []
  saved.restore({ state: fresh, other: list })
  t.equal(fresh.a, fresh.b)
  t.equal(fresh.self, fresh)
  t.equal(list[0], fresh.a)
  t.equal(fresh.a.n, 1)
})

test('long lists of numbers are exact', async (t) => {
  const numbers = Array.from({ length: 40 }, (_, i) => (i === 3 ? -0 : i === 4 ? Number.NaN : i / 7))
  const saved = checkpoint({ numbers })
  const live: number[] = [1]
  saved.restore({ numbers: live })
  t.ok(live.length === 40 && live.every((value, i) => Object.is(value, numbers[i])))
})

test('objects that save and load themselves do so', async (t) => {
  class Schedule {
    #step = 0
    advance() {
      return ++this.#step
    }
    save() {
      return { step: this.#step, history: new Float32Array(2) }
    }
    load(saved: { step: number }) {
      this.#step = saved.step
    }
  }
  class Json {
    text = 'a'
    toJSON() {
      return { text: this.text }
    }
    fromJSON(json: { text: string }) {
      this.text = `${json.text}!`
    }
  }
  const [schedule, json] = [new Schedule(), new Json()]
  schedule.advance()
  const saved = checkpoint({ schedule, json })
  schedule.advance()
  saved.restore({ schedule, json })
  t.equal(schedule.advance(), 2)
  t.equal(json.text, 'a!')
  t.throws(
    () => captureState({ x: { save: async () => 1, load() {} } }),
    /x: save\(\) must not be asynchronous/,
  )
})

test('instances of classes keep their class, accessors and constants', async (t) => {
  class Meter {
    total = 0
    readonly limit = 5
    get twice() {
      return this.total * 2
    }
  }
  const meter = Object.freeze(new Meter())
  const open = new Meter()
  open.total = 4
  const saved = checkpoint({ meter, open })
  open.total = 9
  saved.restore({ meter, open })
  t.ok(open instanceof Meter && open.twice === 8)
})

test('what cannot be captured or restored is named with its path', async (t) => {
  t.throws(
    () => captureState({ state: { deep: [new WeakMap()] } }),
    /^state\.deep\.0: a WeakMap cannot be checkpointed/,
  )
  const saved = checkpoint({ state: { list: [1] }, weights: new Float32Array(3) })
  t.throws(() => saved.restore({ state: {} }), /^weights: recorded, but not given/)
  t.throws(
    () => saved.restore({ state: {}, weights: new Float32Array(4) }),
    /^weights: cannot be restored in place/,
  )
  t.throws(
    () => saved.restore({ state: new Map(), weights: new Float32Array(3) }),
    /^state: cannot be restored in place/,
  )
  const frozen = Object.freeze({ list: Object.freeze([2]) })
  t.throws(() => saved.restore({ state: frozen, weights: new Float32Array(3) }))
  t.throws(() => restoreState({}, { v: 2 }, new Map()), /not a recorded state/)
  t.throws(() => restoreState({}, { v: 1, roots: {}, nodes: [] }, new Map()), /version 2/)
})

test('a property called __proto__ is an ordinary one', async (t) => {
  const state = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as object
  const saved = checkpoint({ state })
  const fresh = {}
  saved.restore({ state: fresh })
  t.ok(Object.hasOwn(fresh, '__proto__'))
  t.equal(({} as { polluted?: boolean }).polluted, undefined)
})

test('what hangs on a list beside its items comes back', async (t) => {
  const list = (items: unknown[], named: Record<string, unknown>) =>
    Object.assign(items, named) as unknown[] & Record<string, unknown>
  const ring = list([1, 2, 3], { best: { loss: 1 }, '-1': 9 })
  // biome-ignore lint/suspicious/noSparseArray: a hole is meant.
  const sparse = list([1, , 3], { '01': 'text' })
  const saved = checkpoint({ ring, sparse })
  const later = { ring: list([1, 2, 3], { best: { loss: 1 } }), sparse: list([1], { gone: 1 }) }
  const { best } = later.ring
  saved.restore(later)
  t.same([later.ring['-1'], later.ring.best, later.ring.length], [9, { loss: 1 }, 3])
  t.equal(later.ring.best, best, 'objects keep their identity')
  t.same(Object.keys(later.sparse), ['0', '2', '01'])
  t.equal(later.sparse['01'], 'text')
})

test('properties that a restore would not give back are refused', async (t) => {
  const seen = Object.assign(new Map(), { best: 1 })
  const hidden = Object.defineProperty({}, 'n', { value: 1, writable: true })
  for (const [state, message] of [
    [seen, /state\.best: properties of a Map itself/],
    [Object.assign(new Set(), { best: 1 }), /state\.best: properties of a Set itself/],
    [{ [Symbol('n')]: 1 }, /named by a symbol cannot be checkpointed/],
    [hidden, /state\.n: a property that is not enumerable/],
    [Object.assign(new Float64Array(2), { best: 1 }), /state\.best: properties of a Float64Array itself/],
    [
      Object.assign(new Float64Array(1000), { worst: 1 }),
      /state\.worst: properties of a Float64Array itself/,
    ],
    [Object.assign(Buffer.alloc(100), { [Symbol('n')]: 1 }), /named by a symbol cannot be checkpointed/],
    [Object.assign([1], { [Symbol('n')]: 1 }), /named by a symbol cannot be checkpointed/],
    [{ at: Object.assign(new Date(0), { zone: 1 }) }, /state\.at\.zone: properties of a Date itself/],
    [Object.defineProperty([1], 'n', { get: () => 1, enumerable: true }), /state\.n: an accessor of a list/],
  ] as const)
    t.throws(() => captureState({ state }), { message })
  t.doesNotThrow(() => captureState({ state: { [Symbol('f')]: () => 1, f() {} } }), 'functions are no state')
})

test('long lists and typed arrays keep, or refuse, what hangs on them just as short ones do', async (t) => {
  for (const length of [3, 64, 65, 5000]) {
    const list = Object.assign(
      Array.from({ length }, (_, i) => i),
      { best: 1, '-1': 2 },
    ) as unknown as Record<string, unknown>
    const saved = checkpoint({ list })
    const later = Array.from({ length }, () => 0) as unknown as Record<string, unknown>
    saved.restore({ list: later })
    t.same([later.best, later['-1'], later['2']], [1, 2, 2], `${length} items`)
    t.doesNotThrow(() => captureState({ state: new Float32Array(length) }))
    t.throws(() => captureState({ state: Object.assign(new Float32Array(length), { best: 1 }) }))
  }
})

test('what was frozen in training is frozen behind a restore, made anew or not', async (t) => {
  const state = { best: Object.freeze({ n: 1 }) as object, list: Object.freeze([1, 2]), open: { n: 1 } }
  const sealed = Object.seal({ n: 2 })
  const saved = checkpoint({ state, sealed })
  const later = { state: { best: { n: 0 }, list: [], open: { n: 0 } }, sealed: { n: 0 } }
  const { best } = later.state
  saved.restore(later)
  t.same(later.state, state)
  t.equal(later.state.best, best)
  t.ok(Object.isFrozen(best) && Object.isFrozen(later.state.list) && Object.isSealed(later.sealed))
  t.notOk(Object.isFrozen(later.state.open) || Object.isFrozen(later.sealed))
})

test('a Buffer is a Buffer, made anew', async (t) => {
  const saved = checkpoint({ state: { hash: Buffer.from('ab'), plain: new Uint8Array([1]) } })
  const later = { state: {} as Record<string, unknown> }
  saved.restore(later)
  t.equal(String(later.state.hash), 'ab')
  t.notOk(Buffer.isBuffer(later.state.plain))
})

test('an object with functions of its own is restored in place, and not made anew without them', async (t) => {
  const layer = (n: number) => ({ n, double: () => n * 2 })
  const saved = checkpoint({ layers: [layer(1), layer(2)] })
  const later = { layers: [layer(0), layer(0)] }
  saved.restore(later)
  t.same(
    later.layers.map((it) => it.n),
    [1, 2],
  )
  t.throws(() => saved.restore({ layers: [layer(0)] }), {
    message: /layers\.1: an object with functions or accessors of its own cannot be made anew/,
  })
})

test('a part that came into the state later is made anew, and what stands in its place is left alone', async (t) => {
  const rows = [{ n: 1 }, { n: 2 }]
  const state = { row: undefined as { n: number } | undefined, weights: new Float64Array([1]) }
  const founding = Founding.of({ state })
  const { weights } = state
  state.row = rows[1]
  state.weights = new Float64Array([5])
  const saved = checkpoint({ state }, founding)

  state.row = rows[0]
  state.weights = weights
  saved.restore({ state })
  t.strictSame(state.row, { n: 2 })
  t.strictSame(rows, [{ n: 1 }, { n: 2 }])
  t.strictSame(state.weights, new Float64Array([5]))
  t.strictSame(weights, new Float64Array([1]), 'the one that was there at first is nobody else')
})

test('parts that were there at first are restored wherever they stand by then', async (t) => {
  const a = { n: 1 }
  const b = { n: 2 }
  const pair = [a, b]
  const best = { of: a }
  const founding = Founding.of({ pair, best })
  pair.reverse()
  best.of = b
  b.n = 7
  const saved = checkpoint({ pair, best }, founding)

  pair.reverse()
  best.of = a
  b.n = 0
  saved.restore({ pair, best })
  t.ok(pair[0] === b && pair[1] === a && best.of === b, 'each is itself')
  t.strictSame([a.n, b.n], [1, 7])
})

test('an instance that came later is one of its class where another is there, and refused elsewhere', async (t) => {
  class Box {
    constructor(public n: number) {}
  }
  const state = { boxes: [new Box(1)], bare: undefined as unknown }
  const founding = Founding.of({ state })
  state.boxes.push(new Box(2))
  state.bare = Object.assign(Object.create(null), { x: 1 })
  const saved = checkpoint({ state }, founding)
  state.boxes.length = 1
  saved.restore({ state })
  t.ok(state.boxes[1] instanceof Box)
  t.equal(Object.getPrototypeOf(state.bare), null)

  const list: unknown[] = []
  const empty = Founding.of({ list })
  list.push(new Box(3))
  const alone = checkpoint({ list }, empty)
  list.length = 0
  t.throws(() => alone.restore({ list }), {
    message: 'list.0: an instance of Box that was made in the loop cannot be made anew',
  })
})

test('keys come back in the order in which they were set', async (t) => {
  const seen: Record<string, number> = { a: 1, b: 2, c: 3 }
  delete seen.a
  seen.a = 4
  const saved = checkpoint({ seen })
  delete seen.b
  seen.b = 5
  saved.restore({ seen })
  t.equal(JSON.stringify(seen), '{"b":2,"c":3,"a":4}')
})

test('a view of a larger buffer is restored where it was there at first, and refused where it came later', async (t) => {
  const whole = new Float64Array(4)
  const state = { whole, row: whole.subarray(1, 2) as Float64Array | undefined }
  const saved = checkpoint({ state })
  whole.fill(3)
  saved.restore({ state })
  t.strictSame(whole, new Float64Array(4))
  const founding = Founding.of({ state })
  state.row = whole.subarray(2)
  t.throws(() => captureState({ state }, founding), { message: /^state.row: a view of a larger buffer/ })
})

test('views of one memory are refused where one of them came into the state later', async (t) => {
  const refused = { message: /two views of the same memory, of which one is made in the loop/ }
  const state: Record<string, Uint8Array | Float64Array> = {
    flat: new Float64Array(2),
    bytes: Buffer.alloc(8),
  }
  const founding = Founding.of({ state })
  state.whole = (state.flat as Float64Array).subarray()
  t.throws(() => captureState({ state }, founding), refused)
  delete state.whole
  // Of the pool that Buffers are parts of, other parts are nobody's.
  state.other = Buffer.from('other')
  t.doesNotThrow(() => captureState({ state }, founding))
  state.part = (state.bytes as Buffer).subarray(4)
  t.throws(() => captureState({ state }, founding), refused)
  state.part = new Float64Array(1)
  state.again = new Uint8Array(state.part.buffer)
  t.throws(() => captureState({ state }, founding), refused)
})
