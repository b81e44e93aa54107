import t from 'tap'
import type { Column } from '../../../lib/model/column.js'
import type { LoopTiming } from '../../../lib/model/run.js'
import type { LogValue } from '../../../lib/model/value.js'
import { Tensor } from '../../../lib/model/value.js'
import { checkFidelity, checkGenerator, joinFidelity } from '../../../lib/replay/fidelity.js'

/** A column with one row for each value, in iterations 0, 1, … of `epoch`. */
function column(name: string, values: readonly LogValue[], indices = values.map((_, i) => i)): Column {
  return {
    name,
    contexts: {
      loops: ['epoch'],
      count: values.length,
      indices: [Int32Array.from(indices)],
      passes: [undefined],
      labels: [undefined],
    },
    values: values.every((it) => typeof it === 'number') ? Float64Array.from(values as number[]) : values,
  }
}

t.test('equal values are identical, NaN and -0 included', async (t) => {
  const values = [1, Number.NaN, -0, Number.POSITIVE_INFINITY]
  t.strictSame(checkFidelity([column('a', values)], [column('a', values)]), {
    status: 'identical',
    compared: 4,
    equal: 4,
  })
  t.match(checkFidelity([column('a', [0])], [column('a', [-0])]), { status: 'diverged' })
})

t.test('the first difference is told, by name and context', async (t) => {
  const fidelity = checkFidelity([column('a', [1, 2, 3])], [column('a', [1, 5, 4])])
  t.match(fidelity, {
    status: 'diverged',
    compared: 3,
    equal: 1,
    first: { name: 'a', context: 'epoch=1', recorded: 2, replayed: 5 },
  })
})

t.test('only what both sides have is compared, and only names that are comparable', async (t) => {
  const recorded = [column('a', [1, 2, 3]), column('b', [1])]
  t.match(checkFidelity(recorded, [column('a', [3], [2]), column('new', [1])]), {
    status: 'identical',
    compared: 1,
  })
  t.match(checkFidelity(recorded, [column('new', [1])]), { status: 'unchecked', compared: 0 })
  const options = { isComparable: (name: string) => name !== 'a' }
  t.match(checkFidelity(recorded, [column('a', [9])], options), { status: 'unchecked' })
})

t.test('a value logged once more than before is a difference', async (t) => {
  const twice = column('a', [1, 1], [0, 0])
  t.match(checkFidelity([column('a', [1])], [twice]), { status: 'diverged', compared: 2, equal: 1 })
  t.match(checkFidelity([twice], [column('a', [1])]), { status: 'identical' })
})

t.test('a tolerance is relative, and no difference of kind is within it', async (t) => {
  const recorded = [column('a', [1000, 1e-9])]
  t.match(checkFidelity(recorded, [column('a', [1000.5, 0])], { tolerance: 1e-3 }), {
    status: 'within-tolerance',
    equal: 0,
  })
  t.match(checkFidelity(recorded, [column('a', [1002, 0])], { tolerance: 1e-3 }), { status: 'diverged' })
  t.match(checkFidelity(recorded, [column('a', [Number.NaN, 0])], { tolerance: 1 }), { status: 'diverged' })
  t.match(checkFidelity(recorded, [column('a', ['1000', 0])], { tolerance: 1 }), { status: 'diverged' })
})

t.test('arrays, tensors and objects are compared element by element', async (t) => {
  const value = (last: number): LogValue[] => [
    new Float32Array([1, last]),
    new Tensor('float32', [2, 1], new Float32Array([1, last])),
    { a: [1, { b: last }] },
    [new Date(5), null, true, 10n],
  ]
  t.match(checkFidelity([column('a', value(2))], [column('a', value(2))]), { status: 'identical', equal: 4 })
  t.match(checkFidelity([column('a', value(2))], [column('a', value(3))]), { status: 'diverged', equal: 1 })
  const reshaped = [new Tensor('float32', [1, 2], new Float32Array([1, 2]))]
  t.match(checkFidelity([column('a', value(2).slice(1, 2))], [column('a', reshaped)]), { status: 'diverged' })
})

t.test('several replays are as faithful as the worst of them', async (t) => {
  const good = { status: 'identical', compared: 2, equal: 2 } as const
  const first = { name: 'a', context: '', recorded: 1, replayed: 2 }
  t.strictSame(joinFidelity([good, { status: 'diverged', compared: 1, equal: 0, first }, good]), {
    status: 'diverged',
    compared: 5,
    equal: 4,
    first,
  })
  t.match(joinFidelity([]), { status: 'unchecked', compared: 0 })
})

t.test(
  'a generator that stands elsewhere after an iteration is a difference, whatever was logged',
  async (t) => {
    const loop = (...states: readonly (number | undefined)[]): LoopTiming => ({
      context: [],
      loop: 'epoch',
      pass: 0,
      role: 'main',
      beforeMs: 0,
      exhausted: true,
      iterations: states.map((state, index) => ({
        context: [{ loop: 'epoch', pass: 0, index }],
        nested: [],
        ...(state === undefined ? {} : { generator: Uint8Array.of(state) }),
      })),
    })
    t.equal(checkGenerator([loop(1, 2, 3)], [loop(1, 2, 3)]), undefined)
    t.equal(
      checkGenerator([loop(1, 2, 3)], [loop(1, undefined)]),
      undefined,
      'only what was executed is compared',
    )
    t.equal(checkGenerator([loop(undefined)], [loop(4)]), undefined, 'nor what was not recorded')
    t.match(checkGenerator([loop(1, 2, 3)], [loop(1, 9)]), {
      status: 'diverged',
      first: { name: 'Math.random', context: 'epoch=1', recorded: '02', replayed: '09' },
    })
  },
)
