import type { Context } from '../model/context.js'
import { contextKey, formatContext } from '../model/context.js'
import type { RestorableCheckpoint } from '../model/plan.js'
import type { Checkpoint, LoopTiming, ReplayLevel } from '../model/run.js'
import { defaultCosts, type ReplayCosts } from './costs.js'
import { chooseLevel } from './level.js'
import { planFull } from './plan-full.js'
import { planIterations } from './plan-iterations.js'
import { planOutside } from './plan-outside.js'
import type { Position, Soundness } from './source-project.js'
import type { ReplayTask, RunPlan } from './task.js'
import { type Availability, type RecordedRun, Timeline } from './timeline.js'

export interface PlanRequest {
  readonly run: RecordedRun
  /** Contexts in which values are missing, of any depth; `all` for wherever the statement was executed. */
  readonly wanted: 'all' | readonly Context[]
  readonly position: Position
  readonly soundness: Pick<Soundness, 'skip' | 'restore'>
  readonly availabilityOf: (sha256: string) => Availability
  /** Where the file of that content lies, or will lie once fetched (absolute path). */
  readonly pathOf: (sha256: string) => string
  readonly costs?: ReplayCosts
  /** At most so many tasks of similar size for each main loop that was entered: 1 where absent. */
  readonly splits?: number
  /** Plans this level and no cheaper one, for a trial. */
  readonly level?: 'skip' | 'run' | 'full'
}

/** What the parts of the planner work with. */
export interface Planning {
  readonly request: PlanRequest
  readonly timeline: Timeline
  readonly costs: ReplayCosts
  readonly toRestorable: (checkpoint: Checkpoint) => RestorableCheckpoint
}

/** Tasks for wanted contexts, and the contexts that cannot be had. */
export interface Planned {
  readonly tasks: readonly ReplayTask[]
  readonly excluded: readonly { readonly context: Context; readonly reason: string }[]
}

/**
 * The cheapest sound way to obtain a statement's values in one past run. Pure. Values whose soundness is
 * unknown are planned as if they were unsound; `cheaper` then says what a trial may allow.
 */
export function planRun(request: PlanRequest): RunPlan {
  const refusal = refusalOf(request.run)
  if (refusal !== undefined) return { status: 'refused', reason: refusal }
  const timeline = new Timeline(request.run, request.availabilityOf)
  const planning: Planning = {
    request,
    timeline,
    costs: request.costs ?? defaultCosts,
    toRestorable: (checkpoint) => restorable(checkpoint, request.pathOf),
  }
  const choice = chooseLevel(request, timeline)
  const { level, reason } = choice
  const planned = planLevel(planning, level) ?? planLevel(planning, 'full')
  if (planned === undefined) return { status: 'refused', reason: 'the run has nothing to execute again' }
  const { tasks, excluded } = planned
  if (tasks.length === 0) {
    const [first] = excluded
    const why =
      first === undefined ? 'no iteration is wanted' : `${formatContext(first.context)}: ${first.reason}`
    return { status: 'refused', reason: why }
  }
  const used = new Set(tasks.flatMap((it) => it.checkpoints))
  return {
    status: 'planned',
    level: levelOf(tasks),
    reason: levelOf(tasks) === level ? reason : `${reason}; ${tasks[0]?.reason}`,
    tasks,
    estimateMs: tasks.reduce((sum, it) => sum + it.estimateMs, 0),
    checkpoints: {
      used: used.size,
      toFetch: [...used].filter((it) =>
        it.files.some((file) => request.availabilityOf(file.sha256) === 'fetchable'),
      ),
    },
    excluded,
    ...(choice.cheaper === undefined ? {} : { cheaper: choice.cheaper }),
  }
}

function refusalOf(run: RecordedRun): string | undefined {
  const { header } = run
  if (header.script === undefined) return 'the run was not started from a script of the repository'
  if (header.argv.length === 0) return 'its command line was not recorded'
  return undefined
}

function planLevel(planning: Planning, level: ReplayLevel): Planned | undefined {
  switch (level) {
    case 'prefix':
    case 'suffix':
      return planOutside(planning, level)
    case 'skip':
    case 'run':
      return planIterations(planning, level)
    case 'full':
      return planFull(planning)
  }
}

const levels: readonly ReplayLevel[] = ['prefix', 'skip', 'run', 'suffix', 'full']

/** The dearest level among the tasks: what the run's values owe their exactness to. */
function levelOf(tasks: readonly ReplayTask[]): ReplayLevel {
  return levels[Math.max(...tasks.map((it) => levels.indexOf(it.level)))] ?? 'full'
}

function restorable(checkpoint: Checkpoint, pathOf: (sha256: string) => string): RestorableCheckpoint {
  const { point, files, state, generator } = checkpoint
  const base = { point, state, files: files.map(({ name, sha256 }) => ({ name, path: pathOf(sha256) })) }
  return generator === undefined ? base : { ...base, generator }
}

/** The main or outer loop's iterations that the wanted contexts lie in, each once, in the order of execution. */
export function selectIterations(
  planning: Planning,
  loops: readonly string[],
): {
  readonly found: { loop: LoopTiming; index: number; context: Context }[]
  readonly excluded: Planned['excluded']
} {
  const { request, timeline } = planning
  const { pass } = request.position
  const isMeant = (loop: LoopTiming): boolean => loop.role !== 'main' || (pass ?? loop.pass) === loop.pass
  const candidates = request.run.timeline
    .filter(
      (loop) =>
        isMeant(loop) && [...loop.context.map((it) => it.loop), loop.loop].join('\0') === loops.join('\0'),
    )
    .flatMap((loop) => loop.iterations.map((it, index) => ({ loop, index, context: it.context })))
  const excluded: { context: Context; reason: string }[] = []
  const keys = new Set(candidates.map((it) => contextKey(it.context)))
  const wantedKeys = request.wanted === 'all' ? keys : new Set<string>()
  for (const context of request.wanted === 'all' ? [] : request.wanted) {
    const key = contextKey(context.slice(0, loops.length))
    if (keys.has(key)) wantedKeys.add(key)
    else excluded.push({ context, reason: 'the run has no such iteration' })
  }
  const died = request.run.end.status !== 'completed'
  const found = candidates.filter(({ loop, index, context }) => {
    if (!wantedKeys.has(contextKey(context))) return false
    if (!died || !timeline.isUnfinished(loop, index)) return true
    excluded.push({ context, reason: 'the run ended in it' })
    return false
  })
  return { found, excluded }
}
