import type { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Iteration } from '../model/context.js'
import type { OpenLoop } from './open-loop.js'

/** The loops that are open in one line of asynchronous execution, outermost first. */
interface Branch {
  readonly frames: OpenLoop[]
}

/**
 * The open loops of a session.
 *
 * There is one stack, which every flor call finds without cost. What it cannot follow is two asynchronous
 * functions whose loops take turns: where that shows (a loop goes on that had been left open under
 * another), the run is warned, since values may have been filed under the wrong iteration.
 * `flor.iteration(name, value, async () => …)` is the way to run iterations concurrently: each gets a
 * branch of the stack, found again through AsyncLocalStorage, which nobody else pays for.
 */
export class LoopStack {
  readonly #root: Branch = { frames: [] }
  #active: Branch = this.#root
  #storage: AsyncLocalStorage<Branch> | undefined
  #inner = 0
  /** How often each loop was entered outside all iterations. */
  readonly passes = new Map<string, number>()
  /** How many iterations of each name were made by hand outside all iterations. */
  readonly handMade = new Map<string, number>()

  /** Whether {@link surface} must be called before the stack is used. */
  get isConcurrent(): boolean {
    return this.#storage !== undefined
  }

  get frames(): readonly OpenLoop[] {
    return this.#active.frames
  }

  get top(): OpenLoop | undefined {
    return this.#active.frames.at(-1)
  }

  /** The main loop that is open, if any. */
  get main(): OpenLoop | undefined {
    return this.#active.frames.find((frame) => frame.role === 'main')
  }

  /** Counts the loops that were entered inside others before any main loop. */
  countInner(): number {
    return ++this.#inner
  }

  push(frame: OpenLoop): void {
    this.#active.frames.push(frame)
  }

  /** Takes `frame` off; what still lies on it was abandoned and is parked. False when it is not there. */
  pop(frame: OpenLoop): boolean {
    if (!this.uncover(frame)) return false
    this.#active.frames.pop()
    return true
  }

  /** Makes `frame` the top, parking what lies on it. False when it is not on the stack. */
  uncover(frame: OpenLoop): boolean {
    const { frames } = this.#active
    if (frames.at(-1) === frame) return true
    if (!frames.includes(frame)) return false
    while (frames.at(-1) !== frame) frames.pop()?.park()
    return true
  }

  /** Iterations that are open, down to and including that of `last`. */
  contextOf(last: OpenLoop): Context {
    const { frames } = this.#active
    return frames
      .slice(0, frames.indexOf(last) + 1)
      .flatMap((frame): readonly Iteration[] => (frame.iteration === undefined ? [] : [frame.iteration]))
  }

  /** Runs `body` on a branch of its own, which its asynchronous continuations keep. */
  runBranch<R>(body: () => R): R {
    this.#storage ??= new (process.getBuiltinModule('node:async_hooks').AsyncLocalStorage)<Branch>()
    this.surface()
    const branch: Branch = { frames: [...this.#active.frames] }
    return this.#storage.run(branch, () => {
      this.#active = branch
      return body()
    })
  }

  /**
   * Brings the spool to the branch that calls: closes the loops of the one before, opens those of this one
   * again.
   */
  surface(): void {
    const branch = this.#storage?.getStore() ?? this.#root
    if (branch === this.#active) return
    const before = this.#active.frames
    const after = branch.frames
    let shared = 0
    while (shared < before.length && shared < after.length && before[shared] === after[shared]) shared++
    for (let i = before.length - 1; i >= shared; i--) before[i]?.suspend()
    for (let i = shared; i < after.length; i++) after[i]?.resume()
    this.#active = branch
  }
}
