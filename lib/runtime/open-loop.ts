import { type Iteration, type Label, labelOf } from '../model/context.js'
import type { LoopPlan } from '../model/plan.js'
import type { LoopRole } from '../segment/spool-event.js'
import { recordedGeneratorState } from './generator.js'
import type { PlannedLoop } from './replay/planned-loop.js'
import { currentSession, type Session } from './session.js'

/** Iterations that are shorter are recorded without timing once a loop has had many of them. */
const SHORT_MS = 1
const MANY = 1000

/**
 * One loop that was entered: what is the same for synchronous, asynchronous and hand-made iterations. It
 * keeps its place on the session's stack, writes the events, and has checkpoints taken or plans followed at
 * its boundaries.
 */
export class OpenLoop {
  role: LoopRole = 'nested'
  pass = 0
  /** Plans of the loops inside the iteration in progress, in a replay. */
  innerPlans: readonly LoopPlan[] | undefined
  #state: 'new' | 'open' | 'parked' | 'closed' = 'new'
  #isParkedBySource = false
  #isHandMade = false
  #index = -1
  #label: Label | undefined
  #hasIteration = false
  #enteredMs = 0
  #iterationMs = 0
  #planned: PlannedLoop | undefined
  #passes: Map<string, number> | undefined
  #handMade: Map<string, number> | undefined

  constructor(
    readonly session: Session,
    readonly loop: string,
  ) {}

  /** Whether its session is still the one that records. */
  get isLive(): boolean {
    return currentSession() === this.session
  }

