import { readFileSync } from 'node:fs'
import { contextKey, formatLoop } from '../../model/context.js'
import type { IterationStep, LoopPlan, ReplayPlan, RestorableCheckpoint } from '../../model/plan.js'
import { decodeDocument } from '../../segment/value-codec.js'
import { parseSafetensors, rootOfFile } from '../checkpoint/safetensors.js'
import { setGeneratorState } from '../generator.js'
import type { OpenLoop } from '../open-loop.js'
import { restoreState } from '../state/restore.js'
import type { StateRegistry } from '../state-registry.js'
import { messageOf } from '../warnings.js'
import { failReplay } from './failure.js'
import { endWithoutParent } from './parent.js'
import { PlannedLoop } from './planned-loop.js'

/**
 * Follows one replay plan through a session. Whatever it cannot follow ends the process with exit code 70.
 */
export class PlanFollower {
  readonly #plan: ReplayPlan
  readonly #registry: StateRegistry
  readonly #end: () => void
  readonly #reached = new Set<IterationStep>()

  /** `end` writes the spool's end, for a plan that stops. */
  constructor(plan: ReplayPlan, registry: StateRegistry, end: () => void) {
    this.#plan = plan
    this.#registry = registry
    this.#end = end
  }

  /** Plans of loops outside all others. */
  get plans(): readonly LoopPlan[] {
    return this.#plan.loops
  }

  /**
   * What to do with a loop that is being entered, among the plans for where it stands; undefined: execute
   * it.
   */
  planned(plans: readonly LoopPlan[] | undefined, loop: OpenLoop): PlannedLoop | undefined {
    const plan = plans?.find((it) => it.loop === loop.loop && it.pass === loop.pass)
    if (plan === undefined) return undefined
    if (plan.role !== loop.role) {
      failReplay(
        `loop ${formatLoop(plan)} was an ${plan.role} loop when it was recorded, and is ${loop.role} now`,
      )
    }
    return new PlannedLoop(plan, this)
  }

  /** Restores a checkpoint into the objects given to `checkpointing`, and the generator. */
  restore(checkpoint: RestorableCheckpoint): void {
    const { point } = checkpoint
    const where = `${contextKey(point.context)}${point.kind === 'S' ? ` after ${formatLoop(point.after)}` : ''}`
    if (!this.#registry.isActive) failReplay(`checkpoint ${where}: flor.checkpointing was not called before`)
    try {
      const tensors = new Map(
        checkpoint.files.map(({ name, path }) => [rootOfFile(name), parseSafetensors(readFileSync(path))]),
      )
      restoreState(this.#registry.roots, decodeDocument(checkpoint.state), tensors, this.#registry.founding)
      if (checkpoint.generator !== undefined) setGeneratorState(checkpoint.generator)
    } catch (error) {
      failReplay(`checkpoint ${where} cannot be restored: ${messageOf(error)}`)
    }
  }

  /** Notes that an iteration of the plan is about to begin. */
  reach(step: IterationStep): void {
    this.#reached.add(step)
  }

  /**
   * The script ended by itself: every iteration that was to be executed must have been. A variable that no checkpoint holds may have ended a
   * loop too early, by a `break` behind the wanted statement.
   */
  checkAllExecuted(): void {
    const left = unreached(this.#plan.loops, this.#reached)
    if (left !== undefined)
      failReplay(
        `the script ended before iteration ${left.index} of loop ${formatLoop(left.plan)}, which was recorded`,
      )
  }

  /** A synchronous loop lets no timer run: each iteration looks, too, whether somebody still waits for it. */
  checkParent(): void {
    endWithoutParent()
  }

  /** Everything that was wanted exists: ends the process, also inside a synchronous loop. */
  stop(): never {
    this.checkAllExecuted()
    this.#end()
    process.exit(0)
  }
}

/** The first iteration to execute that was not, in the order of execution. */
function unreached(
  plans: readonly LoopPlan[],
  reached: ReadonlySet<IterationStep>,
): { readonly plan: LoopPlan; readonly index: number } | undefined {
  for (const plan of plans) {
    for (const [index, step] of plan.steps.entries()) {
      if (step.mode === 'pass') continue
      if (!reached.has(step)) return { plan, index }
      const inside = unreached(step.loops ?? [], reached)
      if (inside !== undefined) return inside
    }
  }
  return undefined
}
