import type { Context } from '../model/context.js'
import type { Oid } from '../model/oid.js'
import type { RecordedState } from '../model/plan.js'
import type { Arg, RunHeader } from '../model/run.js'
import type { ReplayTask } from './task.js'

/** A task with everything that executing it needs but the repository: whoever has a clone can do it. */
export interface ReplayJob {
  /** Of the recorded run: command line, working directory, generator. */
  readonly header: RunHeader
  readonly args: readonly Arg[]
  /** The commit to execute; the run commit itself where nothing had to be added. */
  readonly patched: Oid
  /** Files of its checkpoints lie where its plan says. */
  readonly task: ReplayTask
  /** States that it compares its own with, and the relative difference of numbers that is let pass in them. */
  readonly compare?: readonly RecordedState[]
  readonly tolerance?: number
  /** The process is ended after so long; never where absent. */
  readonly timeoutMs?: number
  /** The run's own exit code, where it was another than 0: ending with it is no failure. */
  readonly expectedExitCode?: number
}

/** How a task went. Its values lie in the spool; what was written before a failure is there, too. */
export interface TaskOutcome {
  readonly status: 'completed' | 'failed' | 'timed-out' | 'aborted'
  /** Folder with `events`, in the form of a recorded run's spool. */
  readonly spool: string
  readonly exitCode?: number
  readonly signal?: string
  readonly durationMs: number
  /** The last lines that the process wrote to stdout and stderr, in the order of arrival. */
  readonly output: string
  /** With `failed`: a file that the process did not find. */
  readonly missing?: MissingFile
}

/** A file that a replay failed to find, for the hint naming flor.link and flor.copy. */
export interface MissingFile {
  /** Relative to the top of the working tree where it lies within, else absolute; or a package's name. */
  readonly path: string
  /** `unbuilt`: a package whose compiled part is missing, since it was installed without its scripts. */
  readonly kind: 'file' | 'package' | 'unbuilt'
  /** Whether the user's own working tree has it: then linking or copying it would help. */
  readonly isInWorkingTree: boolean
}

export interface ExecutionOptions {
  /** Ends the process. */
  readonly signal?: AbortSignal
  /** Called now and then with the innermost iteration of outer and main loops that the process is in. */
  readonly onPlace?: (place: Context) => void
}

/**
 * Executes tasks. The processes of {@link LocalExecutor} are one way; a cluster's scheduler working from a clone is
 * another. Tasks may be executed at once.
 */
export interface Executor {
  /**
   * Executes one task to its end. A process that fails is an outcome, not an error; so is one ended by `signal`.
   * @throws FlorError GIT_FAILED, LFS_MISSING when the worktree cannot be made; INSTALL_FAILED, UNSUPPORTED when its packages cannot be had
   */
  execute(job: ReplayJob, options?: ExecutionOptions): Promise<TaskOutcome>
  /** Removes the outcome's spool. */
  discard(outcome: TaskOutcome): Promise<void>
  /**
   * Ends it. Answers the paths of what processes shared with the user (packages, not `flor.link`) and that is otherwise than before the first of them: one of them wrote there,
   * or the user did meanwhile.
   */
  close(): Promise<readonly string[]>
}
