import type { IterationStep, LoopPlan } from '../model/plan.js'
import type { LoopTiming } from '../model/run.js'

/** What is to be done behind the last step of a loop's plan, see {@link LoopPlan}. */
export type LoopEnding = Pick<LoopPlan, 'restore' | 'generator'> & { readonly next: LoopPlan['then'] }

/** The plan of one loop that was recorded. */
export function loopPlan(loop: LoopTiming, steps: readonly IterationStep[], ending: LoopEnding): LoopPlan {
  const { next, ...state } = ending
  // biome-ignore lint/suspicious/noThenProperty: the protocol's own word; plans are never awaited
  return { loop: loop.loop, pass: loop.pass, role: loop.role, steps, then: next, ...state }
}
