import type { FlorError } from '../model/errors.js'

/** What became of one operator of a predicate, over all that it was asked about. */
interface Seen {
  /** Whether it could be decided at least once. */
  isDecided: boolean
  /** Why it could not, the first time. */
  failure?: FlorError
}

/**
 * Values of one name may be of several kinds: text in one run, a number in another. What a comparison cannot compare is unknown then, like
 * a missing value, and said once; where it never could compare anything, the predicate is wrong, and that is an error.
 */
export class KindWatch {
  /** By the operator's place in the text: one text may be parsed several times. */
  readonly #operators = new Map<number, Seen>()
  /** How often an operator could not decide. */
  failures = 0

  /** The operator at this place got values that it can decide by. */
  decided(at: number): void {
    this.#seen(at).isDecided = true
  }

  /** The operator at this place did not. */
  failed(at: number, failure: () => FlorError): void {
    this.failures++
    this.#seen(at).failure ??= failure()
  }

  /** To be called when everything has been asked. @throws FlorError PREDICATE_TYPE for an operator that failed and never decided */
  settle(): void {
    for (const { isDecided, failure } of this.#operators.values()) {
      if (failure !== undefined && !isDecided) throw failure
    }
  }

  /** A sentence for each operator that sometimes failed. */
  notices(): string[] {
    return [...this.#operators.values()].flatMap(({ failure }) =>
      failure === undefined ? [] : [`passed over where it is so: ${failure.message}`],
    )
  }

  #seen(at: number): Seen {
    let seen = this.#operators.get(at)
    if (seen === undefined) {
      seen = { isDecided: false }
      this.#operators.set(at, seen)
    }
    return seen
  }
}
