import { type Test, test } from 'tap'
import type { BackfillRow } from '../../lib/repository/backfill/backfill-plan.js'
import { backfill, fromScratch, open, project, runsOf, storedValues, train } from '../support/training.js'

/**
 * State that checkpoints do not hold, in the ways in which scripts really have it. Whatever is answered must be the truth, be marked as
 * diverged, or be no answer at all.
 */
interface Trap {
  /** Before checkpointing(). */
  readonly setup: string
  /** Added before checkpointing() together with the statement. */
  readonly added?: string
  /** In the main loop before, in, and behind the nested loop. */
  readonly first?: string
  readonly inside?: string
  readonly after?: string
  /** The value that is wanted, and where. */
  readonly wanted: string
  readonly at?: 'inside' | 'after' | 'end'
}

const helper = 'let count = 0\nexport function tick() { return ++count }\nexport const peek = () => count\n'

/** Gradient descent with momentum; only the weights are checkpointed. */
function script(traps: readonly Trap[], isWanted: boolean): string {
  const code = (part: 'setup' | 'first' | 'inside' | 'after'): string =>
    traps
      .map((trap) => trap[part] ?? '')
      .filter(Boolean)
      .join('\n')
  const want = (place: Trap['at']): string =>
    traps
      .map(({ wanted, at = 'after' }, i) =>
        isWanted && at === place ? `flor.log('wanted_${i}', ${wanted})\n` : '',
      )
      .join('')
  const added = isWanted
    ? traps.map((trap) => (trap.added === undefined ? '' : `${trap.added}\n`)).join('')
    : ''
  return `import * as flor from 'git-flor'
import * as helper from './helper.js'
flor.seed(flor.arg('seed', 3))
const data = Array.from({ length: 16 }, () => [Math.random(), Math.random()])
const weights = new Float64Array(2)
const velocity = new Float64Array(2)
function step(lr = 0.1) {
  for (const end = performance.now() + 2; performance.now() < end; );
  const row = data[Math.floor(Math.random() * data.length)]
  const error = row[0] * weights[0] + weights[1] - row[1]
  for (let k = 0; k < 2; k++) {
    velocity[k] = 0.8 * velocity[k] - lr * error * (k === 0 ? row[0] : 1)
    weights[k] += velocity[k]
  }
  return error * error
}
${code('setup')}
${added}flor.checkpointing({ weights })
for (const epoch of flor.loop('epoch', [0, 1, 2, 3, 4, 5])) {
  let loss = 0
  ${code('first')}
  for (const i of flor.loop('step', [0, 1, 2])) {
    loss = step()
    ${code('inside')}
${want('inside')}    flor.log('loss', loss)
  }
  ${code('after')}
${want('after')}  flor.log('norm', Math.hypot(...weights))
}
${want('end')}flor.log('final', weights)
`
}

/** Reading them changes nothing: they stand in one script, and one execution from the start is the truth of all. */
const traps: Record<string, Trap> = {
  'a running mean accumulated in the nested loop': {
    setup: 'let mean = 0, seen = 0',
    inside: 'seen += 1; mean += (loss - mean) / seen',
    wanted: 'mean',
  },
  'the best so far, behind a function': {
    setup:
      'const track = { best: Infinity, at: -1 }\nfunction note(value, epoch) { if (value < track.best) { track.best = value; track.at = epoch } }',
    after: 'note(loss, epoch)',
    wanted: 'track.at',
  },
  'a cache that fills': {
    setup:
      'const cache = new Map()\nfunction cached(key) { if (!cache.has(key)) cache.set(key, weights[0]); return cache.get(key) }',
    after: 'cached(epoch % 2)',
    wanted: 'cached(epoch % 2)',
  },
  'momentum left out of checkpointing': {
    setup: '',
    wanted: 'velocity[0]',
  },
  'a counter in another module': {
    setup: '',
    first: 'helper.tick()',
    wanted: 'helper.peek()',
  },
  'a generator function that goes on from epoch to epoch': {
    setup:
      'function* counting() { let n = 10; while (true) yield n++ }\nconst numbers = counting()\nlet current = 0',
    first: 'current = numbers.next().value',
    wanted: 'current',
  },
  'a callback kept by an event emitter': {
    setup: `const { EventEmitter } = await import('node:events')\nconst bus = new EventEmitter()\nlet heard = 0\nbus.on('epoch', () => { heard += 1 })`,
    after: `bus.emit('epoch')`,
    wanted: 'heard',
  },
  'a value of the last iteration, behind the main loop': {
    setup: 'let last = 0',
    after: 'last = loss',
    wanted: 'last',
    at: 'end',
  },
  'a class with private state': {
    setup:
      'class Meter { #sum = 0; add(v) { this.#sum += v } get value() { return this.#sum } }\nconst meter = new Meter()',
    inside: 'meter.add(loss)',
    wanted: 'meter.value',
  },
}

