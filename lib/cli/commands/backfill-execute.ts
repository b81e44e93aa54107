import { hostname } from 'node:os'
import { LocalExecutor } from '../../replay/local-executor.js'
import type { BackfillPlan, TaskReport } from '../../repository/backfill/backfill-plan.js'
import { type ClaimedName, claimNames, isOutdated } from '../../repository/backfill/claim-names.js'
import { executeBackfill, workersFor } from '../../repository/backfill/execute-backfill.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { toJson } from '../formats/json.js'
import { Progress } from '../progress.js'
import { counted } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { formatDuration } from '../render/time.js'
import { outcomeToJson, planToJson } from '../views/backfill-json.js'
import { formatPlanTotal } from '../views/backfill-plan.js'
import { BackfillProgress } from '../views/backfill-progress.js'
import { formatChecks, formatFailure, formatFailureReason, formatReport } from '../views/backfill-report.js'
import type { BackfillOptions } from './backfill.js'
import { exitCodeAfter, exitCodeWithoutWork } from './backfill-exit-code.js'

/** How often the time that is left is shown anew. */
const TICK_MS = 200

/**
 * Executes a plan while no other command backfills the same names: whoever comes second waits, plans anew, and executes what is missing then.
 * Answers the exit code.
 */
export async function executeAlone(
  context: CommandContext,
  plan: BackfillPlan,
  options: BackfillOptions,
  makePlan: () => Promise<BackfillPlan>,
): Promise<number> {
  const repository = await context.repository()
  const release = await claimNames(repository.location, plan.request.names, {
    signal: context.io.signal,
    onWait: (claimed) => context.note(formatWait(claimed)),
  })
  try {
    if (!(await isOutdated(repository, plan))) return await executeAndReport(context, plan, options)
    const current = await makePlan()
    repository.step(undefined)
    const hasWork = current.rows.some((row) => row.status === 'planned')
    context.note(
      `another backfill stored values meanwhile; what is left: ${hasWork ? formatPlanTotal(current) : 'nothing'}`,
    )
    if (hasWork) return await executeAndReport(context, current, options)
    if (options.json === true) await context.out.print(`${toJson(planToJson(current))}\n`)
    return exitCodeWithoutWork(current)
  } finally {
    release()
  }
}

/** `waiting for process 4711, which backfills grad_norm` */
function formatWait({ name, path, holder }: ClaimedName): string {
  const elsewhere = holder !== undefined && holder.host !== hostname()
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`
  const where = elsewhere ? ` on ${sanitizeLine(holder.host)}` : ''
  const hint = elsewhere ? ` (should that have died: rm '${path}')` : ''
  return `waiting for ${who}${where}, which backfills ${sanitizeLine(name)}${hint}`
}

/** Executes a plan, showing how it goes on, and tells what came of it. Answers the exit code. */
async function executeAndReport(
  context: CommandContext,
  plan: BackfillPlan,
  options: BackfillOptions,
): Promise<number> {
  const allowsTrials = options.trial === true
  const watch = new Watch(context, plan, workersFor(plan, { allowsTrials }))
  try {
    const repository = await context.repository()
    const { location, config } = repository
    const outcome = await executeBackfill(repository, plan, {
      ...(options.install === true
        ? { executor: new LocalExecutor(location, config, { installs: true }) }
        : {}),
      signal: context.io.signal,
      ...(options.tolerance === undefined ? {} : { tolerance: options.tolerance }),
      allowsTrials,
      ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
      ...watch.listener,
      onReport: (report) => watch.report(report),
    })
    watch.stop()
    const failed = outcome.reports.filter((report) => report.status === 'failed')
    for (const line of failed.flatMap(formatFailure)) context.io.stderr.write(`${line}\n`)
    if (options.json === true) await context.out.print(`${toJson(outcomeToJson(plan, outcome))}\n`)
    else {
      const names = plan.request.names.map(sanitizeLine)
      const estimated = `estimated ${formatDuration(plan.schedule.durationMs)}`
      const took = formatDuration(outcome.durationMs)
      const next = outcome.values === 0 ? '' : `. git flor log ${names.join(' ')}`
      await context.out.lines([
        ...formatChecks(outcome.reports),
        `${names.join(', ')}: ${counted(outcome.values, 'value')} in ${took} (${estimated})${next}`,
      ])
    }
    if (outcome.isInterrupted) {
      context.note('interrupted; what was done is kept, and the same command goes on from there')
      return ExitCode.interrupted
    }
    return exitCodeAfter(plan, outcome.reports)
  } finally {
    watch.stop()
  }
}

/** What is shown while tasks run: on a terminal a line for each worker; elsewhere only what ended. */
class Watch {
  readonly #progress: Progress
  readonly #state: BackfillProgress
  #timer: NodeJS.Timeout | undefined

  constructor(
    private readonly context: CommandContext,
    plan: BackfillPlan,
    workers: number,
  ) {
    this.#progress = new Progress(context.io, { delayMs: 0 })
    const tasks = plan.rows.flatMap((row) =>
      row.status === 'planned' ? row.plans.flatMap((group) => group.plan.tasks) : [],
    )
    this.#state = new BackfillProgress(
      workers,
      tasks.map((task) => task.estimateMs),
    )
    if (context.io.isTerminal.stderr) this.#timer = setInterval(() => this.#draw(), TICK_MS)
  }

  /** Where nobody sees it, nothing is watched. */
  get listener(): Parameters<typeof executeBackfill>[2] & object {
    if (!this.context.io.isTerminal.stderr) return {}
    return {
      onStart: (task) => {
        this.#state.start(task, this.context.io.now())
        this.#draw()
      },
      onPlace: (worker, place) => this.#state.place(worker, place),
      onEnd: (worker) => this.#state.end(worker),
    }
  }

  report(report: TaskReport): void {
    this.#state.report(report)
    if (report.status === 'done') this.#progress.note(formatReport(report))
    else if (this.context.io.isTerminal.stderr) this.#progress.note(formatFailureReason(report))
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#progress.clear()
  }

  #draw(): void {
    if (this.#timer === undefined) return
    const { io } = this.context
    this.#progress.show(this.#state.lines(io.now(), (io.messageColumns ?? 80) - 1))
  }
}
