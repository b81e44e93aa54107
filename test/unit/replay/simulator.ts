import { type Context, contextKey, type Iteration } from '../../../lib/model/context.js'
import { asOid } from '../../../lib/model/oid.js'
import type { LoopPlan, RestorableCheckpoint } from '../../../lib/model/plan.js'
import type { Checkpoint, IterationTiming, LoopTiming } from '../../../lib/model/run.js'
import type { RecordedRun } from '../../../lib/replay/timeline.js'

/** A made-up training script: folds around main loops, main loops with nested loops, random draws everywhere. */
export interface Program {
  /** Absent: no outer loop. */
  readonly folds?: number
  readonly mains: readonly {
    readonly name: string
    readonly iterations: number
    /** Steps of each nested loop. */
    readonly nested: readonly number[]
    /** Leaves the loop in this iteration, before its end. */
    readonly breakAt?: number
  }[]
}

/** Logged values by `name@context`. */
export type Log = ReadonlyMap<string, number>

class Stopped extends Error {}

const stepMs = 10
const restMs = 2

/**
 * Executes programs as a runtime does, recording, or following plans. Its model is one number that every part of the program
 * changes, by amounts that a generator draws: whatever is executed twice, left out or in the wrong state shows.
 */
export class Simulator {
  #weight = 0
  #generator = 1
  #ms = 0
  readonly log = new Map<string, number>()
  readonly executed: string[] = []
  readonly timeline: LoopTiming[] = []
  readonly checkpoints: Checkpoint[] = []
  readonly #context: Iteration[] = []

  constructor(
    readonly program: Program,
    readonly plans: readonly LoopPlan[] = [],
  ) {}

  /** Executes up to the end, or to where a plan stops. */
  run(): this {
    try {
      this.#draw('prefix')
      const { folds } = this.program
      if (folds === undefined) this.#mains(this.plans)
      else this.#loop('fold', 'outer', folds, this.plans, (inner) => this.#fold(inner))
      this.#note('end')
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
    }
    return this
  }

  recorded(keep: (index: number) => boolean): RecordedRun {
    return {
      header: {
        id: 'x',
        run: asOid('1'.repeat(40)),
        clean: true,
        script: 'train.js',
        argv: ['node', 'train.js'],
        cwd: '',
        startedMs: 0,
        versions: {},
        host: 'h',
        user: 'u',
        pid: 1,
        leftOut: [],
        generator: generatorBytes(1),
      },
      end: { status: 'completed', exitCode: 0, durationMs: this.#ms },
      timeline: this.timeline,
      checkpoints: this.checkpoints.filter((_, index) => keep(index)),
    }
  }

  #fold(inner: readonly LoopPlan[]): undefined {
    this.#weight = 0
    this.#draw('fold-start')
    this.#mains(inner)
    this.#draw('fold-end')
  }

