import { LocalExecutor } from '../../replay/local-executor.js'
import type { BackfillPlan, StartedTask, TaskReport } from '../../repository/backfill/backfill-plan.js'
import { executeBackfill } from '../../repository/backfill/execute-backfill.js'
import type { CommandContext } from '../context.js'
import { ExitCode } from '../errors/hints.js'
import { toJson } from '../formats/json.js'
import { Progress, progressBar } from '../progress.js'
import { counted } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { formatDuration } from '../render/time.js'
import { outcomeToJson } from '../views/backfill-json.js'
import { formatFailure, formatReport } from '../views/backfill-report.js'
import type { BackfillOptions } from './backfill.js'

/** How often the time that is left is shown anew. */
const TICK_MS = 200

/** Executes a plan, showing how it goes on, and tells what came of it. Answers the exit code. */
export async function executeAndReport(
  context: CommandContext,
  plan: BackfillPlan,
  options: BackfillOptions,
): Promise<number> {
  const watch = new Watch(context)
  try {
    const repository = await context.repository()
    const { location, config } = repository
    const outcome = await executeBackfill(repository, plan, {
      ...(options.install === true
        ? { executor: new LocalExecutor(location, config, { installs: true }) }
        : {}),
      signal: context.io.signal,
      ...(options.tolerance === undefined ? {} : { tolerance: options.tolerance }),
      allowsTrials: options.trial === true,
      ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
      onStart: (task) => watch.start(task),
      onReport: (report) => watch.report(report),
    })
    watch.stop()
    if (options.json === true) await context.out.print(`${toJson(outcomeToJson(plan, outcome))}\n`)
    else {
      const names = plan.request.names.map(sanitizeLine)
      const estimated = `estimated ${formatDuration(plan.estimateMs)}`
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
    return exitCodeOf(plan, outcome.reports)
  } finally {
    watch.stop()
  }
}

function exitCodeOf(plan: BackfillPlan, reports: readonly TaskReport[]): number {
  const isLacking =
    reports.some((report) => report.status === 'failed') || plan.rows.some((row) => row.status === 'refused')
  if (!isLacking) return ExitCode.ok
  return reports.some((report) => report.status === 'done') ? ExitCode.partial : ExitCode.failed
}

/** What is shown while tasks run. */
class Watch {
  readonly #progress: Progress
  #task: { readonly started: StartedTask; readonly atMs: number } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly context: CommandContext) {
    this.#progress = new Progress(context.io, { delayMs: 0 })
  }

  start(started: StartedTask): void {
    this.#task = { started, atMs: this.context.io.now() }
    this.#timer ??= setInterval(() => this.#draw(), TICK_MS)
    this.#draw()
  }

  report(report: TaskReport): void {
    const lines = report.status === 'done' ? [formatReport(report)] : formatFailure(report)
    for (const line of lines) this.#progress.note(line)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#progress.clear()
  }

  #draw(): void {
    if (this.#task === undefined) return
    const { started, atMs } = this.#task
    const elapsedMs = this.context.io.now() - atMs
    const leftMs = started.estimateMs - elapsedMs
    const left =
      leftMs > 0 ? `${formatDuration(leftMs)} left` : `${formatDuration(-leftMs)} over the estimate`
    const bar = progressBar(elapsedMs / Math.max(1, started.estimateMs), 10)
    const what = started.isTrial ? `trial of ${started.level}` : started.level
    const reason = sanitizeLine(started.reason)
    this.#progress.show([`${started.entry.run.slice(0, 7)}  ${what}  ${bar} ${left}  ${reason}`])
  }
}
