import type { Context, Iteration } from '../../model/context.js'
import type { LogValue } from '../../model/value.js'
import type { SpoolWriter } from '../../segment/spool-writer.js'
import { encodeValue } from '../../segment/value-codec.js'

/**
 * Writes values with their contexts into a spool, which knows iterations as they begin and end. Loops are plain (role nested): when they were entered is not known from what a
 * program prints, and no replay is to pass over them.
 */
export class CapturedValues {
  readonly #spool: SpoolWriter
  #open: readonly Iteration[] = []

  constructor(spool: SpoolWriter) {
    this.#spool = spool
  }

  record(context: Context, name: string, value: LogValue): void {
    this.#moveTo(context)
    if (typeof value === 'number') this.#spool.recordNumber(name, value)
    else this.#spool.record(name, encodeValue(value))
  }

  /** Leaves all loops. */
  close(): void {
    this.#moveTo([])
  }

  #moveTo(context: Context): void {
    let same = 0
    while (same < context.length && isSame(this.#open[same], context[same])) same++
    const next = context[same]
    const current = this.#open[same]
    // The next iteration of a loop that is open needs no entrance.
    const goesOn = next !== undefined && next.loop === current?.loop && next.pass === current.pass
    for (let depth = this.#open.length; depth > same + (goesOn ? 1 : 0); depth--) this.#spool.loopExit()
    for (const [i, { loop, pass, index, label }] of context.slice(same).entries()) {
      if (i > 0 || !goesOn) this.#spool.loopEnter(loop, pass, 'nested')
      this.#spool.iterationBegin(index, label)
    }
    this.#open = context
  }
}

function isSame(a: Iteration | undefined, b: Iteration | undefined): boolean {
  return a !== undefined && b !== undefined && a.loop === b.loop && a.pass === b.pass && a.index === b.index
}
