/** What one worker does in one go. */
export interface Piece {
  readonly estimateMs: number
}

/** Work that may be cut into pieces, none of which waits for another. */
export interface Divisible<T extends Piece> {
  /** Into more than so many parts it cannot be cut. */
  readonly maxParts: number
  /**
   * Its pieces when it is cut into at most so many parts, each with everything that it costs by itself (start of its process, what stands
   * before the loop, the checkpoint it begins at).
   */
  pieces(parts: number): readonly T[]
}

/** Workers, and what storing one piece's values costs: one piece after another, while the workers go on. */
export interface Crew {
  readonly workers: number
  readonly collectMs?: number
}

export interface Schedule<T extends Piece> {
  /** In the order in which idle workers take them: longest first, else in the order of the work. */
  readonly order: readonly T[]
  /** For each work, in their order: into how many parts it is cut. */
  readonly parts: readonly number[]
  /** From the first start to the last value stored. */
  readonly durationMs: number
}

/**
 * Who does what when: longest first (Graham, Bounds on Multiprocessing Timing Anomalies, 1969), work being cut only where that
 * shortens the whole, since each part repeats what stands before the loop. Pure. Several bounds for the longest piece are tried;
 * for each, work is cut into as few parts as keep to it, and afterwards cuts that gained nothing are taken back.
 */
export function schedule<T extends Piece>(works: readonly Divisible<T>[], crew: Crew): Schedule<T> {
  const plans = works.map((it) => new Cuts(it))
  let best = evaluate(
    plans,
    plans.map(() => 1),
    crew,
  )
  const idealMs = workOf(best.order) / crew.workers
  // From the longest piece as it is, which a prefix may make much longer than an even share, down to a small part of one.
  const longestMs = best.order[0]?.estimateMs ?? 0
  for (let boundMs = Math.max(longestMs, idealMs) / STEP; boundMs > idealMs / 16; boundMs /= STEP) {
    if (best.durationMs <= idealMs * GOOD_ENOUGH) break
    const parts = plans.map((it) => it.partsWithin(boundMs, crew.workers))
    const candidate = evaluate(plans, parts, crew)
    if (priceOf(candidate, crew) * GAIN < priceOf(best, crew)) best = candidate
  }
  return withFewerCuts(plans, best, crew)
}

/** Nearer to the ideal than this nothing is sought. */
const GOOD_ENOUGH = 1.005
/** Between the bounds that are tried. */
const STEP = 2 ** 0.25
/** A cut must gain so much: an estimate is no more exact. */
const GAIN = 1.005
/** What is executed several times keeps processors busy, and others waiting: it must shorten the whole by a quarter of what it costs each worker. */
const WASTE = 0.25

function priceOf<T extends Piece>({ order, durationMs }: Schedule<T>, { workers }: Crew): number {
  return durationMs + (WASTE * workOf(order)) / workers
}

function workOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, it) => sum + it.estimateMs, 0)
}

/**
 * When everything is done and stored, for pieces taken in this order by whichever worker is idle first, in milliseconds from the start.
 */
export function simulate(pieces: readonly Piece[], { workers, collectMs = 0 }: Crew): number {
  const free = new Float64Array(Math.max(1, Math.min(workers, pieces.length)))
  const ends = pieces.map(({ estimateMs }) => {
    const end = (free[0] as number) + estimateMs
    replaceSmallest(free, end)
    return end
  })
  let doneMs = 0
  for (const end of ends.sort((a, b) => a - b)) doneMs = Math.max(doneMs, end) + collectMs
  return doneMs
}

/** One work's pieces for each number of parts, asked for once. */
class Cuts<T extends Piece> {
  readonly #known = new Map<number, readonly T[]>()

  constructor(readonly work: Divisible<T>) {}

  pieces(parts: number): readonly T[] {
    const known = this.#known.get(parts)
    if (known !== undefined) return known
    const pieces = this.work.pieces(parts)
    this.#known.set(parts, pieces)
    return pieces
  }

  /** The smallest number of parts of which none exceeds `boundMs`, or the largest there is. More than the workers are of no use to one work. */
  partsWithin(boundMs: number, workers: number): number {
    const fits = (parts: number) => this.pieces(parts).every((it) => it.estimateMs <= boundMs)
    const most = Math.max(1, Math.min(this.work.maxParts, 4 * workers))
    let low = 0
    let high = 1
    while (high < most && !fits(high)) [low, high] = [high, Math.min(most, high * 2)]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (fits(middle)) high = middle
      else low = middle
    }
    return high
  }
}

function evaluate<T extends Piece>(
  plans: readonly Cuts<T>[],
  parts: readonly number[],
  crew: Crew,
): Schedule<T> {
  const order = plans.flatMap((plan, i) => plan.pieces(parts[i] ?? 1)).sort(longestFirst)
  return { order, parts, durationMs: simulate(order, crew) }
}

/** For sorting; equal ones keep their order. */
export function longestFirst(a: Piece, b: Piece): number {
  return b.estimateMs - a.estimateMs
}

/** How many schedules are tried for the sake of fewer cuts. */
const TRIES = 200

/** For each work that is cut, the fewest parts with which the whole takes no longer. */
function withFewerCuts<T extends Piece>(
  plans: readonly Cuts<T>[],
  found: Schedule<T>,
  crew: Crew,
): Schedule<T> {
  let best = found
  let tries = 0
  // Taking one cut back may make another one useless.
  for (let before: Schedule<T> | undefined; before !== best && tries < TRIES; ) {
    before = best
    for (const [index, parts] of before.parts.entries()) {
      let [low, high] = [0, parts]
      for (let middle = 1; high - low > 1 && tries++ < TRIES; middle = (low + high) >> 1) {
        const candidate = evaluate(plans, best.parts.with(index, middle), crew)
        if (priceOf(candidate, crew) <= priceOf(best, crew)) [best, high] = [candidate, middle]
        else low = middle
      }
    }
  }
  return best
}

/** `heap[0]` is the smallest; it is replaced by a larger value. */
function replaceSmallest(heap: Float64Array, value: number): void {
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++
    if ((heap[child] as number) >= value) break
    heap[at] = heap[child] as number
    at = child
  }
  heap[at] = value
}
