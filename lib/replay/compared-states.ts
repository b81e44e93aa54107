import { contextKey } from '../model/context.js'
import type { RecordedState } from '../model/plan.js'
import type { PlanRequest } from './planner.js'
import { skippedSteps } from './skipped-steps.js'
import type { ReplayTask } from './task.js'

/** A plan holds all states that may be compared: with more than that, some are left out, as evenly as can be. */
const MOST_STATE_BYTES = 8 * 1024 * 1024

/** The checkpoints that the run took in iterations that a task executes in full, in the order of the record: the replay's state must be theirs. */
export function comparedStates(
  { run, pathOf, availabilityOf }: Pick<PlanRequest, 'run' | 'pathOf' | 'availabilityOf'>,
  task: Pick<ReplayTask, 'executed' | 'loops'>,
): RecordedState[] {
  if (skippedSteps(task.loops) >= task.executed.length) return []
  const executed = new Set(task.executed)
  const all = run.checkpoints.filter((it) => executed.has(contextKey(it.point.context)))
  const sizeBytes = all.reduce((sum, it) => sum + it.state.length, 0)
  const every = Math.ceil(sizeBytes / MOST_STATE_BYTES)
  // The last is the one that everything before it reaches.
  const kept = every <= 1 ? all : all.filter((_, i) => (all.length - 1 - i) % every === 0)
  return kept.map(({ point, state, files }) => ({
    point,
    state,
    files: files.map(({ name, sha256 }) =>
      availabilityOf(sha256) === 'present' ? { name, sha256, path: pathOf(sha256) } : { name, sha256 },
    ),
  }))
}
