import type { Column } from '../model/column.js'
import { type Context, contextKey } from '../model/context.js'
import type { LogValue } from '../model/value.js'
import { compareValues } from '../segment/value-equality.js'
import { type PlanRequest, planRun } from './planner.js'
import { withinAny } from './select-rows.js'
import { skippedSteps } from './skipped-steps.js'
import type { Verdict } from './source-project.js'
import type { ReplayTask } from './task.js'
import { valuesByContext } from './values-by-context.js'

/** Two ways to the same values: the cheaper level is allowed when both give the same. */
export interface Trial {
  readonly level: 'skip' | 'restore'
  /** Contexts whose values are compared. */
  readonly contexts: readonly Context[]
  readonly cheaper: readonly ReplayTask[]
  readonly sounder: readonly ReplayTask[]
  readonly estimateMs: number
}

/**
 * The extra tasks that decide about a level whose soundness is unknown; undefined when the run has too few
 * iterations or checkpoints to compare, and the sounder level is to be used.
 *
 * - `skip`: two wanted iterations far apart, with their nested loops left out and executed.
 * - `restore`: the second and third iteration, each from the checkpoint before it, and executed from the start: what
 *   iterations carry along shows at the earliest in the second.
 */
export function planTrial(request: PlanRequest, level: 'skip' | 'restore'): Trial | undefined {
  const contexts = level === 'skip' ? farApart(request) : fromStart(request)
  if (contexts.length < 2) return undefined
  const ask = (change: Partial<PlanRequest>, wanted: readonly Context[]): readonly ReplayTask[] => {
    const plan = planRun({ ...request, ...change, wanted, splits: 1 })
    return plan.status === 'planned' ? plan.tasks : []
  }
  const inEach = (change: Partial<PlanRequest>) => contexts.flatMap((it) => ask(change, [it]))
  const cheaper = level === 'skip' ? ask({ level: 'skip' }, contexts) : inEach({ level: 'run' })
  const sounder = ask({ level: level === 'skip' ? 'run' : 'full' }, contexts)
  const isCheaper =
    level === 'skip'
      ? cheaper.every((it) => it.level === 'skip' && it.executed.length === skippedSteps(it.loops))
      : cheaper.every((it) => it.level === 'run' && it.checkpoints.length > 0)
  if (!isCheaper || cheaper.length === 0 || sounder.length === 0) return undefined
  const estimateMs = [...cheaper, ...sounder].reduce((sum, it) => sum + it.estimateMs, 0)
  return { level, contexts, cheaper, sounder, estimateMs }
}

/** Main-loop iterations of the request, in the order of execution. */
function candidates({ run, position, wanted }: PlanRequest): Context[] {
  const loops = position.loops.slice(0, position.outerLoops + 1).join('\0')
  const isWanted =
    wanted === 'all' ? () => true : withinAny(wanted.map((it) => it.slice(0, position.outerLoops + 1)))
  return run.timeline
    .filter(
      (it) =>
        [...it.context.map((at) => at.loop), it.loop].join('\0') === loops &&
        (position.pass ?? it.pass) === it.pass,
    )
    .flatMap((it) => it.iterations.filter((at) => at.durationMs !== undefined).map((at) => at.context))
    .filter(isWanted)
}

function farApart(request: PlanRequest): Context[] {
  const all = candidates(request)
  // What nested loops leave behind may be there only after the first iteration.
  const later = all.filter((it) => (it.at(-1)?.index ?? 0) > 0)
  const from = later.length >= 2 ? later : all
  return from.length < 2 ? [] : [from[0] as Context, from.at(-1) as Context]
}

function fromStart(request: PlanRequest): Context[] {
  const all = candidates({ ...request, wanted: 'all' })
  const [first] = all
  if (first === undefined) return []
  const outer = contextKey(first.slice(0, -1))
  return all.filter((it) => contextKey(it.slice(0, -1)) === outer && [1, 2].includes(it.at(-1)?.index ?? 0))
}

export interface TrialDecision {
  readonly isAllowed: boolean
  /** Values compared; with none the cheaper level is not allowed. */
  readonly compared: number
  readonly reason: string
  /** What differs first. */
  readonly differs?: { readonly name: string; readonly context: string }
}

/** Compares what both ways produced for the wanted names: any difference, in value (beyond the tolerance) or in number, forbids the cheaper level. */
export function decideTrial(
  trial: Pick<Trial, 'contexts'>,
  names: readonly string[],
  cheaper: readonly Column[],
  sounder: readonly Column[],
  tolerance = 0,
): TrialDecision {
  const isWanted = (name: string) => names.includes(name)
  const a = valuesByContext(cheaper, isWanted)
  const b = valuesByContext(sounder, isWanted)
  const within = withinKeys(trial.contexts)
  let compared = 0
  for (const name of names) {
    const left = a.get(name) ?? new Map<string, readonly LogValue[]>()
    const right = b.get(name) ?? new Map<string, readonly LogValue[]>()
    for (const key of new Set([...left.keys(), ...right.keys()].filter(within))) {
      const [one, other] = [left.get(key) ?? [], right.get(key) ?? []]
      compared += Math.max(one.length, other.length)
      const differs =
        one.length !== other.length ||
        one.some((value, i) => compareValues(value, other[i] as LogValue, tolerance) === 'beyond')
      if (differs) {
        const reason = `\`${name}\` differs at ${key || 'the run'} in a trial`
        return { isAllowed: false, compared, reason, differs: { name, context: key } }
      }
    }
  }
  if (compared === 0) return { isAllowed: false, compared, reason: 'a trial produced nothing to compare' }
  return { isAllowed: true, compared, reason: `${compared} values of a trial were the same both ways` }
}

function withinKeys(contexts: readonly Context[]): (key: string) => boolean {
  const keys = contexts.map(contextKey)
  return (key) => keys.some((it) => key === it || key.startsWith(`${it}/`))
}

/** The verdicts to plan with after a trial. */
export function afterTrial(
  soundness: PlanRequest['soundness'],
  level: 'skip' | 'restore',
  decision: TrialDecision,
): PlanRequest['soundness'] {
  const verdict: Verdict = { verdict: decision.isAllowed ? 'sound' : 'unsound', reason: decision.reason }
  return level === 'skip' ? { ...soundness, skip: verdict } : { ...soundness, restore: verdict }
}
