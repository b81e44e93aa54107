import type { Context, Iteration } from '../model/context.js'
import type { IterationTiming, LoopTiming } from '../model/run.js'
import type { SpoolEvent } from './spool-event.js'

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Loop = Omit<Writable<LoopTiming>, 'iterations'> & { iterations: Writable<IterationTiming>[] }

const NONE: IterationTiming['nested'] = []

/** One outer or main loop while it is open. Durations are wall-clock milliseconds. */
export interface OpenTiming {
  readonly timing: Loop
  /** When the loop was entered, and how far it got, in milliseconds since the run started. */
  readonly enteredMs: number
  reachedMs: number
}

/** Collects the outer and main loops of a run, in the order in which they are entered. */
export class TimelineBuilder {
  readonly loops: Loop[] = []
  /** The latest time that events speak of, in milliseconds since the run started. */
  lastMs = 0

  enter(
    event: SpoolEvent & { op: 'loop-enter' },
    context: Context,
    parent: OpenTiming | undefined,
  ): OpenTiming {
    const timing: Loop = {
      context,
      loop: event.loop,
      pass: event.pass,
      role: event.role === 'outer' ? 'outer' : 'main',
      beforeMs: event.beforeMs ?? 0,
      ...(event.generator && { generator: event.generator }),
      iterations: [],
      exhausted: false,
    }
    this.loops.push(timing)
    const enteredMs = (parent?.reachedMs ?? 0) + timing.beforeMs
    this.#reached(enteredMs)
    return { timing, enteredMs, reachedMs: enteredMs }
  }

  /** There may be very many: what they have in common is shared. */
  beginIteration(open: OpenTiming, own: Iteration): void {
    open.timing.iterations.push({ context: [...open.timing.context, own], nested: NONE })
  }

  endIteration(open: OpenTiming, event: SpoolEvent & { op: 'iteration-end' }): void {
    const iteration = open.timing.iterations.at(-1)
    if (iteration === undefined || event.durationMs === undefined) return
    iteration.durationMs = event.durationMs
    if (event.generator !== undefined) iteration.generator = event.generator
    open.reachedMs += event.durationMs
    this.#reached(open.reachedMs)
  }

  /** A loop directly inside the open iteration of a main loop was left. */
  exitNested(main: OpenTiming, nested: IterationTiming['nested'][number]): void {
    const iteration = main.timing.iterations.at(-1)
    if (iteration !== undefined) iteration.nested = [...iteration.nested, nested]
    this.#reached(main.reachedMs + nested.durationMs)
  }

  exit(open: OpenTiming, event: SpoolEvent & { op: 'loop-exit' }): void {
    open.timing.exhausted = event.exhausted ?? false
    if (event.generator !== undefined) open.timing.generatorAfter = event.generator
    this.#reached(open.enteredMs + (event.durationMs ?? 0))
  }

  #reached(ms: number): void {
    if (ms > this.lastMs) this.lastMs = ms
  }
}
