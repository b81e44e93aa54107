import { planRun } from '../../../lib/replay/planner.js'
import type { BackfillOutcome, BackfillRow } from '../../../lib/repository/backfill/backfill-plan.js'
import { executeBackfill } from '../../../lib/repository/backfill/execute-backfill.js'
import { planBackfill } from '../../../lib/repository/backfill/plan-backfill.js'
import { scheduleRows } from '../../../lib/repository/backfill/schedule-rows.js'
import { FlorRepository } from '../../../lib/repository/flor-repository.js'
import type { TestRepository } from '../../support/repository.js'
import { train } from '../../support/training.js'
import type { BenchRow } from '../table.js'
import { backfillWith, computing, inProject, plainTrainings, STATEMENT, waiting } from './bed.js'

const EPOCHS = 8
const EPOCH_MS = 1200

/** Two workers against one, on one run whose eight epochs are executed in full, each having a checkpoint to start from. */
export async function benchWorkers(): Promise<BenchRow[]> {
  return [await whileWaiting(), ...(await whileComputing())]
}

/** Epochs that wait show what the pool itself costs, however busy the machine is. */
async function whileWaiting(): Promise<BenchRow> {
  const measure = (workers: number) =>
    inProject({ 'train.js': waiting(EPOCHS, EPOCH_MS) }, (repo) => {
      train(repo)
      repo.write('train.js', waiting(EPOCHS, EPOCH_MS, STATEMENT))
      return inFull(repo, workers)
    })
  const [one, two] = [await measure(1), await measure(2)]
  return row('waiting', one.durationMs / two.durationMs, two.reports.length, {
    one: seconds(one.durationMs),
    two: seconds(two.durationMs),
  })
}

/** As the command does it, but at level `run` although the analysis cannot prove what waiting does. */
async function inFull(repo: TestRepository, workers: number): Promise<BackfillOutcome> {
  const flor = FlorRepository.open(repo.path)
  try {
    const plan = await planBackfill(flor, { names: ['wanted'] }, { workers })
    const asSound = (it: BackfillRow): BackfillRow => {
      if (it.status !== 'planned') throw new Error(it.status)
      const plans = it.plans.map((group) => {
        const restore = { verdict: 'sound', reason: 'measured only' } as const
        const request = { ...group.request, soundness: { ...group.request.soundness, restore } }
        const sound = planRun(request)
        if (sound.status !== 'planned') throw new Error(sound.reason)
        return { ...group, request, plan: sound }
      })
      return { ...it, plans }
    }
    const scheduled = scheduleRows(plan.rows.map(asSound), { workers })
    const outcome = await executeBackfill(flor, { ...plan, ...scheduled })
    if (outcome.values !== EPOCHS * 4) throw new Error(`${outcome.values} values`)
    return outcome
  } finally {
    await flor.close()
  }
}

/**
 * The wall-clock time of the replays alone: planning is the same for both. Beside it, the same epochs in plain processes that record nothing and share
 * them: by how much two are faster, and how much more processor time they need than one, is the machine's doing, and no scheduler's.
 */
async function whileComputing(): Promise<BenchRow[]> {
  const measure = (workers: number) =>
    inProject({ 'train.js': computing(EPOCHS, EPOCH_MS) }, (repo) => {
      train(repo)
      // One after the other: the machine changes from minute to minute.
      const plain = plainTrainings(repo, EPOCHS, workers)
      repo.write('train.js', computing(EPOCHS, EPOCH_MS, STATEMENT))
      return { ...backfillWith(repo, 'wanted', [`-j${workers}`]), plain }
    })
  const [one, two] = [await measure(1), await measure(2)]
  if (one.answer.values !== two.answer.values) throw new Error('values are missing')
  const times = ({ answer, cpuMs }: typeof one) =>
    `${seconds(answer.durationMs)} (${seconds(cpuMs)} of processors)`
  const plainTimes = ({ plain }: typeof one) =>
    `${seconds(plain.wallMs)} (${seconds(plain.cpuMs)} of processors)`
  const ratio = one.answer.durationMs / two.answer.durationMs
  const plainRatio = one.plain.wallMs / two.plain.wallMs
  return [
    row('computing', ratio, two.answer.tasks.length, { one: times(one), two: times(two) }),
    {
      what: 'the same epochs in two plain processes',
      measured: `${plainRatio.toFixed(2)} x, ${plainTimes(two)}`,
      baseline: `one: ${plainTimes(one)}`,
      goal: '',
      reached: true,
    },
  ]
}

function row(
  kind: string,
  ratio: number,
  parts: number,
  times: { readonly one: string; readonly two: string },
): BenchRow {
  return {
    what: `8 epochs in full that are ${kind}, two workers (${parts} parts)`,
    measured: `${ratio.toFixed(2)} x, ${times.two}`,
    baseline: `one: ${times.one}`,
    goal: '>= 1.85 x',
    reached: ratio >= 1.85,
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
