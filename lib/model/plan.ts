import type { Context, LoopRef } from './context.js'
import type { CheckpointPoint, ReplayLevel } from './run.js'
import type { LogValue } from './value.js'

/**
 * The replay plan: what a runtime must do in place of recording. It is one msgpack map in the file that the environment variable
 * `FLOR_REPLAY` names. Nothing in it is peculiar to a language.
 *
 * The runtime executes the script from its start, with recorded arguments and generator state. At each loop
 * named by a {@link LoopPlan} it follows the steps; a loop that no plan names is executed normally. Records
 * are written as events to `spool`, in the same form as a recorded run, for every part that is executed.
 */
export interface ReplayPlan {
  readonly version: 1
  /** Folder (absolute path) to write `events` and nothing else into. */
  readonly spool: string
  /** The run commit and the patched commit, for messages and the spool's header. */
  readonly run: string
  readonly patched: string
  readonly level: ReplayLevel
  /** Recorded arguments by name: an `arg` call returns these. */
  readonly args: Readonly<Record<string, LogValue>>
  /** Generator state to set at import; absent: leave the generator native. */
  readonly generator?: Uint8Array
  /** Plans of the outermost loops that need one, in the order in which they are entered. */
  readonly loops: readonly LoopPlan[]
  /**
   * States that the run recorded at points of iterations that are executed in full. The runtime compares its own state there, as far as that costs little, and
   * tells what came of it. Absent: nothing is compared.
   */
  readonly compare?: readonly RecordedState[]
  /** Relative difference of numbers in these states that is let pass; 0 where absent. */
  readonly tolerance?: number
}

/** What to do with one outer or main loop. */
export interface LoopPlan extends LoopRef {
  readonly role: 'outer' | 'main'
  /** One step an iteration, from the first; iterations past the last step are not reached (see `then`). */
  readonly steps: readonly IterationStep[]
  /**
   * After the last step: `stop` ends the process (exit code 0, spool flushed) without asking the source
   * again; `leave` ends the loop as its source's end would, and goes on behind it; `execute` goes on
   * executing iterations normally.
   */
  readonly then: 'stop' | 'leave' | 'execute'
  /** With `leave`: state to restore before going on. */
  readonly restore?: RestorableCheckpoint
  /** With `leave`: generator state to set before going on. */
  readonly generator?: Uint8Array
}

/**
 * - `pass`: ask the source for the item, do not run the body. `generator` is then set: the state after that iteration.
 * - `run`: execute the body. `restore`, when given, is restored before the source is asked for the item.
 * - `skip`: as `run`, but nested loops are not entered: `after` gives the `S` checkpoint to restore for each, in the order in which they are met.
 */
export interface IterationStep {
  readonly mode: 'pass' | 'run' | 'skip'
  /** State to restore before the source is asked for this item. */
  readonly restore?: RestorableCheckpoint
  /** Generator state to set after a passed iteration. */
  readonly generator?: Uint8Array
  /** `S` checkpoints of the nested loops of a skipped iteration. */
  readonly after?: readonly RestorableCheckpoint[]
  /** Inside an outer iteration that is run: plans of the loops in it. */
  readonly loops?: readonly LoopPlan[]
}

/** A checkpoint whose bytes are on this machine. */
export interface RestorableCheckpoint {
  readonly point: CheckpointPoint
  /** Name (`model.safetensors`) and absolute path of each file. */
  readonly files: readonly { readonly name: string; readonly path: string }[]
  readonly state: Uint8Array
  readonly generator?: Uint8Array
}

/** A checkpoint as it was recorded, to be compared with. Its files need not be on this machine: their content's hash tells. */
export interface RecordedState {
  readonly point: CheckpointPoint
  /** `path` (absolute) where the file is here: then a difference can be told in numbers. */
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly path?: string }[]
  readonly state: Uint8Array
}

/** A wanted place: where a value is missing. */
export interface WantedContext {
  readonly name: string
  readonly context: Context
}
