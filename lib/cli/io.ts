import type { Readable, Writable } from 'node:stream'

/** Everything a command may know of the process that it runs in; tests make their own. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly isTerminal: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean }
  /** Width of the terminal that stdout is, now; absent where it is none, or does not know. */
  readonly columns?: number | undefined
  /** The same of stderr. */
  readonly messageColumns?: number | undefined
  /** Height of the terminal that stdout is, now; absent where it is none, or does not know. */
  readonly rows?: number | undefined
  /** Aborted by Ctrl-C (and by SIGTERM), unless {@link onSignal} has a listener. */
  readonly signal: AbortSignal
  /** Hands signals to `listener` in place of ending anything, also those that programs give a meaning of their own (SIGUSR1); the answer takes it off again. */
  onSignal(listener: (signal: NodeJS.Signals) => void): () => void
}

/**
 * The width to lay text out for: COLUMNS, the terminal, or 80. Under a pager that git itself started stdout is a pipe;
 * git then exports COLUMNS.
 */
export function layoutColumns(io: Io): number {
  const fromEnvironment = Number(io.env.COLUMNS)
  if (Number.isSafeInteger(fromEnvironment) && fromEnvironment > 0) return Math.max(20, fromEnvironment)
  return Math.max(20, io.columns ?? 80)
}

/** The height to fit a drawing into: LINES, the terminal, or 24. */
export function layoutRows(io: Io): number {
  const fromEnvironment = Number(io.env.LINES)
  if (Number.isSafeInteger(fromEnvironment) && fromEnvironment > 0) return Math.max(10, fromEnvironment)
  return Math.max(10, io.rows ?? 24)
}
