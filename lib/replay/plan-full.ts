import { type Context, contextKey } from '../model/context.js'
import type { LoopTiming } from '../model/run.js'
import { runCost, taskCost } from './costs.js'
import { loopPlan } from './loop-plan.js'
import { type PartialPlan, pathTo, stopBehind } from './plan-path.js'
import { type Planned, type Planning, selectIterations } from './planner.js'

/**
 * One task that executes the run from its start, up to the last wanted iteration where that is known, else to its end.
 */
export function planFull(planning: Planning): Planned | undefined {
  const { request, costs } = planning
  const { position, run } = request
  const isInMain = position.kind === 'iteration' || position.kind === 'nested'
  if (isInMain) {
    const { found, excluded } = selectIterations(planning, position.loops.slice(0, position.outerLoops + 1))
    const last = found.at(-1)
    if (last === undefined) return { tasks: [], excluded }
    const whole = pathTo(
      planning,
      last.loop.context,
      last.loop,
      upTo(planning, last.loop, last.index),
      'nothing',
    )
    if (whole === undefined) return undefined
    const task = {
      level: 'full' as const,
      wanted: found.map((it) => it.context),
      executed: whole.executed,
      loops: whole.loops,
      checkpoints: [],
      estimateMs: taskCost(costs, run.header, whole.costMs),
      reason: `${last.index + 1} iterations from the start`,
    }
    return { tasks: [task], excluded }
  }
  const task = {
    level: 'full' as const,
    wanted: request.wanted === 'all' ? [[]] : request.wanted,
    executed: run.timeline.filter((it) => it.role === 'main').flatMap((it) => it.iterations.map(keyOf)),
    loops: [],
    checkpoints: [],
    estimateMs: taskCost(costs, run.header, run.end.durationMs),
    reason: 'the whole run',
  }
  return { tasks: [task], excluded: [] }
}

function keyOf(it: { readonly context: Context }): string {
  return contextKey(it.context)
}

function upTo(planning: Planning, loop: LoopTiming, last: number): PartialPlan {
  const indices = Array.from({ length: last + 1 }, (_, index) => index)
  const plan = loopPlan(
    loop,
    indices.map(() => ({ mode: 'run' })),
    { next: 'stop' },
  )
  return {
    loops: [plan, ...stopBehind(planning.timeline, loop, last)],
    costMs: planning.timeline.gapBefore(loop) + indices.reduce((sum, index) => sum + runCost(loop, index), 0),
    executed: loop.iterations.slice(0, last + 1).map(keyOf),
    checkpoints: [],
  }
}
