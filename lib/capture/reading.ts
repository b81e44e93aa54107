/** The built-in ways to find values in a line; docs/capture.md has each with an example. */
export const PATTERN_NAMES = ['pairs', 'fields', 'json', 'table'] as const

export type PatternName = (typeof PATTERN_NAMES)[number]

/** A loop's iteration that a line speaks of: `Epoch 3/10`. */
export interface FoundIteration {
  /** `trial`, `fold`, `epoch`, `step` or `batch`. */
  readonly loop: string
  /** As printed; may have a fraction (`'epoch': 0.5`). */
  readonly number: number
  /** Where it stands in the plain text of the line. */
  readonly start: number
  readonly end: number
}

/** A value that a line prints. */
export interface FoundValue {
  readonly name: string
  readonly value: number | bigint | boolean | string
  /** Where the value stands in the plain text of the line. */
  readonly start: number
  readonly end: number
  /** Name of a built-in pattern, or the text of the user's own. */
  readonly pattern: string
}

/** What one pattern finds in a line. */
export interface Findings {
  readonly values: readonly FoundValue[]
  /** Names that the line gives a value of which cannot be told for sure. A second value of such a name is as unsure as one of two is. */
  readonly doubtful: readonly string[]
}

/** What one line says. */
export interface LineReading {
  readonly iterations: readonly FoundIteration[]
  readonly values: readonly FoundValue[]
  /** Whether the line says nothing beside its iterations: it is a heading of what follows. */
  readonly isHeading: boolean
}

export const NOTHING: LineReading = { iterations: [], values: [], isHeading: false }
