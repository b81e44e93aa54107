import { type Context, contextKey } from '../model/context.js'
import type { LoopTiming, ReplayLevel } from '../model/run.js'
import { type Action, cheapestWay, stepsOf } from './iteration-steps.js'
import { loopPlan } from './loop-plan.js'
import { type PartialPlan, pathTo, stopBehind } from './plan-path.js'
import { type Planned, type Planning, selectIterations } from './planner.js'
import type { ReplayTask } from './task.js'

/**
 * Tasks for iterations of main loops, at level `run` or `skip`: one task (or as many as asked for) for each time that a main loop was entered.
 * Returns undefined when a way through the loops around cannot be found.
 */
export function planIterations(planning: Planning, level: 'skip' | 'run'): Planned | undefined {
  const { position } = planning.request
  const { found, excluded } = selectIterations(planning, position.loops.slice(0, position.outerLoops + 1))
  const byLoop = new Map<LoopTiming, { index: number; context: Context }[]>()
  for (const it of found) byLoop.set(it.loop, [...(byLoop.get(it.loop) ?? []), it])
  const tasks: ReplayTask[] = []
  for (const [loop, wanted] of byLoop) {
    for (const part of split(wanted, planning.request.splits ?? 1)) {
      const task = taskFor(planning, level, loop, part)
      if (task === undefined) return undefined
      tasks.push(task)
    }
  }
  return { tasks, excluded }
}

/** Runs of neighbours, as equal in number as can be. */
function split<T>(items: readonly T[], count: number): T[][] {
  const parts = Math.max(1, Math.min(count, items.length))
  return Array.from({ length: parts }, (_, i) =>
    items.slice(Math.floor((i * items.length) / parts), Math.floor(((i + 1) * items.length) / parts)),
  )
}

function taskFor(
  planning: Planning,
  level: 'skip' | 'run',
  loop: LoopTiming,
  wanted: readonly { readonly index: number; readonly context: Context }[],
): ReplayTask | undefined {
  const { timeline, costs, toRestorable, request } = planning
  const last = wanted.at(-1)?.index ?? 0
  const indices = wanted.map((it) => it.index)
  // Where starting at a checkpoint is not sound, an iteration executed from one comes out otherwise, though its values may be had by restoring more.
  const mayRun =
    level === 'run' || request.level !== undefined || request.soundness.restore.verdict === 'sound'
  const way = cheapestWay(timeline, loop, indices, {
    maySkip: level === 'skip',
    mayRestore: true,
    mayRun,
    costs,
  })
  if (way === undefined) return undefined
  const plan = loopPlan(loop, stepsOf(loop, way.actions, last + 1, toRestorable), { next: 'stop' })
  const inner: PartialPlan = {
    loops: [plan, ...stopBehind(timeline, loop, last)],
    costMs: timeline.gapBefore(loop) + way.costMs,
    executed: way.actions.map((it) => contextKey(contextOf(loop, it.index))),
    checkpoints: checkpointsOf(way.actions),
  }
  const whole = pathTo({ ...planning, mayRun }, loop.context, loop, inner, 'iterations')
  if (whole === undefined) return undefined
  // An iteration whose checkpoints are missing is executed in full even where skipping would be sound.
  const isSkipped = way.actions.some((it) => it.mode === 'skip')
  const reached: ReplayLevel = isSkipped ? 'skip' : 'run'
  return {
    level: reached,
    wanted: wanted.map((it) => it.context),
    executed: whole.executed,
    loops: whole.loops,
    checkpoints: [...new Set(whole.checkpoints)],
    estimateMs: costs.processStartMs + whole.costMs,
    reason: explain(way.actions, indices),
  }
}

function contextOf(loop: LoopTiming, index: number): Context {
  return loop.iterations[index]?.context ?? []
}

function checkpointsOf(actions: readonly Action[]): Action['after'] & object {
  return actions.flatMap((it) => [...(it.restore === undefined ? [] : [it.restore]), ...(it.after ?? [])])
}

function explain(actions: readonly Action[], wanted: readonly number[]): string {
  const extra = actions.filter((it) => !wanted.includes(it.index)).length
  const skipped = actions.filter((it) => it.mode === 'skip').length
  const restores = actions.filter((it) => it.restore !== undefined).length
  const parts = [`${actions.length} iterations, ${restores} from checkpoints`]
  if (skipped > 0) parts.push(`nested loops left out in ${skipped}`)
  if (extra > 0) parts.push(`${extra} only because checkpoints are missing`)
  return parts.join(', ')
}
