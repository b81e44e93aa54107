import { ensureObjects } from '../../git/lfs.js'
import type { Column } from '../../model/column.js'
import { contextKey } from '../../model/context.js'
import { FlorError, isFlorError } from '../../model/errors.js'
import type { Fidelity } from '../../model/run.js'
import type { Executor, ReplayJob, TaskOutcome } from '../../replay/executor.js'
import { checkFidelity, checkGenerator, joinFidelity } from '../../replay/fidelity.js'
import { LocalExecutor } from '../../replay/local-executor.js'
import { readOutcome, wantedColumns } from '../../replay/outcome.js'
import { type PlanRequest, planRun } from '../../replay/planner.js'
import type { Verdict } from '../../replay/source-project.js'
import type { PlannedRun, ReplayTask } from '../../replay/task.js'
import { afterTrial, decideTrial, planTrial } from '../../replay/trial.js'
import type { AssembledRun } from '../../segment/assemble.js'
import type { FlorRepository } from '../flor-repository.js'
import { loadColumns } from '../load-columns.js'
import type {
  BackfillListener,
  BackfillOutcome,
  BackfillPlan,
  GroupPlan,
  PlannedRow,
  TaskFailed,
  TaskReport,
} from './backfill-plan.js'
import { publishBackfill } from './publish-backfill.js'

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
 * Executes a plan's tasks one after another and stores the values of each as it ends. A task that fails does not stop the others: its
 * report says why. Runs of writers that are not trusted are not executed.
 * @throws FlorError NOT_TRUSTED (data: writers, runs) before anything is executed; REF_CONTENDED, GIT_FAILED
 */
