import type { Column } from '../../model/column.js'
import { contextKey } from '../../model/context.js'
import { isFlorError } from '../../model/errors.js'
import type { CheckResult, Fidelity } from '../../model/run.js'
import type { TaskOutcome } from '../../replay/executor.js'
import { checkFidelity, checkGenerator, checkStates, joinFidelity } from '../../replay/fidelity.js'
import { readOutcome, wantedColumns } from '../../replay/outcome.js'
import { withRecordedLabels } from '../../replay/recorded-labels.js'
import type { ReplayTask } from '../../replay/task.js'
import type { AssembledRun } from '../../segment/assemble.js'
import type { FlorRepository } from '../flor-repository.js'
import { loadColumns } from '../load-columns.js'
import type { GroupPlan, PlannedRow, TaskDone } from './backfill-plan.js'
import { publishBackfill } from './publish-backfill.js'

/** Turns what tasks of one group produced into stored values that have been compared with what was recorded. */
export class TaskCollector {
  constructor(
    private readonly repository: FlorRepository,
    private readonly row: PlannedRow,
    private readonly group: GroupPlan,
    private readonly options: { readonly tolerance?: number; readonly signal?: AbortSignal },
  ) {}

  /**
   * `check` is what is known of the level. A Ctrl-C of the terminal ends the git that reads or stores values, too: what was computed is worth a second try.
   * @throws FlorError SPOOL_CORRUPT, REF_CONTENDED, GIT_FAILED
   */
  async collect(task: ReplayTask, outcome: TaskOutcome, check: CheckResult | undefined): Promise<TaskDone> {
    try {
      return await this.#collect(task, outcome, check)
    } catch (error) {
      if (!isFlorError(error) || this.options.signal?.aborted !== true) throw error
      // The git that reads objects for us has ended as well.
      await this.repository.close()
      return this.#collect(task, outcome, check)
    }
  }

  async #collect(task: ReplayTask, outcome: TaskOutcome, check: CheckResult | undefined): Promise<TaskDone> {
    const replayed = readOutcome(outcome)
    const wanted = wantedColumns(replayed.columns, task, this.group.names)
    const columns = withRecordedLabels(wanted, this.group.request.run.timeline)
    const fidelity = await this.#checkFidelity(task, replayed)
    const { durationMs } = outcome
    const values = columns.reduce((sum, column) => sum + column.contexts.count, 0)
    const id = await publishBackfill(this.repository, {
      run: this.row.entry.run,
      columns,
      backfill: {
        patched: this.row.patched,
        level: task.level,
        fidelity,
        ...(check === undefined ? {} : { check }),
        startedMs: Math.round(Date.now() - durationMs),
        durationMs,
        names: this.group.names,
        statements: this.group.names.map((name) => this.row.digests.get(name) ?? ''),
        executed: task.wanted.map(contextKey),
      },
    })
    const { entry } = this.row
    const { estimateMs } = task
    const done: TaskDone = { status: 'done', entry, id, values, fidelity, durationMs, estimateMs }
    return check === undefined ? done : { ...done, check }
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
    const generator = checkGenerator(this.group.request.run.timeline, replayed.timeline)
    const states = checkStates(replayed.comparisons)
    return joinFidelity([values, generator, states].filter((it) => it !== undefined))
  }

  /** Where nested loops are left out, or iterations passed over, some values do not come out as they did, and need not. */
  #isComparable(task: ReplayTask, name: string): boolean {
    if (task.level === 'skip') return this.group.comparable.skip.includes(name)
    return task.checkpoints.length === 0 || this.group.comparable.restore.includes(name)
  }
}
