/**
 * A line from which what has been read is blanked, so that nothing reads it a second time. Positions stay those of the plain text: each code unit that goes is replaced by one.
 */
export class BlankedLine {
  #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** What is left, and fillers in the place of what is not. */
  get text(): string {
    return this.#text
  }

  blank(start: number, end: number, filler: string): void {
    if (end <= start) return
    this.#text = this.#text.slice(0, start) + filler.repeat(end - start) + this.#text.slice(end)
  }
}
