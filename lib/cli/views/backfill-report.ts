import type { CheckResult } from '../../model/run.js'
import type { TaskDone, TaskFailed, TaskReport } from '../../repository/backfill/backfill-plan.js'
import { counted } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { formatDuration } from '../render/time.js'
import { formatFidelity } from './fidelity.js'

/** `3f2a9c1  960 values in 4.2s   fidelity: 960 of 960 identical` */
export function formatReport({ entry, values, fidelity, durationMs }: TaskDone): string {
  const done = `${entry.run.slice(0, 7)}  ${counted(values, 'value')} in ${formatDuration(durationMs)}`
  return `${done}   fidelity: ${formatFidelity(fidelity)}`
}

/** What checks of levels came to, one line each: `checked: 2 values at epoch=1 are the same with all that comes before`. */
export function formatChecks(reports: readonly TaskReport[]): string[] {
  const checks = reports.flatMap((report) => (report.status === 'done' ? (report.check ?? []) : []))
  return [...new Set(checks.map((check) => `checked: ${formatCheck(check)}`))]
}

/** `2 values at epoch=1 are the same from the start`, or what differs, and what was done instead. */
export function formatCheck({ status, compared, iterations, reason }: CheckResult): string {
  if (status === 'differs') return sanitizeLine(`${reason}. Executed from the start instead`)
  const places = iterations.map(sanitizeLine).join(' and ')
  return `${counted(compared, 'value')} at ${places} ${compared === 1 ? 'is' : 'are'} the same with what comes before executed, too`
}

/** `3f2a9c1  failed: the script ended with exit code 1` */
export function formatFailureReason({ entry, reason }: TaskFailed): string {
  return `${entry.run.slice(0, 7)}  failed: ${sanitizeLine(reason)}`
}

/** How much of an output is told at once; all that was kept is shown on request. */
const TAIL_LINES = 8

/** Lines on a task that failed: why, the last of what its script printed, what may help, and where the rest is. */
export function formatFailure(failed: TaskFailed): string[] {
  const tail = lastLines(failed.output, TAIL_LINES)
  const more =
    failed.id === undefined
      ? []
      : [`hint: git flor show --backfill ${failed.id}    shows all that was kept of it`]
  return [
    formatFailureReason(failed),
    ...tail.map((line) => `    | ${sanitizeLine(line)}`),
    ...missingHint(failed.missing),
    ...more,
  ]
}

/** The last lines that hold anything, as a terminal would have shown them: what a carriage return overwrote is left out. */
export function lastLines(output: string, count: number): string[] {
  const lines = output.split('\n').map((line) => line.replace(/\r+$/, '').split('\r').at(-1) ?? '')
  return lines.filter((line) => line.trim() !== '').slice(-count)
}

/** What may help a replay that did not find a file; no line where nothing is known to. */
export function missingHint(missing: TaskFailed['missing']): string[] {
  if (missing === undefined) return []
  const path = sanitizeLine(missing.path)
  if (missing.kind === 'unbuilt') {
    return [
      `hint: leave --install out    uses your own packages: ${path} must be built, and --install runs no install scripts`,
    ]
  }
  if (missing.kind === 'package') {
    return [`hint: npm install ${path}    replays use the packages of your working tree`]
  }
  if (!missing.isInWorkingTree) return []
  return [`hint: git config --add flor.link ${path}    gives replays this path of your working tree`]
}
