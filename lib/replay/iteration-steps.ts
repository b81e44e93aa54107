import type { IterationStep } from '../model/plan.js'
import type { Checkpoint, LoopTiming } from '../model/run.js'
import { type ReplayCosts, restoreCost, runCost, skipCost } from './costs.js'
import type { Timeline } from './timeline.js'

/** One executed iteration of a main loop. */
export interface Action {
  readonly index: number
  readonly mode: 'run' | 'skip'
  readonly restore?: Checkpoint
  readonly after?: readonly Checkpoint[]
}

/** Ways through a main loop's iterations, cheapest last state first. */
export interface Way {
  readonly actions: readonly Action[]
  readonly costMs: number
  /** The next iteration for which state is exact without restoring; undefined after a skipped one. */
  readonly exactAt: number | undefined
  /** Items up to here (exclusive) were asked for: nothing can go back behind it. */
  readonly position: number
}

/** What a way may do. */
export interface Leeway {
  readonly maySkip: boolean
  readonly mayRestore: boolean
  /** False where an iteration that is executed in full would come out otherwise: then all are skipped, or there is no way. */
  readonly mayRun: boolean
  readonly costs: ReplayCosts
}

const start: Way = { actions: [], costMs: 0, exactAt: 0, position: 0 }

/**
 * The cheapest way to execute the wanted iterations: each from the nearest usable checkpoint before it, or forward from the one
 * executed before, whichever costs less. Two ways are followed at a time, one ending in exact state and one in skipped, so
 * that the choice is optimal. Returns undefined when the recorded generator states do not suffice.
 */
export function cheapestWay(
  timeline: Timeline,
  loop: LoopTiming,
  wanted: readonly number[],
  options: Leeway,
): Way | undefined {
  let ways: Way[] = [start]
  for (const index of wanted) {
    const next = ways.flatMap((way) => extend(timeline, loop, way, index, options))
    ways = [true, false].flatMap((isExact) =>
      cheapest(next.filter((it) => (it.exactAt !== undefined) === isExact)),
    )
    if (ways.length === 0) return undefined
  }
  return cheapest(ways)[0]
}

function cheapest(ways: readonly Way[]): Way[] {
  const [first, ...rest] = ways
  return first === undefined ? [] : [rest.reduce((best, it) => (it.costMs < best.costMs ? it : best), first)]
}

function extend(timeline: Timeline, loop: LoopTiming, way: Way, index: number, options: Leeway): Way[] {
  const iteration = loop.iterations[index]
  if (iteration === undefined) return []
  return reach(timeline, loop, way, index, options).flatMap(({ way: there, restore }) => {
    const from = restore === undefined ? {} : { restore }
    const run: Way = {
      actions: [...there.actions, { index, mode: 'run', ...from }],
      costMs: there.costMs + runCost(loop, index),
      exactAt: index + 1,
      position: index + 1,
    }
    const after =
      options.maySkip && !timeline.isUnfinished(loop, index) ? timeline.afterNested(iteration) : undefined
    const runs = options.mayRun ? [run] : []
    if (after === undefined || after.length === 0) return runs
    const restoring = after.reduce((sum, it) => sum + restoreCost(options.costs, it), 0)
    const skip: Way = {
      actions: [...there.actions, { index, mode: 'skip', ...from, after }],
      costMs: there.costMs + skipCost(loop, index) + restoring,
      exactAt: undefined,
      position: index + 1,
    }
    return [...runs, skip]
  })
}

/** Ways to stand before iteration `index` with the state that it had: going on, or from the nearest checkpoint. */
function reach(
  timeline: Timeline,
  loop: LoopTiming,
  way: Way,
  index: number,
  options: Leeway,
): { readonly way: Way; readonly restore?: Checkpoint }[] {
  const found: { way: Way; restore?: Checkpoint }[] = []
  if (way.exactAt === index || (way.exactAt !== undefined && options.mayRun))
    found.push({ way: forward(loop, way, way.exactAt, index) })
  if (!options.mayRestore) return found
  for (let at = index - 1; at >= way.position - 1 && at >= 0; at--) {
    const restore = timeline.endOf(loop, at)
    if (restore === undefined || !timeline.canPass(loop, way.position, at)) continue
    const costMs = way.costMs + restoreCost(options.costs, restore)
    const there = { ...way, costMs, exactAt: at + 1, position: at + 1 }
    if (at === index - 1) found.push({ way: there, restore })
    else if (options.mayRun) {
      const first: Action = { index: at + 1, mode: 'run', restore }
      const begun = {
        actions: [...there.actions, first],
        costMs: costMs + runCost(loop, at + 1),
        exactAt: at + 2,
        position: at + 2,
      }
      found.push({ way: forward(loop, begun, at + 2, index) })
    }
    // Checkpoints further back only add iterations to execute.
    break
  }
  return found
}

function forward(loop: LoopTiming, way: Way, from: number, to: number): Way {
  const actions = [...way.actions]
  let { costMs } = way
  for (let index = from; index < to; index++) {
    actions.push({ index, mode: 'run' })
    costMs += runCost(loop, index)
  }
  return { actions, costMs, exactAt: to, position: to }
}

/**
 * The steps of a plan for some actions: everything else up to `count` is passed over. `toRestorable`
 * turns checkpoints into what a plan names.
 */
export function stepsOf<T extends IterationStep['restore']>(
  loop: LoopTiming,
  actions: readonly Action[],
  count: number,
  toRestorable: (checkpoint: Checkpoint) => NonNullable<T>,
): IterationStep[] {
  const byIndex = new Map(actions.map((it) => [it.index, it]))
  return Array.from({ length: count }, (_, index): IterationStep => {
    const action = byIndex.get(index)
    if (action === undefined) {
      const generator = loop.iterations[index]?.generator
      return generator === undefined ? { mode: 'pass' } : { mode: 'pass', generator }
    }
    return {
      mode: action.mode,
      ...(action.restore === undefined ? {} : { restore: toRestorable(action.restore) }),
      ...(action.after === undefined ? {} : { after: action.after.map(toRestorable) }),
    }
  })
}
