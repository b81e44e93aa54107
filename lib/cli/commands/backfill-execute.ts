import { LocalExecutor } from '../../replay/local-executor.js'
import type { BackfillPlan, TaskFailed, TaskReport } from '../../repository/backfill/backfill-plan.js'
import { executeBackfill, workersFor } from '../../repository/backfill/execute-backfill.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { toJson } from '../formats/json.js'
import { Progress } from '../progress.js'
import { counted } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { formatDuration } from '../render/time.js'
import { outcomeToJson } from '../views/backfill-json.js'
import { BackfillProgress } from '../views/backfill-progress.js'
import { formatFailure, formatFailureReason, formatReport } from '../views/backfill-report.js'
import type { BackfillOptions } from './backfill.js'

/** How often the time that is left is shown anew. */
const TICK_MS = 200

/** Executes a plan, showing how it goes on, and tells what came of it. Answers the exit code. */
export async function executeAndReport(
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
        `${names.join(', ')}: ${counted(outcome.values, 'value')} in ${took} (${estimated})${next}`,
      ])
    }
    if (outcome.isInterrupted) {
      context.note('interrupted; what was done is kept, and the same command goes on from there')
      return ExitCode.interrupted
    }
    return exitCodeOf(plan, outcome.reports, failed)
  } finally {
    watch.stop()
  }
}

function exitCodeOf(
  plan: BackfillPlan,
  reports: readonly TaskReport[],
  failed: readonly TaskFailed[],
): number {
  const isDeferred = plan.rows.some((row) => row.status === 'deferred')
  if (isDeferred)
    return failed.length === reports.length && failed.length > 0 ? ExitCode.failed : ExitCode.partial
  const isLacking = failed.length > 0 || plan.rows.some((row) => row.status === 'refused')
  if (!isLacking) return ExitCode.ok
  return reports.length > failed.length ? ExitCode.partial : ExitCode.failed
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