  get iteration(): Iteration | undefined {
    if (!this.#hasIteration) return undefined
    const base = { loop: this.loop, pass: this.pass, index: this.#index }
    return this.#label === undefined ? base : { ...base, label: this.#label }
  }

  /** Milliseconds on the session's clock at which the iteration in progress began. */
  get iterationMs(): number {
    return this.#iterationMs
  }

  get planned(): PlannedLoop | undefined {
    return this.#planned
  }

  /**
   * Called before the source is asked: enters the loop, or ends the iteration in progress.
   * Returns false when the loop ends here without asking (a replay passes over it, or leaves it).
   */
  advance(): boolean {
    if (this.session.loops.isConcurrent) this.session.loops.surface()
    if (this.#state === 'new') {
      if (!this.#enter()) return false
    } else {
      this.#return()
      this.#endIteration()
    }
    if (this.#planned === undefined || this.#planned.beforeItem(this.#index + 1)) return true
    this.exit(true)
    this.#planned.afterLeaving()
    return false
  }

  /** Called with the item that the source gave. Returns false when its body is not to be executed. */
  begin(item: unknown): boolean {
    this.#parkSource()
    this.#index++
    if (this.#planned !== undefined && !this.#planned.startItem(this.#index)) return false
    this.beginIteration(this.#index, labelOf(item, this.#index))
    this.innerPlans = this.#planned?.plansInside(this.#index)
    return true
  }

  beginIteration(index: number, label: Label | undefined): void {
    this.#index = index
    this.#label = label
    this.#hasIteration = true
    this.#passes = undefined
    this.#handMade = undefined
    if (this.role !== 'nested') this.#iterationMs = performance.now()
    this.session.spool?.iterationBegin(index, label)
  }

  /** The source has ended (`exhausted`), or the loop is left by break, return, or an exception. */
  exit(exhausted: boolean): void {
    const wasOpen = this.#state === 'open'
    this.#state = 'closed'
    const { session } = this
    if (session.loops.isConcurrent) session.loops.surface()
    if (!wasOpen || !this.isLive || !session.loops.pop(this)) return
    this.#hasIteration = false
    session.registry.leave(session.loops.frames.length + 1)
    if (exhausted) this.#planned?.checkAllReached(this.#index)
    const parent = session.loops.top
    const isDirect = parent?.role === 'main' && !this.#isHandMade
    if (this.role === 'nested') {
      session.spool?.loopExit(isDirect ? performance.now() - this.#enteredMs : undefined)
      if (isDirect && parent.iteration !== undefined) session.points?.afterNested(parent, this)
      return
    }
    const generator = recordedGeneratorState()
    session.spool?.loopExit(performance.now() - this.#enteredMs, { exhausted, generator })
    session.spool?.flush()
  }

  /** A hand-made iteration: entered, begun and counted in one. */
  enterByHand(value: unknown): void {
    const { session } = this
    this.#isHandMade = true
    const parent = session.loops.top
    const counts = (parent ?? session.loops).handMade
    const index = counts.get(this.loop) ?? 0
    counts.set(this.loop, index + 1)
    this.#open()
    session.spool?.loopEnter(this.loop, 0, 'nested')
    this.beginIteration(index, labelOf(value, index))
    this.#iterationMs = performance.now()
  }

  get handMade(): Map<string, number> {
    this.#handMade ??= new Map()
    return this.#handMade
  }

  get passes(): Map<string, number> {
    this.#passes ??= new Map()
    return this.#passes
  }

  /** Closed in the spool, because an enclosing loop went on without it. It may come back. */
  park(): void {
    this.#state = 'parked'
    this.session.spool?.loopExit()
  }

  /** Closed in the spool while another branch of execution writes. */
  suspend(): void {
    this.#demote()
    this.session.spool?.loopExit()
  }

  /** Opened again after {@link suspend} or {@link park}, in the iteration that it had. */
  resume(): void {
    this.session.spool?.loopEnter(this.loop, this.pass, 'nested')
    if (this.#hasIteration) this.session.spool?.iterationBegin(this.#index, this.#label)
  }

  #enter(): boolean {
    const { session } = this
    const parent = session.loops.top
    const passes = (parent ?? session.loops).passes
    this.pass = passes.get(this.loop) ?? 0
    passes.set(this.loop, this.pass + 1)
    this.role = this.#chooseRole(parent)
    if (parent?.planned?.skipsNested(this)) {
      this.#state = 'closed'
      return false
    }
    const plans = parent === undefined ? session.follower?.plans : parent.innerPlans
    this.#planned = session.follower?.planned(plans, this)
    if (this.role === 'nested') {
      if (parent?.role === 'main') this.#enteredMs = performance.now()
      session.spool?.loopEnter(this.loop, this.pass, this.role)
    } else {
      this.#enteredMs = performance.now()
      session.spool?.loopEnter(this.loop, this.pass, this.role, {
        beforeMs: this.#enteredMs - (parent?.iterationMs || session.startedMs),
        generator: recordedGeneratorState(),
      })
      if (this.role === 'main' && (session.points ?? session.follower) !== undefined)
        session.registry.enterLoop()
      session.points?.enterLoop(this)
    }
    this.#open()
    return true
  }

  /**
   * Outer loops below others are told by their timing alone once there have been many: a loop that is
   * entered a thousand times is no fold of a cross-validation.
   */
  #chooseRole(parent: OpenLoop | undefined): LoopRole {
    const { loops, registry } = this.session
    if (loops.main !== undefined) return 'nested'
    if (registry.isActive) return 'main'
    return parent === undefined || loops.countInner() <= MANY ? 'outer' : 'nested'
  }

  #open(): void {
    this.#state = 'open'
    this.session.loops.push(this)
  }

  /** Makes this loop the innermost again, whatever was left open inside it. */
  #return(): void {
    const { session } = this
    if (session.loops.uncover(this)) return
    if (!this.#isParkedBySource) {
      session.warn(
        `loop '${this.loop}' went on after a loop around it had: values logged in it may stand under the wrong iteration. ` +
          'For iterations that run concurrently use flor.iteration(name, value, async () => …)',
      )
    }
    this.#demote()
    this.#isParkedBySource = false
    session.spool?.loopEnter(this.loop, this.pass, 'nested')
    this.#open()
  }

  #demote(): void {
    if (this.role === 'main' && this.#state === 'open') {
      this.session.warn(`loop '${this.loop}' takes turns with other loops: it cannot be replayed in parts`)
    }
    this.role = 'nested'
  }

  /** Loops that the source itself has open (a generator with a loop inside) do not enclose our iteration. */
  #parkSource(): void {
    const { frames } = this.session.loops
    if (frames.at(-1) === this || !frames.includes(this)) return
    for (const frame of frames.slice(frames.indexOf(this) + 1)) frame.#isParkedBySource = true
    this.session.loops.uncover(this)
  }

  #endIteration(): void {
    if (!this.#hasIteration) return
    const { session } = this
    if (this.role === 'nested') {
      this.#hasIteration = false
      session.spool?.iterationEnd()
      session.registry.leave(session.loops.frames.length)
      return
    }
    const ms = performance.now() - this.#iterationMs
    const hasCheckpoint = this.role === 'main' && session.points?.afterIteration(this, ms) === true
    const isWorthTiming = hasCheckpoint || ms >= SHORT_MS || this.#index < MANY
    this.#hasIteration = false
    session.spool?.iterationEnd(isWorthTiming ? { ms, generator: recordedGeneratorState() } : undefined)
    if (isWorthTiming) session.spool?.flush()
    session.registry.leave(session.loops.frames.length)
  }
}
