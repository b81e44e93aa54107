import type { ObjectStore } from '../../git/object-store.js'
import type { CheckResult } from '../../model/run.js'
import type { CheckedLevel, CheckMode, LevelCheck } from '../../replay/level-check.js'
import type { GroupWork } from './group-work.js'

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

/** So many runs of one source are looked at for one whose check is cheap. */
const MOST_LOOKED_AT = 5

/**
 * Gives all work of one source (the tree of the patched commit, the script, and the statements) one gate, with a check for each level in the first run in which that is cheap
 * enough. Sources in which none is have no gate.
 */
export async function arrangeChecks(
  works: readonly GroupWork[],
  objects: ObjectStore,
  mode: CheckMode,
): Promise<void> {
  if (mode === 'never') return
  const bySource = new Map<string, GroupWork[]>()
  for (const work of works.filter((it) => it.checkedLevels.length > 0)) {
    const { tree } = await objects.readCommit(work.patched)
    const key = `${tree}\0${work.source}`
    bySource.set(key, [...(bySource.get(key) ?? []), work])
  }
  for (const alike of bySource.values()) arrange(alike, mode)
}

function arrange(works: readonly GroupWork[], mode: CheckMode): void {
  const found: { readonly work: GroupWork; readonly check: LevelCheck }[] = []
  for (const level of new Set(works.flatMap((it) => it.checkedLevels))) {
    for (const work of works.filter((it) => it.checkedLevels.includes(level)).slice(0, MOST_LOOKED_AT)) {
      const check = work.planCheck(level, mode)
      if (check === undefined) continue
      found.push({ work, check })
      break
    }
  }
  if (found.length === 0) return
  const gate = new LevelGate(found.map((it) => it.check))
  for (const work of works) work.gate = gate
  for (const { work, check } of found) work.checks.push(check)
}
