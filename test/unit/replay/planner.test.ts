import fc from 'fast-check'
import t from 'tap'
import { contextKey, parseContextKey } from '../../../lib/model/context.js'
import { planRun } from '../../../lib/replay/planner.js'
import type { Position, Verdict } from '../../../lib/replay/source-project.js'
import type { PlannedRun, RunPlan } from '../../../lib/replay/task.js'
import type { RecordedRun } from '../../../lib/replay/timeline.js'
import { type Log, type Program, Simulator } from './simulator.js'

const sound: Verdict = { verdict: 'sound', reason: '' }
const unsound: Verdict = { verdict: 'unsound', reason: 'it reads `n`', variable: 'n' }
const unknown: Verdict = { verdict: 'unknown', reason: 'it may read `n`' }

const iteration: Position = {
  kind: 'iteration',
  loops: ['epoch'],
  outerLoops: 0,
  why: 'it stands in `epoch`',
}
const epochs: Program = { mains: [{ name: 'epoch', iterations: 5, nested: [3] }] }

function plan(
  run: RecordedRun,
  position: Position,
  options: {
    wanted?: readonly string[]
    skip?: Verdict
    restore?: Verdict
    lost?: (sha: string) => boolean
    splits?: number
  } = {},
): RunPlan {
  return planRun({
    run,
    wanted: options.wanted?.map(parseContextKey) ?? 'all',
    position,
    soundness: { skip: options.skip ?? sound, restore: options.restore ?? sound },
    availabilityOf: (sha) => (options.lost?.(sha) ? 'lost' : 'present'),
    pathOf: (sha) => `/objects/${sha}`,
    ...(options.splits === undefined ? {} : { splits: options.splits }),
  })
}

function planned(plan: RunPlan): PlannedRun {
  if (plan.status !== 'planned') throw new TypeError(plan.reason)
  return plan
}

const all = () => true
const record = (program: Program, keep: (index: number) => boolean = all) => {
  const simulator = new Simulator(program).run()
  return { run: simulator.recorded(keep), log: simulator.log as Log }
}

t.test('the level is the cheapest that is sound', async (t) => {
  const { run } = record(epochs)
  t.match(plan(run, iteration), { level: 'skip' })
  t.match(plan(run, iteration, { skip: unsound }), { level: 'run', reason: /it reads `n`/ })
  t.match(plan(run, iteration, { skip: unsound, restore: unsound }), {
    level: 'full',
    reason: /from the start: it reads `n`/,
  })
  t.match(plan(run, { ...iteration, kind: 'nested', loops: ['epoch', 'n0'] }), { level: 'run' })
  t.match(plan(run, { ...iteration, kind: 'prefix', loops: [] }), { level: 'prefix' })
  t.match(plan(run, { ...iteration, kind: 'suffix', loops: [] }), { level: 'suffix' })
  t.match(plan(run, { ...iteration, kind: 'plain', loops: [] }), { level: 'full', reason: /checkpointing/ })
  t.match(plan(run, { ...iteration, kind: 'unknown', loops: [] }), { level: 'full' })
})

t.test('what is unknown is planned as unsound, and the cheaper level named for a trial', async (t) => {
  const { run } = record(epochs)
  t.match(plan(run, iteration, { skip: unknown }), { level: 'run', cheaper: 'skip' })
  t.match(plan(run, iteration, { skip: unsound, restore: unknown }), { level: 'full', cheaper: 'restore' })
  t.notOk('cheaper' in planned(plan(run, iteration, { skip: unsound })))
})

t.test('behind a main loop nothing of it is executed where that would come out otherwise', async (t) => {
  const behind: Position = { ...iteration, kind: 'suffix', loops: [] }
  const { run } = record(epochs)
  const passed = planned(plan(run, behind, { restore: unsound }))
  t.match(passed, { level: 'suffix', reason: /needs no iteration/ })
  t.strictSame(passed.tasks[0]?.executed, [])
  t.match(plan(run, behind, { skip: unsound, restore: unsound }), { level: 'full' })
  const few = record(epochs, (index) => index < 9).run
  t.match(plan(few, behind), { level: 'suffix' }, 'the last iteration is executed')
  t.match(plan(few, behind, { restore: unsound }), { level: 'full' })
  const broken = record({ mains: [{ name: 'epoch', iterations: 5, nested: [3], breakAt: 3 }] }).run
  t.match(
    plan(broken, behind, { restore: unsound }),
    { level: 'full' },
    'a break comes again in its iteration',
  )
})

t.test('wanted iterations start at their checkpoints; neighbours go on without', async (t) => {
  const { run } = record(epochs)
  const [task] = planned(plan(run, iteration, { wanted: ['epoch=2', 'epoch=3'], skip: unsound })).tasks
  t.strictSame(task?.executed, ['epoch=2', 'epoch=3'])
  t.strictSame(
    task?.loops[0]?.steps.map((it) => [it.mode, it.restore?.point.context[0]?.index]),
    [
      ['pass', undefined],
      ['pass', undefined],
      ['run', 1],
      ['run', undefined],
    ],
  )
  t.equal(task?.loops[0]?.then, 'stop')
  t.match(task?.checkpoints, { length: 1 })
})

