import t from 'tap'
import type { Column } from '../../../lib/model/column.js'
import { contextKey, parseContextKey } from '../../../lib/model/context.js'
import type { PlanRequest } from '../../../lib/replay/planner.js'
import { afterTrial, decideTrial, planTrial } from '../../../lib/replay/trial.js'
import { type Program, Simulator } from './simulator.js'

function request(program: Program, keep: (index: number) => boolean = () => true): PlanRequest {
  return {
    run: new Simulator(program).run().recorded(keep),
    wanted: 'all',
    position: { kind: 'iteration', loops: ['epoch'], outerLoops: 0, why: '' },
    soundness: { skip: { verdict: 'unknown', reason: '' }, restore: { verdict: 'unknown', reason: '' } },
    availabilityOf: () => 'present',
    pathOf: (sha) => sha,
  }
}

const epochs = (iterations: number): Program => ({ mains: [{ name: 'epoch', iterations, nested: [20] }] })

t.test('a trial of skip executes two iterations far apart both ways', async (t) => {
  const trial = planTrial(request(epochs(5)), 'skip')
  t.strictSame(trial?.contexts.map(contextKey), ['epoch=1', 'epoch=4'])
  t.match(trial, { cheaper: [{ level: 'skip' }], sounder: [{ level: 'run' }] })
})

t.test(
  'a trial of starting at checkpoints executes two consecutive iterations from the start, too',
  async (t) => {
    const trial = planTrial(request(epochs(5)), 'restore')
    t.strictSame(trial?.contexts.map(contextKey), ['epoch=1', 'epoch=2'])
    t.match(trial?.cheaper, [
      { level: 'run', executed: ['epoch=1'] },
      { level: 'run', executed: ['epoch=2'] },
    ])
    t.match(trial?.sounder, [{ level: 'full', executed: ['epoch=0', 'epoch=1', 'epoch=2'] }])
  },
)

t.test('with too little to compare there is no trial', async (t) => {
  t.equal(planTrial(request(epochs(1)), 'skip'), undefined)
  t.equal(planTrial(request(epochs(2)), 'restore'), undefined)
  t.equal(
    planTrial(
      request(epochs(5), () => false),
      'skip',
    ),
    undefined,
  )
  t.equal(
    planTrial(
      request(epochs(5), () => false),
      'restore',
    ),
    undefined,
  )
})

t.test('equal values allow the cheaper level; any difference, or nothing, forbids it', async (t) => {
  const column = (values: readonly number[], name = 'w'): Column => ({
    name,
    contexts: {
      loops: ['epoch'],
      count: values.length,
      indices: [Int32Array.from(values, (_, i) => i + 1)],
      passes: [undefined],
      labels: [undefined],
    },
    values: Float64Array.from(values),
  })
  const trial = { level: 'skip' as const, contexts: [1, 2].map((i) => parseContextKey(`epoch=${i}`)) }
  const decide = (a: Column[], b: Column[]) => decideTrial(trial, ['w'], a, b)
  t.match(decide([column([1, 2])], [column([1, 2])]), { isAllowed: true, compared: 2 })
  // Other iterations are executed on the way, in whatever state: they decide nothing.
  t.match(decide([column([1, 2, 9])], [column([1, 2, 7])]), { isAllowed: true })
  t.match(decide([column([1, 2])], [column([1, 3])]), { isAllowed: false, reason: /`w` differs at epoch=2/ })
  t.match(decide([column([1])], [column([1, 3])]), { isAllowed: false })
  t.match(decide([], []), { isAllowed: false, reason: /nothing to compare/ })
  t.match(afterTrial(request(epochs(3)).soundness, 'skip', decide([column([1])], [column([1])])), {
    skip: { verdict: 'sound' },
    restore: { verdict: 'unknown' },
  })
})
