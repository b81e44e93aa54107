import type { Column } from '../../model/column.js'
import { type Context, contextKey } from '../../model/context.js'
import { FlorError, isFlorError } from '../../model/errors.js'
import type { CheckResult } from '../../model/run.js'
import { comparedStates } from '../../replay/compared-states.js'
import { expectedMs } from '../../replay/costs.js'
import type { Executor, ReplayJob, TaskOutcome } from '../../replay/executor.js'
import type { LevelCheck } from '../../replay/level-check.js'
import { readOutcome, wantedColumns } from '../../replay/outcome.js'
import { type PlanRequest, planRun } from '../../replay/planner.js'
import type { Verdict } from '../../replay/source-project.js'
import type { PlannedRun, ReplayTask } from '../../replay/task.js'
import { afterTrial, decideTrial, planTrial, type Trial } from '../../replay/trial.js'
import type { Turn } from '../../replay/turn.js'
import type { Job } from '../../replay/worker-pool.js'
import type { FlorRepository } from '../flor-repository.js'
import type { GroupPlan, PlannedRow, StartedTask, TaskFailed, TaskReport } from './backfill-plan.js'
import { TaskCollector } from './collect-task.js'
import { busyOf, type ReplayTiming } from './cost-record.js'
import type { ExecuteOptions } from './execute-backfill.js'
import { keepFailure } from './failure-record.js'
import { fetchCheckpoints } from './fetch-checkpoints.js'
import type { CheckEnd, LevelGate } from './level-gate.js'
import { levelToCheck } from './plan-checks.js'

/** What all tasks of one backfill share. */
export interface WorkSite {
  readonly repository: FlorRepository
  readonly executor: Executor
  readonly workers: number
  readonly options: ExecuteOptions
  /** Values are stored one after another, while workers go on. */
  readonly collecting: Turn
  /** Checkpoints are fetched in one transfer at a time. */
  readonly fetching: Turn
  /** What concerns the whole backfill and came up while values were stored. */
  readonly failures: unknown[]
  readonly timings: ReplayTiming[]
  report(report: TaskReport): void
}

/** The replay of one group of statements in one run: jobs for workers, which may call for others. */
export class GroupWork {
  readonly #lost = new Set<string>()
  readonly #present = new Set<string>()
  readonly #collector: TaskCollector
  /** Where values that begin at checkpoints wait for the checks of their source; see planChecks. */
  #gate: LevelGate | undefined
  /** Those of them that are made in this run. */
  readonly checks: LevelCheck[] = []
  /** Wanted contexts that were to be had from checkpoints. */
  readonly #gated: readonly Context[]
  #isRefuted = false
  #request: PlanRequest
  #fetched: Promise<void> | undefined

  constructor(
    private readonly site: WorkSite,
    private readonly row: PlannedRow,
    private readonly group: GroupPlan,
  ) {
    const { request } = group
    this.#request = {
      ...request,
      availabilityOf: (sha256) => (this.#lost.has(sha256) ? 'lost' : request.availabilityOf(sha256)),
    }
    this.#gated = group.plan.tasks.flatMap((it) => (levelToCheck(it) === undefined ? [] : it.wanted))
    this.#collector = new TaskCollector(site.repository, row, group, site.options)
  }

  waitFor(gate: LevelGate): void {
    this.#gate = gate
  }

