import { type Context, contextKey } from '../model/context.js'
import type { Checkpoint, IterationTiming, LoopTiming } from '../model/run.js'
import type { RecordSegment } from '../segment/segment.js'
import { wholeCost } from './costs.js'

/** Whether a checkpoint's files are on this machine, can be fetched, or exist nowhere that is known. */
export type Availability = 'present' | 'fetchable' | 'lost'

/** The parts of a recorded run that planning looks at. */
export type RecordedRun = Pick<RecordSegment, 'header' | 'end' | 'timeline' | 'checkpoints'>

/** A run's loops and checkpoints, by where they stand. */
export class Timeline {
  readonly #ends = new Map<string, Checkpoint>()
  readonly #afterNested = new Map<string, Checkpoint>()

  constructor(
    readonly run: RecordedRun,
    availabilityOf: (sha256: string) => Availability,
  ) {
    for (const checkpoint of run.checkpoints) {
      if (checkpoint.files.some(({ sha256 }) => availabilityOf(sha256) === 'lost')) continue
      const { point } = checkpoint
      const key = contextKey(point.context)
      if (point.kind === 'E') this.#ends.set(key, checkpoint)
      else this.#afterNested.set(`${key} ${point.after.loop}#${point.after.pass}`, checkpoint)
    }
  }

  /** Loops entered in exactly this context, in the order of entrance. */
  loopsIn(context: Context): LoopTiming[] {
    const key = contextKey(context)
    return this.run.timeline.filter((it) => contextKey(it.context) === key)
  }

  /** Keys of all main-loop iterations inside an iteration of an outer loop. */
  mainIterationsIn(context: Context): string[] {
    const key = contextKey(context)
    return this.run.timeline
      .filter((it) => it.role === 'main' && contextKey(it.context.slice(0, context.length)) === key)
      .flatMap((it) => it.iterations.map((iteration) => contextKey(iteration.context)))
  }

  /** The outer or main loop that an iteration belongs to. */
  loopOf(iteration: Context): LoopTiming | undefined {
    const last = iteration.at(-1)
    if (last === undefined) return undefined
    return this.loopsIn(iteration.slice(0, -1)).find((it) => it.loop === last.loop && it.pass === last.pass)
  }

  /** Milliseconds between the end of what was entered before in the same iteration (or its start) and the entrance. */
  gapBefore(loop: LoopTiming): number {
    const siblings = this.loopsIn(loop.context)
    const before = siblings[siblings.indexOf(loop) - 1]
    return Math.max(0, loop.beforeMs - (before === undefined ? 0 : before.beforeMs + wholeCost(before)))
  }

  /** The checkpoint at the end of iteration `index`. */
  endOf(loop: LoopTiming, index: number): Checkpoint | undefined {
    const iteration = loop.iterations[index]
    return iteration === undefined ? undefined : this.#ends.get(contextKey(iteration.context))
  }

  /** One checkpoint behind each nested loop of the iteration; undefined when one is missing. */
  afterNested(iteration: IterationTiming): Checkpoint[] | undefined {
    const key = contextKey(iteration.context)
    const found = iteration.nested.map(({ loop, pass }) => this.#afterNested.get(`${key} ${loop}#${pass}`))
    return found.every((it) => it !== undefined) ? found : undefined
  }

  /** Whether the sources of iterations `from` to `to` (exclusive) can be asked again as they were: generator states are known. */
  canPass(loop: LoopTiming, from: number, to: number): boolean {
    if (this.run.header.generator === undefined) return true
    return loop.iterations.slice(from, to).every((it) => it.generator !== undefined)
  }

  /** Whether the loop's last iteration began and never ended: by break, or because the run died in it. */
  isUnfinished(loop: LoopTiming, index: number): boolean {
    const iteration = loop.iterations[index]
    return index === loop.iterations.length - 1 && !loop.exhausted && iteration?.durationMs === undefined
  }
}
