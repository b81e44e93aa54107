// biome-ignore-all lint/suspicious/noThenProperty: the plan's own word; plans are never awaited
import t, { test } from 'tap'
import type { IterationStep, LoopPlan } from '../../lib/model/plan.js'
import type { SpoolEvent } from '../../lib/segment/spool-event.js'
import { checkpointsOf, endOf, TrainingFolder, valuesOf } from './record-support.js'

// Every step is a process of its own, on a machine that may be busy.
t.setTimeout(120_000)

const ALL = { FLOR_CHECKPOINTS: 'all' }

/** Executes iteration `index` of the main loop `epoch` alone, from the end of the one before. */
function planFor(
  folder: TrainingFolder,
  recorded: readonly SpoolEvent[],
  index: number,
  mode: 'run' | 'skip',
): LoopPlan[] {
  const checkpoints = checkpointsOf(recorded)
  const at = (kind: 'S' | 'E', iteration: number) =>
    checkpoints
      .filter(({ point }) => point.kind === kind && point.context[0]?.index === iteration)
      .map((it) => folder.restorable(it))
  const generators = mainGenerators(recorded)
  const steps: IterationStep[] = Array.from({ length: index }, (_, i) => ({
    mode: 'pass',
    ...(generators[i] === undefined ? {} : { generator: generators[i] }),
  }))
  const restore = at('E', index - 1)[0]
  if (index > 0 && restore === undefined)
    throw new Error(`no checkpoint at the end of iteration ${index - 1}`)
  steps.push({
    mode,
    ...(restore === undefined ? {} : { restore }),
    ...(mode === 'skip' ? { after: at('S', index) } : {}),
  })
  return [{ loop: 'epoch', pass: 0, role: 'main', steps, then: 'stop' }]
}

function mainGenerators(recorded: readonly SpoolEvent[]): (Uint8Array | undefined)[] {
  let depth = 0
  return recorded.flatMap((event) => {
    if (event.op === 'loop-enter') depth++
    if (event.op === 'loop-exit') depth--
    return event.op === 'iteration-end' && depth === 1 ? [event.generator] : []
  })
}

/** TensorFlow.js advertises its native backend between two lines of `=`. */
function withoutBanner(stderr: string): string {
  return stderr.replace(/\s*={3,}[\s\S]*?={3,}\s*/g, '')
}

interface Case {
  readonly fixture: string
  readonly args: readonly string[]
  readonly iterations: readonly number[]
}

const cases: readonly Case[] = [
  { fixture: 'record-sgd.mjs', args: [], iterations: [0, 1, 4] },
  { fixture: 'record-sgd.mjs', args: ['--flor', 'source=generator'], iterations: [0, 3] },
  { fixture: 'record-sgd.mjs', args: ['--flor', 'source=async'], iterations: [1, 4] },
  { fixture: 'record-tf-layers.mjs', args: [], iterations: [0, 2] },
  { fixture: 'record-tf-layers.mjs', args: ['--flor', 'backend=wasm'], iterations: [2] },
  ...['sgd', 'momentum', 'rmsprop', 'adam', 'adamax', 'adadelta', 'adagrad'].map((name, i) => ({
    fixture: 'record-tf-custom.mjs',
    args: ['--flor', `optimizer=${name}`],
    iterations: i % 2 === 0 ? [2] : [3],
  })),
]

for (const { fixture, args, iterations } of cases) {
  test(`${fixture} ${args.join(' ')}: an iteration executed alone logs what was recorded, bit for bit`, async (t) => {
    const folder = new TrainingFolder().useFixture(fixture)
    t.teardown(() => folder.remove())
    const outcome = folder.node(['train.mjs', ...args], ALL)
    t.equal(withoutBanner(outcome.stderr), '', 'nothing to complain about')
    const recorded = folder.events()
    t.equal(endOf(recorded)?.status, 'completed')
    const values = valuesOf(recorded)
    for (const index of iterations) {
      for (const mode of ['run', 'skip'] as const) {
        const replayed = folder.replay(planFor(folder, recorded, index, mode), recorded)
        t.equal(replayed.exitCode, 0, replayed.stderr)
        const wanted = values.filter(({ at }) =>
          at === ''
            ? false
            : mode === 'run'
              ? at.split('/')[0] === `epoch=${index}`
              : at === `epoch=${index}`,
        )
        t.ok(wanted.length > 0)
        const inside = valuesOf(replayed.events).filter(({ at }) => at !== '')
        t.strictSame(inside, wanted, `epoch ${index}, ${mode}`)
      }
    }
  })
}
