import { type Context, contextKey } from '../model/context.js'
import type { LoopTiming, ReplayLevel } from '../model/run.js'
import { taskCost } from './costs.js'
import { divide, type ItemCost } from './divide.js'
import { type Action, cheapestWay, stepsOf, type Way } from './iteration-steps.js'
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
  const byLoop = new Map<LoopTiming, WantedIteration[]>()
  for (const it of found) byLoop.set(it.loop, [...(byLoop.get(it.loop) ?? []), it])
  const tasks: ReplayTask[] = []
  for (const [loop, wanted] of byLoop) {
    for (const part of split(planning, level, loop, wanted)) {
      const task = taskFor(planning, level, loop, part)
      if (task === undefined) return undefined
      tasks.push(task)
    }
  }
  return { tasks, excluded }
}

interface WantedIteration {
  readonly index: number
  readonly context: Context
}

/** Runs of neighbours of similar cost, cut where that costs least: beginning at an iteration takes its checkpoint, or the way from one before it. */
function split(
  planning: Planning,
  level: 'skip' | 'run',
  loop: LoopTiming,
  wanted: readonly WantedIteration[],
): (readonly WantedIteration[])[] {
  const { splits = 1 } = planning.request
  if (splits < 2) return [wanted]
  const costOf = (indices: readonly number[]) => wayThrough(planning, level, loop, indices)?.costMs ?? 0
  const fixedMs = beforeLoopMs(planning, loop)
  const alone = wanted.map(({ index }) => costOf([index]))
  const items = wanted.map(({ index }, at): ItemCost => {
    const firstMs = fixedMs + (alone[at] as number)
    const before = wanted[at - 1]
    if (before === undefined) return { firstMs, nextMs: firstMs }
    return { firstMs, nextMs: costOf([before.index, index]) - (alone[at - 1] as number) }
  })
  const starts = divide(items, splits)
  return starts.map((start, i) => wanted.slice(start, starts[i + 1]))
}

function wayThrough(
  planning: Planning,
  level: 'skip' | 'run',
  loop: LoopTiming,
  indices: readonly number[],
): Way | undefined {
  const { timeline, costs } = planning
  const mayRun = mayRunFromCheckpoints(planning, level)
  return cheapestWay(timeline, loop, indices, { maySkip: level === 'skip', mayRestore: true, mayRun, costs })
}

/** Where starting at a checkpoint is not sound, an iteration executed from one comes out otherwise, though its values may be had by restoring more. */
function mayRunFromCheckpoints({ request }: Planning, level: 'skip' | 'run'): boolean {
  return level === 'run' || request.level !== undefined || request.soundness.restore.verdict === 'sound'
}

/** What every task in this loop costs before it. */
function beforeLoopMs(planning: Planning, loop: LoopTiming): number {
  const { timeline, costs, request } = planning
  const nothing: PartialPlan = { loops: [], costMs: timeline.gapBefore(loop), executed: [], checkpoints: [] }
  const whole = pathTo(planning, loop.context, loop, nothing, 'iterations')
  return taskCost(costs, request.run.header, whole?.costMs ?? 0)
}

function taskFor(
  planning: Planning,
  level: 'skip' | 'run',
  loop: LoopTiming,
  wanted: readonly WantedIteration[],
): ReplayTask | undefined {
  const { timeline, costs, toRestorable, request } = planning
  const last = wanted.at(-1)?.index ?? 0
  const indices = wanted.map((it) => it.index)
  const way = wayThrough(planning, level, loop, indices)
  if (way === undefined) return undefined
  const plan = loopPlan(loop, stepsOf(loop, way.actions, last + 1, toRestorable), { next: 'stop' })
  const inner: PartialPlan = {
    loops: [plan, ...stopBehind(timeline, loop, last)],
    costMs: timeline.gapBefore(loop) + way.costMs,
    executed: way.actions.map((it) => contextKey(contextOf(loop, it.index))),
    checkpoints: checkpointsOf(way.actions),
  }
  const mayRun = mayRunFromCheckpoints(planning, level)
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
    estimateMs: taskCost(costs, request.run.header, whole.costMs),
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
