import { type Context, contextKey } from '../model/context.js'
import type { LoopTiming } from '../model/run.js'
import { taskCost } from './costs.js'
import { loopPlan } from './loop-plan.js'
import { combine, leavePlan, type PartialPlan, pathTo } from './plan-path.js'
import { type Planned, type Planning, selectIterations } from './planner.js'
import type { ReplayTask } from './task.js'

/**
 * Tasks for statements before (`prefix`) or behind (`suffix`) main loops: one for each wanted iteration of the
 * outer loops, or one for the run. Returns undefined when the loops cannot be passed over.
 */
export function planOutside(planning: Planning, level: 'prefix' | 'suffix'): Planned | undefined {
  const { position } = planning.request
  const outer = position.loops.slice(0, position.outerLoops)
  const { found, excluded } =
    outer.length === 0
      ? { found: [{ context: [] as Context }], excluded: [] }
      : selectIterations(planning, outer)
  const tasks: ReplayTask[] = []
  for (const { context } of found) {
    const task = level === 'prefix' ? beforeLoops(planning, context) : behindLoops(planning, context)
    if (task === undefined) return undefined
    tasks.push(task)
  }
  return { tasks, excluded }
}

function beforeLoops(planning: Planning, context: Context): ReplayTask | undefined {
  const { timeline, costs, request } = planning
  const [first] = timeline.loopsIn(context).filter((it) => holdsMain(planning, it))
  if (first === undefined) return undefined
  const stop = loopPlan(first, [], { next: 'stop' })
  const inner: PartialPlan = { loops: [stop], costMs: first.beforeMs, executed: [], checkpoints: [] }
  // Loops before it are no main loops: they belong to what is executed.
  const whole = pathTo(planning, context, undefined, inner, 'iterations')
  if (whole === undefined) return undefined
  return {
    level: 'prefix',
    wanted: [context],
    executed: [],
    loops: whole.loops,
    checkpoints: [],
    estimateMs: taskCost(costs, request.run.header, whole.costMs),
    reason: `executed up to the loop \`${first.loop}\``,
  }
}

function holdsMain(planning: Planning, loop: LoopTiming): boolean {
  if (loop.role === 'main') return true
  const keys = new Set(loop.iterations.map((it) => contextKey(it.context)))
  return planning.request.run.timeline.some(
    (it) =>
      it.role === 'main' &&
      it.context.some((_, depth) => keys.has(contextKey(it.context.slice(0, depth + 1)))),
  )
}

function behindLoops(planning: Planning, context: Context): ReplayTask | undefined {
  const { timeline, costs, request } = planning
  const tools = { ...planning, mayRun: request.soundness.restore.verdict === 'sound' }
  const loops = timeline.loopsIn(context).filter((it) => holdsMain(planning, it))
  let inner: PartialPlan = { loops: [], costMs: 0, executed: [], checkpoints: [] }
  for (const loop of loops) {
    const left = leavePlan(tools, loop, 'iterations')
    if (left === undefined) return undefined
    inner = combine(inner, left)
  }
  const whole = pathTo(tools, context, undefined, inner, 'iterations')
  if (whole === undefined) return undefined
  const last = loops.at(-1)
  const total = context.length === 0 ? request.run.end.durationMs : totalOf(timeline.loopOf(context), context)
  const behindMs = last === undefined ? 0 : Math.max(0, total - endOf(last))
  return {
    level: 'suffix',
    wanted: [context],
    executed: whole.executed,
    loops: whole.loops,
    checkpoints: [...new Set(whole.checkpoints)],
    estimateMs: taskCost(costs, request.run.header, whole.costMs + behindMs),
    reason: `executed behind the loop${loops.length === 1 ? '' : 's'} ${loops.map((it) => `\`${it.loop}\``).join(', ')}`,
  }
}

function totalOf(outer: LoopTiming | undefined, context: Context): number {
  return outer?.iterations[context.at(-1)?.index ?? 0]?.durationMs ?? 0
}

function endOf(loop: LoopTiming): number {
  return loop.beforeMs + loop.iterations.reduce((sum, it) => sum + (it.durationMs ?? 0), 0)
}
