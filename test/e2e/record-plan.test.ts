// biome-ignore-all lint/suspicious/noThenProperty: the plan's own word; plans are never awaited
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test, test } from 'tap'
import type { LoopPlan } from '../../lib/model/plan.js'
import { checkpointsOf, endOf, headerOf, TrainingFolder, valuesOf } from './record-support.js'

// Every step is a process of its own, on a machine that may be busy.
t.setTimeout(120_000)

const SCRIPT = `import * as flor from 'git-flor'
import { appendFileSync } from 'node:fs'
const seed = flor.seed(flor.arg('seed', 4))
const folds = flor.arg('folds', 1)
for (const fold of flor.loop('fold', Array.from({ length: folds }, (_, i) => i))) {
  const w = new Float64Array([Math.random()])
  flor.checkpointing({ w })
  flor.log('start', w[0])
  for (const epoch of flor.loop('epoch', (function* () { for (let i = 0; i < 4; i++) yield Math.random() })())) {
    flor.log('item', epoch)
    for (const step of flor.loop('step', [0, 1, 2])) { w[0] += epoch * Math.random(); flor.log('w', w[0]) }
    flor.log('end', w[0] + Math.random())
  }
  flor.log('result', w[0] + Math.random())
}
flor.log('last', Math.random())
`

function recorded(t: Test, args: readonly string[] = []) {
  const folder = new TrainingFolder().write('train.mjs', SCRIPT).commit('train')
  t.teardown(() => folder.remove())
  const outcome = folder.node(['train.mjs', ...args], { FLOR_CHECKPOINTS: 'all' })
  t.equal(outcome.exitCode, 0, outcome.stderr)
  const events = folder.events()
  const values = valuesOf(events)
  const checkpoint = (kind: 'S' | 'E', ...indices: readonly number[]) => {
    const found = checkpointsOf(events).find(
      ({ point }) => point.kind === kind && point.context.map((it) => it.index).join() === indices.join(),
    )
    if (found === undefined) throw new Error(`no checkpoint ${kind} ${indices.join()}`)
    return folder.restorable(found)
  }
  return { folder, events, values, checkpoint }
}

const main = (plan: Omit<LoopPlan, 'loop' | 'pass' | 'role'>): LoopPlan => ({
  loop: 'epoch',
  pass: 0,
  role: 'main',
  ...plan,
})
const fold = (steps: LoopPlan['steps'], then: LoopPlan['then'] = 'execute'): LoopPlan => ({
  loop: 'fold',
  pass: 0,
  role: 'outer',
  steps,
  then,
})

test('no plan for any loop executes everything, as it was', async (t) => {
  const { folder, events, values } = recorded(t, ['--flor', 'folds=2'])
  const replayed = folder.replay([], events)
  t.equal(replayed.exitCode, 0, replayed.stderr)
  t.strictSame(
    valuesOf(replayed.events),
    values,
    'recorded arguments and generator state stand in for the command line',
  )
  t.match(endOf(replayed.events), { status: 'completed', exitCode: 0 })
  t.equal(headerOf(replayed.events).run, headerOf(events).run)
  t.equal(folder.spools().length, 1, 'no run of its own')
})

test('stop before the first iteration executes the prefix alone', async (t) => {
  const { folder, events, values } = recorded(t)
  const replayed = folder.replay(
    [fold([{ mode: 'run', loops: [main({ steps: [], then: 'stop' })] }])],
    events,
  )
  t.equal(replayed.exitCode, 0, replayed.stderr)
  t.strictSame(valuesOf(replayed.events), values.slice(0, 1))
})

test('leave restores the end of the loop, and executes the suffix', async (t) => {
  const { folder, events, values, checkpoint } = recorded(t)
  const plan = main({ steps: [], then: 'leave', restore: checkpoint('E', 0, 3) })
  const replayed = folder.replay([fold([{ mode: 'run', loops: [plan] }])], events)
  t.equal(replayed.exitCode, 0, replayed.stderr)
  t.strictSame(valuesOf(replayed.events), [...values.slice(0, 1), ...values.slice(-2)])
})

test('iterations are executed forward from a checkpoint, and then to the end', async (t) => {
  const { folder, events, values, checkpoint } = recorded(t)
  const generators = checkpointsOf(events).flatMap(({ point, generator }) =>
    point.kind === 'E' && generator ? [generator] : [],
  )
  const [first, second] = generators
  if (first === undefined || second === undefined) throw new Error('no generator states')
  const plan = main({
    steps: [
      { mode: 'pass', generator: first },
      { mode: 'pass', generator: second },
      { mode: 'run', restore: checkpoint('E', 0, 1) },
    ],
    then: 'execute',
  })
  const replayed = folder.replay([fold([{ mode: 'run', loops: [plan] }])], events)
  t.equal(replayed.exitCode, 0, replayed.stderr)
  const wanted = values.filter(({ at }) => !/epoch=[01]/.test(at))
  t.strictSame(valuesOf(replayed.events), wanted)
})

