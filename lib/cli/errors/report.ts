import type { RunEntry } from '../../db/run-entry.js'
import { FlorError, type FlorErrorCode } from '../../model/errors.js'
import { sanitizeBlock, sanitizeLine } from '../render/sanitize.js'
import { isoTime } from '../render/time.js'
import { abbreviator } from '../views/short-run.js'
import { caretLines } from './caret-lines.js'
import { adviceFor, ExitCode } from './hints.js'

/** What is printed of a failure, and the exit code it ends with. */
export interface Report {
  readonly text: string
  readonly exitCode: number
}

/**
 * Turns any thrown value into `error:` with the user's own value, the place in it where there is one, `caused by:` for
 * everything beneath, and `hint:`; the place is laid out for `columns`. What the system refuses (a full disk, a folder that is read-only) is told in its words. Unexpected errors show their
 * stack: they are defects.
 */
export function reportError(error: unknown, columns = 80): Report {
  if (!(error instanceof FlorError)) {
    const refusal = refusalOfSystem(error)
    if (refusal !== undefined) return { text: systemReport(refusal), exitCode: ExitCode.fatal }
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { text: `fatal: unexpected failure: ${sanitizeBlock(stack)}\n`, exitCode: ExitCode.fatal }
  }
  const { exitCode, hint } = adviceFor(error.code, error.data)
  const lines = [`error: ${sanitizeLine(error.message)}`, ...caretLines(error.data, columns)]
  if (error.code === 'SQL_FAILED') lines.push(...detailLines(error.data.details))
  const saysItself = WITHOUT_CAUSES.has(error.code)
  for (
    let cause = saysItself ? undefined : error.cause, depth = 0;
    cause !== undefined && cause !== null && depth < 8;
    depth++
  ) {
    lines.push(`caused by: ${describeCause(cause)}`)
    cause = cause instanceof Error ? cause.cause : undefined
  }
  if (error.code === 'RUN_AMBIGUOUS') lines.push(...candidateLines(error.data.candidates))
  const stderr = error.data.stderr
  if (error.code === 'GIT_FAILED' && typeof stderr === 'string')
    lines.push(...gitLines(stderr, error.message))
  if (hint !== undefined && hint !== '') lines.push(`hint: ${sanitizeLine(hint)}`)
  return { text: `${lines.join('\n')}\n`, exitCode }
}

/** What the machine refuses wherever it is asked, by no fault of ours. */
const OF_SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: 'df -h .    tells how full the disk is',
  EDQUOT: 'quota    tells how much you may store',
  EROFS: '',
  EACCES: '',
  EPERM: '',
  EFBIG: 'ulimit -f    tells how large a file may become',
  EMFILE: 'ulimit -n    tells how many files a process may open',
  ENFILE: '',
  EIO: '',
  // LevelDB's word for any of them.
  LEVEL_IO_ERROR: '',
}

type SystemError = NodeJS.ErrnoException & { readonly code: string }

/** The error, or the first one beneath it, that is the system's: LevelDB wraps them in some of its own. */
function refusalOfSystem(error: unknown): SystemError | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth++)
    if (isOfSystem(cause)) return cause
  return undefined
}

function isOfSystem(error: Error): error is SystemError {
  if (!('code' in error)) return false
  const isSystemCall = 'syscall' in error || error.code === 'LEVEL_IO_ERROR'
  return isSystemCall && Object.hasOwn(OF_SYSTEM, String(error.code))
}

function systemReport(error: SystemError): string {
  const isDiskFull = /no space left on device/i.test(error.message)
  const hint = OF_SYSTEM[isDiskFull ? 'ENOSPC' : error.code]
  return `error: ${sanitizeLine(error.message)}\n${hint === '' ? '' : `hint: ${hint}\n`}`
}

/** Their message says all that their cause says. */
const WITHOUT_CAUSES: ReadonlySet<FlorErrorCode> = new Set([
  'PREDICATE_SYNTAX',
  'NOT_A_REPOSITORY',
  'GIT_MISSING',
  'INTERRUPTED',
])

function describeCause(cause: unknown): string {
  return sanitizeLine(cause instanceof Error ? cause.message : String(cause))
}

/** What DuckDB says behind its first line: candidates, and the place in the statement, whose columns count. */
function detailLines(details: unknown): string[] {
  return (Array.isArray(details) ? details : [])
    .filter((line) => typeof line === 'string')
    .slice(0, 20)
    .map((line) => `    ${sanitizeLine(line.replaceAll('\t', ' '))}`)
}

/** Most candidates that are listed. */
const MOST_CANDIDATES = 6

/** The runs that an ambiguous name could mean, newest first. */
function candidateLines(candidates: unknown): string[] {
  const runs = (Array.isArray(candidates) ? candidates : []) as readonly RunEntry[]
  const short = abbreviator(runs.map((entry) => entry.run))
  const lines = runs.slice(0, MOST_CANDIDATES).map((entry) => {
    const what = sanitizeLine(entry.header.script ?? entry.header.argv.join(' '))
    return `    ${short(entry.run)}  ${isoTime(entry.header.startedMs)}  ${what}`
  })
  return runs.length > MOST_CANDIDATES ? [...lines, `    … ${runs.length - MOST_CANDIDATES} more`] : lines
}

/** What git itself said, unless the message already quotes it. */
function gitLines(stderr: string, message: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !message.includes(line.trim()))
    .slice(0, 10)
    .map((line) => `caused by: git: ${sanitizeLine(line.replaceAll('\t', '    '))}`)
}
