/**
 * When a checkpoint is worth its time. After Garcia et al., "Hindsight Logging for Model Training", VLDB
 * 2021, section 5.3 (adaptive periodic checkpointing). With M the time to materialize a checkpoint, R = cM
 * that to restore it, C that of one iteration, n iterations so far and k checkpoints so far, they ask of
 * the next one
 *
 *     record overhead    (k+1) M < n C ε                    training is slowed by no more than ε
 *     replay latency     (k+1) (M + R) < n C                restoring is faster than executing again
 *     joint invariant    M/C < n/(k+1) · min(1/(1+c), ε)
 *
 * We sum what checkpoints did cost in place of kM, since their cost varies (nothing is copied where nothing
 * changed), and take nC as the time spent in main loops so far. Only the training thread's time counts as
 * M: hashing and writing happen beside it, and their thread starts before the first iteration. c = 1.38
 * is the paper's measurement over its workloads.
 */
const RESTORE_FACTOR = 1.38
/**
 * What a checkpoint costs until one has been measured: copying at 1 GB a second, and a base that keeps runs
 * of a fraction of a second from writing any.
 */
const ASSUMED_BYTES_A_MS = 1e6
const ASSUMED_BASE_MS = 2

export type PointKind = 'S' | 'E'

export class CostModel {
  readonly #share: number
  #spentMs = 0
  readonly #expectedMs: Record<PointKind, number | undefined> = { S: undefined, E: undefined }

  /** `overhead` is ε: the share of the main loops' time that checkpoints may take. */
  constructor(overhead: number) {
    this.#share = Math.min(1 / (1 + RESTORE_FACTOR), overhead)
  }

  /** Whether a checkpoint may be taken that is expected to cost `costMs`, after `elapsedMs` in main loops. */
  affords(costMs: number, elapsedMs: number): boolean {
    return this.#spentMs + costMs < elapsedMs * this.#share
  }

  /** What the next checkpoint of a kind will cost; undefined before the first. */
  expectedMs(kind: PointKind): number | undefined {
    return this.#expectedMs[kind]
  }

  /** The first checkpoint's cost, from its size. */
  assumedMs(sizeBytes: number): number {
    return ASSUMED_BASE_MS + sizeBytes / ASSUMED_BYTES_A_MS
  }

  /** Time that went into looking, without a checkpoint. */
  spend(costMs: number): void {
    this.#spentMs += costMs
  }

  /**
   * A checkpoint was taken. The first one of a kind ran code that was not compiled yet, and says too much;
   * after it the expectation follows slowly, so that one garbage collection does not end them.
   */
  taken(kind: PointKind, costMs: number): void {
    this.#spentMs += costMs
    const before = this.#expectedMs[kind]
    this.#expectedMs[kind] = before === undefined ? costMs / 2 : (before + costMs) / 2
  }
}