  /** The checks that are made in this run, and the tasks of the plan, or the trial that decides which they are. */
  jobs(): Job[] {
    const { plan } = this.group
    // First of all: what waits for checks must not keep them from beginning, and what a trial decides is to be cut for all workers.
    const first = Number.POSITIVE_INFINITY
    const checks = this.checks.map((check) => this.#job(first, (worker) => this.#check(check, worker)))
    const trial = this.#worthwhileTrial(plan)
    if (trial === undefined) return [...checks, ...this.#jobsFor(plan.tasks)]
    return [...checks, this.#job(first, (worker) => this.#try(trial, worker))]
  }

  #jobsFor(tasks: readonly ReplayTask[]): Job[] {
    return tasks.map((task) => this.#job(task.estimateMs, (worker) => this.#do(task, worker)))
  }

  /** What concerns this run alone does not stop the others. */
  #job(estimateMs: number, work: (worker: number) => Promise<Job[]>): Job {
    return {
      estimateMs,
      run: async (worker) => {
        try {
          return await work(worker)
        } catch (error) {
          // A Ctrl-C of the terminal ends the git that we were waiting for, too.
          if (this.site.options.signal?.aborted === true) return []
          if (!isFlorError(error) || error.code === 'REF_CONTENDED') throw error
          await this.#reportFailure(error.message)
          return []
        }
      },
    }
  }

  async #do(task: ReplayTask, worker: number): Promise<Job[]> {
    const level = levelToCheck(task)
    if (level !== undefined && this.#gate?.refuted !== undefined) return this.#jobsFor(this.#fromStart())
    const mustNotSkip = task.level === 'skip' && this.#request.soundness.skip.verdict !== 'sound'
    if (mustNotSkip || !(await this.#hasCheckpoints(task))) return this.#jobsFor(this.#planAgain(task))
    const outcome = await this.#execute(task, worker, 'values')
    if (outcome.status === 'failed' && task.level === 'skip') {
      await this.site.executor.discard(outcome)
      return this.#jobsFor(this.#withoutSkipping(task))
    }
    if (outcome.status !== 'completed') {
      await this.site.executor.discard(outcome)
      if (outcome.status !== 'aborted')
        await this.#reportFailure(this.#howItFailed(outcome), { task, outcome })
      return []
    }
    const check = level === undefined ? this.#gate?.refuted : await this.#gate?.decided(level)
    if (level !== undefined && check?.status === 'differs') {
      await this.site.executor.discard(outcome)
      return this.#jobsFor(this.#fromStart())
    }
    void this.site.collecting.take(() => this.#collect(task, outcome, check))
    return []
  }

  /** Executes a check and settles it, whatever happens: others wait for it. */
  async #check(check: LevelCheck, worker: number): Promise<Job[]> {
    let end: CheckEnd
    try {
      const cheaper = await this.#produce(check.cheaper, worker, 'check')
      const sounder = cheaper && (await this.#produce(check.sounder, worker, 'check'))
      if (cheaper !== undefined && sounder !== undefined) end = this.#compare(check, cheaper, sounder)
    } finally {
      this.#gate?.settle(check, end)
    }
    return []
  }

  #compare(check: LevelCheck, cheaper: readonly Column[], sounder: readonly Column[]): CheckEnd {
    const decision = decideTrial(check, this.group.names, cheaper, sounder, this.site.options.tolerance)
    const { compared, differs } = decision
    const iterations = check.contexts.map(contextKey)
    if (differs !== undefined) {
      const { name, context } = differs
      const what =
        check.level === 'skip'
          ? 'something is carried along, or left behind by a nested loop,'
          : 'something is carried along'
      const reason = `\`${name}\` differs at ${context} when what comes before is executed, too: ${what} that the analysis did not see; checkpoint it`
      return { status: 'differs', compared, iterations, reason }
    }
    return compared === 0 ? undefined : { status: 'same', compared, iterations }
  }

  /** Everything that was to be had from checkpoints, once, executed from the start: a check has shown that they cannot be relied upon. */
  #fromStart(): readonly ReplayTask[] {
    if (this.#isRefuted) return []
    this.#isRefuted = true
    const verdict: Verdict = { verdict: 'unsound', reason: this.#gate?.refuted?.reason ?? 'a check differs' }
    this.#request = { ...this.#request, soundness: { skip: verdict, restore: verdict } }
    return this.#plan({ ...this.#request, wanted: this.#gated, splits: 1 }).tasks
  }

  async #execute(task: ReplayTask, worker: number, aim: StartedTask['aim']): Promise<TaskOutcome> {
    const { options, executor } = this.site
    const { level, reason, estimateMs, executed } = task
    const { entry } = this.row
    options.onStart?.({ worker, entry, level, reason, estimateMs, aim, iterations: executed })
    const { signal, onPlace } = options
    const startedMs = performance.now()
    try {
      const outcome = await executor.execute(this.#replay(task), {
        ...(signal === undefined ? {} : { signal }),
        ...(onPlace === undefined ? {} : { onPlace: (place) => onPlace(worker, place) }),
      })
      this.#aroundMs.set(outcome, performance.now() - startedMs - outcome.durationMs)
      return outcome
    } finally {
      options.onEnd?.(worker)
    }
  }

  readonly #aroundMs = new WeakMap<TaskOutcome, number>()

  /** Stores what a task produced. Takes its turn after others, without the worker. */
  async #collect(task: ReplayTask, outcome: TaskOutcome, check: CheckResult | undefined): Promise<void> {
    const startedMs = performance.now()
    try {
      const report = await this.#collector.collect(task, outcome, check)
      this.#noteTiming(task, outcome, performance.now() - startedMs)
      this.site.report(report)
    } catch (error) {
      if (isFlorError(error) && error.code !== 'REF_CONTENDED')
        await this.#reportFailure(error.message, { task })
      else this.site.failures.push(error)
    } finally {
      await this.site.executor.discard(outcome)
    }
  }

  #noteTiming(task: ReplayTask, outcome: TaskOutcome, collectMs: number): void {
    const { costs } = this.#request
    const { script, host } = this.row.entry.header
    if (costs === undefined || script === undefined) return
    const busy = busyOf(this.row.entry)
    this.site.timings.push({
      script,
      host,
      level: task.level,
      workers: this.site.workers,
      expectedMs: Math.round(expectedMs(costs, task.estimateMs)),
      processMs: Math.round(outcome.durationMs),
      aroundMs: Math.round(this.#aroundMs.get(outcome) ?? 0),
      collectMs: Math.round(collectMs),
      ...(busy === undefined ? {} : { busy }),
    })
  }

  /** A trial that may save more than it costs. */
  #worthwhileTrial(plan: PlannedRun): Trial | undefined {
    if (plan.cheaper === undefined || this.site.options.allowsTrials !== true) return undefined
    const trial = planTrial(this.#request, plan.cheaper)
    const allowed = { isAllowed: true, compared: 0, reason: 'assumed' }
    const soundness = afterTrial(this.#request.soundness, plan.cheaper, allowed)
    const cheaper = planRun({ ...this.#request, soundness })
    if (trial === undefined || cheaper.status === 'refused') return undefined
    return trial.estimateMs + cheaper.estimateMs < plan.estimateMs ? trial : undefined
  }

  /** Executes a trial; answers the tasks at the level that it allows. */
  async #try(trial: Trial, worker: number): Promise<Job[]> {
    const cheaper = await this.#produce(trial.cheaper, worker, 'trial')
    const sounder = cheaper && (await this.#produce(trial.sounder, worker, 'trial'))
    if (cheaper !== undefined && sounder !== undefined) {
      const decision = decideTrial(trial, this.group.names, cheaper, sounder)
      const soundness = afterTrial(this.#request.soundness, trial.level, decision)
      // Of similar size, one for each worker: what else there is to do was scheduled without them.
      this.#request = { ...this.#request, soundness, splits: this.site.workers }
    }
    return this.#jobsFor(this.#plan(this.#request).tasks)
  }

  /** Executes tasks whose values are only compared; undefined when one of them fails. */
  async #produce(
    tasks: readonly ReplayTask[],
    worker: number,
    aim: StartedTask['aim'],
  ): Promise<Column[] | undefined> {
    const columns: Column[] = []
    for (const task of tasks) {
      if (!(await this.#hasCheckpoints(task))) return undefined
      const outcome = await this.#execute(task, worker, aim)
      try {
        if (outcome.status !== 'completed') return undefined
        columns.push(...wantedColumns(readOutcome(outcome).columns, task, this.group.names))
      } finally {
        await this.site.executor.discard(outcome)
      }
    }
    return columns
  }

  /** Whether all checkpoints of a task are here. Those of the whole group are fetched at once, when the first is needed. */
  async #hasCheckpoints(task: ReplayTask): Promise<boolean> {
    this.#fetched ??= this.#fetch([...this.group.plan.tasks, task])
    await this.#fetched
    await this.#fetch([task])
    return task.checkpoints.every((it) => it.files.every((file) => !this.#lost.has(file.sha256)))
  }

  async #fetch(tasks: readonly ReplayTask[]): Promise<void> {
    const files = tasks
      .flatMap((task) => task.checkpoints.flatMap((checkpoint) => checkpoint.files))
      .filter(({ sha256 }) => !this.#present.has(sha256) && !this.#lost.has(sha256))
    if (files.length === 0) return
    const { repository, fetching } = this.site
    const { present, lost } = await fetching.take(() => fetchCheckpoints(repository, files))
    for (const sha256 of present) this.#present.add(sha256)
    for (const sha256 of lost) this.#lost.add(sha256)
  }

  /** Code behind a nested loop may fail where the loop was left out, on the empty list that it fills: then it is executed. */
  #withoutSkipping(task: ReplayTask): readonly ReplayTask[] {
    const skip: Verdict = { verdict: 'unsound', reason: 'the script failed when they were left out' }
    this.#request = { ...this.#request, soundness: { ...this.#request.soundness, skip } }
    return this.#planAgain(task)
  }

  /** What a task was to produce, by what is known now. */
  #planAgain(task: ReplayTask): readonly ReplayTask[] {
    return this.#plan({ ...this.#request, wanted: task.wanted, splits: 1 }).tasks
  }

  #plan(request: PlanRequest): PlannedRun {
    const plan = planRun(request)
    if (plan.status === 'planned') return plan
    throw new FlorError(plan.reason, { code: 'REPLAY_FAILED', data: { run: this.row.entry.run } })
  }

  #replay(task: ReplayTask): ReplayJob {
    const { header, args, end } = this.row.entry
    const { timeoutMs, tolerance } = this.site.options
    const compare = comparedStates(this.#request, task)
    const job = { header, args, patched: this.row.patched, task, compare }
    return {
      ...job,
      ...(tolerance === undefined ? {} : { tolerance }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(end.exitCode === undefined || end.exitCode === 0 ? {} : { expectedExitCode: end.exitCode }),
    }
  }

  #howItFailed(outcome: TaskOutcome): string {
    if (outcome.status === 'timed-out')
      return `it took longer than ${Math.round((this.site.options.timeoutMs ?? 0) / 1000)} s`
    return outcome.signal === undefined
      ? `the script ended with exit code ${outcome.exitCode}`
      : `the script was ended by ${outcome.signal}`
  }

  async #reportFailure(
    reason: string,
    { task, outcome }: { readonly task?: ReplayTask; readonly outcome?: TaskOutcome } = {},
  ): Promise<void> {
    const { entry, patched } = this.row
    const output = outcome?.output ?? ''
    const missing = outcome?.missing === undefined ? {} : { missing: outcome.missing }
    const id = await keepFailure(this.site.repository, {
      run: entry.run,
      patched,
      names: this.group.names,
      ...(task === undefined ? {} : { level: task.level }),
      wanted: (task?.wanted ?? []).map(contextKey),
      reason,
      output,
      ...missing,
      ...(outcome === undefined ? {} : { durationMs: outcome.durationMs }),
    })
    const failed: TaskFailed = { status: 'failed', entry, reason, output, ...missing }
    this.site.report(id === undefined ? failed : { ...failed, id })
  }
}
