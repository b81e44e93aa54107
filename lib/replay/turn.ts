/** Lets one piece of work go on at a time, in the order in which they came. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve()

  /** Answers what `work` answers, once everything that came before has ended, well or not. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => {})
    return result
  }

  /** Resolves when nothing is going on any more. */
  async idle(): Promise<void> {
    for (let last: unknown; last !== this.#last; ) {
      last = this.#last
      await last
    }
  }
}