test('outer iterations are passed over, and main loops inside them planned', async (t) => {
  const { folder, events, values, checkpoint } = recorded(t, ['--flor', 'folds=3'])
  let depth = 0
  const ends = events.flatMap((it) => {
    if (it.op === 'loop-enter') depth++
    if (it.op === 'loop-exit') depth--
    return it.op === 'iteration-end' && depth === 1 && it.generator ? [it.generator] : []
  })
  const [after] = ends
  if (after === undefined) throw new Error('no generator state')
  const plan = main({ steps: [{ mode: 'skip', after: [checkpoint('S', 1, 0)] }], then: 'stop' })
  const replayed = folder.replay(
    [
      fold([
        { mode: 'pass', generator: after },
        { mode: 'run', loops: [plan] },
      ]),
    ],
    events,
  )
  t.equal(replayed.exitCode, 0, replayed.stderr)
  t.strictSame(
    valuesOf(replayed.events),
    values.filter(({ at, name }) => (at === 'fold=1' && name === 'start') || at === 'fold=1/epoch=0'),
  )
})

test('what cannot be followed fails with exit code 70 and a reason, and never silently', async (t) => {
  const { folder, events, checkpoint } = recorded(t)
  const inFold = (plan: LoopPlan) => [fold([{ mode: 'run' as const, loops: [plan] }])]
  const end = checkpoint('E', 0, 0)
  const file = end.files[0] ?? { name: '', path: '' }
  const broken = join(folder.path, '.git/broken.safetensors')
  writeFileSync(broken, Buffer.alloc(100, 1))
  const withFile = (path: string) => ({ ...end, files: [{ name: file.name, path }] })
  const run = (restore: typeof end) => inFold(main({ steps: [{ mode: 'run', restore }], then: 'stop' }))
  const cases: readonly [string, LoopPlan[], RegExp][] = [
    ['a missing file', run(withFile('/nowhere')), /checkpoint fold=0\/epoch=0 cannot be restored: ENOENT/],
    ['a file that is none', run(withFile(broken)), /cannot be restored: the header is longer than the file/],
    ['no file', run({ ...end, files: [] }), /cannot be restored: w: tensor w is not in w\.safetensors/],
    ['state that is none', run({ ...end, state: new Uint8Array([0xc1]) }), /cannot be restored/],
    [
      'a source that ends early',
      inFold(main({ steps: Array(6).fill({ mode: 'pass' }), then: 'stop' })),
      /ended after 4 items; 6/,
    ],
    [
      'an unknown nested loop',
      inFold(main({ steps: [{ mode: 'skip', after: [] }], then: 'stop' })),
      /no checkpoint after loop step/,
    ],
    [
      'a wrong place',
      inFold(main({ steps: [{ mode: 'skip', after: [end] }], then: 'stop' })),
      /loop step is met where/,
    ],
    [
      'a wrong role',
      [{ ...main({ steps: [], then: 'stop' }), loop: 'fold' }],
      /main loop when it was recorded, and is outer now/,
    ],
  ]
  for (const [name, plan, reason] of cases) {
    const replayed = folder.replay(plan, events)
    t.equal(replayed.exitCode, 70, name)
    t.match(replayed.stderr, /^git-flor: replay failed: /, name)
    t.match(replayed.stderr, reason, name)
    t.match(endOf(replayed.events), { status: 'failed', exitCode: 70 })
  }
  for (const text of ['', 'nonsense']) {
    writeFileSync(join(folder.path, 'plan'), text)
    const outcome = folder.node(['train.mjs'], { FLOR_REPLAY: join(folder.path, 'plan') })
    t.equal(outcome.exitCode, 70)
    t.match(outcome.stderr, /replay failed/)
  }
})

test('a damaged checkpoint is not taken for a good one', async (t) => {
  const { folder, events, checkpoint } = recorded(t)
  const end = checkpoint('E', 0, 0)
  const path = end.files[0]?.path ?? ''
  const { chmodSync } = await import('node:fs')
  chmodSync(path, 0o644)
  truncateSync(path, 70)
  const plan = main({ steps: [{ mode: 'pass' }, { mode: 'run', restore: end }], then: 'stop' })
  const replayed = folder.replay([fold([{ mode: 'run', loops: [plan] }])], events)
  t.equal(replayed.exitCode, 70)
})

test('children of a replay neither follow its plan nor record', async (t) => {
  const { folder, events } = recorded(t)
  folder.write(
    'child.mjs',
    `import * as flor from 'git-flor'\nflor.log('x', 1)\nconsole.log(process.env.FLOR_REPLAY)\n`,
  )
  folder.write(
    'train.mjs',
    `import { execFileSync } from 'node:child_process'\nimport * as flor from 'git-flor'\nflor.log('a', 1)
    console.log(execFileSync(process.execPath, ['child.mjs'], { encoding: 'utf8' }))\n`,
  )
  const replayed = folder.replay([], events)
  t.match(replayed, { exitCode: 0, stdout: /^undefined\n/ })
  t.equal(folder.spools().length, 1)
})
