import t from 'tap'
import { contextKey } from '../../../lib/model/context.js'
import { planLevelCheck } from '../../../lib/replay/level-check.js'
import type { PlanRequest } from '../../../lib/replay/planner.js'
import type { Position } from '../../../lib/replay/source-project.js'
import { Simulator } from './simulator.js'

const inEpoch: Position = { kind: 'iteration', loops: ['epoch'], outerLoops: 0, why: '' }

/** A statement in a run of so many epochs that took so long each, mostly in their nested loop. */
function request(
  epochs: number,
  eachMs: number,
  keep: (context: string) => boolean = () => true,
): PlanRequest {
  const program = { mains: [{ name: 'epoch', iterations: epochs, nested: [20] }] }
  const run = new Simulator(program).run().recorded(() => true)
  const timeline = run.timeline.map((loop) => ({
    ...loop,
    iterations: loop.iterations.map((it) => ({
      ...it,
      durationMs: eachMs,
      nested: it.nested.map((nested) => ({ ...nested, durationMs: 0.9 * eachMs })),
    })),
  }))
  return {
    run: {
      ...run,
      timeline,
      checkpoints: run.checkpoints.filter((it) => keep(contextKey(it.point.context))),
      end: { ...run.end, durationMs: epochs * eachMs },
    },
    wanted: 'all',
    position: inEpoch,
    soundness: { skip: { verdict: 'sound', reason: '' }, restore: { verdict: 'sound', reason: '' } },
    availabilityOf: () => 'present',
    pathOf: (sha) => sha,
  }
}

t.test('the second iteration and a later one are executed from checkpoints and from the start', async (t) => {
  const check = planLevelCheck(request(20, 10), 'skip', 'auto')
  t.strictSame(check?.contexts.map(contextKey), ['epoch=1', 'epoch=8'])
  t.match(check?.cheaper, [
    { level: 'skip', executed: ['epoch=1'] },
    { level: 'skip', executed: ['epoch=8'] },
  ])
  t.match(check?.sounder, [{ level: 'full', checkpoints: [] }])
  t.equal(check?.sounder[0]?.executed.length, 9)
  const run = planLevelCheck(request(20, 10), 'run', 'auto')
  t.ok(run?.cheaper.every((it) => it.level === 'run' && it.checkpoints.length > 0))
})

t.test('long iterations are checked where that is a small share of the training, or asked for', async (t) => {
  t.equal(planLevelCheck(request(20, 5000), 'skip', 'auto'), undefined)
  const asked = planLevelCheck(request(20, 5000), 'skip', 'always')
  t.strictSame(asked?.contexts.map(contextKey), ['epoch=1'])
  const many = planLevelCheck(request(200, 5000), 'skip', 'auto')
  t.strictSame(many?.contexts.map(contextKey), ['epoch=1', 'epoch=2'])
  t.ok((many?.estimateMs ?? Number.POSITIVE_INFINITY) <= 0.02 * 200 * 5000)
  t.equal(planLevelCheck(request(20, 10), 'skip', 'never'), undefined)
})

t.test('where the first checkpoints are missing, two neighbours tell', async (t) => {
  const late = request(200, 5000, (context) => context === 'epoch=60' || context === 'epoch=61')
  const check = planLevelCheck(late, 'run', 'auto')
  t.strictSame(check?.contexts.map(contextKey), ['epoch=62'])
  t.match(check?.cheaper, [{ executed: ['epoch=62'] }])
  t.match(check?.sounder, [{ executed: ['epoch=61', 'epoch=62'] }])
})

t.test(
  'one iteration, no checkpoints, or a place outside of main loops leave nothing to check',
  async (t) => {
    t.equal(planLevelCheck(request(1, 10), 'run', 'always'), undefined)
    const without = request(9, 10, () => false)
    t.equal(planLevelCheck(without, 'run', 'always'), undefined)
    const behind: Position = { ...inEpoch, kind: 'suffix', loops: [] }
    t.equal(planLevelCheck({ ...request(9, 10), position: behind }, 'run', 'always'), undefined)
  },
)
