import { type Context, contextKey } from '../model/context.js'
import type { LoopTiming } from '../model/run.js'
import { type PlanRequest, planRun } from './planner.js'
import { skippedSteps } from './skipped-steps.js'
import type { ReplayTask } from './task.js'

/** Levels at which iterations begin at checkpoints, and what they rely upon can be seen in few of them. */
export type CheckedLevel = 'skip' | 'run'

/** How a user wants levels to be checked: where it is cheap, whatever it costs, or not at all. */
export type CheckMode = 'auto' | 'always' | 'never'

/**
 * What a check may cost where it is made by itself: that share of the run's training time, which is below what replays are promised to cost, or a second, which nobody
 * waits for.
 */
const SHARE = 0.02
const SHORT_MS = 1000
/** Who asks for a check waits longer for one that tells more. */
const PATIENCE = 5
/**
 * Later iterations that are executed together with the second one, the most telling first. A cache of every second, third or fourth iteration shows in even ones, and in a process that has executed few others.
 */
const LATER = [8, 6, 4, 2]

/** One pair of neighbours costs about what another does. */
const MOST_PAIRS = 3

/** Iterations that are executed at a level, and once more with what comes before them. */
export interface LevelCheck {
  readonly level: CheckedLevel
  /** Contexts whose values are compared. */
  readonly contexts: readonly Context[]
  readonly cheaper: readonly ReplayTask[]
  readonly sounder: readonly ReplayTask[]
  readonly estimateMs: number
}

/**
 * How a level that the analysis calls sound is checked in one run; undefined where that is too dear, or the run has no iterations that tell. What iterations carry along shows in the
 * first that is begun at a checkpoint, so:
 *
 * - the second iteration, and where they are short a later one, too, from their checkpoints and from the start of the run;
 * - where the first checkpoints are missing, one iteration from its checkpoint, and from the checkpoint of the iteration before, that being executed in full.
 */
export function planLevelCheck(
  request: PlanRequest,
  level: CheckedLevel,
  mode: CheckMode,
): LevelCheck | undefined {
  if (mode === 'never') return undefined
  const { position, run } = request
  if (position.kind !== 'iteration' && position.kind !== 'nested') return undefined
  const path = position.loops.slice(0, position.outerLoops + 1).join('\0')
  const loop = run.timeline.find(
    (it) =>
      [...it.context.map((at) => at.loop), it.loop].join('\0') === path &&
      (position.pass ?? it.pass) === it.pass,
  )
  if (loop === undefined) return undefined
  const limitMs = Math.max(SHORT_MS, SHARE * run.end.durationMs) * (mode === 'always' ? PATIENCE : 1)
  let cheapest: LevelCheck | undefined
  for (const check of candidates(request, level, loop)) {
    if (check.estimateMs <= limitMs) return check
    if (cheapest === undefined || check.estimateMs < cheapest.estimateMs) cheapest = check
  }
  return mode === 'always' ? cheapest : undefined
}

/** The most telling first. */
function* candidates(request: PlanRequest, level: CheckedLevel, loop: LoopTiming): Generator<LevelCheck> {
  const count = loop.iterations.filter((it) => it.durationMs !== undefined).length
  const at = (index: number): Context => contextOf(loop, index)
  const second = count < 2 ? undefined : begun(request, level, [at(1)])
  for (const index of LATER.filter((it) => it < count)) {
    const later = begun(request, level, [at(index)])
    if (later === undefined) continue
    const contexts = second === undefined ? [at(index)] : [at(1), at(index)]
    const sounder = planned(request, 'full', contexts)
    // In processes of their own: what the second does must not stand in for what the others would have done.
    const apart = checkOf(level, contexts, [...(second ?? []), ...later], sounder)
    if (apart !== undefined) yield apart
    const together = checkOf(level, contexts, begun(request, level, contexts), sounder)
    if (together !== undefined) yield together
  }
  const first = count < 2 ? undefined : checkOf(level, [at(1)], second, planned(request, 'full', [at(1)]))
  if (first !== undefined) yield first
  for (const index of betweenCheckpoints(request, loop, count)) {
    const sounder = fromBefore(request, loop, index)
    const check = sounder && checkOf(level, [at(index)], begun(request, level, [at(index)]), sounder)
    if (check !== undefined) yield check
  }
}

/** The first few iterations before which two in a row ended with a checkpoint. */
function betweenCheckpoints({ run }: PlanRequest, loop: LoopTiming, count: number): number[] {
  const ends = new Set(
    run.checkpoints.filter(({ point }) => point.kind === 'E').map(({ point }) => contextKey(point.context)),
  )
  const found: number[] = []
  for (let index = 2; index < count && found.length < MOST_PAIRS; index++) {
    if ([index - 2, index - 1].every((it) => ends.has(contextKey(contextOf(loop, it))))) found.push(index)
  }
  return found
}

function checkOf(
  level: CheckedLevel,
  contexts: readonly Context[],
  cheaper: readonly ReplayTask[] | undefined,
  sounder: readonly ReplayTask[] | undefined,
): LevelCheck | undefined {
  if (cheaper === undefined || sounder === undefined) return undefined
  const estimateMs = [...cheaper, ...sounder].reduce((sum, it) => sum + it.estimateMs, 0)
  return { level, contexts, cheaper, sounder, estimateMs }
}

/** Tasks that execute these iterations at the level, each begun at the checkpoint before it, and no others; undefined where checkpoints are missing. */
function begun(
  request: PlanRequest,
  level: CheckedLevel,
  contexts: readonly Context[],
): readonly ReplayTask[] | undefined {
  const tasks = planned(request, level, contexts)
  const executed = tasks?.flatMap((it) => it.executed) ?? []
  const hasOnlyThese = executed.join() === contexts.map(contextKey).join()
  const skipped = tasks?.reduce((sum, it) => sum + skippedSteps(it.loops), 0)
  const isAtLevel = level === 'skip' ? skipped === contexts.length : skipped === 0
  return hasOnlyThese && isAtLevel && tasks?.every((it) => it.checkpoints.length > 0) ? tasks : undefined
}

/** One iteration with the one before it, which begins at its own checkpoint. */
function fromBefore(
  request: PlanRequest,
  loop: LoopTiming,
  index: number,
): readonly ReplayTask[] | undefined {
  const before = contextKey(contextOf(loop, index - 2))
  const checkpoints = request.run.checkpoints.filter(
    ({ point }) => point.kind === 'E' && contextKey(point.context) === before,
  )
  const run = { ...request.run, checkpoints }
  const tasks = planned({ ...request, run }, 'run', [contextOf(loop, index)])
  const [first] = tasks?.flatMap((it) => it.executed) ?? []
  return first === contextKey(contextOf(loop, index - 1)) ? tasks : undefined
}

function planned(
  request: PlanRequest,
  level: 'skip' | 'run' | 'full',
  wanted: readonly Context[],
): readonly ReplayTask[] | undefined {
  const plan = planRun({ ...request, level, wanted, splits: 1 })
  return plan.status === 'planned' ? plan.tasks : undefined
}

function contextOf(loop: LoopTiming, index: number): Context {
  return loop.iterations[index]?.context ?? []
}
