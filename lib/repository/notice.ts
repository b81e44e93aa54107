/**
 * What the library wants to tell the user without failing: each is shown once on stderr by the command line.
 * - `index-rebuilt`: the index was damaged, missing or of another version.
 * - `sealed-interrupted`: a run whose process died was sealed now.
 * - `spool-damaged`: part of a spool could not be read; what could be was kept, the rest lies in `kept`.
 * - `quarantined`: part of a note could not be read.
 * - `history-fetched`: a clone that had no run history fetched it.
 */
export interface Notice {
  readonly kind:
    | 'index-rebuilt'
    | 'sealed-interrupted'
    | 'spool-damaged'
    | 'quarantined'
    | 'history-fetched'
    | 'warning'
  readonly message: string
}

export type NoticeSink = (notice: Notice) => void

/**
 * Work that may take longer than a moment, as it goes on: `what` in a few words (`reading notes`); how much of how much is done, where that
 * is known. Undefined: it is over.
 */
export interface Step {
  readonly what: string
  readonly done?: number
  readonly total?: number
}

export type StepSink = (step: Step | undefined) => void