t.test('iterations far apart each start at their own checkpoint', async (t) => {
  const { run } = record(epochs)
  const [task] = planned(plan(run, iteration, { wanted: ['epoch=0', 'epoch=4'], skip: unsound })).tasks
  t.strictSame(task?.executed, ['epoch=0', 'epoch=4'])
  t.strictSame(
    task?.loops[0]?.steps.map((it) => it.mode),
    ['run', 'pass', 'pass', 'pass', 'run'],
  )
})

t.test('where checkpoints are missing, execution goes forward from the nearest one before', async (t) => {
  const none = record(epochs, () => false).run
  t.strictSame(planned(plan(none, iteration, { wanted: ['epoch=2'], skip: unsound })).tasks[0]?.executed, [
    'epoch=0',
    'epoch=1',
    'epoch=2',
  ])
  // Without S checkpoints nothing can be skipped: the level says so.
  t.match(plan(none, iteration, { wanted: ['epoch=2'] }), { level: 'run' })
  const some = record(epochs)
  const lost = (sha: string) => ['3', '5', '7'].includes(sha)
  t.strictSame(
    planned(plan(some.run, iteration, { wanted: ['epoch=3'], skip: unsound, lost })).tasks[0]?.executed,
    ['epoch=1', 'epoch=2', 'epoch=3'],
  )
})

t.test('deeper contexts stand for their iteration, and ones that never were are told', async (t) => {
  const { run } = record(epochs)
  const answer = planned(
    plan(run, { ...iteration, kind: 'nested' }, { wanted: ['epoch=1/n0=2', 'epoch=1/n0=1', 'epoch=9'] }),
  )
  t.strictSame(answer.tasks[0]?.wanted.map(contextKey), ['epoch=1'])
  t.match(answer.excluded, [{ reason: /no such/ }])
  t.match(plan(run, iteration, { wanted: ['epoch=9'] }), { status: 'refused', reason: /epoch=9/ })
})

t.test('an iteration in which the run died is not wanted; one left by break is', async (t) => {
  const { run } = record({ mains: [{ name: 'epoch', iterations: 5, nested: [3], breakAt: 2 }] })
  t.match(planned(plan(run, iteration)).tasks[0]?.wanted, { length: 3 })
  const died = { ...run, end: { ...run.end, status: 'interrupted' as const } }
  const answer = planned(plan(died, iteration))
  t.match(answer.tasks[0]?.wanted, { length: 2 })
  t.match(answer.excluded, [{ reason: /ended in it/ }])
})

t.test('runs that cannot be started again are refused', async (t) => {
  const { run } = record(epochs)
  const { script: _, ...header } = run.header
  t.match(plan({ ...run, header }, iteration), { status: 'refused', reason: /script/ })
})

t.test('a run without main loop in its timeline is executed from the start', async (t) => {
  const { run } = record(epochs)
  t.match(plan({ ...run, timeline: [] }, { ...iteration, kind: 'prefix', loops: [] }), { level: 'full' })
})

t.test('checkpoints elsewhere are listed to be fetched, lost ones are not used', async (t) => {
  const { run } = record(epochs)
  const answer = planRun({
    run,
    wanted: [parseContextKey('epoch=2')],
    position: iteration,
    soundness: { skip: unsound, restore: sound },
    availabilityOf: () => 'fetchable',
    pathOf: (sha) => sha,
  })
  t.match(answer, { checkpoints: { used: 1, toFetch: { length: 1 } } })
})

t.test('work is split where asked', async (t) => {
  const { run } = record(epochs)
  const timed = (firstMs: number) => ({
    ...run,
    timeline: run.timeline.map((loop) => ({
      ...loop,
      iterations: loop.iterations.map((it, i) => ({
        ...it,
        durationMs: i === 0 ? firstMs : 2000,
        nested: [],
      })),
    })),
  })
  const keys = (firstMs: number, splits: number, lost: (sha: string) => boolean = () => false) =>
    planned(plan(timed(firstMs), iteration, { splits, skip: unsound, lost })).tasks.map((it) =>
      it.wanted.map((at) => contextKey(at).slice('epoch='.length)).join(),
    )
  t.strictSame(keys(2000, 2), ['0,1,2', '3,4'])
  t.strictSame(keys(2000, 9), ['0', '1', '2', '3', '4'])
  t.strictSame(keys(9000, 2), ['0', '1,2,3,4'], 'parts of similar cost')
  t.strictSame(keys(9000, 3), ['0', '1,2,3,4'], 'and no more of them than are of use')
  t.strictSame(
    keys(2000, 4, () => true),
    ['0,1,2,3,4'],
    'without checkpoints every part would begin at the start',
  )
})

