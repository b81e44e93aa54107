/**
 * Every expected failure of the library. Codes are stable, messages are not. The library states facts;
 * `lib/cli/errors/hints.ts` turns a code into a hint and an exit code.
 */
export type FlorErrorCode =
  | 'NOT_A_REPOSITORY'
  | 'BARE_REPOSITORY'
  | 'GIT_FAILED'
  | 'GIT_MISSING'
  | 'GIT_TOO_OLD'
  | 'OBJECT_MISSING'
  | 'OBJECT_CORRUPT'
  | 'REF_CONTENDED'
  | 'LFS_MISSING'
  | 'LFS_FAILED'
  | 'LFS_OBJECT_MISSING'
  | 'RUN_NOT_FOUND'
  | 'RUN_AMBIGUOUS'
  | 'REVISION_NOT_FOUND'
  | 'BACKFILL_NOT_FOUND'
  | 'NO_RUNS'
  | 'NAME_NOT_FOUND'
  | 'PREDICATE_SYNTAX'
  | 'PREDICATE_TYPE'
  | 'SQL_FAILED'
  | 'DUCKDB_MISSING'
  | 'SEGMENT_CORRUPT'
  | 'SEGMENT_TOO_NEW'
  | 'SPOOL_CORRUPT'
  | 'INDEX_LOCKED'
  | 'INDEX_TOO_NEW'
  | 'STATEMENT_NOT_FOUND'
  | 'STATEMENT_AMBIGUOUS'
  | 'EXPRESSION_INVALID'
  | 'PLACE_NOT_FOUND'
  | 'SOURCE_SYNTAX'
  | 'LANGUAGE_UNSUPPORTED'
  | 'PLAN_INVALID'
  | 'REPLAY_FAILED'
  | 'INSTALL_FAILED'
  | 'NOT_TRUSTED'
  | 'NOT_CONFIRMED'
  | 'REMOTE_MISSING'
  | 'PUSH_REJECTED'
  | 'CONFIG_INVALID'
  | 'FILE_EXISTS'
  | 'FILE_UNREADABLE'
  | 'COMMAND_NOT_FOUND'
  | 'COMMAND_NOT_EXECUTABLE'
  | 'OUTPUT_FAILED'
  | 'USAGE'
  | 'INTERRUPTED'
  | 'UNSUPPORTED'

/** An expected failure. `data` holds the facts (the user's own value first), `cause` what lay beneath. */
export class FlorError extends Error {
  override readonly name = 'FlorError'
  readonly code: FlorErrorCode
  readonly data: Readonly<Record<string, unknown>>

  constructor(
    message: string,
    options: { code: FlorErrorCode; data?: Record<string, unknown>; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.data = options.data ?? {}
  }
}

/** Tells whether `error` is a FlorError, and of the given code where one is given. */
export function isFlorError(error: unknown, code?: FlorErrorCode): error is FlorError {
  return error instanceof FlorError && (code === undefined || error.code === code)
}
