import type { Context, Iteration } from '../model/context.js'
import { SpoolFollower } from '../segment/spool-reader.js'

const LOOK_MS = 500

/** Tells where a replay is, by what it writes into its spool: the innermost iteration of outer and main loops that is open. */
export class PlaceWatcher {
  readonly #follower: SpoolFollower
  readonly #timer: NodeJS.Timeout
  /** Loops that are open, outermost first; nested ones too, so that their ends are told apart. */
  readonly #open: { loop: string; pass: number; isNested: boolean; at?: Iteration }[] = []

  constructor(
    spool: string,
    private readonly onPlace: (place: Context) => void,
  ) {
    this.#follower = new SpoolFollower(spool)
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    let hasMoved = false
    for (const event of this.#follower.read()) {
      if (event.op === 'loop-enter') {
        this.#open.push({ loop: event.loop, pass: event.pass, isNested: event.role === 'nested' })
      } else if (event.op === 'loop-exit') {
        this.#open.pop()
      } else if (event.op === 'iteration-begin') {
        const top = this.#open.at(-1)
        if (top === undefined || top.isNested) continue
        const { index, label } = event
        const { loop, pass } = top
        top.at = { loop, pass, index, ...(label === undefined ? {} : { label }) }
        hasMoved = true
      }
    }
    if (hasMoved) this.onPlace(this.#open.flatMap((it) => it.at ?? []))
  }
}
