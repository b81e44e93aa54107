import t from 'tap'
import type { ContextTable } from '../../../lib/model/column.js'
import type { IterationTiming, LoopTiming } from '../../../lib/model/run.js'
import { positionsOn, type SeriesAxis } from '../../../lib/query/series-axis.js'

/** A table of contexts: one array of iterations a loop. */
const table = (
  loops: Readonly<Record<string, readonly number[]>>,
  more: Partial<ContextTable> = {},
): ContextTable => {
  const columns = Object.values(loops)
  return {
    loops: Object.keys(loops),
    count: columns[0]?.length ?? 1,
    indices: columns.map((column) => Int32Array.from(column)),
    passes: columns.map(() => undefined),
    labels: columns.map(() => undefined),
    ...more,
  }
}

/** A run of epochs of 2 seconds, the first after 1 second, with so many steps each. */
const epochs = (...steps: readonly number[]): LoopTiming[] => [
  {
    context: [],
    loop: 'epoch',
    pass: 0,
    role: 'main',
    beforeMs: 1000,
    exhausted: true,
    iterations: steps.map(
      (iterations, index): IterationTiming => ({
        context: [{ loop: 'epoch', pass: 0, index }],
        durationMs: 2000,
        nested: [{ loop: 'step', pass: 0, durationMs: 1500, iterations }],
      }),
    ),
  },
]

const on = (
  axis: string,
  contexts: ContextTable,
  timeline: readonly LoopTiming[] = [],
): number[] | undefined => {
  const what: SeriesAxis = axis === 'time' ? { kind: 'time' } : { kind: 'loop', loop: axis }
  const found = positionsOn(what, contexts, timeline)
  return found && [...found]
}

t.test(
  'over its own loop a value lies at its iteration, or at the label that people call it by',
  async (t) => {
    t.strictSame(on('epoch', table({ epoch: [0, 1, 3] })), [0, 1, 3])
    t.strictSame(on('epoch', table({ epoch: [0, 1, 2] }, { labels: [[1, 2, 3]] })), [1, 2, 3])
    t.strictSame(
      on('epoch', table({ epoch: [0, 1] }, { labels: [['warm', 'cold']] })),
      [0, 1],
      'texts are no places',
    )
    t.strictSame(on('rate', table({ rate: [0, 1] }, { labels: [[0.1, 0.01]] })), [0.1, 0.01])
    t.strictSame(
      on('clip', table({ clip: [0, 1] }, { labels: [[0.5, Number.POSITIVE_INFINITY]] })),
      [0, 1],
      'nor are infinities',
    )
  },
)

t.test('a nested loop is counted on, by as many iterations as the run had, logged or not', async (t) => {
  const everyTenth = table({ epoch: [0, 0, 1, 1], step: [0, 10, 0, 10] })
  t.strictSame(on('step', everyTenth, epochs(15, 20)), [0, 10, 15, 25])
  t.strictSame(on('step', everyTenth), [0, 10, 11, 21], 'without a timeline, as far as is logged')
  const later = table({ epoch: [2], step: [3] })
  t.strictSame(on('step', later, epochs(15, 20, 5)), [38], 'epochs without values count, too')
})

t.test('over an enclosing loop the values of an iteration are spread evenly over it', async (t) => {
  t.strictSame(
    on('epoch', table({ epoch: [0, 0, 0, 0, 1, 1], step: [0, 1, 2, 3, 0, 1] })),
    [0, 0.25, 0.5, 0.75, 1, 1.5],
  )
})

t.test('over a loop inside, a value lies at the last iteration that was over', async (t) => {
  t.strictSame(on('step', table({ epoch: [0, 1] }), epochs(15, 20)), [14, 34])
  t.equal(on('step', table({ epoch: [0, 1] })), undefined, 'which cannot be told without a timeline')
  t.equal(on('step', table({}), epochs(15, 20)), undefined)
})

t.test('second passes of a loop go on behind the first', async (t) => {
  const passes = [Int32Array.of(0, 0, 1, 1)]
  t.strictSame(on('epoch', table({ epoch: [0, 1, 0, 1] }, { passes })), [0, 1, 2, 3])
})

t.test('time is that of the iterations, shared evenly inside', async (t) => {
  t.strictSame(on('time', table({ epoch: [0, 1] }), epochs(2, 2)), [3, 5], 'at the end')
  t.strictSame(on('time', table({ epoch: [0, 0, 1, 1], step: [0, 1, 0, 1] }), epochs(2, 2)), [2, 3, 4, 5])
  t.equal(on('time', table({ epoch: [0] })), undefined)
})
