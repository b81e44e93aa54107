import type { Context, Label, LoopRef } from './context.js'
import type { Oid, RunOid } from './oid.js'
import type { LogValue } from './value.js'

/** `interrupted`: the process died without a word, or by a signal; `failed`: it exited with another code than 0. */
export type RunStatus = 'completed' | 'failed' | 'interrupted'

/** Where an argument's value came from: `--flor name=value`, `git flor run --set`, the default, or a replayed run. */
export type ArgOrigin = 'command-line' | 'set' | 'default' | 'replay'

/** One `flor.arg`. */
export interface Arg {
  readonly name: string
  readonly value: LogValue
  readonly origin: ArgOrigin
}

/** What is known when a run starts; the first event of its spool. */
export interface RunHeader {
  /** A unique name of this execution (`Flor-Run:` trailer, spool folder, and the id of its record segment). */
  readonly id: string
  /** The run commit: the run's identity. */
  readonly run: RunOid
  /** HEAD at the start; absent before the first commit. */
  readonly base?: Oid
  /** Whether the run commit's tree is exactly the tree of `base`. */
  readonly clean: boolean
  /** Full name of the checked-out branch; absent when HEAD is detached. */
  readonly branch?: string
  /** The script, relative to the top of the working tree, with forward slashes; absent for `-e`, stdin, or outside the tree. */
  readonly script?: string
  /** The command line: program, its own options, script, arguments. */
  readonly argv: readonly string[]
  /** Working directory relative to the top of the working tree ('' at the top). */
  readonly cwd: string
  /** Milliseconds since 1970. */
  readonly startedMs: number
  /** From the start of the process to the run's: what it took to import everything. Absent in runs of older versions, and for second runs of a process. */
  readonly bootMs?: number
  /** The part of the run's time that setting up its recording took; a replay does not spend it. */
  readonly setupMs?: number
  /** Runtime and platform: `{ node: '20.20.2', 'git-flor': '0.1.0', os: 'linux', arch: 'x64' }`. */
  readonly versions: Readonly<Record<string, string>>
  /** Variables of the environment that decide about time zone and language, `TZ` among them; absent in runs of older versions. */
  readonly regional?: Readonly<Record<string, string>>
  readonly host: string
  readonly user: string
  readonly pid: number
  /** Lock file beside the project, and its blob oid in the run commit. */
  readonly lockFile?: { readonly path: string; readonly oid: Oid }
  /** Untracked files left out of the run commit, with the reason. */
  readonly leftOut: readonly {
    readonly path: string
    readonly reason: 'secret' | 'too-large' | 'nested-repository' | 'unreadable'
  }[]
  /** Generator state when the runtime was imported; absent with FLOR_RANDOM=native. */
  readonly generator?: Uint8Array
  /** Recorded from outside, by `git flor run`: the program made no call of a runtime. Of its state nothing is known, and no replay can follow it. */
  readonly observed?: boolean
  /** The run's values were taken out of its output, by these patterns: names of built-in ones, and the user's own. */
  readonly capture?: { readonly patterns: readonly string[] }
}

/** What a run printed, and how much of it is kept: all, or its beginning and its end. */
export interface OutputSummary {
  readonly sizeBytes: number
  /** Lines as a terminal shows them in the end: what a carriage return let be written over counts once. */
  readonly lineCount: number
  readonly keptBytes: number
  /** Where the end begins among the kept bytes; absent where nothing between is left out. */
  readonly headBytes?: number
}

/** How a run ended. */
export interface RunEnd {
  readonly status: RunStatus
  readonly exitCode?: number
  readonly signal?: string
  /** From the header's start to the end; for interrupted runs to the last thing that was flushed. */
  readonly durationMs: number
  /** Processor time of the process and all its threads over that time; absent where nobody was left to tell. */
  readonly cpuMs?: number
  /** Added when the run is sealed; absent where its output was not recorded. The text is the blob `output` of its folder in the runs tree. */
  readonly output?: OutputSummary
}

/** One iteration of a main or outer loop as it happened. Durations are wall-clock milliseconds. */
export interface IterationTiming {
  readonly context: Context
  /** Absent when the iteration never ended (break, exception, death). */
  readonly durationMs?: number
  /** Generator state right after the iteration ended, before the source was asked for the next. */
  readonly generator?: Uint8Array
  /** Nested loops directly inside a main-loop iteration, in the order in which they were entered. */
  readonly nested: readonly {
    readonly loop: string
    readonly pass: number
    readonly durationMs: number
    readonly iterations: number
  }[]
}

