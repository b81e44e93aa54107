/** The files of one patched commit, as far as a static analysis needs them. */
export interface SourceProject {
  /** The text of a file by its path relative to the top of the tree (forward slashes); undefined if there is none. */
  read(path: string): string | undefined
  /** The script that the run started; the analysis follows execution from its first line. Absent: the statement's own file. */
  readonly script?: string
}

/** A statement of a file: character offsets, `end` exclusive. */
export interface StatementRange {
  readonly path: string
  readonly start: number
  readonly end: number
}

/**
 * Where a statement is executed:
 * - `prefix`: before the first main loop of its outer iteration (or of the run);
 * - `iteration`: in the body of a main loop, outside of nested loops;
 * - `nested`: in a loop inside a main loop's iteration (or both in one and in the iteration around it);
 * - `suffix`: behind a main loop;
 * - `plain`: the script has no main loop around, before or behind it;
 * - `unknown`: it could not be told.
 */
export interface Position {
  readonly kind: 'prefix' | 'iteration' | 'nested' | 'suffix' | 'plain' | 'unknown'
  /** Names of the flor loops open around the statement, outermost first. */
  readonly loops: readonly string[]
  /** How many of `loops`, from the outermost, are outer loops. */
  readonly outerLoops: number
  /** Of several main loops of one name, which one it stands in, from 0 in each iteration around; absent where it may be any. */
  readonly pass?: number
  /** In words: why this kind. */
  readonly why: string
}

/**
 * What the analysis says of one way to replay. `unsound` means that a dependence was found, `unknown` that a call of unknown
 * effect may make one; only `sound` promises that the values come out as in an execution from the start.
 */
export interface Verdict {
  readonly verdict: 'sound' | 'unsound' | 'unknown'
  readonly reason: string
  /** The variable that carries the dependence, as the source names it. */
  readonly variable?: string
  /** Where that variable is written: path and 1-based line. */
  readonly path?: string
  readonly line?: number
}

/** What may be done to obtain a statement's values without executing the run from its start. */
export interface Soundness {
  /** Starting each iteration at a checkpoint and not entering its nested loops; for `suffix`, executing no iteration at all. */
  readonly skip: Verdict
  /** Starting at a checkpoint (of an iteration, or of the loop's end for `suffix`) and executing everything behind it. */
  readonly restore: Verdict
  /** Log names whose values stay right, for the fidelity check, when an iteration is replayed at that level. */
  readonly comparable: { readonly skip: readonly string[]; readonly restore: readonly string[] }
}

/** Everything the static analysis tells about one statement. */
export interface StatementAnalysis extends Soundness {
  readonly position: Position
  /** The main loops that the program has, each by the names of the loops around it and its own: one that is entered again by the same code is one of them. */
  readonly mainLoops: readonly (readonly string[])[]
  /** Whether executing it draws random numbers, so that what is drawn behind it comes out otherwise than it was recorded. */
  readonly draws: boolean
  /** Why executing it changes what the program goes on with: iterations before it would have changed that, too. */
  readonly changes?: string
  /** What it reads that no replay can give again: a clock, the machine's own randomness. */
  readonly irreproducible?: string
}
