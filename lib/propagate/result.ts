import type { Explanation } from './explain.js'

/**
 * Why a statement was not carried over. docs/propagation.md says what to do about each.
 *
 * - `no-block`: the code around the statement has no counterpart.
 * - `ambiguous`: several places fit about equally well.
 * - `unresolved-name`: it reads a name, or `this`, that means nothing, something else, or one of two in the old version.
 * - `name-taken`: a statement it needs declares a name that the old version uses for something else.
 * - `changes-state`: a statement it needs assigns what the old version's own code uses, or makes a call of it again.
 * - `exists-elsewhere`: the old version logs that name in another place.
 * - `inside-statement`: it is part of a statement that the old version has in another form.
 * - `loop-differs`: the place is not in the same flor loops.
 * - `waits`: it uses `await` where the old code cannot wait.
 * - `no-room`: the place is inside an expression, where no statement can stand.
 * - `does-not-parse`: the old version is no valid program, or the result would be none, or change other statements.
 */
export type DeclineReason =
  | 'no-block'
  | 'ambiguous'
  | 'unresolved-name'
  | 'name-taken'
  | 'changes-state'
  | 'exists-elsewhere'
  | 'inside-statement'
  | 'loop-differs'
  | 'waits'
  | 'no-room'
  | 'does-not-parse'

/** One statement that was put into the old version. */
export interface Insertion {
  /** Line of the resulting text, from 1, on which it starts. */
  readonly line: number
  /** As it stands in the result, without the line's indentation. */
  readonly text: string
  readonly kind: 'statement' | 'import' | 'helper'
  /** For imports: the module's name as written. */
  readonly module?: string
}

/** A text that was inserted before an offset of the old version. */
export interface TextEdit {
  readonly offset: number
  readonly text: string
}

export type Propagation =
  | {
      readonly status: 'placed'
      /** The whole old file with the statements inserted; every other byte is the old file's. */
      readonly text: string
      /** In the order of the result's text. */
      readonly insertions: readonly Insertion[]
      /** Names that were translated: the new version's, then the old version's. */
      readonly renames: Readonly<Record<string, string>>
      /** Relative modules that inserted imports name: the caller must see whether the old version has them. */
      readonly requires: readonly string[]
      /** What was inserted into the old text, in the order of its offsets. */
      readonly edits: readonly TextEdit[]
      readonly explanation: Explanation
    }
  | {
      readonly status: 'exists'
      /** Line of the old version, from 1. */
      readonly line: number
      readonly explanation: Explanation
    }
  | {
      readonly status: 'declined'
      readonly reason: DeclineReason
      readonly message: string
      /** Lines of the old version, from 1, near which the statement may belong; best first. */
      readonly candidates: readonly number[]
      readonly explanation: Explanation
    }

/** Thrown and caught inside this layer: propagation cannot go on soundly. */
export class Declined extends Error {
  constructor(
    readonly reason: DeclineReason,
    message: string,
    readonly candidates: readonly number[] = [],
  ) {
    super(message)
  }
}
