import type { CheckResult } from '../../model/run.js'
import type { CheckedLevel, LevelCheck } from '../../replay/level-check.js'

/** How a check ended; undefined: it could not tell. */
export type CheckEnd = CheckResult | undefined

/**
 * Keeps back what was computed from checkpoints until its checks have ended: that of the same statements in the same source, whichever runs it is for. Checks that cannot tell
 * (nothing was logged, a process failed) leave it as the analysis has it.
 */
export class LevelGate {
  readonly #left = new Set<LevelCheck>()
  readonly #confirmed = new Map<CheckedLevel, CheckResult>()
  #refuted: CheckResult | undefined
  #open: () => void = () => {}
  readonly #decided = new Promise<void>((resolve) => {
    this.#open = resolve
  })

  constructor(checks: readonly LevelCheck[]) {
    for (const check of checks) this.#left.add(check)
    if (checks.length === 0) this.#open()
  }

  /** A check that differs decides for all levels: what the analysis missed once it may have missed elsewhere. */
  settle(check: LevelCheck, end: CheckEnd): void {
    this.#left.delete(check)
    if (end?.status === 'differs') this.#refuted ??= end
    else if (end !== undefined) this.#confirmed.set(check.level, end)
    if (this.#refuted !== undefined || this.#left.size === 0) this.#open()
  }

  /** What is known against all levels so far. */
  get refuted(): CheckResult | undefined {
    return this.#refuted
  }

  /** Waits for the checks; undefined where none could tell about that level. */
  async decided(level: CheckedLevel): Promise<CheckResult | undefined> {
    await this.#decided
    return this.#refuted ?? this.#confirmed.get(level)
  }
}