/** A loop outside of, or that is, a main loop. */
export interface LoopTiming {
  /** Enclosing iterations. */
  readonly context: Context
  readonly loop: string
  readonly pass: number
  /** `outer`: entered before checkpointing(); `main`: the outermost one entered after it. */
  readonly role: 'outer' | 'main'
  /** From the start of the run (or of the enclosing iteration) to the entrance. */
  readonly beforeMs: number
  /** Generator state at the entrance, before the source was asked for its first item. */
  readonly generator?: Uint8Array
  readonly iterations: readonly IterationTiming[]
  /** Whether the source ran to its end; false after break, return, or an exception. */
  readonly exhausted: boolean
  /** Generator state when the loop was left. */
  readonly generatorAfter?: Uint8Array
}

/** Which point of an iteration a checkpoint holds: `S` after a nested loop, `E` after the iteration's end. */
export type CheckpointPoint =
  | { readonly kind: 'E'; readonly context: Context }
  | { readonly kind: 'S'; readonly context: Context; readonly after: LoopRef }

/** One checkpoint that was written. */
export interface Checkpoint {
  readonly point: CheckpointPoint
  /** LFS objects: file name, SHA-256 of the content (hex), size. */
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly sizeBytes: number }[]
  /** `state.msgpack`: everything that is not a tensor. Empty in a segment where it was too large for a note: it lies in the runs tree. */
  readonly state: Uint8Array
  /** Generator state; absent with FLOR_RANDOM=native. */
  readonly generator?: Uint8Array
  /** Time the training thread spent on it. */
  readonly costMs: number
}

/** The state at one point of an iteration that was executed again, compared with the checkpoint that the run took there. */
export interface StateComparison {
  readonly point: CheckpointPoint
  readonly status: 'identical' | 'within-tolerance' | 'diverged'
  /** What differs first: a path that begins with the name given to `checkpointing`. Texts are hashes where the numbers are not at hand. */
  readonly first?: { readonly name: string; readonly recorded: LogValue; readonly replayed: LogValue }
}

/** What a replay established about a run it executed again. */
export interface Fidelity {
  readonly status: 'identical' | 'within-tolerance' | 'diverged' | 'unchecked'
  /** Originally recorded values that were produced again, and how many of them were equal. */
  readonly compared: number
  readonly equal: number
  /** Checkpoints with which the state was compared where it was computed again, and how many of them it was equal to; absent where none. */
  readonly states?: { readonly compared: number; readonly equal: number }
  /** The first difference, where there is one. */
  readonly first?: {
    readonly name: string
    readonly context: string
    readonly recorded: LogValue
    readonly replayed: LogValue
    /** It is checkpointed state, and no logged value, that differs. */
    readonly isState?: true
  }
}

/** What came of executing iterations at a level that the analysis calls sound, and once more with what comes before them. */
export interface CheckResult {
  readonly status: 'same' | 'differs'
  /** Values compared, and the iterations they stand in, as context keys. */
  readonly compared: number
  readonly iterations: readonly string[]
  /** With `differs`: what does, in words. */
  readonly reason?: string
}

export type ReplayLevel = 'prefix' | 'skip' | 'run' | 'suffix' | 'full'

/** How backfilled values came to be; the header of a `backfill` segment. */
export interface BackfillHeader {
  readonly patched: Oid
  readonly level: ReplayLevel
  readonly fidelity: Fidelity
  /** Of the level that was to be used; with `differs` the run was executed from its start instead. Absent where nothing was checked. */
  readonly check?: CheckResult
  readonly startedMs: number
  readonly durationMs: number
  readonly host: string
  readonly user: string
  readonly versions: Readonly<Record<string, string>>
  /** The log names it was made for. */
  readonly names: readonly string[]
  /**
   * For each of `names`, a digest (SHA-256 in hex) of the run's code with the statements of that name alone: equal where the same statements went to the
   * same places, whatever else was carried along.
   */
  readonly statements: readonly string[]
  /** Contexts for which it holds all values there are, as context keys: iterations, or '' for the whole run. */
  readonly executed: readonly string[]
}

export type { Label }
