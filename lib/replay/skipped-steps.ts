import type { LoopPlan } from '../model/plan.js'

/** How many iterations of main loops these plans execute without their nested loops. */
export function skippedSteps(loops: readonly LoopPlan[]): number {
  return loops
    .flatMap((it) => it.steps)
    .reduce((sum, step) => sum + (step.mode === 'skip' ? 1 : skippedSteps(step.loops ?? [])), 0)
}
