import type { Test } from 'tap'
import { analyseStatement } from '../../../lib/replay/analyse.js'
import { soundLevel } from '../../../lib/replay/level.js'
import type { FlorRepository } from '../../../lib/repository/flor-repository.js'
import { loseCheckpoints } from '../../support/lost-checkpoints.js'
import { backfill, fromScratch, open, project, runsOf, storedValues, train } from '../../support/training.js'
import { isThorough } from './thorough.js'
import type { Expectation } from './traps/trap.js'

/** One script that was trained without a statement, and is asked for it. */
export interface Attack {
  /** The training script as it was, and with the statement `flor.log('wanted', …)`. */
  readonly before: string
  readonly wanted: string
  /** Other files of the project. */
  readonly files?: Readonly<Record<string, string>>
  /** Which of the epochs are asked for; absent for a statement behind the main loop. */
  readonly where?: string
  readonly expect: Expectation
  /** What the reason of the level names. */
  readonly names?: string
  /** Which checkpoints are there: all of them, or those of every third epoch. */
  readonly kept?: 'third'
  /** Whether something comes along with the statement, which is judged, too. */
  readonly isCarried?: boolean
}

/**
 * Carries an attack out. Unless the test {@link isThorough}, a script that must be executed from its start, or not at all, is only analysed: that is what decides
 * it, and an execution from the start is the truth. `isExecuted`: whether it is carried out in any case.
 */
export async function attackOrAnalyse(
  t: Test,
  attacked: Attack,
  isExecuted: boolean = !/^(?:full|refused)$/.test(attacked.expect),
): Promise<void> {
  const { isCarried, kept } = attacked
  if (isThorough || isCarried === true || kept !== undefined || isExecuted) return attack(t, attacked)
  const { wanted, files = {}, expect, names } = attacked
  const read = (path: string): string | undefined => (path === 'train.js' ? wanted : files[path])
  const start = wanted.indexOf("flor.log('wanted'")
  const range = { path: 'train.js', start, end: wanted.indexOf('\n', start) }
  const analysis = analyseStatement({ read, script: 'train.js' }, range)
  if (analysis.irreproducible !== undefined) {
    t.equal(expect, 'refused', analysis.irreproducible)
    if (names !== undefined) t.match(analysis.irreproducible, names)
    return
  }
  const { level, reason } = soundLevel(analysis.position, analysis)
  t.equal(level, expect, reason)
  if (names !== undefined) t.match(reason, names)
}

/**
 * Trains, asks for the statement, and compares what is stored with an execution of the patched version from its start. The answer must be of the
 * kind that is expected, and no value may differ without being marked.
 */
export async function attack(
  t: Test,
  { before, wanted, files = {}, where, expect, names, kept }: Attack,
): Promise<void> {
  const repo = project(t, { ...files, 'train.js': before })
  train(repo)
  repo.write('train.js', wanted)
  const { flor } = open(t, repo)
  if (kept === 'third') await keepEveryThird(flor)
  // A check of the level would mend what the analysis did not see, and hide it.
  const { plan, outcome } = await backfill(flor, ['wanted'], {
    check: 'never',
    ...(where === undefined ? {} : { where }),
  })
  const [row] = plan.rows
  if (row === undefined || row.status === 'complete') throw new Error('nothing was planned')
  if (row.status === 'refused') {
    t.equal(expect, 'refused', row.reason)
    if (names !== undefined) t.match(row.reason, names)
    return
  }
  const [report] = outcome.reports
  if (report?.status !== 'done') throw new Error(`${report?.reason}\n${report?.output}`)
  const reason = row.plans.map((it) => it.plan.reason).join()
  const isDiverged = report.fidelity.status === 'diverged'
  const level = row.plans.map((it) => it.plan.level).join()
  // Where the runtime takes no checkpoints of the state, iterations cannot be left out.
  const isWithout = expect === 'skip' && level === 'run' && /checkpoints are missing/.test(reason)
  t.equal(isDiverged ? 'diverged' : isWithout ? 'skip' : level, expect, reason)
  if (names !== undefined) t.match(reason, names)
  const stored = (await storedValues(flor, row.entry, ['wanted'])).wanted ?? {}
  t.ok(Object.keys(stored).length > 0, 'there are values')
  const truth = fromScratch(t, repo, row.patched, row.entry).wanted ?? {}
  const asked = Object.entries(truth).filter(([context]) => Object.hasOwn(stored, context))
  t.strictSame(stored, Object.fromEntries(asked), `the values are the truth: ${reason}`)
}

/** Leaves the checkpoints of epochs 2, 5, …: what stands between is executed. */
async function keepEveryThird(flor: FlorRepository): Promise<void> {
  const [run] = await runsOf(flor)
  if (run === undefined) throw new Error('nothing was recorded')
  await loseCheckpoints(flor, run, ({ point }) =>
    point.context.some(({ loop, index }) => loop === 'epoch' && index % 3 === 2),
  )
}
