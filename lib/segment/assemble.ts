import type { Context, Iteration, Label } from '../model/context.js'
import type { Arg, Checkpoint, LoopTiming, RunEnd, RunHeader, StateComparison } from '../model/run.js'
import type { LogValue } from '../model/value.js'
import { ColumnBuilder, NameRecords, type OpenIteration } from './column-builder.js'
import type { StoredColumn } from './segment.js'
import type { LoopRole, SpoolEvent } from './spool-event.js'
import { type OpenTiming, TimelineBuilder } from './timeline-builder.js'

/** What a spool tells of a run: the parts of a record segment. */
export interface AssembledRun {
  /** Absent when the spool's beginning was lost. */
  readonly header: RunHeader | undefined
  /** Absent when the process died without a word. */
  readonly end: RunEnd | undefined
  /** By name, in the order of first use; the value is the one last read. */
  readonly args: readonly Arg[]
  readonly seeds: readonly LogValue[]
  /** One per name and shape of contexts, in the order in which they were first logged. */
  readonly columns: readonly StoredColumn[]
  readonly timeline: readonly LoopTiming[]
  readonly checkpoints: readonly Checkpoint[]
  readonly warnings: readonly string[]
  /** What a replay found where it compared its state with the run's; empty for runs. */
  readonly comparisons: readonly StateComparison[]
  /** Whether `flor.checkpointing` was called. */
  readonly hasCheckpointing: boolean
  /**
   * The latest moment that the events speak of, in milliseconds since 1970: the run lasted at least until
   * then. Absent without a header.
   */
  readonly lastEventMs: number | undefined
}

/**
 * Turns the events of one spool into the parts of a segment. Events that do not fit together, as a damaged spool may hold, are
 * passed over. Reads the events once; touches neither disk nor Git.
 */
export function assembleRun(events: Iterable<SpoolEvent>): AssembledRun {
  const assembler = new Assembler()
  for (const event of events) assembler.add(event)
  return assembler.finish()
}

/** The builders of the columns logged in contexts of one shape, and the shapes one loop deeper. */
interface Shape {
  readonly loops: readonly string[]
  readonly columns: Map<string, ColumnBuilder>
  readonly deeper: Map<string, Shape>
}

const newShape = (loops: readonly string[]): Shape => ({ loops, columns: new Map(), deeper: new Map() })

interface OpenLoop {
  readonly loop: string
  readonly pass: number
  readonly role: LoopRole
  /** Absent for nested and plain loops. */
  readonly timing: OpenTiming | undefined
  /** The shape around the loop, and inside its iterations. */
  readonly outside: Shape
  readonly inside: Shape
  /** How many iterations were open when it was entered. */
  readonly depth: number
  iterations: number
}

class Assembler {
  #header: RunHeader | undefined
  #end: RunEnd | undefined
  readonly #args = new Map<string, Arg>()
  readonly #seeds: LogValue[] = []
  readonly #checkpoints: Checkpoint[] = []
  readonly #warnings: string[] = []
  readonly #comparisons: StateComparison[] = []
  #hasCheckpointing = false
  readonly #timeline = new TimelineBuilder()
  readonly #columns: ColumnBuilder[] = []
  readonly #records = new Map<string, NameRecords>()
  readonly #loops: OpenLoop[] = []
  readonly #open: (OpenIteration & { readonly loop: string })[] = []
  /** The shape of the iterations that are open. */
  #shape = newShape([])

  add(event: SpoolEvent): void {
    switch (event.op) {
      case 'record':
        this.#builder(event.name).push(this.#open, event.value)
        break
      case 'iteration-begin':
        this.#begin(event.index, event.label)
        break
      case 'iteration-end':
        this.#endIteration(event)
        break
      case 'loop-enter':
        this.#enter(event)
        break
      case 'loop-exit':
        this.#exit(event)
        break
      case 'arg':
        this.#args.set(event.name, { name: event.name, value: event.value, origin: event.origin })
        break
      case 'checkpoint':
        this.#checkpoints.push(event.checkpoint)
        break
      case 'header':
        this.#header = event.header
        break
      case 'end':
        this.#end = event.end
        break
      case 'seed':
        this.#seeds.push(event.seed)
        break
      case 'warning':
        this.#warnings.push(event.text)
        break
      case 'state-compared':
        this.#comparisons.push(event.comparison)
        break
      case 'checkpointing':
        this.#hasCheckpointing = true
        break
    }
  }

  finish(): AssembledRun {
    return {
      header: this.#header,
      end: this.#end,
      args: [...this.#args.values()],
      seeds: this.#seeds,
      columns: this.#columns.map((column) => column.finish()),
      timeline: this.#timeline.loops,
      checkpoints: this.#checkpoints,
      warnings: this.#warnings,
      comparisons: this.#comparisons,
      hasCheckpointing: this.#hasCheckpointing,
      lastEventMs:
        this.#header && this.#header.startedMs + Math.max(this.#end?.durationMs ?? 0, this.#timeline.lastMs),
    }
  }

  #builder(name: string): ColumnBuilder {
    const known = this.#shape.columns.get(name)
    if (known !== undefined) return known
    const records = this.#records.get(name) ?? new NameRecords()
    this.#records.set(name, records)
    const builder = new ColumnBuilder(name, this.#shape.loops, records)
    records.add(builder)
    this.#shape.columns.set(name, builder)
    this.#columns.push(builder)
    return builder
  }

  #enter(event: SpoolEvent & { op: 'loop-enter' }): void {
    const { loop, pass, role } = event
    const outside = this.#shape
    let inside = outside.deeper.get(loop)
    if (inside === undefined) {
      inside = newShape([...outside.loops, loop])
      outside.deeper.set(loop, inside)
    }
    const parent = this.#loops.findLast((open) => open.timing !== undefined)?.timing
    const timing = role === 'nested' ? undefined : this.#timeline.enter(event, this.#context(), parent)
    this.#loops.push({ loop, pass, role, timing, outside, inside, depth: this.#open.length, iterations: 0 })
  }

  #begin(index: number, label: Label | undefined): void {
    const open = this.#loops.at(-1)
    if (open === undefined) return
    this.#open.length = open.depth
    this.#open.push({ loop: open.loop, pass: open.pass, index, label })
    this.#shape = open.inside
    open.iterations++
    if (open.timing === undefined) return
    const own = { loop: open.loop, pass: open.pass, index }
    this.#timeline.beginIteration(open.timing, label === undefined ? own : { ...own, label })
  }

  #endIteration(event: SpoolEvent & { op: 'iteration-end' }): void {
    const open = this.#loops.at(-1)
    if (open === undefined) return
    if (open.timing !== undefined) this.#timeline.endIteration(open.timing, event)
    this.#close(open)
  }

  #exit(event: SpoolEvent & { op: 'loop-exit' }): void {
    const open = this.#loops.pop()
    if (open === undefined) return
    this.#close(open)
    if (open.timing !== undefined) {
      this.#timeline.exit(open.timing, event)
      return
    }
    const around = this.#loops.at(-1)
    if (around?.role !== 'main' || around.timing === undefined || this.#open.length <= around.depth) return
    const { loop, pass, iterations } = open
    this.#timeline.exitNested(around.timing, { loop, pass, durationMs: event.durationMs ?? 0, iterations })
  }

  /** Ends the loop's open iteration, if it has one. */
  #close(open: OpenLoop): void {
    this.#open.length = open.depth
    this.#shape = open.outside
  }

  #context(): Context {
    return this.#open.map(
      ({ loop, pass, index, label }): Iteration =>
        label === undefined ? { loop, pass, index } : { loop, pass, index, label },
    )
  }
}
