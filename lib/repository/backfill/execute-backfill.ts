import { relative } from 'node:path'
import { shieldGitAfter } from '../../git/interrupt-shield.js'
import { FlorError } from '../../model/errors.js'
import type { Executor } from '../../replay/executor.js'
import { holdCommits } from '../../replay/held-commits.js'
import { LocalExecutor } from '../../replay/local-executor.js'
import { requireReplayFolders } from '../../replay/replay-folder.js'
import { Turn } from '../../replay/turn.js'
import { runJobs } from '../../replay/worker-pool.js'
import type { FlorRepository } from '../flor-repository.js'
import type {
  BackfillListener,
  BackfillOutcome,
  BackfillPlan,
  PlannedRow,
  TaskReport,
} from './backfill-plan.js'
import { keepTimings, type ReplayTiming } from './cost-record.js'
import { GroupWork } from './group-work.js'
import { LevelGate } from './level-gate.js'
import { planChecks, workersWithChecks } from './plan-checks.js'

export interface ExecuteOptions extends BackfillListener {
  /** Ends the backfill; what is done until then is kept. */
  readonly signal?: AbortSignal
  /** Relative difference of recorded numbers that the fidelity check lets pass; 0 where absent. */
  readonly tolerance?: number
  /** Each task's process is ended after so long. */
  readonly timeoutMs?: number
  /**
   * Whether a trial may decide where analysis cannot tell that checkpoints can be relied upon: two iterations are executed both ways, and their values
   * compared. It shows no difference that begins later; without it, more is executed.
   */
  readonly allowsTrials?: boolean
  readonly executor?: Executor
}

/**
 * Executes a plan's tasks, as many at once as the plan has workers and the longest first, and stores the values of each as it ends, one after another. A task that
 * fails does not stop the others: its report says why, and its output is kept. Runs of writers that are not trusted are not executed.
 * @throws FlorError NOT_TRUSTED (data: writers, runs), OBJECT_MISSING (a patched commit was pruned since the plan was made) before anything is executed; FILE_EXISTS; REF_CONTENDED, GIT_FAILED
 */
export async function executeBackfill(
  repository: FlorRepository,
  plan: BackfillPlan,
  options: ExecuteOptions = {},
): Promise<BackfillOutcome> {
  const rows = plan.rows.filter((row) => row.status === 'planned')
  requireTrust(rows)
  requireReplayFolders(repository.location)
  const unshield = shieldGitAfter(options.signal)
  try {
    return await execute(repository, plan, rows, options)
  } finally {
    unshield()
  }
}

async function execute(
  repository: FlorRepository,
  plan: BackfillPlan,
  rows: readonly PlannedRow[],
  options: ExecuteOptions,
): Promise<BackfillOutcome> {
  const startedMs = performance.now()
  const { location } = repository
  // Until its values are stored nothing else refers to a patched commit.
  const patched = [...new Set(rows.map((row) => row.patched))]
  const release = await holdCommits(location, await repository.objects(), patched)
  const executor = options.executor ?? new LocalExecutor(location, repository.config)
  const workers = workersFor(plan, options)
  const reports: TaskReport[] = []
  const timings: ReplayTiming[] = []
  const site = {
    repository,
    executor,
    workers,
    options,
    collecting: new Turn(),
    fetching: new Turn(),
    failures: [] as unknown[],
    timings,
    report: (report: TaskReport) => {
      reports.push(report)
      options.onReport?.(report)
    },
  }
  try {
    const works = new Map(
      rows.flatMap((row) => row.plans.map((group) => [group, new GroupWork(site, row, group)])),
    )
    const sources = await planChecks(rows, await repository.objects(), plan.check)
    for (const { groups, checks } of sources) {
      const gate = new LevelGate(checks.map((it) => it.check))
      for (const group of groups) works.get(group)?.waitFor(gate)
      for (const { group, check } of checks) works.get(group)?.checks.push(check)
    }
    const checks = sources.reduce((sum, it) => sum + it.checks.length, 0)
    site.workers = workersWithChecks(workers, plan.schedule.allowed, checks)
    await runJobs(
      [...works.values()].flatMap((work) => work.jobs()),
      site.workers,
      options.signal,
    )
  } finally {
    // What ended is stored, also when the user wants no more of it.
    await site.collecting.idle()
    tellWritten(repository, await executor.close())
    await release()
    await keepTimings(repository, timings)
    // What was published is to be seen by the next query.
    await repository.refresh()
  }
  if (site.failures.length > 0) throw site.failures[0]
  return {
    reports,
    values: reports.reduce((sum, report) => sum + (report.status === 'done' ? report.values : 0), 0),
    durationMs: performance.now() - startedMs,
    isInterrupted: options.signal?.aborted === true,
  }
}

/** How many processes there may be at once: a trial may divide what the plan could not. */
export function workersFor(
  { schedule, rows }: BackfillPlan,
  { allowsTrials = false }: Pick<ExecuteOptions, 'allowsTrials'>,
): number {
  const mayTry = rows.some(
    (row) => row.status === 'planned' && row.plans.some(({ plan }) => plan.cheaper !== undefined),
  )
  return allowsTrials && mayTry ? schedule.allowed : schedule.workers
}

/** Replays share packages with the user: what they write into these stays, and later replays read it. */
function tellWritten(repository: FlorRepository, paths: readonly string[]): void {
  const [first] = paths
  if (first === undefined) return
  const top = repository.location.topLevel
  const shown = top === undefined ? first : relative(top, first)
  const more = paths.length > 1 ? `, and ${paths.length - 1} more,` : ''
  repository.notify({
    kind: 'warning',
    message: `${shown}${more} changed while replays ran, which share your packages: unless that was you, a script wrote into a package, and what it wrote is there still`,
  })
}

function requireTrust(rows: readonly PlannedRow[]): void {
  const untrusted = rows.filter((row) => row.untrusted.length > 0)
  if (untrusted.length === 0) return
  const writers = [...new Set(untrusted.flatMap((row) => row.untrusted))]
  throw new FlorError(
    `runs recorded by ${writers.join(', ')} would be executed, whom you have not trusted yet`,
    {
      code: 'NOT_TRUSTED',
      data: { writers, runs: untrusted.map((row) => row.entry.run) },
    },
  )
}