t.test('skipping costs what stands outside of nested loops', async (t) => {
  const { run } = record(epochs)
  const [skip, full] = [plan(run, iteration), plan(run, iteration, { skip: unsound, restore: unsound })].map(
    planned,
  )
  t.ok((skip?.estimateMs ?? 0) < (full?.estimateMs ?? 0), `${skip?.estimateMs} < ${full?.estimateMs}`)
})

const programs: fc.Arbitrary<Program> = fc.record(
  {
    folds: fc.integer({ min: 1, max: 3 }),
    mains: fc
      .array(
        fc.record(
          {
            iterations: fc.integer({ min: 0, max: 5 }),
            nested: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
            breakAt: fc.integer({ min: 0, max: 5 }),
          },
          { requiredKeys: ['iterations', 'nested'] },
        ),
        { minLength: 1, maxLength: 2 },
      )
      .map((mains) => mains.map((main, i) => ({ ...main, name: `m${i}` }))),
  },
  { requiredKeys: ['mains'] },
)

t.test(
  'property: executing a plan gives what executing everything gave, wherever it was wanted',
  async (t) => {
    let plans = 0
    fc.assert(
      fc.property(
        programs,
        fc.infiniteStream(fc.boolean()),
        fc.integer({ min: 0, max: 1 }),
        fc.context(),
        (program, coins, at, context) => {
          const kept: boolean[] = []
          const { run, log } = record(program, (index) => (kept[index] ??= coins.next().value as boolean))
          const main = program.mains[at % program.mains.length]?.name as string
          const outer = program.folds === undefined ? [] : ['fold']
          const base = { outerLoops: outer.length, why: '' }
          const cases: [Position, Verdict, Verdict, RegExp][] = [
            [
              { ...base, kind: 'prefix', loops: outer },
              sound,
              sound,
              outer.length > 0 ? /^fold-start/ : /^prefix/,
            ],
            [
              { ...base, kind: 'iteration', loops: [...outer, main] },
              sound,
              sound,
              new RegExp(`^(first|after)-${main}`),
            ],
            [
              { ...base, kind: 'iteration', loops: [...outer, main] },
              unsound,
              sound,
              new RegExp(`^(first|after|step|item)-${main}`),
            ],
            [
              { ...base, kind: 'nested', loops: [...outer, main, 'n0'] },
              unsound,
              sound,
              new RegExp(`^step-${main}`),
            ],
            [
              { ...base, kind: 'iteration', loops: [...outer, main] },
              unsound,
              unsound,
              new RegExp(`^(first|after|step)-${main}`),
            ],
            [
              { ...base, kind: 'suffix', loops: outer },
              sound,
              sound,
              new RegExp(`^(behind-m${program.mains.length - 1}|fold-end)`),
            ],
          ]
          for (const [position, skip, restore, names] of cases) {
            const wanted = pick(run, position, coins)
            const answer = plan(run, position, { skip, restore, ...(wanted === undefined ? {} : { wanted }) })
            if (answer.status !== 'planned') continue
            for (const task of answer.tasks) {
              plans++
              const replayed = new Simulator(program, task.loops).run()
              context.log(
                `${position.kind} ${task.level} ${JSON.stringify(task.loops.map(summary))} kept ${kept.join()}`,
              )
              for (const it of task.wanted) {
                const prefix = contextKey(it)
                for (const [key, value] of log) {
                  const [name = '', where = ''] = key.split('@')
                  if (
                    !names.test(name) ||
                    !(where === prefix || where.startsWith(`${prefix}/`) || prefix === '')
                  )
                    continue
                  if (task.level === 'skip' && name.startsWith('step')) continue
                  if (prefix === '' && where !== '') continue
                  if (replayed.log.get(key) !== value)
                    throw new Error(`${key}: ${replayed.log.get(key)} instead of ${value}`)
                }
              }
              const executed = new Set(task.executed)
              const surprise = replayed.executed.find((key) => !executed.has(key))
              if (surprise !== undefined) throw new Error(`${surprise} is executed, but not planned`)
            }
          }
        },
      ),
      { numRuns: 300 },
    )
    t.ok(plans > 1000, `${plans} plans were executed`)
  },
)

const summary = (it: { loop: string; then: string; steps: readonly { mode: string; restore?: unknown }[] }) =>
  `${it.loop}:${it.steps.map((step) => step.mode + (step.restore ? '*' : '')).join(' ')}:${it.then}`

function pick(run: RecordedRun, position: Position, coins: Iterator<boolean>): string[] | undefined {
  const depth =
    position.kind === 'prefix' || position.kind === 'suffix' ? position.outerLoops : position.outerLoops + 1
  if (depth === 0 || coins.next().value) return undefined
  const keys = run.timeline
    .flatMap((it) => it.iterations.map((at) => at.context))
    .filter((it) => it.length === depth)
  return keys.filter(() => coins.next().value).map(contextKey)
}
