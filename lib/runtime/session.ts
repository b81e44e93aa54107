import type { LogValue } from '../model/value.js'
import type { SpoolWriter } from '../segment/spool-writer.js'
import type { LoopStack } from './loop-stack.js'
import type { OpenLoop } from './open-loop.js'
import type { PlanFollower } from './replay/plan-follower.js'
import type { StateRegistry } from './state-registry.js'

/** Called where checkpoints are taken. */
export interface PointWatcher {
  /** A loop was entered. */
  enterLoop(loop: OpenLoop): void
  /** A nested loop of `main`'s iteration has ended. */
  afterNested(main: OpenLoop, nested: OpenLoop): void
  /** `main`'s iteration has ended after `ms`. Returns whether the state was looked at. */
  afterIteration(main: OpenLoop, ms: number): boolean
}

/**
 * One run of the script, from the first flor call to `commit()` or the exit. There is at most one at a time.
 * Without a `spool` nothing is recorded, and every function still works.
 */
export interface Session {
  readonly kind: 'record' | 'replay' | 'off'
  readonly spool: SpoolWriter | undefined
  readonly loops: LoopStack
  /** What `checkpointing` was told. */
  readonly registry: StateRegistry
  /** `performance.now()` at the start. */
  readonly startedMs: number
  /** What is called at the points of main loops: takes checkpoints, or, in a replay, compares with them. */
  readonly points: PointWatcher | undefined
  /** Follows the plan of a replay. */
  readonly follower: PlanFollower | undefined
  /** Recorded arguments, which win over everything else. */
  readonly args: Readonly<Record<string, LogValue>>
  /** Tells the user something, and keeps it with the run. */
  warn(text: string): void
  /** Writes the end and closes the spool. `exitCode` is absent for `commit()`. */
  end(how: { exitCode?: number; signal?: string }): void
}

let current: Session | undefined
let starter: (() => Session) | undefined
let hasEnded = false

/** Names what starts a session. Called once, at import. */
export function setSessionStarter(start: () => Session): void {
  starter = start
}

/** The session in progress, started now if there is none. */
export function session(): Session {
  if (current !== undefined) return current
  if (starter === undefined) throw new Error('the runtime is not initialised')
  current = starter()
  return current
}

/** The session in progress, if any. */
export function currentSession(): Session | undefined {
  return current
}

/** Ends the session in progress; the next call starts another. */
export function endSession(how: { exitCode?: number; signal?: string }): void {
  const ended = current
  current = undefined
  ended?.end(how)
}

/** Puts `next` in the place of the session in progress, when that cannot record any longer. */
export function replaceSession(next: Session): void {
  current = next
}

/** The process is going down: nothing is started any more. */
export function isExiting(): boolean {
  return hasEnded
}

export function markExiting(): void {
  hasEnded = true
}
