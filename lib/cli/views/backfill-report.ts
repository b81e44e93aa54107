import type { TaskDone, TaskFailed } from '../../repository/backfill/backfill-plan.js'
import { counted } from '../render/number.js'
import { sanitizeLine } from '../render/sanitize.js'
import { formatDuration } from '../render/time.js'
import { formatFidelity } from './fidelity.js'

/** `3f2a9c1  960 values in 4.2s   fidelity: 960 of 960 identical` */
export function formatReport({ entry, values, fidelity, durationMs }: TaskDone): string {
  const done = `${entry.run.slice(0, 7)}  ${counted(values, 'value')} in ${formatDuration(durationMs)}`
  return `${done}   fidelity: ${formatFidelity(fidelity)}`
}

/** Lines on a task that failed: why, the last of what its script printed, and what may help. */
export function formatFailure({ entry, reason, output, missing }: TaskFailed): string[] {
  const run = entry.run.slice(0, 7)
  const tail = output.split('\n').filter((line) => line.trim() !== '')
  return [
    `${run}  failed: ${sanitizeLine(reason)}`,
    ...tail.slice(-8).map((line) => `    | ${sanitizeLine(line)}`),
    ...missingHint(missing),
  ]
}

function missingHint(missing: TaskFailed['missing']): string[] {
  if (missing === undefined) return []
  const path = sanitizeLine(missing.path)
  if (missing.kind === 'package') {
    return [`hint: npm install ${path}    replays use the packages of your working tree`]
  }
  if (!missing.isInWorkingTree) return []
  return [`hint: git config --add flor.link ${path}    gives replays this path of your working tree`]
}
