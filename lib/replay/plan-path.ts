import { type Context, contextKey } from '../model/context.js'
import type { IterationStep, LoopPlan, RestorableCheckpoint } from '../model/plan.js'
import type { Checkpoint, LoopTiming } from '../model/run.js'
import { type ReplayCosts, restoreCost, runCost, wholeCost } from './costs.js'
import { cheapestWay, stepsOf } from './iteration-steps.js'
import { loopPlan } from './loop-plan.js'
import type { Timeline } from './timeline.js'

/** Plans of some loops, what they cost, and what they execute and need. */
export interface PartialPlan {
  readonly loops: readonly LoopPlan[]
  readonly costMs: number
  readonly executed: readonly string[]
  readonly checkpoints: readonly Checkpoint[]
}

export interface PathTools {
  readonly timeline: Timeline
  readonly costs: ReplayCosts
  readonly toRestorable: (checkpoint: Checkpoint) => RestorableCheckpoint
  /** Whether iterations may be executed from a checkpoint: true where absent. */
  readonly mayRun?: boolean
}

/** What may be left out on the way. `nothing`: every iteration before is executed, as at level `full`. */
export type Leaving = 'iterations' | 'nothing'

const empty: PartialPlan = { loops: [], costMs: 0, executed: [], checkpoints: [] }

/**
 * Wraps the plan of a loop (or of what stands in `context`) into plans of the outer iterations around it and
 * of the loops that end before it. Returns undefined when they cannot be passed over exactly.
 */
export function pathTo(
  tools: PathTools,
  context: Context,
  before: LoopTiming | undefined,
  inner: PartialPlan,
  leaving: Leaving,
): PartialPlan | undefined {
  const earlier = earlierLoops(tools, context, before, leaving)
  if (earlier === undefined) return undefined
  const here = combine(earlier, inner)
  const last = context.at(-1)
  if (last === undefined) return here
  const outer = tools.timeline.loopOf(context)
  if (outer === undefined) return undefined
  const steps = outerSteps(tools.timeline, outer, last.index, leaving, here.loops)
  if (steps === undefined) return undefined
  const plan = loopPlan(outer, steps, { next: 'stop' })
  const executedBefore = leaving === 'nothing' ? outer.iterations.slice(0, last.index) : []
  const costMs =
    here.costMs +
    tools.timeline.gapBefore(outer) +
    executedBefore.reduce((sum, _, index) => sum + runCost(outer, index), 0)
  const executed = [
    ...executedBefore.flatMap((it) => tools.timeline.mainIterationsIn(it.context)),
    ...here.executed,
  ]
  return pathTo(tools, context.slice(0, -1), outer, { ...here, loops: [plan], costMs, executed }, leaving)
}

function outerSteps(
  timeline: Timeline,
  outer: LoopTiming,
  index: number,
  leaving: Leaving,
  loops: readonly LoopPlan[],
): IterationStep[] | undefined {
  if (leaving === 'iterations' && !timeline.canPass(outer, 0, index)) return undefined
  const steps = Array.from({ length: index }, (_, at): IterationStep => {
    if (leaving === 'nothing') return { mode: 'run' }
    const generator = outer.iterations[at]?.generator
    return generator === undefined ? { mode: 'pass' } : { mode: 'pass', generator }
  })
  return [...steps, { mode: 'run', loops }]
}

/** Plans of the loops that were left before `before` (or, when absent, of all) in the same iteration. */
function earlierLoops(
  tools: PathTools,
  context: Context,
  before: LoopTiming | undefined,
  leaving: Leaving,
): PartialPlan | undefined {
  const loops = tools.timeline.loopsIn(context)
  const end = before === undefined ? 0 : loops.indexOf(before)
  let plan = empty
  for (const loop of loops.slice(0, Math.max(end, 0))) {
    const left = leavePlan(tools, loop, leaving)
    if (left === undefined) return undefined
    plan = combine(plan, left)
  }
  return plan
}

/**
 * The plan of a loop that is to be left behind with the state that it left: all iterations passed over and the last
 * checkpoint restored; executed from the nearest one where that is missing, or where the loop was left by `break`.
 */
export function leavePlan(tools: PathTools, loop: LoopTiming, leaving: Leaving): PartialPlan | undefined {
  const { timeline, costs, toRestorable } = tools
  const count = loop.iterations.length
  const wholeMs = wholeCost(loop)
  const all = loop.role === 'main' ? loop.iterations.map((it) => contextKey(it.context)) : []
  const gapMs = timeline.gapBefore(loop)
  if (leaving === 'nothing') return { ...empty, costMs: gapMs + wholeMs, executed: all }
  const generator = loop.generatorAfter === undefined ? {} : { generator: loop.generatorAfter }
  if (count === 0) return { ...empty, costMs: gapMs }
  const canPass = timeline.canPass(loop, 0, count - 1)
  if (loop.role === 'outer') {
    // What a loop without main loops computes (data that it reads, say) is in no checkpoint: it is executed like any other code.
    if (!loop.iterations.some((it) => timeline.mainIterationsIn(it.context).length > 0))
      return { ...empty, costMs: gapMs + wholeMs }
    if (!loop.exhausted || !canPass) return undefined
    const plan = loopPlan(loop, stepsOf(loop, [], count, toRestorable), { next: 'leave', ...generator })
    return { ...empty, loops: [plan], costMs: gapMs }
  }
  const last = timeline.endOf(loop, count - 1)
  if (loop.exhausted && last !== undefined && canPass) {
    const steps = stepsOf(loop, [], count, toRestorable)
    const plan = loopPlan(loop, steps, { next: 'leave', restore: toRestorable(last), ...generator })
    return { loops: [plan], costMs: gapMs + restoreCost(costs, last), executed: [], checkpoints: [last] }
  }
  if (tools.mayRun === false) return undefined
  const way = cheapestWay(timeline, loop, [count - 1], {
    maySkip: false,
    mayRestore: true,
    mayRun: true,
    costs,
  })
  if (way === undefined) return undefined
  // The source is asked once more, as it was, and ends the loop; or the body breaks out of it.
  const plan = loopPlan(loop, stepsOf(loop, way.actions, count, toRestorable), { next: 'execute' })
  return {
    loops: [plan],
    costMs: gapMs + way.costMs,
    executed: way.actions.map((it) =>
      contextKey((loop.iterations[it.index] as { context: Context }).context),
    ),
    checkpoints: way.actions.flatMap((it) => it.restore ?? []),
  }
}

/**
 * For a loop whose last iteration breaks out of it, and so past the plan's end: the loop entered next, if any, stops
 * the process instead.
 */
export function stopBehind(timeline: Timeline, loop: LoopTiming, index: number): LoopPlan[] {
  if (!timeline.isUnfinished(loop, index)) return []
  const siblings = timeline.loopsIn(loop.context)
  const next = siblings[siblings.indexOf(loop) + 1]
  return next === undefined ? [] : [loopPlan(next, [], { next: 'stop' })]
}

export function combine(a: PartialPlan, b: PartialPlan): PartialPlan {
  return {
    loops: [...a.loops, ...b.loops],
    costMs: a.costMs + b.costMs,
    executed: [...a.executed, ...b.executed],
    checkpoints: [...a.checkpoints, ...b.checkpoints],
  }
}
