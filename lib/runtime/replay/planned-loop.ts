import { formatLoop, type LoopRef } from '../../model/context.js'
import type { IterationStep, LoopPlan } from '../../model/plan.js'
import { setGeneratorState } from '../generator.js'
import { failReplay } from './failure.js'
import type { PlanFollower } from './plan-follower.js'

/** One outer or main loop that a plan says something about. */
export class PlannedLoop {
  readonly #plan: LoopPlan
  readonly #follower: PlanFollower
  #step: IterationStep | undefined
  #skipped = 0

  constructor(plan: LoopPlan, follower: PlanFollower) {
    this.#plan = plan
    this.#follower = follower
  }

  /**
   * Before the source is asked for item `index`. Returns false when the loop is to be left without asking.
   */
  beforeItem(index: number): boolean {
    this.#checkSkipped()
    this.#follower.checkParent()
    this.#step = this.#plan.steps[index]
    if (this.#step === undefined) {
      if (this.#plan.then === 'stop') this.#follower.stop()
      return this.#plan.then === 'execute'
    }
    if (this.#step.restore !== undefined) this.#follower.restore(this.#step.restore)
    this.#follower.reach(this.#step)
    return true
  }

  /** With the item that the source gave. Returns false when the iteration is passed over. */
  startItem(index: number): boolean {
    const step = this.#plan.steps[index]
    this.#skipped = 0
    if (step?.mode !== 'pass') return true
    if (step.generator !== undefined) setGeneratorState(step.generator)
    return false
  }

  /** Whether the iteration in progress is executed without its nested loops. */
  get isSkipping(): boolean {
    return this.#step?.mode === 'skip'
  }

  /** Plans of the loops inside the iteration. */
  plansInside(index: number): readonly LoopPlan[] | undefined {
    return this.#plan.steps[index]?.loops
  }

  /** Whether a nested loop is to be left out; then the state after it has been restored. */
  skipsNested(nested: LoopRef): boolean {
    if (this.#step?.mode !== 'skip') return false
    const checkpoint = this.#step.after?.[this.#skipped++]
    if (checkpoint === undefined)
      return failReplay(`no checkpoint after loop ${formatLoop(nested)} is in the plan`)
    const { point } = checkpoint
    if (point.kind !== 'S' || point.after.loop !== nested.loop || point.after.pass !== nested.pass) {
      return failReplay(
        `loop ${formatLoop(nested)} is met where ${point.kind === 'S' ? formatLoop(point.after) : 'another'} was recorded`,
      )
    }
    this.#follower.restore(checkpoint)
    return true
  }

  /** The source ended by itself after item `index`. */
  checkAllReached(index: number): void {
    this.#checkSkipped()
    if (index + 1 >= this.#plan.steps.length) return
    failReplay(
      `the source of loop ${formatLoop(this.#plan)} ended after ${index + 1} items; ${this.#plan.steps.length} were recorded`,
    )
  }

  /** When `leave` has closed the loop. */
  afterLeaving(): void {
    if (this.#plan.restore !== undefined) this.#follower.restore(this.#plan.restore)
    if (this.#plan.generator !== undefined) setGeneratorState(this.#plan.generator)
  }

  #checkSkipped(): void {
    const planned = this.#step?.mode === 'skip' ? (this.#step.after?.length ?? 0) : 0
    if (this.#step === undefined || this.#skipped >= planned) return
    failReplay(
      `${this.#skipped} nested loops were met in loop ${formatLoop(this.#plan)}; ${planned} were recorded`,
    )
  }
}
