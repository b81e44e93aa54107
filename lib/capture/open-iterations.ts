import type { Context, Iteration } from '../model/context.js'
import { LOOPS } from './loop-words.js'
import type { LineReading } from './reading.js'

/** An iteration that is open, and what has been met inside it. */
interface Open {
  readonly loop: string
  readonly number: number
  readonly pass: number
  readonly index: number
  /** Whether it stays open behind its line. */
  stays: boolean
  /** Whether the line that spoke of it last told its values: it is over, perhaps. */
  isSummed: boolean
  /** Made when it is needed: most iterations are the innermost ones. */
  inside: Map<string, Counter> | undefined
}

interface Counter {
  pass: number
  index: number
  number: number
}

const rank = (loop: string): number => LOOPS.indexOf(loop as (typeof LOOPS)[number])

/**
 * The iterations that the lines of an output stand in. An iteration's index counts the different numbers in the order in which they came; the number that was printed is
 * its label. A number smaller than the last one begins the loop again, as its next pass: a second training in the same process.
 *
 * Epochs, folds and trials hold until the next one; but a step or batch of which a line tells behind an epoch's own values (`Epoch 1: loss 0.5`) may belong to the next epoch
 * already, and stands in none. A step or batch holds for its line, or, where the line is its heading and says nothing else, until the next one.
 */
export class OpenIterations {
  readonly #atTop = new Map<string, Counter>()
  #open: Open[] = []

  /** Enters the iterations of a line; answers the context of its values. Call {@link endLine} when they have been taken. */
  enter(reading: LineReading): Context {
    const { iterations } = reading
    const found =
      iterations.length > 1 ? [...iterations].sort((a, b) => rank(a.loop) - rank(b.loop)) : iterations
    const isInside = found[0] !== undefined && rank(found[0].loop) >= rank('step')
    const summed = isInside ? this.#open.findIndex((it) => it.isSummed) : -1
    if (summed !== -1) this.#open.length = summed
    const isSummary =
      !isInside && reading.values.length > 0 && found.every((it) => rank(it.loop) < rank('step'))
    for (const { loop, number } of found) {
      const stays = reading.isHeading || rank(loop) < rank('step')
      const same = this.#open.findIndex((it) => it.loop === loop && it.number === number)
      if (same !== -1) {
        const open = this.#open[same] as Open
        open.stays ||= stays
        open.isSummed = isSummary
        this.#open.length = same + 1
        continue
      }
      const around = this.#open.findIndex((it) => rank(it.loop) >= rank(loop))
      if (around !== -1) this.#open.length = around
      this.#open.push(this.#next(loop, number, stays, isSummary))
    }
    return this.#open.map(
      ({ loop, pass, index, number }): Iteration =>
        number === index ? { loop, pass, index } : { loop, pass, index, label: number },
    )
  }

  endLine(): void {
    const ends = this.#open.findIndex((it) => !it.stays)
    if (ends !== -1) this.#open.length = ends
  }

  /** Whether all iterations of a line are open already. */
  has({ iterations }: LineReading): boolean {
    return iterations.every(({ loop, number }) =>
      this.#open.some((it) => it.loop === loop && it.number === number),
    )
  }

  /** The iterations of a line are over. */
  leave({ iterations }: LineReading): void {
    const first = this.#open.findIndex(({ loop }) => iterations.some((it) => it.loop === loop))
    if (first !== -1) this.#open.length = first
  }

  /** The training is over: nothing that follows belongs to an iteration. */
  close(): void {
    this.#open = []
  }

  /** Of the loops inside the innermost open iteration. */
  #countersHere(): Map<string, Counter> {
    const innermost = this.#open.at(-1)
    if (innermost === undefined) return this.#atTop
    innermost.inside ??= new Map()
    return innermost.inside
  }

  #next(loop: string, number: number, stays: boolean, isSummed: boolean): Open {
    const counters = this.#countersHere()
    const last = counters.get(loop)
    const counter: Counter =
      last === undefined
        ? { pass: 0, index: 0, number }
        : number > last.number
          ? { pass: last.pass, index: last.index + 1, number }
          : number === last.number
            ? last
            : { pass: last.pass + 1, index: 0, number }
    counters.set(loop, counter)
    const { pass, index } = counter
    return { loop, number, pass, index, stays, isSummed, inside: undefined }
  }
}
