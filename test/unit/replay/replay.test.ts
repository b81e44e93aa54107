import t, { type Test as TestBase } from 'tap'
import { checkFidelity } from '../../../lib/replay/fidelity.js'
import { readOutcome, wantedColumns } from '../../../lib/replay/outcome.js'
import { valuesByContext } from '../../../lib/replay/values-by-context.js'
import {
  executorOf,
  type PlannedName,
  planName,
  project,
  type Recording,
  record,
} from './recorded-project.js'

/**
 * A training script of typed arrays: momentum, shuffling, a schedule, a best so far. It logs everything that
 * the tests want: what a replay gives must be what the run itself recorded.
 */
const script = (
  source: string,
  parts: { readonly checkpointed?: string; readonly carried?: string } = {},
) => `
import * as flor from 'git-flor'
import { norm, shuffled } from './lib/math.js'

const epochs = flor.arg('epochs', 4)
flor.seed(7)
const w = new Float64Array(8).map(() => Math.random())
const momentum = new Float64Array(8)
const data = Array.from({ length: 6 }, () => Array.from({ length: 8 }, () => Math.random()))
const state = { w, momentum, best: Infinity, history: [] }
let seen = 0
function step(x) {
  // Long enough for leaving it out to be worth it.
  for (const until = performance.now() + 2; performance.now() < until; );
  let loss = 0
  for (let i = 0; i < 8; i++) {
    const error = w[i] - x[i] + 0.01 * Math.random()
    loss += error * error
    momentum[i] = 0.9 * momentum[i] + error
    w[i] -= 0.01 * momentum[i]
  }
  return loss
}
function* generated(count) { for (let i = 0; i < count; i++) { Math.random(); yield i } }
async function* streamed(count) { for (let i = 0; i < count; i++) { Math.random(); yield i } }
flor.log('before', norm(w))
flor.checkpointing({ ${parts.checkpointed ?? 'state'} })
${source}) {
  flor.log('first', norm(w))
  let total = 0
  for (const i of flor.loop('step', shuffled(data.length))) {
    const loss = step(data[i])
    total += loss
    seen++
    flor.log('loss', loss)
  }
  flor.log('between', norm(momentum) + epoch)
  for (const i of flor.loop('polish', [0, 1])) step(data[i])
  flor.log('total', total)
  state.best = Math.min(state.best, norm(w))
  state.history.push(state.best)
  flor.log('best', state.best + state.history.length)
  flor.log('after', norm(w))
  flor.log('seen', seen)
}
flor.log('end', norm(w))
`
const math = `
export const norm = (v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0))
export function shuffled(count) {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1))
    ;[order[i], order[j]] = [order[j], order[i]]
  }
  return order
}
`
const sources = {
  array: "for (const epoch of flor.loop('epoch', Array.from({ length: epochs }, (_, i) => i))",
  generator: "for (const epoch of flor.loop('epoch', generated(epochs))",
  'async iterable': "for await (const epoch of flor.loop('epoch', streamed(epochs))",
}
const levels: Record<string, string> = {
  before: 'prefix',
  first: 'skip',
  loss: 'run',
  between: 'skip',
  total: 'run',
  best: 'skip',
  after: 'skip',
  seen: 'full',
  // The script has generators: what one does behind its last item is not executed at `suffix`.
  end: 'full',
}

async function replayed(
  t: TestBase,
  repo: ReturnType<typeof project>,
  run: Recording,
  name: string,
  planned: PlannedName,
) {
  const { plan, analysis } = planned
  if (plan.status !== 'planned') throw new Error(plan.reason)
  const executor = executorOf(t, repo)
  const columns = []
  for (const task of plan.tasks) {
    const outcome = await executor.execute({
      header: run.header,
      args: run.args,
      patched: run.header.run,
      task,
    })
    if (outcome.status !== 'completed') t.fail(`${name}: ${outcome.status} ${outcome.output}`)
    const result = readOutcome(outcome)
    const level = plan.level === 'skip' ? 'skip' : 'restore'
    const comparable = plan.level === 'full' ? undefined : new Set(analysis.comparable[level])
    const fidelity = checkFidelity(
      run.columns,
      result.columns,
      comparable ? { isComparable: (it) => comparable.has(it) } : {},
    )
    t.match(fidelity.status, /identical|unchecked/, `${name}: ${JSON.stringify(fidelity)}`)
    columns.push(...wantedColumns(result.columns, task, [name]))
    await executor.discard(outcome)
  }
  return valuesByContext(columns, () => true).get(name)
}

for (const [kind, source] of Object.entries(sources)) {
  t.test(`replayed values are the recorded ones, bit for bit, at every level: ${kind}`, async (t) => {
    const repo = project(t, { 'train.js': script(source), 'lib/math.js': math })
    const before = repo.fingerprint()
    const run = record(repo)
    // The other sources differ in how items are had: the levels that pass over them suffice.
    const names = kind === 'array' ? Object.keys(levels) : ['loss', 'after', 'end']
    for (const name of names) {
      const planned = planName(repo, run, name)
      t.match(
        planned.plan,
        { status: 'planned', level: kind === 'array' && name === 'end' ? 'suffix' : levels[name] },
        `${name}: ${JSON.stringify(planned.analysis)}`,
      )
      const values = await replayed(t, repo, run, name, planned)
      t.strictSame(values, valuesByContext(run.columns, () => true).get(name), name)
    }
    t.strictSame(repo.fingerprint(), before, "the user's files are as they were")
  })
}

t.test('with checkpoints missing, the same values come from further back', async (t) => {
  const repo = project(t, { 'train.js': script(sources.array), 'lib/math.js': math })
  const run = record(repo)
  for (const keep of [(index: number) => index % 3 === 0, () => false]) {
    const planned = planName(repo, run, 'after', { keep })
    const values = await replayed(t, repo, run, 'after', planned)
    t.strictSame(values, valuesByContext(run.columns, () => true).get('after'))
  }
})

t.test('state left out of checkpointing() leads to an execution from the start', async (t) => {
  const repo = project(t, { 'train.js': script(sources.array, { checkpointed: 'w' }), 'lib/math.js': math })
  const run = record(repo)
  const planned = planName(repo, run, 'after')
  t.match(planned.plan, { level: 'full', reason: /`momentum`|`state/ })
  const values = await replayed(t, repo, run, 'after', planned)
  t.strictSame(values, valuesByContext(run.columns, () => true).get('after'))
})