  #mains(plans: readonly LoopPlan[]): void {
    for (const main of this.program.mains) {
      this.#draw(`before-${main.name}`)
      this.#loop(main.name, 'main', main.iterations, plans, (_, skip, timing) => {
        this.#draw(`first-${main.name}`)
        for (const [at, steps] of main.nested.entries()) {
          const restore = skip?.[at]
          if (restore !== undefined) this.#restore(restore)
          else this.#nested(main.name, `n${at}`, steps, timing)
          if (main.breakAt === this.#context.at(-1)?.index && at === 0) return false
          this.#draw(`after-${main.name}-${at}`)
        }
        return true
      })
      this.#draw(`behind-${main.name}`)
    }
  }

  #nested(
    main: string,
    loop: string,
    steps: number,
    timing: { nested: IterationTiming['nested'][number][] },
  ): void {
    for (let index = 0; index < steps; index++) {
      this.#context.push({ loop, pass: 0, index })
      this.#draw(`step-${main}`)
      this.#ms += stepMs
      this.#context.pop()
    }
    timing.nested.push({ loop, pass: 0, durationMs: steps * stepMs, iterations: steps })
    const point = { kind: 'S' as const, context: [...this.#context], after: { loop, pass: 0 } }
    this.checkpoints.push(this.#checkpoint(point))
  }

  #loop(
    loop: string,
    role: 'outer' | 'main',
    count: number,
    plans: readonly LoopPlan[],
    body: (
      inner: readonly LoopPlan[],
      skip: readonly RestorableCheckpoint[] | undefined,
      timing: { nested: IterationTiming['nested'][number][] },
    ) => boolean | undefined,
  ): void {
    const plan = plans.find((it) => it.loop === loop && it.pass === 0)
    const iterations: IterationTiming[] = []
    const context = [...this.#context]
    const started = this.#startOf(context)
    const beforeMs = this.#ms - started
    const generator = generatorBytes(this.#generator)
    let exhausted = true
    const finish = () =>
      this.timeline.push({
        context,
        loop,
        pass: 0,
        role,
        beforeMs,
        generator,
        iterations,
        exhausted,
        generatorAfter: generatorBytes(this.#generator),
      })
    for (let index = 0; ; index++) {
      const step = plan?.steps[index]
      if (plan !== undefined && step === undefined) {
        if (plan.then === 'stop') throw new Stopped()
        if (plan.then === 'leave') {
          if (plan.restore !== undefined) this.#restore(plan.restore)
          if (plan.generator !== undefined) this.#generator = generatorNumber(plan.generator)
          break
        }
      }
      if (step?.restore !== undefined) this.#restore(step.restore)
      if (index >= count) {
        // Asking a source that ends may draw, too.
        this.#random()
        break
      }
      const label = this.#random() % 1000
      if (step?.mode === 'pass') {
        if (step.generator !== undefined) this.#generator = generatorNumber(step.generator)
        continue
      }
      this.#context.push({ loop, pass: 0, index })
      const here = [...this.#context]
      this.#starts.set(contextKey(here), this.#ms)
      if (role === 'main') this.executed.push(contextKey(here))
      this.log.set(`item@${contextKey(here)}`, label)
      const timing: { nested: IterationTiming['nested'][number][] } = { nested: [] }
      const begun = this.#ms
      const goesOn = body(step?.loops ?? [], step?.mode === 'skip' ? step.after : undefined, timing)
      this.#context.pop()
      if (goesOn === false) {
        iterations.push({ context: here, nested: timing.nested })
        exhausted = false
        break
      }
      if (role === 'main') this.checkpoints.push(this.#checkpoint({ kind: 'E', context: here }))
      iterations.push({
        context: here,
        durationMs: this.#ms - begun,
        nested: timing.nested,
        generator: generatorBytes(this.#generator),
      })
    }
    finish()
  }

  readonly #starts = new Map<string, number>([['', 0]])

  #startOf(context: Context): number {
    return this.#starts.get(contextKey(context)) ?? 0
  }

  #checkpoint(point: Checkpoint['point']): Checkpoint {
    const state = new Uint8Array(new Float64Array([this.#weight]).buffer)
    const file = { name: 'model.safetensors', sha256: String(this.checkpoints.length), sizeBytes: 1000 }
    return { point, files: [file], state, generator: generatorBytes(this.#generator), costMs: 0 }
  }

  #restore(checkpoint: RestorableCheckpoint): void {
    this.#weight = new Float64Array(checkpoint.state.slice().buffer)[0] as number
    if (checkpoint.generator !== undefined) this.#generator = generatorNumber(checkpoint.generator)
  }

  /** Changes the weight by a drawn amount and logs it. */
  #draw(name: string): void {
    this.#weight = this.#weight * 0.5 + (this.#random() % 10007)
    this.#ms += restMs
    this.#note(name)
  }

  #note(name: string): void {
    this.log.set(`${name}@${contextKey(this.#context)}`, this.#weight)
  }

  #random(): number {
    this.#generator = (this.#generator * 48271) % 2147483647
    return this.#generator
  }
}

function generatorBytes(state: number): Uint8Array {
  return new Uint8Array(new Uint32Array([state]).buffer)
}

function generatorNumber(bytes: Uint8Array): number {
  return new Uint32Array(bytes.slice().buffer)[0] as number
}