/** Statements that change something themselves. */
const changing: Record<string, Trap> = {
  'a statement that draws random numbers': {
    setup: '',
    wanted: 'weights[0] + Math.random()',
  },
  'a statement that changes the weights': {
    setup: '',
    wanted: '(weights[0] *= 0.5)',
  },
  'a best value that came with the statement': {
    setup: '',
    added: 'let lowest = Infinity',
    wanted: '(lowest = Math.min(lowest, loss))',
  },
  'a helper with a memory that came with the statement': {
    setup: '',
    added: 'const memory = []\nfunction remember(value) { memory.push(value); return memory.length }',
    wanted: 'remember(loss)',
  },
}

async function attack(t: Test, chosen: Readonly<Record<string, Trap>>): Promise<void> {
  const list = Object.values(chosen)
  const repo = project(t, { 'train.js': script(list, false), 'helper.js': helper })
  train(repo)
  repo.write('train.js', script(list, true)).commit('wanted')
  const { flor } = open(t, repo)
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  const truth = fromScratch(t, repo, repo.oid(), run)
  for (const [i, name] of Object.keys(chosen).entries()) {
    const wanted = `wanted_${i}`
    const { plan, outcome } = await backfill(
      flor,
      [wanted],
      list[i]?.at === 'end' ? {} : { where: 'epoch >= 3' },
    )
    const [row] = plan.rows as [BackfillRow]
    if (row.status === 'refused') {
      t.ok(row.reason, `${name}: refused, ${row.reason}`)
      continue
    }
    const [report] = outcome.reports
    if (row.status !== 'planned' || report?.status !== 'done')
      throw new Error(`${name}: ${JSON.stringify(report)}`)
    if (report.fidelity.status === 'diverged') {
      t.match(report.fidelity.first, { name: String }, `${name}: marked as diverged`)
      continue
    }
    const stored: Record<string, string[]> = (await storedValues(flor, run, [wanted]))[wanted] ?? {}
    const isAsked = (context: string): boolean =>
      context === '' || Number(/epoch=(\d)/.exec(context)?.[1]) >= 3
    const expected = Object.fromEntries(
      Object.entries(truth[wanted] ?? {}).filter(([context]) => isAsked(context)),
    )
    t.ok(Object.keys(stored).length > 0)
    t.strictSame(
      stored,
      expected,
      `${name}: ${row.plans.map((it) => `${it.plan.level}, ${it.plan.reason}`).join()}`,
    )
  }
}

test('state that checkpoints do not hold never gives a wrong value', (t) => attack(t, traps))

for (const [name, trap] of Object.entries(changing))
  test(`${name}: nothing wrong is told`, (t) => attack(t, { [name]: trap }))

test('what comes along with a statement draws random numbers: nothing wrong is told', async (t) => {
  const text = script([], false)
  const repo = project(t, { 'train.js': text, 'helper.js': helper })
  train(repo)
  repo.write(
    'train.js',
    text.replace(
      "  flor.log('norm'",
      "  const noise = Math.random()\n  flor.log('wanted', weights[0] * noise)\n  flor.log('norm'",
    ),
  )
  const { flor } = open(t, repo)
  const { plan, outcome } = await backfill(flor, ['wanted'])
  const [row] = plan.rows
  if (row?.status !== 'planned') throw new Error('not planned')
  t.match(row.plans, [{ plan: { level: 'full' } }])
  t.match(outcome.reports, [{ status: 'done', fidelity: { status: 'diverged' } }])
  const stored = await storedValues(flor, row.entry, ['wanted'])
  t.strictSame(stored.wanted, fromScratch(t, repo, row.patched, row.entry).wanted)
})