export async function executeBackfill(
  repository: FlorRepository,
  plan: BackfillPlan,
  options: ExecuteOptions = {},
): Promise<BackfillOutcome> {
  const rows = plan.rows.filter((row) => row.status === 'planned')
  requireTrust(rows)
  const startedMs = performance.now()
  const executor = options.executor ?? new LocalExecutor(repository.location, repository.config)
  const reports: TaskReport[] = []
  try {
    for (const row of rows) {
      for (const group of row.plans) {
        if (options.signal?.aborted === true) break
        const work = new GroupWork(repository, executor, row, group, options)
        for (const report of await work.execute()) reports.push(report)
      }
    }
  } finally {
    await executor.close()
    // What was published is to be seen by the next query.
    await repository.refresh()
  }
  return {
    reports,
    values: reports.reduce((sum, report) => sum + (report.status === 'done' ? report.values : 0), 0),
    durationMs: performance.now() - startedMs,
    isInterrupted: options.signal?.aborted === true,
  }
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

/** The replay of one group of statements in one run. */
class GroupWork {
  readonly #lost = new Set<string>()
  #request: PlanRequest

  constructor(
    private readonly repository: FlorRepository,
    private readonly executor: Executor,
    private readonly row: PlannedRow,
    private readonly group: GroupPlan,
    private readonly options: ExecuteOptions,
  ) {
    const { request } = group
    this.#request = {
      ...request,
      availabilityOf: (sha256) => (this.#lost.has(sha256) ? 'lost' : request.availabilityOf(sha256)),
    }
  }

  async execute(): Promise<TaskReport[]> {
    const reports: TaskReport[] = []
    try {
      let tasks: readonly ReplayTask[] = (await this.#settlePlan()).tasks
      while (tasks.length > 0) {
        const [task, ...others] = tasks as [ReplayTask]
        if (this.options.signal?.aborted === true) break
        const report = await this.#executeTask(task)
        if (report?.status === 'failed' && task.level === 'skip') {
          tasks = await this.#withoutSkipping(tasks)
          continue
        }
        tasks = others
        if (report === undefined) continue
        reports.push(report)
        this.options.onReport?.(report)
      }
    } catch (error) {
      // What concerns this run alone does not stop the others.
      if (!isFlorError(error) || error.code === 'REF_CONTENDED') throw error
      const report = this.#failed(error.message)
      reports.push(report)
      this.options.onReport?.(report)
    }
    return reports
  }

  /** The plan to follow: with checkpoints that are here, and at the cheaper level where a trial allows it. */
  async #settlePlan(): Promise<PlannedRun> {
    const plan = await this.#planWithCheckpoints()
    if (plan.cheaper === undefined || this.options.allowsTrials !== true) return plan
    const trial = planTrial(this.#request, plan.cheaper)
    const cheaperMs = this.#estimateAllowed(plan.cheaper)
    if (trial === undefined || cheaperMs === undefined || trial.estimateMs + cheaperMs >= plan.estimateMs)
      return plan
    const cheaper = await this.#produce(trial.cheaper)
    const sounder = await this.#produce(trial.sounder)
    if (cheaper === undefined || sounder === undefined) return plan
    const decision = decideTrial(trial, this.group.names, cheaper, sounder)
    this.#request = {
      ...this.#request,
      soundness: afterTrial(this.#request.soundness, plan.cheaper, decision),
    }
    return await this.#planWithCheckpoints()
  }

  /** Code behind a nested loop may fail where the loop was left out, on the empty list that it fills: then it is executed. */
  async #withoutSkipping(tasks: readonly ReplayTask[]): Promise<readonly ReplayTask[]> {
    const skip: Verdict = { verdict: 'unsound', reason: 'the script failed when they were left out' }
    this.#request = {
      ...this.#request,
      wanted: tasks.flatMap((task) => task.wanted),
      soundness: { ...this.#request.soundness, skip },
    }
    return (await this.#planWithCheckpoints()).tasks
  }

  #estimateAllowed(level: 'skip' | 'restore'): number | undefined {
    const allowed = { isAllowed: true, compared: 0, reason: 'assumed' }
    const plan = planRun({ ...this.#request, soundness: afterTrial(this.#request.soundness, level, allowed) })
    return plan.status === 'planned' ? plan.estimateMs : undefined
  }

  /** Plans until every checkpoint of the plan is on this machine: one that can be had nowhere is planned without. */
  async #planWithCheckpoints(): Promise<PlannedRun> {
    for (;;) {
      const plan = planRun(this.#request)
      if (plan.status === 'refused')
        throw new FlorError(plan.reason, { code: 'REPLAY_FAILED', data: { run: this.row.entry.run } })
      const files = plan.tasks.flatMap((task) => task.checkpoints.flatMap((checkpoint) => checkpoint.files))
      try {
        await ensureObjects(this.repository.location, await this.repository.objects(), files)
        return plan
      } catch (error) {
        if (!isFlorError(error, 'LFS_OBJECT_MISSING') && !isFlorError(error, 'LFS_MISSING')) throw error
        const objects =
          (error.data.objects as readonly string[] | undefined) ?? files.map((file) => file.sha256)
        const before = this.#lost.size
        for (const sha256 of objects) this.#lost.add(sha256)
        if (this.#lost.size === before) throw error
        this.repository.notify({
          kind: 'warning',
          message: `${objects.length} checkpoint files of run ${this.row.entry.run.slice(0, 7)} cannot be had (${error.message}); more is executed instead`,
        })
      }
    }
  }

  /** Executes tasks whose values are only compared; undefined when one of them fails. */
  async #produce(tasks: readonly ReplayTask[]): Promise<Column[] | undefined> {
    const columns: Column[] = []
    for (const task of tasks) {
      this.#tellStart(task, true)
      const outcome = await this.executor.execute(this.#job(task), this.options.signal)
      try {
        if (outcome.status !== 'completed') return undefined
        columns.push(...wantedColumns(readOutcome(outcome).columns, task, this.group.names))
      } finally {
        await this.executor.discard(outcome)
      }
    }
    return columns
  }

  /** Undefined when the backfill was interrupted meanwhile. */
  async #executeTask(task: ReplayTask): Promise<TaskReport | undefined> {
    this.#tellStart(task, false)
    const startedMs = Date.now()
    const outcome = await this.executor.execute(this.#job(task), this.options.signal)
    try {
      if (outcome.status === 'aborted') return undefined
      if (outcome.status !== 'completed') return this.#failedWith(outcome)
      const replayed = readOutcome(outcome)
      const columns = wantedColumns(replayed.columns, task, this.group.names)
      const fidelity = await this.#checkFidelity(task, replayed)
      const { durationMs } = outcome
      const id = await publishBackfill(this.repository, {
        run: this.row.entry.run,
        columns,
        backfill: {
          patched: this.row.patched,
          level: task.level,
          fidelity,
          startedMs,
          durationMs,
          names: this.group.names,
          statements: this.group.names.map((name) => this.row.digests.get(name) ?? ''),
          executed: task.wanted.map(contextKey),
        },
      })
      const values = columns.reduce((sum, column) => sum + column.contexts.count, 0)
      return { status: 'done', entry: this.row.entry, id, values, fidelity, durationMs }
    } finally {
      await this.executor.discard(outcome)
    }
  }

  /** Compares everything that was executed again with what the run recorded. */
  async #checkFidelity(task: ReplayTask, replayed: AssembledRun): Promise<Fidelity> {
    const recorded: Column[] = []
    for (const name of new Set(replayed.columns.map((column) => column.name))) {
      for (const { column, origin } of await loadColumns(this.repository, this.row.entry, name)) {
        if (origin.kind === 'recorded') recorded.push(column)
      }
    }
    // Other commands may use the index while the next replay is executed.
    await this.repository.refresh()
    const { tolerance } = this.options
    const values = checkFidelity(recorded, replayed.columns, {
      isComparable: (name) => this.#isComparable(task, name),
      ...(tolerance === undefined ? {} : { tolerance }),
    })
    const generator = checkGenerator(this.#request.run.timeline, replayed.timeline)
    return generator === undefined ? values : joinFidelity([values, generator])
  }

  /** Where nested loops are left out, or iterations passed over, some values do not come out as they did, and need not. */
  #isComparable(task: ReplayTask, name: string): boolean {
    if (task.level === 'skip') return this.group.comparable.skip.includes(name)
    return task.checkpoints.length === 0 || this.group.comparable.restore.includes(name)
  }

  #job(task: ReplayTask): ReplayJob {
    const { header, args, end } = this.row.entry
    const { timeoutMs } = this.options
    const job = { header, args, patched: this.row.patched, task }
    return {
      ...job,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(end.exitCode === undefined || end.exitCode === 0 ? {} : { expectedExitCode: end.exitCode }),
    }
  }

  #tellStart(task: ReplayTask, isTrial: boolean): void {
    const { level, reason, estimateMs } = task
    this.options.onStart?.({ entry: this.row.entry, level, reason, estimateMs, isTrial })
  }

  #failedWith(outcome: TaskOutcome): TaskFailed {
    const how =
      outcome.status === 'timed-out'
        ? `it took longer than ${Math.round((this.options.timeoutMs ?? 0) / 1000)} s`
        : outcome.signal === undefined
          ? `the script ended with exit code ${outcome.exitCode}`
          : `the script was ended by ${outcome.signal}`
    const failed = { ...this.#failed(how), output: outcome.output }
    return outcome.missing === undefined ? failed : { ...failed, missing: outcome.missing }
  }

  #failed(reason: string): TaskFailed {
    return { status: 'failed', entry: this.row.entry, reason, output: '' }
  }
}
